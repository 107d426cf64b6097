/* trace.c - opening, using and closing the trace of a state. */
#include "script/trace.h"

#include "base/memory.h"
#include "graph/build.h"
#include "graph/plan.h"
#include "script/tree.h"

#include <lauxlib.h>
#include <string.h>

static const char metatable_key;

static void end(ritz_trace *trace)
{
    if (trace->core->open == trace)
        trace->core->open = NULL;
    ritz_graph_delete(trace->graph);
    ritz_free(trace->ended);
    trace->graph = NULL;
    trace->ended = NULL;
}

static int close(lua_State *L)
{
    end(lua_touserdata(L, 1));
    return 0;
}

void ritz_core_end_trace(lua_State *L)
{
    ritz_core *core = ritz_core_of(L);
    if (core && core->open)
        end(core->open);
}

void ritz_trace_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"__gc", close},
        {"__close", close},
        {NULL, NULL},
    };
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

ritz_trace *ritz_trace_current(lua_State *L)
{
    ritz_core *core = ritz_core_of(L);
    ritz_trace *trace = core->open;
    if (trace && lua_status(trace->thread) > LUA_YIELD)
        core->open = trace = NULL; /* its coroutine died; the collector frees */
    return trace;
}

static ritz_trace *open(lua_State *L)
{
    ritz_core *core = ritz_core_of(L);
    ritz_trace *trace = lua_newuserdatauv(L, sizeof *trace, 1);
    *trace = (ritz_trace){.core = core, .thread = L};
    lua_pushthread(L);
    lua_setiuservalue(L, -2, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    lua_setmetatable(L, -2);
    luaL_checkstack(L, LUA_MINSTACK, "trace"); /* closing needs no memory */
    trace->graph = ritz_graph_new();
    if (!trace->graph)
        ritz_refuse(L, "no memory to open a trace");
    lua_toclose(L, -1);
    trace->serial = ++core->traces;
    trace->birth = ++core->births;
    core->open = trace;
    return trace;
}

ritz_trace *ritz_trace_enter(lua_State *L, bool *opened)
{
    ritz_trace *trace = ritz_trace_current(L);
    *opened = !trace;
    if (!trace)
        return open(L);
    lua_pushnil(L);
    return trace;
}

bool ritz_trace_has_ended(const ritz_trace *trace, const ritz_node *node)
{
    return node->id < trace->ended_count && trace->ended[node->id];
}

void ritz_trace_end_elements(lua_State *L, ritz_trace *trace,
                             ritz_node *const *variable, size_t n, uint32_t end)
{
    if (end < trace->ended_count)
        end = (uint32_t)trace->ended_count;
    if (!ritz_reserve(&trace->ended, &trace->ended_room, end + 1, 1))
        ritz_refuse(L, "trace: no memory");
    memset(trace->ended + trace->ended_count, 0, end - trace->ended_count);
    trace->ended_count = end;
    for (size_t i = 0; i < n; i++)
        trace->ended[variable[i]->id] = 1;
    for (uint32_t id = n > 0 ? variable[0]->id : end; id < end; id++) {
        const ritz_node *node = ritz_graph_node(trace->graph, id);
        for (int k = 0; k < node->nin && !trace->ended[id]; k++)
            trace->ended[id] = trace->ended[node->in[k]->id];
    }
}

void ritz_trace_mark_place(lua_State *L, ritz_trace *trace)
{
    const ritz_place place = ritz_place_of(L);
    ritz_graph_set_origin(trace->graph, place.source, place.line);
}

void ritz_trace_check(lua_State *L, ritz_trace *trace)
{
    ritz_error err = {0};
    if (ritz_graph_status(trace->graph, &err) == RITZ_OK)
        return;
    ritz_graph_forgive(trace->graph);
    ritz_raise(L, &err);
}

void ritz_trace_check_capture(lua_State *L, const ritz_trace *trace,
                              const ritz_handle *h)
{
    if (trace->replayed && h->tensor && h->birth < trace->birth)
        ritz_refuse(
            L,
            "jit: %s was made before the trace and would be frozen "
            "into the plan: pass it as an argument, or wrap it in "
            "ritz.constant",
            ritz_got_type(ritz_handle_dtype(h), ritz_handle_shape(h)).text);
}

ritz_node *ritz_trace_node(lua_State *L, ritz_trace *trace, int index,
                           const char *who)
{
    if (lua_type(L, index) == LUA_TNUMBER)
        return ritz_weak_scalar(trace->graph, lua_tonumber(L, index));
    const ritz_handle *h = ritz_handle_test(L, index);
    if (!h) {
        ritz_refuse(L, "%s: wanted a tensor or a number, got %s", who,
                    ritz_got_at(L, index).text);
        return NULL;
    }
    ritz_handle_live(L, h);
    ritz_trace_check_capture(L, trace, h);
    return h->node ? h->node : ritz_capture(trace->graph, h->tensor);
}

ritz_status ritz_settle_types(ritz_graph *g, ritz_node **node, size_t n,
                              bool *number, ritz_error *err)
{
    for (size_t i = 0; i < n; i++) {
        number[i] = node[i]->weak && node[i]->shape.rank == 0;
        if (node[i]->weak)
            node[i] = ritz_cast(g, node[i], number[i] ? RITZ_F64 : RITZ_F32);
    }
    return ritz_graph_status(g, err);
}

ritz_status ritz_settle_nodes(ritz_graph *g, ritz_node **node, size_t n,
                              ritz_tensor **out, bool *number, ritz_error *err)
{
    const ritz_status status = ritz_settle_types(g, node, n, number, err);
    return status == RITZ_OK ? ritz_evaluate(g, node, (int)n, out, err)
                             : status;
}

/* The traced values among a list of leaves. The arrays are userdata on the
 * stack; a tensor goes into its handle before anything can raise. */
typedef struct settling {
    size_t n;
    lua_Integer *at; /* positions in the list */
    ritz_handle **handle;
    ritz_node **node;
    ritz_tensor **tensor;
    bool *number;
} settling;

static void *scratch(lua_State *L, size_t count, size_t size)
{
    return lua_newuserdatauv(L, count * size + 1, 0);
}

/* Puts an empty handle in the place of every traced value of the list. */
static settling gather(lua_State *L, int list)
{
    const size_t most = lua_rawlen(L, list);
    settling s = {
        .at = scratch(L, most, sizeof *s.at),
        .handle = scratch(L, most, sizeof *s.handle),
        .node = scratch(L, most, sizeof *s.node),
        .tensor = scratch(L, most, sizeof *s.tensor),
        .number = scratch(L, most, sizeof *s.number),
    };
    for (size_t i = 0; i < most; i++) {
        lua_rawgeti(L, list, (lua_Integer)i + 1);
        const ritz_handle *h = ritz_handle_test(L, -1);
        ritz_handle_live(L, h);
        if (h->node) {
            s.at[s.n] = (lua_Integer)i + 1;
            s.node[s.n] = h->node;
            s.handle[s.n] = ritz_handle_push(L);
            lua_rawseti(L, list, s.at[s.n++]);
        }
        lua_pop(L, 1);
    }
    return s;
}

static void settle_list(lua_State *L, ritz_trace *trace, int list)
{
    luaL_checkstack(L, LUA_MINSTACK, "results of a transform");
    const int top = lua_gettop(L);
    settling s = gather(L, list);
    ritz_error err = {0};
    if (s.n > 0 && ritz_settle_nodes(trace->graph, s.node, s.n, s.tensor,
                                     s.number, &err) != RITZ_OK)
        ritz_raise(L, &err);
    for (size_t i = 0; i < s.n; i++)
        s.handle[i]->tensor = s.tensor[i];
    for (size_t i = 0; i < s.n; i++)
        if (s.number[i]) {
            lua_pushnumber(L, ritz_tensor_get(s.handle[i]->tensor, 0));
            lua_rawseti(L, list, s.at[i]);
        }
    lua_settop(L, top);
}

void ritz_trace_settle(lua_State *L, ritz_trace *trace, int first)
{
    const int last = lua_gettop(L);
    lua_newtable(L);
    const int list = last + 1;
    for (int i = first; i <= last; i++) {
        ritz_tree_flatten(L, i, list, RITZ_TREE_TENSORS);
        lua_replace(L, i);
    }
    settle_list(L, trace, list);
    for (int i = first; i <= last; i++) {
        ritz_tree_unflatten(L, i, list);
        lua_replace(L, i);
    }
    lua_settop(L, last);
}
