/* wrt.c - in which arguments a function is differentiated. */
#include "script/wrt.h"

#include "script/tree.h"

#include <lauxlib.h>

void ritz_wrt_push(lua_State *L, const ritz_function *f)
{
    const char *who = f->name;
    ritz_check_function(L, who);
    lua_settop(L, 2);
    lua_pushvalue(L, 1);
    const int options = lua_type(L, 2) == LUA_TTABLE ? 2 : 0;
    ritz_check_options(L, options, f);
    if (!ritz_option(L, options, "wrt"))
        lua_pushinteger(L, 1);
    const bool single = lua_type(L, -1) != LUA_TTABLE;
    if (single) {
        lua_createtable(L, 1, 0);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 1);
    }
    const lua_Unsigned n = lua_rawlen(L, -1);
    for (lua_Unsigned i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i);
        const lua_Integer at = ritz_check_integer(L, -1, who, "wrt");
        if (at < 1 || at > 250)
            ritz_refuse(L, "%s: wrt counts arguments from 1, got %lld", who,
                        (long long)at);
        lua_pop(L, 1);
    }
    if (n == 0)
        ritz_refuse(L, "%s: wrt names no argument", who);
    lua_pushboolean(L, single);
}

void ritz_wrt_push_arguments(ritz_course *c, int n, int kept)
{
    lua_State *L = c->L;
    const int wrt = lua_upvalueindex(RITZ_WRT_LIST);
    const lua_Integer count = (lua_Integer)lua_rawlen(L, wrt);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, wrt, i);
        const int at = (int)lua_tointeger(L, -1);
        if (at > n)
            ritz_refuse(L, "%s: wrt is argument %d, got %d arguments", c->who,
                        at, n);
        ritz_tree_flatten(L, at, c->list,
                          RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS);
        lua_rawseti(L, kept, i);
        lua_pop(L, 1);
    }
    ritz_course_make_variables(c);
    lua_pushvalue(L, lua_upvalueindex(RITZ_WRT_FUNCTION));
    const int function = lua_gettop(L);
    luaL_checkstack(L, n + LUA_MINSTACK, c->who);
    for (int i = 1; i <= n; i++)
        lua_pushvalue(L, i);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, wrt, i);
        const int at = (int)lua_tointeger(L, -1);
        lua_rawgeti(L, kept, i);
        ritz_tree_unflatten(L, -1, c->list);
        lua_replace(L, function + at);
        lua_pop(L, 2);
    }
}

void ritz_wrt_push_template(lua_State *L, int kept)
{
    if (lua_toboolean(L, lua_upvalueindex(RITZ_WRT_SINGLE)))
        lua_rawgeti(L, kept, 1);
    else
        lua_pushvalue(L, kept);
}
