/* jit.h - the plans of functions that ritz.jit made, for those that look at
 * them instead of running them.
 */
#ifndef RITZ_SCRIPT_JIT_H
#define RITZ_SCRIPT_JIT_H

#include "graph/plan.h"

#include <lua.h>

/* Pushes results and returns their number; may raise. `in` are the tensors of
 * the call. */
typedef int ritz_inspect_fn(lua_State *L, ritz_plan *plan, ritz_tensor **in,
                            void *context);

/* Calls the function below `n` arguments, which are popped with it; instead of
 * being run, its plan is given to `inspect`. A function that ritz.jit did not
 * make is traced once, with what it takes from outside as it is, and if
 * `apart`, each of its values is made by an instruction of its own. Returns the
 * number of results. */
int ritz_jit_inspect(lua_State *L, int n, bool apart, ritz_inspect_fn *inspect,
                     void *context);

#endif
