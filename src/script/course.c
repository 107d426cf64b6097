/* course.c - what grad, jvp, vjp and vmap have in common. */
#include "script/course.h"

#include "graph/build.h"
#include "graph/transform.h"
#include "script/tree.h"

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

/* Derivatives. */

static void check_float(ritz_course *c, const ritz_node *x)
{
    if (!ritz_dtype_is_float(x->dtype))
        ritz_refuse(c->L,
                    "%s: derivatives are taken in f32 or f64 tensors, got %s "
                    "in the argument",
                    c->who, ritz_got_type(x->dtype, &x->shape).text);
}

void ritz_course_make_variables(ritz_course *c)
{
    c->count = lua_rawlen(c->L, c->list);
    if (c->count == 0)
        ritz_refuse(c->L,
                    "%s: the argument has no tensor or number to "
                    "differentiate in",
                    c->who);
    c->variable = ritz_course_push_nodes(c, c->list, c->count);
    for (size_t i = 0; i < c->count; i++) {
        check_float(c, c->variable[i]);
        c->variable[i] = ritz_variable(c->graph, c->variable[i]);
    }
    ritz_trace_check(c->L, c->trace);
    ritz_course_store(c, c->list, c->variable, c->count);
}

void ritz_course_make_weak_alike(ritz_course *c, ritz_node **node,
                                 ritz_node *const *like, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (like[i]->weak && !node[i]->weak) {
            node[i] = ritz_variable(c->graph, node[i]);
            ritz_trace_check(c->L, c->trace);
            node[i]->weak = true;
        }
}

int ritz_course_check_results(ritz_course *c, int first)
{
    if (lua_gettop(c->L) < first)
        ritz_refuse(c->L, "%s: the function returned nothing", c->who);
    return first;
}

void ritz_push_flat(lua_State *L, int index)
{
    lua_newtable(L);
    const int list = lua_gettop(L);
    ritz_tree_flatten(L, index, list, RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS);
}

ritz_node **ritz_course_push_directions(ritz_course *c, int list,
                                        ritz_node *const *x, size_t n,
                                        const char *what)
{
    ritz_node **d = ritz_course_push_nodes(c, list, n);
    for (size_t i = 0; i < n; i++) {
        if (d[i]->weak)
            d[i] = ritz_cast(c->graph, d[i], x[i]->dtype);
        ritz_trace_check(c->L, c->trace);
        if (d[i]->dtype != x[i]->dtype ||
            !ritz_shape_equal(&d[i]->shape, &x[i]->shape))
            ritz_refuse(c->L,
                        "%s: %s must be like what it belongs to, wanted "
                        "%s, got %s",
                        c->who, what,
                        ritz_got_type(x[i]->dtype, &x[i]->shape).text,
                        ritz_got_type(d[i]->dtype, &d[i]->shape).text);
    }
    return d;
}

void ritz_course_check_alike(ritz_course *c, int a, int b, const char *what)
{
    if (!ritz_tree_alike(c->L, a, b))
        ritz_refuse(c->L,
                    "%s: %s must be a tree like what it belongs to, with "
                    "the same keys",
                    c->who, what);
}
