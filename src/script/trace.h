/* trace.h - the open trace of a state.
 *
 * There is at most one: transforms that start inside of it record into the
 * same graph (engine.md E1). Its userdata is a to-be-closed value of the C
 * function that opened it, so that it is closed on return and on an error. A
 * coroutine that died without closing is noticed when the trace is next asked
 * for; an interrupt, which stops the closing as well, ends at the top level,
 * which closes what is left.
 */
#ifndef RITZ_SCRIPT_TRACE_H
#define RITZ_SCRIPT_TRACE_H

#include "graph/graph.h"
#include "script/handle.h"

typedef struct ritz_trace {
    ritz_core *core;
    ritz_graph *graph;
    lua_State *thread; /* anchored in the user value */
    uint64_t serial, birth;
    bool replayed;        /* opened by jit: captures must be constants */
    unsigned char *ended; /* by node: depends on an element of an ended vmap */
    size_t ended_count, ended_room;
} ritz_trace;

void ritz_trace_register(lua_State *L); /* makes the metatable */

ritz_trace *ritz_trace_current(lua_State *L);

/* Pushes the open trace, or opens one and says so. A caller that opened it
 * closes it with lua_closeslot on the slot that was pushed. */
ritz_trace *ritz_trace_enter(lua_State *L, bool *opened);

/* From now on refuses the nodes before `end` that depend on `variable`, which
 * stood for one element of a vmap, or one step of a loop. */
void ritz_trace_end_elements(lua_State *L, ritz_trace *trace,
                             ritz_node *const *variable, size_t n,
                             uint32_t end);
bool ritz_trace_has_ended(const ritz_trace *trace, const ritz_node *node);

/* Names the user's line to the graph. */
void ritz_trace_mark_place(lua_State *L, ritz_trace *trace);

/* Raises the first error of the graph, if there is one, and makes the graph
 * usable again: pcall may have caught it. */
void ritz_trace_check(lua_State *L, ritz_trace *trace);

/* Raises when a trace that will be replayed meets a tensor that is older. */
void ritz_trace_check_capture(lua_State *L, const ritz_trace *trace,
                              const ritz_handle *h);

/* The node of the handle or number at `index`. Raises for other values. */
ritz_node *ritz_trace_node(lua_State *L, ritz_trace *trace, int index,
                           const char *who);

/* Computes the traced values among the results at `first` to the top, trees
 * included, and puts tensors in their places. */
void ritz_trace_settle(lua_State *L, ritz_trace *trace, int first);

/* What nodes become when they leave a trace. A weak scalar is a number: it
 * becomes f64 and number[i] is set. Any other weak node becomes f32. */
ritz_status ritz_settle_types(ritz_graph *g, ritz_node **node, size_t n,
                              bool *number, ritz_error *err);
/* The same, and computes them: owned tensors. */
ritz_status ritz_settle_nodes(ritz_graph *g, ritz_node **node, size_t n,
                              ritz_tensor **out, bool *number, ritz_error *err);

#endif
