/* jit.c - ritz.jit: a function traced once for each signature, then replayed.
 *
 * A plan whose signature is that of the call (arguments.h) runs at once,
 * without calling the function; else the function is traced. Plans are kept
 * in the order of their last use, at most PLANS of them. That a call is like
 * the last one is seen without writing its signature (form.h).
 *
 * All memory hangs on a userdata of the closure, so that an error at any
 * point leaves nothing behind: what a failed call held is released by the
 * next one, or by the collector.
 */
#include "script/jit.h"

#include "base/memory.h"
#include "script/arguments.h"
#include "script/course.h"
#include "script/document.h"
#include "script/form.h"
#include "script/mould.h"
#include "script/tensor_lua.h"
#include "script/tree.h"

#include <lauxlib.h>
#include <string.h>

static const ritz_binding bindings[2]; /* at the end */

enum { PLANS = 32 };
enum { UP_FUNCTION = 1, UP_JIT }; /* upvalues */

typedef struct plan_entry {
    ritz_text signature;
    ritz_plan *plan;
    int outputs;
    bool *number;     /* which outputs become Lua numbers */
    int results;      /* the table with what is returned, in the user value */
    ritz_form form;   /* of a call that it served */
    ritz_mould mould; /* of its results */
    unsigned unlike;  /* calls that were not of the form */
} plan_entry;

typedef struct jit {
    ritz_arguments arguments; /* of the call that runs */
    bool freeze; /* tensors from outside are constants of the plan */
    ritz_inspect_fn *inspect; /* what the next call does with the plan */
    void *inspect_context;
    plan_entry plan[PLANS]; /* the last used one first */
    int plans, next_table;
    ritz_tensor **out; /* of the call that runs: owned until in handles */
    size_t out_room;
    int outputs; /* filled entries of out */
    /* Of the newest plan, until they are complete: an error may come first. */
    ritz_form form;
    ritz_mould mould;
} jit;

static void free_entry(plan_entry *e)
{
    ritz_text_free(&e->signature);
    ritz_plan_delete(e->plan);
    ritz_free(e->number);
    ritz_form_free(&e->form);
    ritz_mould_free(&e->mould);
    *e = (plan_entry){0};
}

/* Releases what a call holds. */
static void drop_call(jit *j)
{
    ritz_arguments_drop(&j->arguments);
    for (int i = 0; i < j->outputs; i++)
        ritz_tensor_release(j->out[i]);
    j->outputs = 0;
}

static int collect(lua_State *L)
{
    jit *j = lua_touserdata(L, 1);
    drop_call(j);
    for (int i = 0; i < j->plans; i++)
        free_entry(&j->plan[i]);
    ritz_arguments_free(&j->arguments);
    ritz_free(j->out);
    ritz_form_free(&j->form);
    ritz_mould_free(&j->mould);
    *j = (jit){0};
    return 0;
}

/* Moves the plan of this signature to the front. */
static bool find_plan(jit *j)
{
    const ritz_text *wanted = &j->arguments.signature;
    for (int i = 0; i < j->plans; i++) {
        const plan_entry e = j->plan[i];
        if (e.signature.length != wanted->length ||
            memcmp(e.signature.bytes, wanted->bytes, wanted->length) != 0)
            continue;
        memmove(j->plan + 1, j->plan, (size_t)i * sizeof e);
        j->plan[0] = e;
        return true;
    }
    return false;
}

/* Makes room at the front for a plan with the signature of this call. */
static plan_entry *new_plan(lua_State *L, jit *j)
{
    if (j->plans == PLANS) {
        plan_entry *last = &j->plan[PLANS - 1];
        lua_getiuservalue(L, lua_upvalueindex(UP_JIT), 1);
        lua_pushnil(L);
        lua_rawseti(L, -2, last->results);
        lua_pop(L, 1);
        free_entry(last);
        j->plans--;
    }
    memmove(j->plan + 1, j->plan, (size_t)j->plans * sizeof *j->plan);
    j->plan[0] = (plan_entry){.results = ++j->next_table};
    j->plans++;
    return &j->plan[0];
}

static void drop_new_plan(jit *j)
{
    free_entry(&j->plan[0]);
    j->plans--;
    memmove(j->plan, j->plan + 1, (size_t)j->plans * sizeof *j->plan);
}

