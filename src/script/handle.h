/* handle.h - the userdata that Lua holds: a tensor, or a traced value.
 *
 * Both are the same type to Lua, with one metatable, because the same script
 * code computes with both. A handle with a tensor owns one reference to it. A
 * handle with a node is good while the trace is open that made the node. A
 * handle with neither was given up (donated or closed), and says where.
 */
#ifndef RITZ_SCRIPT_HANDLE_H
#define RITZ_SCRIPT_HANDLE_H

#include "graph/graph.h"
#include "script/core.h"

typedef struct ritz_handle {
    const void *mark; /* tells handles from other userdata of the size */
    ritz_tensor *tensor;
    ritz_node *node;
    uint64_t trace;   /* the serial number of the node's trace; of a tensor, a
                         mark that jit uses */
    uint64_t birth;   /* when the values came to be, counted in handles; the
                         least of the operands': engine.md E2 */
    ritz_place place; /* where it was traced or given up */
} ritz_handle;

/* Tensors that a trace may capture whatever their age: ritz.constant. */
#define RITZ_BIRTH_CONSTANT UINT64_MAX

/* Pushes an empty handle, to be filled before it is seen. May raise. */
ritz_handle *ritz_handle_push(lua_State *L);
/* The same for many, with what is always the same: the handles' metatable is
 * at the index. */
ritz_handle *ritz_handle_new(lua_State *L, ritz_core *core, int metatable);
/* Pushes a handle of `node` in the open trace. May raise. */
ritz_handle *ritz_handle_push_node(lua_State *L, ritz_node *node);

/* NULL when the value is no handle. Never raises. */
ritz_handle *ritz_handle_test(lua_State *L, int index);

/* Raises when the handle was given up, or when its trace has ended. */
void ritz_handle_live(lua_State *L, const ritz_handle *h);

/* Drops what the handle holds. */
void ritz_handle_release(ritz_handle *h);
/* The same, and remembers the user's line. */
void ritz_handle_give_up(ritz_handle *h, const ritz_place *place);

ritz_dtype ritz_handle_dtype(const ritz_handle *h);
const ritz_shape *ritz_handle_shape(const ritz_handle *h);

/* The concrete tensor of an argument: raises for anything else. */
ritz_tensor *ritz_handle_concrete(lua_State *L, int index, const char *who);

void ritz_handle_open(lua_State *L); /* makes the metatable; pushes nothing */
void ritz_handle_push_metatable(lua_State *L);

#endif
