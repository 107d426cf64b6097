/* jit.c - ritz.jit: a function traced once for each signature, then replayed.
 *
 * A plan whose signature is that of the call (arguments.h) runs at once,
 * without calling the function; else the function is traced. Plans are kept
 * in the order of their last use, at most RITZ_JIT_PLANS of them. That a call
 * is like the last one is seen without writing its signature (form.h).
 */
#include "script/jit.h"

#include "base/memory.h"
#include "script/course.h"
#include "script/document.h"
#include "script/jit_inside.h"

#include <lauxlib.h>
#include <string.h>

static const ritz_binding bindings[2]; /* at the end */

void ritz_jit_drop_call(ritz_jit *j)
{
    ritz_arguments_drop(&j->arguments);
    for (int i = 0; i < j->outputs; i++)
        ritz_tensor_release(j->out[i]);
    j->outputs = 0;
}

static int collect(lua_State *L)
{
    ritz_jit *j = lua_touserdata(L, 1);
    ritz_jit_drop_call(j);
    for (int i = 0; i < j->plans; i++)
        ritz_jit_free_entry(&j->plan[i]);
    ritz_arguments_free(&j->arguments);
    ritz_free(j->out);
    ritz_form_free(&j->form);
    ritz_mould_free(&j->mould);
    *j = (ritz_jit){0};
    return 0;
}

/* Moves the plan of this signature to the front. */
static bool find_plan(ritz_jit *j)
{
    const ritz_text *wanted = &j->arguments.signature;
    for (int i = 0; i < j->plans; i++) {
        const ritz_jit_entry e = j->plan[i];
        if (e.signature.length != wanted->length ||
            memcmp(e.signature.bytes, wanted->bytes, wanted->length) != 0)
            continue;
        memmove(j->plan + 1, j->plan, (size_t)i * sizeof e);
        j->plan[0] = e;
        return true;
    }
    return false;
}

/* Running. */

static void run_plan(lua_State *L, ritz_jit *j)
{
    ritz_jit_entry *e = &j->plan[0];
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
        ritz_jit_drop_call(j);
        ritz_raise(L, &err);
    }
    j->outputs = e->outputs;
}

typedef struct outputs {
    ritz_jit *j;
    ritz_core *core;
    int metatable; /* index of that of tensors */
} outputs;

/* Pushes output `leaf` of the run. */
static void push_output(lua_State *L, lua_Integer leaf, void *context)
{
    const outputs *o = context;
    ritz_jit *j = o->j;
    const int i = (int)leaf - 1;
    if (j->plan[0].number[i]) {
        lua_pushnumber(L, ritz_tensor_get(j->out[i], 0));
        return;
    }
    ritz_handle *h = ritz_handle_new(L, o->core, o->metatable);
    h->tensor = j->out[i];
    j->out[i] = NULL;
}

static int push_results(lua_State *L, ritz_jit *j)
{
    const ritz_mould *m = &j->plan[0].mould;
    lua_getiuservalue(L, lua_upvalueindex(RITZ_JIT_STATE), 1);
    lua_rawgeti(L, -1, j->plan[0].results);
    lua_getfield(L, -1, "parts");
    const int parts = lua_gettop(L);
    ritz_handle_push_metatable(L);
    outputs o = {j, ritz_core_of(L), parts + 1};
    ritz_mould_pour(L, m, parts, push_output, &o);
    return m->results;
}

/* Instead of a run. */
static int inspect_plan(lua_State *L, ritz_jit *j, ritz_inspect_fn *inspect)
{
    ritz_error err = {0};
    if (ritz_arguments_fill(&j->arguments, &err) != RITZ_OK) {
        ritz_jit_drop_call(j);
        return ritz_raise(L, &err);
    }
    const int count =
        inspect(L, j->plan[0].plan, j->arguments.in, j->inspect_context);
    ritz_jit_drop_call(j);
    return count;
}

/* Remembers the form of this call. One that keeps changing is recorded ever
 * more rarely. */
static void record_form(lua_State *L, ritz_jit *j, int n)
{
    ritz_jit_entry *e = &j->plan[0];
    const unsigned times = e->unlike++;
    if (times & (times - 1))
        return;
    const int top = lua_gettop(L);
    lua_getiuservalue(L, lua_upvalueindex(RITZ_JIT_STATE), 1);
    lua_rawgeti(L, -1, e->results);
    lua_getfield(L, -1, "kept");
    ritz_form_record(L, &j->form, &j->arguments, n,
                     lua_upvalueindex(RITZ_JIT_FUNCTION), top + 3);
    lua_setfield(L, top + 2, "held");
    ritz_form_free(&e->form);
    e->form = j->form;
    j->form = (ritz_form){0};
    lua_settop(L, top);
}

/* Reads the arguments, and puts a plan for them at the front. */
static void prepare(lua_State *L, ritz_jit *j, int n)
{
    const int function = lua_upvalueindex(RITZ_JIT_FUNCTION);
    const ritz_jit_entry *e = &j->plan[0];
    if (j->plans > 0 &&
        ritz_form_read(L, &e->form, e->plan, &j->arguments, n, function))
        return;
    ritz_arguments_read(L, &j->arguments, n, function);
    if (!find_plan(j))
        ritz_jit_trace(L, j, n);
    record_form(L, j, n);
}

static int call_jit(lua_State *L)
{
    const int n = lua_gettop(L);
    luaL_checkstack(L, 2 * LUA_MINSTACK, "jit");
    if (ritz_trace_current(L)) { /* part of what is being traced */
        lua_pushvalue(L, lua_upvalueindex(RITZ_JIT_FUNCTION));
        lua_insert(L, 1);
        lua_call(L, n, LUA_MULTRET);
        return lua_gettop(L);
    }
    ritz_jit *j = lua_touserdata(L, lua_upvalueindex(RITZ_JIT_STATE));
    ritz_inspect_fn *inspect = j->inspect;
    j->inspect = NULL;
    ritz_jit_drop_call(j); /* of a call that raised */
    prepare(L, j, n);
    if (inspect)
        return inspect_plan(L, j, inspect);
    run_plan(L, j);
    ritz_arguments_give_up(L, &j->arguments);
    const int count = push_results(L, j);
    ritz_jit_drop_call(j);
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
static ritz_jit *push_jit(lua_State *L, int index)
{
    lua_pushvalue(L, index);
    ritz_jit *j = lua_newuserdatauv(L, sizeof *j, 1);
    *j = (ritz_jit){0};
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
    ritz_jit *j = push_jit(L, 1);
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

int ritz_jit_inspect(lua_State *L, int n, bool apart, ritz_inspect_fn *inspect,
                     void *context)
{
    const int function = lua_gettop(L) - n;
    if (lua_tocfunction(L, function) != call_jit) {
        ritz_jit *fresh = push_jit(L, function);
        fresh->freeze = true;
        fresh->apart = apart;
        lua_replace(L, function);
    }
    lua_getupvalue(L, function, RITZ_JIT_STATE);
    ritz_jit *j = lua_touserdata(L, -1);
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