/* Tracing. */

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
static ritz_node **push_inputs(lua_State *L, jit *j, ritz_trace *trace,
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
static void push_traced_call(lua_State *L, const jit *j, int n, int list)
{
    lua_newtable(L);
    lua_newtable(L);
    const int leaves = lua_gettop(L) - 1, kept = leaves + 1;
    luaL_checkstack(L, n + LUA_MINSTACK, "jit");
    lua_pushvalue(L, lua_upvalueindex(UP_FUNCTION));
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
static ritz_status compile(jit *j, ritz_trace *trace, ritz_node **inputs,
                           ritz_node **outputs, ritz_error *err)
{
    plan_entry *e = &j->plan[0];
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
    const ritz_plan_spec spec = {inputs, (int)j->arguments.count, outputs,
                                 e->outputs, donate};
    if (status == RITZ_OK)
        status = ritz_plan_compile(&e->plan, trace->graph, &spec, err);
    ritz_free(donate);
    return status;
}

/* Reads the templates of the table at `results`, which keeps their parts. */
static void read_mould(lua_State *L, jit *j, int results)
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
static void install_plan(lua_State *L, jit *j, ritz_trace *trace,
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
    lua_getiuservalue(L, lua_upvalueindex(UP_JIT), 1);
    lua_pushvalue(L, first + 1);
    lua_rawseti(L, -2, j->next_table + 1);
    read_mould(L, j, first + 1);

    ritz_error err = {0};
    plan_entry *e = new_plan(L, j);
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
        drop_call(j);
        ritz_raise(L, &err);
    }
}

/* Traces the function with the `n` arguments of this call. The values that it
 * leaves on the stack keep the inputs of the call alive. */
static void trace_plan(lua_State *L, jit *j, int n)
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

/* Running. */

static void run_plan(lua_State *L, jit *j)
{
    plan_entry *e = &j->plan[0];
    ritz_error err = {0};
    ritz_status status = RITZ_OK;
    if (!ritz_reserve(&j->out, &j->out_room, (size_t)e->outputs + 1,
                      sizeof *j->out))
        status = ritz_fail_memory(&err, "results");
    if (status == RITZ_OK)
        status = ritz_arguments_fill(&j->arguments, &err);
    if (status == RITZ_OK)
        status = ritz_plan_run(e->plan, j->arguments.in, j->out, &err);
    if (status != RITZ_OK) {
        drop_call(j);
        ritz_raise(L, &err);
    }
    j->outputs = e->outputs;
}

typedef struct outputs {
    jit *j;
    ritz_core *core;
    int metatable; /* index of that of tensors */
} outputs;

/* Pushes output `leaf` of the run. */
static void push_output(lua_State *L, lua_Integer leaf, void *context)
{
    const outputs *o = context;
    jit *j = o->j;
    const int i = (int)leaf - 1;
    if (j->plan[0].number[i]) {
        lua_pushnumber(L, ritz_tensor_get(j->out[i], 0));
        return;
    }
    ritz_handle *h = ritz_handle_new(L, o->core, o->metatable);
    h->tensor = j->out[i];
    j->out[i] = NULL;
}

static int push_results(lua_State *L, jit *j)
{
    const ritz_mould *m = &j->plan[0].mould;
    lua_getiuservalue(L, lua_upvalueindex(UP_JIT), 1);
    lua_rawgeti(L, -1, j->plan[0].results);
    lua_getfield(L, -1, "parts");
    const int parts = lua_gettop(L);
    ritz_handle_push_metatable(L);
    outputs o = {j, ritz_core_of(L), parts + 1};
    ritz_mould_pour(L, m, parts, push_output, &o);
    return m->results;
}

/* Instead of a run. */
static int inspect_plan(lua_State *L, jit *j, ritz_inspect_fn *inspect)
{
    ritz_error err = {0};
    if (ritz_arguments_fill(&j->arguments, &err) != RITZ_OK) {
        drop_call(j);
        return ritz_raise(L, &err);
    }
    const int count =
        inspect(L, j->plan[0].plan, j->arguments.in, j->inspect_context);
    drop_call(j);
    return count;
}

/* Remembers the form of this call. One that keeps changing is recorded ever
 * more rarely. */
static void record_form(lua_State *L, jit *j, int n)
{
    plan_entry *e = &j->plan[0];
    const unsigned times = e->unlike++;
    if (times & (times - 1))
        return;
    const int top = lua_gettop(L);
    lua_getiuservalue(L, lua_upvalueindex(UP_JIT), 1);
    lua_rawgeti(L, -1, e->results);
    lua_getfield(L, -1, "kept");
    ritz_form_record(L, &j->form, &j->arguments, n,
                     lua_upvalueindex(UP_FUNCTION), top + 3);
    lua_setfield(L, top + 2, "held");
    ritz_form_free(&e->form);
    e->form = j->form;
    j->form = (ritz_form){0};
    lua_settop(L, top);
}

/* Reads the arguments, and puts a plan for them at the front. */
static void prepare(lua_State *L, jit *j, int n)
{
    const int function = lua_upvalueindex(UP_FUNCTION);
    const plan_entry *e = &j->plan[0];
    if (j->plans > 0 &&
        ritz_form_read(L, &e->form, e->plan, &j->arguments, n, function))
        return;
    ritz_arguments_read(L, &j->arguments, n, function);
    if (!find_plan(j))
        trace_plan(L, j, n);
    record_form(L, j, n);
}

static int call_jit(lua_State *L)
{
    const int n = lua_gettop(L);
    luaL_checkstack(L, 2 * LUA_MINSTACK, "jit");
    if (ritz_trace_current(L)) { /* part of what is being traced */
        lua_pushvalue(L, lua_upvalueindex(UP_FUNCTION));
        lua_insert(L, 1);
        lua_call(L, n, LUA_MULTRET);
        return lua_gettop(L);
    }
    jit *j = lua_touserdata(L, lua_upvalueindex(UP_JIT));
    ritz_inspect_fn *inspect = j->inspect;
    j->inspect = NULL;
    drop_call(j); /* of a call that raised */
    prepare(L, j, n);
    if (inspect)
        return inspect_plan(L, j, inspect);
    run_plan(L, j);
    ritz_arguments_give_up(L, &j->arguments);
    const int count = push_results(L, j);
    drop_call(j);
    ritz_core_collect(L);
    return count;
}

/* Making. */

/* Sets the flags of the arguments that an option lists: one, or a table. */
static void read_arguments(lua_State *L, int options, const char *name,
                           bool *flag, int *listed)
{
    if (!ritz_option(L, options, name))
        return;
    if (lua_type(L, -1) != LUA_TTABLE) {
        lua_createtable(L, 1, 0);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 1);
    }
    const lua_Unsigned n = lua_rawlen(L, -1);
    for (lua_Unsigned i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        const lua_Integer at = ritz_check_integer(L, -1, "jit", name);
        if (at < 1 || at > RITZ_ARGUMENTS)
            ritz_refuse(L, "jit: %s lists arguments from 1 to %d, got %lld",
                        name, RITZ_ARGUMENTS, (long long)at);
        flag[at - 1] = true;
        *listed = at > *listed ? (int)at : *listed;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* Pushes a closure of the function at `index` that has no plan yet. */
static jit *push_jit(lua_State *L, int index)
{
    lua_pushvalue(L, index);
    jit *j = lua_newuserdatauv(L, sizeof *j, 1);
    *j = (jit){0};
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_pushcclosure(L, call_jit, 2);
    return j;
}

static int l_jit(lua_State *L)
{
    ritz_check_function(L, "jit");
    lua_settop(L, 2);
    const int options = lua_type(L, 2) == LUA_TTABLE ? 2 : 0;
    ritz_check_options(L, options, &bindings[0].record);
    jit *j = push_jit(L, 1);
    read_arguments(L, options, "donate", j->arguments.donate,
                   &j->arguments.listed);
    read_arguments(L, options, "static", j->arguments.fixed,
                   &j->arguments.listed);
    if (ritz_option(L, options, "freeze")) {
        j->freeze = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
    return 1;
}

int ritz_jit_inspect(lua_State *L, int n, ritz_inspect_fn *inspect,
                     void *context)
{
    const int function = lua_gettop(L) - n;
    if (lua_tocfunction(L, function) != call_jit) {
        push_jit(L, function)->freeze = true;
        lua_replace(L, function);
    }
    lua_getupvalue(L, function, UP_JIT);
    jit *j = lua_touserdata(L, -1);
    lua_pop(L, 1);
    j->inspect = inspect;
    j->inspect_context = context;
    lua_call(L, n, LUA_MULTRET);
    return lua_gettop(L) - function + 1;
}

/* The records. */

static const ritz_binding bindings[2] = {
    {.record =
         {.module = "ritz",
          .name = "jit",
          .params = {{.name = "donate",
                      .kind = RITZ_PARAM_INTS,
                      .doc = "arguments that are given up"},
                     {.name = "static",
                      .kind = RITZ_PARAM_INTS,
                      .doc = "arguments whose numbers are fixed"},
                     {.name = "freeze",
                      .kind = RITZ_PARAM_BOOL,
                      .doc = "take tensors from outside as they are"}},
          .signature = "ritz.jit(f, {donate, static, freeze})",
          .summary =
              "A function like f, compiled once for each signature of its "
              "arguments.",
          .details =
              "f is traced: its tensors have no values, numbers stand for any "
              "number, and only what depends on the arguments is done again. "
              "`donate` lists arguments whose memory may be reused: their "
              "handles are empty after the call. `static` lists arguments "
              "whose numbers are fixed. Tensors that f takes from outside are "
              "refused: pass them, or wrap them in ritz.constant; `freeze` "
              "set to true takes all of them as they are at the trace.",
          .source = "JAX's jit",
          .example = "ritz.jit(function(x) return x * 2 "
                     "end)(ritz.ones{2}):totable()  --> {2.0, 2.0}"},
     .call = l_jit},
    {.call = NULL},
};

void ritz_jit_open(lua_State *L)
{
    ritz_bindings(L, bindings);
}
