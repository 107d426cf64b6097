/* linear_lua.c - calling what ritz.linearize and ritz.vjp gave.
 *
 * Made outside of a trace it holds what the linear part reads and calls a plan;
 * made inside of one each call appends derivatives. Called with traced values
 * it appends its nodes to their trace, so that every transform applies.
 */
#include "script/linear_lua.h"

#include "graph/build.h"
#include "graph/primitives/linear.h"
#include "graph/transform.h"
#include "script/tree.h"

#include <lauxlib.h>
#include <string.h>

static const char metatable_key;

ritz_linear_value *ritz_linear_push_value(lua_State *L, int nin, int nout)
{
    const size_t leaves = (size_t)(nin + nout);
    ritz_linear_value *l = lua_newuserdatauv(L, sizeof *l + leaves, 1);
    memset(l, 0, sizeof *l + leaves);
    l->nin = nin;
    l->nout = nout;
    l->birth = ++ritz_core_of(L)->births;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    lua_setmetatable(L, -2);
    lua_createtable(L, 0, 4);
    lua_setiuservalue(L, -2, 1);
    return l;
}

static const char *name_of(const ritz_linear_value *l)
{
    return l->pulls ? "pullback" : "linear";
}

void ritz_linear_set_field(lua_State *L, int index, const char *field)
{
    lua_getiuservalue(L, index, 1);
    lua_insert(L, -2);
    lua_setfield(L, -2, field);
    lua_pop(L, 1);
}

static int push_field(lua_State *L, int index, const char *field)
{
    lua_getiuservalue(L, index, 1);
    lua_getfield(L, -1, field);
    lua_remove(L, -2);
    return lua_gettop(L);
}

/* Calling. */

/* Flattens the arguments from 2 on into a list, which is pushed. */
static int push_leaves(lua_State *L, const ritz_linear_value *l)
{
    const int n = lua_gettop(L) - 1;
    if (n != l->nfrom)
        ritz_refuse(L, "%s: wanted %d argument%s, got %d", name_of(l), l->nfrom,
                    l->nfrom == 1 ? "" : "s", n);
    lua_newtable(L);
    const int list = lua_gettop(L);
    const int from = push_field(L, 1, "from");
    for (int i = 1; i <= n; i++) {
        ritz_tree_flatten(L, i + 1, list,
                          RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS);
        lua_rawgeti(L, from, i);
        if (!ritz_tree_alike(L, -1, -2))
            ritz_refuse(L,
                        "%s: argument %d must be a tree like what it belongs "
                        "to, with the same keys",
                        name_of(l), i);
        lua_pop(L, 2);
    }
    lua_settop(L, list);
    return list;
}

/* Of `many` directions, the number: *size, set by the first. */
static void check_direction(lua_State *L, const ritz_linear_value *l,
                            const ritz_node *like, ritz_dtype dtype,
                            const ritz_shape *shape, int64_t *size)
{
    if (size && *size < 0 && shape->rank > 0)
        *size = shape->dim[0];
    const ritz_shape wanted =
        size ? ritz_shape_with_batch(&like->shape, *size < 0 ? 1 : *size)
             : like->shape;
    if (dtype != like->dtype || !ritz_shape_equal(shape, &wanted))
        ritz_refuse(L,
                    "%s: a direction must be like what it belongs to, wanted "
                    "%s%s, got %s",
                    name_of(l), ritz_got_type(like->dtype, &wanted).text,
                    size ? " (along axis 1 one for each direction)" : "",
                    ritz_got_type(dtype, shape).text);
}

/* Pushes the results that the templates make of the leaves in a list. */
static int push_results(lua_State *L, const ritz_linear_value *l, int list)
{
    const int to = push_field(L, 1, "to");
    luaL_checkstack(L, l->nto + LUA_MINSTACK, "results");
    for (int i = 1; i <= l->nto; i++) {
        lua_rawgeti(L, to, i);
        ritz_tree_unflatten(L, -1, list);
        lua_remove(L, -2);
    }
    return l->nto;
}

