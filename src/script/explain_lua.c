/* explain_lua.c - plans, as tables of Lua: what ritz.explain, ritz.profile and
 * the report of a loss that is not finite are written from.
 */
#include "script/explain_lua.h"

#include "base/parallel.h"
#include "graph/report.h"
#include "script/core.h"
#include "script/jit.h"

#include <lauxlib.h>

static void set_text(lua_State *L, const char *name, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

static void set_number(lua_State *L, const char *name, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

static void set_flag(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

typedef void write_fn(const ritz_plan *plan, size_t i, ritz_text *out);

/* A field whose text a function writes. */
static void set_written(lua_State *L, const char *name, const ritz_plan *plan,
                        size_t i, write_fn *write)
{
    ritz_text *text = ritz_core_push_text(L);
    write(plan, i, text);
    if (text->failed)
        ritz_refuse(L, "explain: no memory for a text");
    lua_pushlstring(L, ritz_text_view(text), text->length);
    ritz_text_free(text);
    lua_remove(L, -2);
    lua_setfield(L, -2, name);
}

static void push_row(lua_State *L, const ritz_plan *plan, size_t i)
{
    const ritz_plan_row r = ritz_plan_row_at(plan, i);
    lua_createtable(L, 0, 14);
    set_text(L, "kind", r.kind);
    set_text(L, "label", r.label);
    set_number(L, "flops", r.flops);
    set_number(L, "bytes", r.bytes);
    set_number(L, "floor", r.floor);
    set_flag(L, "shared", r.shared);
    set_flag(L, "tail", r.tail);
    lua_pushinteger(L, (lua_Integer)r.tiles);
    lua_setfield(L, -2, "tiles");
    set_text(L, "script", r.origin.script);
    lua_pushinteger(L, r.origin.line);
    lua_setfield(L, -2, "line");
    set_text(L, "layer", r.origin.layer);
    set_written(L, "formula", plan, i, ritz_plan_row_formula);
    set_written(L, "sizes", plan, i, ritz_plan_row_sizes);
}

static void push_plan(lua_State *L, const ritz_plan *plan)
{
    const ritz_plan_sizes s = ritz_plan_sizes_of(plan);
    const size_t n = ritz_plan_instructions(plan);
    lua_createtable(L, (int)n, 8);
    set_number(L, "arena", (double)s.arena);
    set_number(L, "scratch", (double)s.scratch);
    set_number(L, "inputs", (double)s.inputs);
    set_number(L, "held", (double)s.held);
    set_number(L, "outputs", (double)s.outputs);
    set_number(L, "constants", (double)s.constants);
    lua_pushinteger(L, ritz_threads());
    lua_setfield(L, -2, "threads");
    for (size_t i = 0; i < n; i++) {
        push_row(L, plan, i);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static int inspect_plan(lua_State *L, ritz_plan *plan, ritz_tensor **in,
                        void *context)
{
    const int runs = *(const int *)context;
    const size_t n = ritz_plan_instructions(plan);
    luaL_checkstack(L, LUA_MINSTACK, "plan");
    push_plan(L, plan);
    if (runs == 0)
        return 1;
    double *seconds = lua_newuserdatauv(L, n * sizeof *seconds + 1, 0);
    ritz_error err = {0};
    if (ritz_plan_profile(plan, in, runs, seconds, &err) != RITZ_OK)
        return ritz_raise(L, &err);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        set_number(L, "seconds", seconds[i]);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return 1;
}

/* plan(runs, f, ...): the plan of f for these arguments, as a table. With runs
 * above 0 its instructions have their least time in so many runs. */
static int l_plan(lua_State *L)
{
    int runs = (int)ritz_check_integer(L, 1, "plan", "runs");
    const int n = lua_gettop(L) - 2;
    return ritz_jit_inspect(L, n, false, inspect_plan, &runs);
}

static int inspect_values(lua_State *L, ritz_plan *plan, ritz_tensor **in,
                          void *context)
{
    (void)context;
    const ritz_origin *where = NULL;
    const char *what = NULL;
    ritz_error err = {0};
    if (ritz_plan_find_nonfinite(plan, in, &where, &what, &err) != RITZ_OK)
        return ritz_raise(L, &err);
    if (!where)
        return 0;
    lua_pushstring(L, what);
    lua_pushstring(L, where->script);
    lua_pushinteger(L, where->line);
    lua_pushstring(L, where->layer);
    return 4;
}

/* find_nonfinite(f, ...): what in f first made a value that is not finite: the
 * operation, script, line and layer; or nothing. Of a function that ritz.jit
 * made it may be a whole chain, named by its last operation. */
static int l_find_nonfinite(lua_State *L)
{
    return ritz_jit_inspect(L, lua_gettop(L) - 1, true, inspect_values, NULL);
}

void ritz_explain_lua_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"find_nonfinite", l_find_nonfinite}, {"plan", l_plan}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
