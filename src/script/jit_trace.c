/* jit_trace.c - a plan for a call of ritz.jit: the function is called with
 * values that record what it does with them.
 */
#include "script/jit_inside.h"

#include "base/memory.h"
#include "script/tensor_lua.h"
#include "script/trace.h"
#include "script/tree.h"

#include <lauxlib.h>
#include <string.h>

void ritz_jit_free_entry(ritz_jit_entry *e)
{
    ritz_text_free(&e->signature);
    ritz_plan_delete(e->plan);
    ritz_free(e->number);
    ritz_form_free(&e->form);
    ritz_mould_free(&e->mould);
    *e = (ritz_jit_entry){0};
}

/* Makes room at the front for a plan with the signature of this call. */
static ritz_jit_entry *new_plan(lua_State *L, ritz_jit *j)
{
    if (j->plans == RITZ_JIT_PLANS) {
        ritz_jit_entry *last = &j->plan[RITZ_JIT_PLANS - 1];
        lua_getiuservalue(L, lua_upvalueindex(RITZ_JIT_STATE), 1);
        lua_pushnil(L);
        lua_rawseti(L, -2, last->results);
        lua_pop(L, 1);
        ritz_jit_free_entry(last);
        j->plans--;
    }
    memmove(j->plan + 1, j->plan, (size_t)j->plans * sizeof *j->plan);
    j->plan[0] = (ritz_jit_entry){.results = ++j->next_table};
    j->plans++;
    return &j->plan[0];
}

static void drop_new_plan(ritz_jit *j)
{
    ritz_jit_free_entry(&j->plan[0]);
    j->plans--;
    memmove(j->plan, j->plan + 1, (size_t)j->plans * sizeof *j->plan);
}

static ritz_node *add_number_input(ritz_graph *g, double value)
{
    static const ritz_shape scalar = {0};
    ritz_node *node = ritz_input(g, RITZ_F64, &scalar);
    ritz_attr *attr = ritz_arena_alloc(ritz_graph_arena(g), 1, sizeof *attr);
    if (!attr || ritz_graph_status(g, NULL) != RITZ_OK)
        return ritz_graph_fail(g, RITZ_ENOMEM, "jit: no memory for a number");
    attr->value = value; /* tells the builder whether it is a fraction */
    node->attr = attr;
    node->weak = true;
    return node;
}

/* Pushes the nodes of the inputs and stores their handles in the list. */
static ritz_node **push_inputs(lua_State *L, ritz_jit *j, ritz_trace *trace,
                               int list)
{
    ritz_node **node =
        lua_newuserdatauv(L, (j->arguments.count + 1) * sizeof *node, 0);
    for (size_t i = 0; i < j->arguments.count; i++) {
        const ritz_argument *in = &j->arguments.input[i];
        node[i] = in->handle ? ritz_input(trace->graph,
                                          ritz_tensor_dtype(in->handle->tensor),
                                          ritz_tensor_shape(in->handle->tensor))
                             : add_number_input(trace->graph, in->number);
        ritz_trace_check(L, trace);
        ritz_handle_push_node(L, node[i]);
        lua_rawseti(L, list, (lua_Integer)i + 1);
    }
    return node;
}

/* Pushes the leaves of the arguments, which keeps them from the collector
 * while the function runs; a table that does the same for what is static; the
 * function and its arguments, with traced values in them. */
static void push_traced_call(lua_State *L, const ritz_jit *j, int n, int list)
{
    lua_newtable(L);
    lua_newtable(L);
    const int leaves = lua_gettop(L) - 1, kept = leaves + 1;
    luaL_checkstack(L, n + LUA_MINSTACK, "jit");
    lua_pushvalue(L, lua_upvalueindex(RITZ_JIT_FUNCTION));
    for (int i = 0; i < n; i++) {
        if (j->arguments.fixed[i])
            lua_pushvalue(L, i + 1);
        else
            ritz_tree_flatten(L, i + 1, leaves,
                              RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS);
        lua_pushvalue(L, -1);
        lua_rawseti(L, kept, i + 1);
        if (!j->arguments.fixed[i]) {
            ritz_tree_unflatten(L, -1, list);
            lua_remove(L, -2);
        }
    }
}

/* Replaces the results from `first` on by two tables: the list of their
 * leaves, and their templates with `count`. */