/* Puts a tensor in the place of a number in the list; gives the tensor. */
static ritz_tensor *tensor_at(lua_State *L, const ritz_linear_value *l,
                              int list, int i)
{
    const ritz_node *like = ritz_linear_in(l->kept, i);
    lua_rawgeti(L, list, i + 1);
    ritz_handle *h = ritz_handle_test(L, -1);
    if (!h) {
        const double value = lua_tonumber(L, -1);
        ritz_error err = {0};
        h = ritz_handle_push(L);
        if (ritz_tensor_fill(&h->tensor, like->dtype, &(ritz_shape){0}, value,
                             &err) != RITZ_OK)
            ritz_raise(L, &err);
        lua_rawseti(L, list, i + 1);
    }
    lua_pop(L, 1);
    return h->tensor;
}

static int run(lua_State *L, ritz_linear_value *l, int list, bool many)
{
    int64_t size = -1;
    ritz_tensor **in = lua_newuserdatauv(
        L, (size_t)(l->nin + l->nout + 1) * sizeof(void *), 0);
    ritz_tensor **out = in + l->nin;
    ritz_handle **handle =
        lua_newuserdatauv(L, (size_t)(l->nout + 1) * sizeof(void *), 0);
    for (int i = 0; i < l->nin; i++) {
        in[i] = tensor_at(L, l, list, i);
        check_direction(L, l, ritz_linear_in(l->kept, i),
                        ritz_tensor_dtype(in[i]), ritz_tensor_shape(in[i]),
                        many ? &size : NULL);
    }
    lua_createtable(L, l->nout, 0);
    const int results = lua_gettop(L);
    for (int i = 0; i < l->nout; i++) {
        handle[i] = ritz_handle_push(L);
        lua_rawseti(L, results, i + 1);
    }
    ritz_error err = {0};
    const ritz_status status =
        many ? ritz_linear_run_many(l->kept, size, in, out, &err)
             : ritz_linear_run(l->kept, in, out, &err);
    if (status != RITZ_OK)
        return ritz_raise(L, &err);
    for (int i = 0; i < l->nout; i++)
        handle[i]->tensor = out[i];
    for (int i = 0; i < l->nout; i++)
        if (!many && l->number[l->nin + i]) {
            lua_pushnumber(L, ritz_tensor_get(handle[i]->tensor, 0));
            lua_rawseti(L, results, i + 1);
        }
    const int n = push_results(L, l, results);
    ritz_core_collect(L);
    return n;
}

/* The nodes that directions are like. Pushes values. */
static ritz_node **push_likes(ritz_course *c, const ritz_linear_value *l)
{
    if (!l->kept) {
        const int at = push_field(c->L, 1, l->pulls ? "outputs" : "variables");
        return ritz_course_push_nodes(c, at, (size_t)l->nin);
    }
    ritz_node **like = ritz_push_nodes(c->L, (size_t)l->nin);
    for (int i = 0; i < l->nin; i++)
        like[i] = ritz_linear_in(l->kept, i);
    return like;
}

/* Appends the results for directions that are nodes. Pushes values. */
static void append_one(ritz_course *c, const ritz_linear_value *l,
                       ritz_node *const *d, ritz_node **out)
{
    if (l->kept) {
        if (c->trace->replayed && l->birth < c->trace->birth)
            ritz_refuse(c->L,
                        "jit: a linear function was made before the trace and "
                        "would be frozen into the plan: make it inside, or "
                        "set freeze");
        ritz_linear_append(l->kept, c->graph, d, out);
        ritz_trace_check(c->L, c->trace);
        return;
    }
    const int nvar = l->pulls ? l->nout : l->nin;
    const int noutput = l->pulls ? l->nin : l->nout;
    ritz_node **x = ritz_course_push_nodes(c, push_field(c->L, 1, "variables"),
                                           (size_t)nvar);
    ritz_node **y = ritz_course_push_nodes(c, push_field(c->L, 1, "outputs"),
                                           (size_t)noutput);
    if (l->pulls)
        ritz_vjp(c->graph, y, d, noutput, x, nvar, out);
    else
        ritz_jvp(c->graph, x, d, nvar, y, noutput, out);
    ritz_trace_check(c->L, c->trace);
    ritz_course_make_weak_alike(c, out, l->pulls ? x : y, (size_t)l->nout);
}

