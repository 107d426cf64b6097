/* compute.c - one function of tensors, called from Lua. */
#include "script/compute.h"

#include "graph/build.h"
#include "script/trace.h"

#include <lauxlib.h>

ritz_operand ritz_operand_at(lua_State *L, int index, const char *who, int nth)
{
    ritz_operand o = {.given = true};
    if (lua_type(L, index) == LUA_TNUMBER) {
        o.number = lua_tonumber(L, index);
        return o;
    }
    o.handle = ritz_handle_test(L, index);
    if (o.handle)
        ritz_handle_live(L, o.handle);
    else if (lua_type(L, index) == LUA_TTABLE)
        ritz_refuse(L,
                    "%s: argument %d must be a tensor or a number, got a "
                    "table: make a tensor of it with ritz.tensor",
                    who, nth);
    else
        ritz_refuse(L, "%s: argument %d must be a tensor or a number, got %s",
                    who, nth, ritz_got_at(L, index).text);
    return o;
}

static bool any_traced(const ritz_computation *c)
{
    for (int i = 0; i < c->operands; i++)
        if (c->operand[i].handle && c->operand[i].handle->node)
            return true;
    return false;
}

static ritz_node *node_of(ritz_graph *g, const ritz_operand *o)
{
    if (!o->given)
        return NULL;
    if (!o->handle)
        return ritz_weak_scalar(g, o->number);
    return o->handle->node ? o->handle->node
                           : ritz_capture(g, o->handle->tensor);
}

static ritz_status build(ritz_graph *g, const ritz_computation *c,
                         ritz_node **out, ritz_error *err)
{
    for (int i = 0; i < c->operands; i++)
        c->x[i] = node_of(g, &c->operand[i]);
    if (ritz_graph_status(g, NULL) == RITZ_OK)
        c->build(g, c->x, c->context, out);
    return ritz_graph_status(g, err);
}

static int record(lua_State *L, const ritz_computation *c)
{
    ritz_trace *trace = ritz_trace_current(L);
    for (int i = 0; i < c->operands; i++)
        if (c->operand[i].handle)
            ritz_trace_check_capture(L, trace, c->operand[i].handle);
    ritz_trace_mark_place(L, trace);
    ritz_node *out[RITZ_RESULTS];
    ritz_error err = {0};
    build(trace->graph, c, out, &err);
    ritz_trace_check(L, trace);
    for (int i = 0; i < c->results; i++)
        ritz_handle_push_node(L, out[i]);
    return c->results;
}

/* The values are as old as the oldest operand: a trace that refuses an old
 * tensor refuses what was computed from it. */
static uint64_t birth_of(const ritz_computation *c, uint64_t now)
{
    for (int i = 0; i < c->operands; i++)
        if (c->operand[i].handle && c->operand[i].handle->birth < now)
            now = c->operand[i].handle->birth;
    return now;
}

static ritz_status compute(const ritz_computation *c, ritz_tensor **tensor,
                           bool *number, ritz_error *err)
{
    ritz_graph *g = ritz_graph_new();
    if (!g)
        return ritz_fail_memory(err, "a graph");
    ritz_node *out[RITZ_RESULTS];
    ritz_status status = build(g, c, out, err);
    if (status == RITZ_OK)
        status =
            ritz_settle_nodes(g, out, (size_t)c->results, tensor, number, err);
    ritz_graph_delete(g);
    return status;
}

int ritz_compute(lua_State *L, const ritz_computation *c)
{
    luaL_checkstack(L, c->results + LUA_MINSTACK, "results");
    if (any_traced(c))
        return record(L, c);
    ritz_handle *handle[RITZ_RESULTS];
    ritz_tensor *tensor[RITZ_RESULTS] = {0};
    bool number[RITZ_RESULTS];
    const int first = lua_gettop(L) + 1;
    for (int i = 0; i < c->results; i++)
        handle[i] = ritz_handle_push(L);
    ritz_error err = {0};
    if (compute(c, tensor, number, &err) != RITZ_OK)
        return ritz_raise(L, &err);
    for (int i = 0; i < c->results; i++) {
        handle[i]->tensor = tensor[i];
        handle[i]->birth = birth_of(c, handle[i]->birth);
    }
    for (int i = 0; i < c->results; i++)
        if (number[i]) {
            lua_pushnumber(L, ritz_tensor_get(handle[i]->tensor, 0));
            lua_replace(L, first + i);
        }
    ritz_core_collect(L);
    return c->results;
}
