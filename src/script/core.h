/* core.h - tensors, functions and transforms in a Lua state.
 *
 * What a state keeps between calls: the open trace, the stream of random
 * numbers, and how many bytes of tensors Lua's collector was last told of.
 * All of it is in userdata of the registry, so that it goes with the state.
 */
#ifndef RITZ_SCRIPT_CORE_H
#define RITZ_SCRIPT_CORE_H

#include "base/random.h"
#include "base/text.h"
#include "script/check.h"
#include "tensor/tensor.h"

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ritz_trace;

typedef struct ritz_core {
    struct ritz_trace *open; /* the open trace, or NULL */
    uint64_t traces, births; /* counted up, for serial numbers */
    ritz_key stream;         /* keys of draws without a key come from it */
    uint64_t drawn;
    size_t settled_bytes; /* of live tensors after the last collection */
} ritz_core;

/* Pushes the table `ritz` with its submodules that are made of records. */
int ritz_core_open(lua_State *L);
ritz_core *ritz_core_of(lua_State *L);

/* The records that users can call, one after the other, then NULL. */
const struct ritz_function *ritz_core_record(int i);

/* Starts the stream of random numbers anew. */
void ritz_core_seed(lua_State *L, uint64_t seed);
/* The key of the next draw without a key; advances the stream. */
ritz_key ritz_core_next_key(ritz_core *core);

/* For the top level, where no trace is open. An interrupt that a hook raises at
 * every instruction also stops the closing of a trace on its way. A state
 * without ritz is allowed. */
void ritz_core_end_trace(lua_State *L);

/* Lua's collector cannot see the bytes of tensors: a binding that made one
 * calls this when all it made is in handles. May run finalizers. */
void ritz_core_collect(lua_State *L);

/* Pushes an empty text, which the collector frees whatever is raised. */
ritz_text *ritz_core_push_text(lua_State *L);

/* For bindings elsewhere. The view lives as long as the value at `index`. The
 * slot that is pushed is to be filled with an owned tensor, or stay empty when
 * an error is raised. */
ritz_tensor *ritz_core_test_tensor(lua_State *L, int index);
ritz_tensor *ritz_core_check_tensor(lua_State *L, int index, const char *who);
ritz_tensor **ritz_core_push_slot(lua_State *L);

#endif