/* The same for many, along axis 0. */
static void append_many(ritz_course *c, const ritz_linear_value *l,
                        ritz_node *const *like, ritz_node **d, ritz_node **out)
{
    int64_t size = -1;
    ritz_node **one = ritz_push_nodes(c->L, (size_t)l->nin);
    ritz_node **element = ritz_push_nodes(c->L, (size_t)l->nout);
    for (int i = 0; i < l->nin; i++) {
        check_direction(c->L, l, like[i], d[i]->dtype, &d[i]->shape, &size);
        one[i] = ritz_batch_variable(c->graph, d[i], 0);
    }
    append_one(c, l, one, element);
    ritz_vmap(c->graph, one, d, l->nin, size, element, l->nout, out);
    ritz_trace_check(c->L, c->trace);
}

static int append(lua_State *L, ritz_linear_value *l, int leaves, bool many)
{
    ritz_course c;
    ritz_course_begin(&c, L, name_of(l));
    ritz_node **like = push_likes(&c, l);
    ritz_node **out = ritz_push_nodes(L, (size_t)l->nout);
    if (many)
        append_many(&c, l, like,
                    ritz_course_push_nodes(&c, leaves, (size_t)l->nin), out);
    else
        append_one(&c, l,
                   ritz_course_push_directions(&c, leaves, like, (size_t)l->nin,
                                               "the direction"),
                   out);
    for (int i = 0; !many && i < l->nout; i++)
        if (l->number[l->nin + i])
            out[i]->weak = true;
    ritz_course_store(&c, c.list, out, (size_t)l->nout);
    push_results(L, l, c.list);
    return ritz_course_finish(&c, lua_gettop(L) - l->nto + 1);
}

static bool any_traced(lua_State *L, int list, int n)
{
    bool traced = false;
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, list, i);
        const ritz_handle *h = ritz_handle_test(L, -1);
        if (h) {
            ritz_handle_live(L, h);
            traced = traced || h->node;
        }
        lua_pop(L, 1);
    }
    return traced;
}

static ritz_linear_value *check_linear(lua_State *L)
{
    if (!lua_getmetatable(L, 1))
        lua_pushnil(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    if (lua_type(L, 1) != LUA_TUSERDATA || !lua_rawequal(L, -1, -2))
        ritz_refuse(L,
                    "linear: wanted what ritz.linearize gave, got %s (methods "
                    "are called with a colon)",
                    ritz_got_at(L, 1).text);
    lua_pop(L, 2);
    return lua_touserdata(L, 1);
}

static int apply(lua_State *L, bool many)
{
    luaL_checkstack(L, 2 * LUA_MINSTACK, "linear");
    ritz_linear_value *l = check_linear(L);
    const int leaves = push_leaves(L, l);
    return !l->kept || any_traced(L, leaves, l->nin)
               ? append(L, l, leaves, many)
               : run(L, l, leaves, many);
}

static int call_one(lua_State *L)
{
    return apply(L, false);
}

static int call_many(lua_State *L)
{
    return apply(L, true);
}

static int transpose(lua_State *L)
{
    const ritz_linear_value *l = check_linear(L);
    lua_settop(L, 1);
    ritz_linear_value *t = ritz_linear_push_value(L, l->nout, l->nin);
    t->pulls = !l->pulls;
    t->nfrom = l->nto;
    t->nto = l->nfrom;
    t->birth = l->birth;
    memcpy(t->number, l->number + l->nin, (size_t)l->nout);
    memcpy(t->number + l->nout, l->number, (size_t)l->nin);
    static const char *const field[][2] = {{"from", "to"},
                                           {"to", "from"},
                                           {"variables", "variables"},
                                           {"outputs", "outputs"}};
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        push_field(L, 1, field[i][0]);
        ritz_linear_set_field(L, 2, field[i][1]);
    }
    ritz_error err = {0};
    if (l->kept && ritz_linear_transpose(&t->kept, l->kept, &err) != RITZ_OK)
        return ritz_raise(L, &err);
    return 1;
}

static int collect(lua_State *L)
{
    ritz_linear_value *l = lua_touserdata(L, 1);
    ritz_linear_delete(l->kept);
    l->kept = NULL;
    return 0;
}

void ritz_linear_value_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"many", call_many},
        {"transpose", transpose},
        {NULL, NULL},
    };
    lua_createtable(L, 0, 5);
    lua_pushcfunction(L, call_one);
    lua_setfield(L, -2, "__call");
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "ritz.linear");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}
