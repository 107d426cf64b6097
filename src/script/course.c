/* course.c - what grad, jvp, vjp and vmap have in common. */
#include "script/course.h"

#include <lauxlib.h>

void ritz_course_begin(ritz_course *c, lua_State *L, const char *who)
{
    luaL_checkstack(L, 2 * LUA_MINSTACK, who);
    *c = (ritz_course){.L = L, .who = who};
    c->trace = ritz_trace_enter(L, &c->opened);
    c->graph = c->trace->graph;
    c->slot = lua_gettop(L);
    ritz_trace_mark_place(L, c->trace);
    lua_newtable(L);
    c->list = lua_gettop(L);
}

int ritz_course_finish(ritz_course *c, int first)
{
    lua_State *L = c->L;
    if (c->opened) {
        ritz_trace_settle(L, c->trace, first);
        lua_closeslot(L, c->slot);
        ritz_core_collect(L);
    }
    return lua_gettop(L) - first + 1;
}

ritz_node **ritz_push_nodes(lua_State *L, size_t n)
{
    return lua_newuserdatauv(L, (n + 1) * sizeof(ritz_node *), 0);
}

ritz_node **ritz_course_push_nodes(ritz_course *c, int list, size_t n)
{
    ritz_node **node = ritz_push_nodes(c->L, n);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(c->L, list, (lua_Integer)i + 1);
        node[i] = ritz_trace_node(c->L, c->trace, lua_gettop(c->L), c->who);
        lua_pop(c->L, 1);
    }
    ritz_trace_check(c->L, c->trace);
    return node;
}

void ritz_course_store(ritz_course *c, int list, ritz_node *const *node,
                       size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ritz_handle_push_node(c->L, node[i]);
        lua_rawseti(c->L, list, (lua_Integer)i + 1);
    }
}

void ritz_check_function(lua_State *L, const char *who)
{
    if (lua_type(L, 1) != LUA_TFUNCTION &&
        luaL_getmetafield(L, 1, "__call") == LUA_TNIL)
        ritz_refuse(L, "%s: argument 1 must be a function, got %s", who,
                    ritz_got_at(L, 1).text);
}
