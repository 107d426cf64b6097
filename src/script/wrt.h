/* wrt.h - in which arguments a function is differentiated.
 *
 * grad, jacobian and hessian give closures whose first upvalues are the
 * function, the list of these arguments, and whether that was a number: then a
 * result is one tree, else a list of them.
 */
#ifndef RITZ_SCRIPT_WRT_H
#define RITZ_SCRIPT_WRT_H

#include "graph/function.h"
#include "script/course.h"

/* Upvalues; RITZ_WRT_OWN is the first that a closure may add. */
enum { RITZ_WRT_FUNCTION = 1, RITZ_WRT_LIST, RITZ_WRT_SINGLE, RITZ_WRT_OWN };

/* Checks f(function, {wrt, ...}) and pushes these upvalues. Leaves the
 * arguments at 1 and 2. */
void ritz_wrt_push(lua_State *L, const ritz_function *f);

/* In the closure: pushes the function and its `n` arguments, with variables in
 * those that are differentiated in, and keeps templates of these in the table
 * at `kept`. */
void ritz_wrt_push_arguments(ritz_course *c, int n, int kept);
/* In the closure: the template of a tree, or list of trees, of variables. */
void ritz_wrt_push_template(lua_State *L, int kept);

/* Pushes the gradient of the function at an index, as ritz.grad gives it.
 * `wrt`: where its list and whether it was a number are; 0: argument 1. */
void ritz_push_gradient(lua_State *L, int function, int wrt);

#endif