static void pack_results(lua_State *L, int first)
{
    const int count = lua_gettop(L) - first + 1;
    luaL_checkstack(L, LUA_MINSTACK, "jit");
    lua_newtable(L);
    lua_createtable(L, count, 2);
    const int list = first + count;
    for (int i = 0; i < count; i++) {
        ritz_tree_flatten(L, first + i, list, RITZ_TREE_TENSORS);
        lua_rawseti(L, list + 1, i + 1);
    }
    lua_pushinteger(L, count);
    lua_setfield(L, list + 1, "count");
    lua_rotate(L, first, 2);
    lua_settop(L, first + 1);
}

/* Compiles the plan at the front. */
static ritz_status compile(ritz_jit *j, ritz_trace *trace, ritz_node **inputs,
                           ritz_node **outputs, ritz_error *err)
{
    ritz_jit_entry *e = &j->plan[0];
    e->number = ritz_new((size_t)e->outputs + 1, sizeof *e->number);
    bool *donate = ritz_new(j->arguments.count + 1, sizeof *donate);
    ritz_status status = RITZ_OK;
    if (!e->number || !donate)
        status = ritz_fail_memory(err, "a plan");
    for (size_t i = 0; status == RITZ_OK && i < j->arguments.count; i++)
        donate[i] = j->arguments.input[i].donated;
    if (status == RITZ_OK)
        status = ritz_settle_types(trace->graph, outputs, (size_t)e->outputs,
                                   e->number, err);
    const ritz_plan_spec spec = {
        inputs, (int)j->arguments.count, outputs, e->outputs, donate, j->apart};
    if (status == RITZ_OK)
        status = ritz_plan_compile(&e->plan, trace->graph, &spec, err);
    ritz_free(donate);
    return status;
}

/* Reads the templates of the table at `results`, which keeps their parts. */
static void read_mould(lua_State *L, ritz_jit *j, int results)
{
    lua_getfield(L, results, "count");
    const int count = (int)lua_tointeger(L, -1);
    ritz_mould_free(&j->mould);
    ritz_mould_read(L, &j->mould, results, count);
    lua_setfield(L, results, "parts");
    lua_pop(L, 1);
}

/* Puts a plan for this call at the front. At `first` are the leaves of the
 * results and the table that goes with the plan. */
static void install_plan(lua_State *L, ritz_jit *j, ritz_trace *trace,
                         ritz_node **inputs, int first)
{
    const size_t count = lua_rawlen(L, first);
    ritz_node **outputs = lua_newuserdatauv(L, (count + 1) * sizeof(void *), 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, first, (lua_Integer)i + 1);
        outputs[i] = ritz_trace_node(L, trace, lua_gettop(L), "jit");
        lua_pop(L, 1);
    }
    ritz_trace_check(L, trace);
    lua_getiuservalue(L, lua_upvalueindex(RITZ_JIT_STATE), 1);
    lua_pushvalue(L, first + 1);
    lua_rawseti(L, -2, j->next_table + 1);
    read_mould(L, j, first + 1);

    ritz_error err = {0};
    ritz_jit_entry *e = new_plan(L, j);
    e->outputs = (int)count;
    e->mould = j->mould;
    j->mould = (ritz_mould){0};
    ritz_text_add(&e->signature, j->arguments.signature.bytes,
                  j->arguments.signature.length);
    ritz_status status = compile(j, trace, inputs, outputs, &err);
    if (status == RITZ_OK && (e->signature.failed || e->mould.failed))
        status = ritz_fail_memory(&err, "a plan");
    if (status != RITZ_OK) {
        drop_new_plan(j);
        ritz_jit_drop_call(j);
        ritz_raise(L, &err);
    }
}

void ritz_jit_trace(lua_State *L, ritz_jit *j, int n)
{
    bool opened;
    ritz_trace *trace = ritz_trace_enter(L, &opened);
    const int slot = lua_gettop(L), list = slot + 1;
    trace->replayed = !j->freeze;
    ritz_trace_mark_place(L, trace);
    lua_newtable(L);
    ritz_node **inputs = push_inputs(L, j, trace, list);
    push_traced_call(L, j, n, list);
    const int first = lua_gettop(L) - n;
    lua_call(L, n, LUA_MULTRET);
    pack_results(L, first);
    lua_pushvalue(L, first - 1);
    lua_setfield(L, first + 1, "kept");
    install_plan(L, j, trace, inputs, first);
    lua_closeslot(L, slot);
}
