/* vmap_lua.c - ritz.vmap: a closure over the function and the axes of arguments
 * and results. Axes are an integer for all, or a list with an axis for each; no
 * axis, or false, shares an argument.
 */
#include "script/tensor_lua.h"

#include "graph/build.h"
#include "graph/transform.h"
#include "script/course.h"
#include "script/document.h"
#include "script/tree.h"

#include <lauxlib.h>

static const ritz_binding bindings[2]; /* at the end */

typedef struct mapping {
    ritz_course c;
    int64_t size;
    int argument; /* that gave the size */
} mapping;

enum { UP_FUNCTION = 1, UP_IN, UP_OUT };

/* The axis of argument or result `nth`, 0 for none. */
static lua_Integer axis_of(lua_State *L, int upvalue, int nth)
{
    const int axes = lua_upvalueindex(upvalue);
    if (lua_type(L, axes) != LUA_TTABLE)
        return lua_tointeger(L, axes);
    lua_rawgeti(L, axes, nth);
    lua_Integer axis = upvalue == UP_OUT && lua_isnil(L, -1);
    if (lua_toboolean(L, -1)) {
        const bool in = upvalue == UP_IN;
        axis = ritz_check_integer(
            L, -1, "vmap", in ? "an entry of in_axes" : "an entry of out_axes");
        if (axis == 0)
            ritz_refuse(L, "vmap: %s, got 0",
                        in ? "in_axes counts from 1, and false shares an "
                             "argument"
                           : "out_axes counts from 1");
    }
    lua_pop(L, 1);
    return axis;
}

static int check_mapped(mapping *m, const ritz_node *x, lua_Integer axis,
                        int nth)
{
    const int rank = x->shape.rank;
    const lua_Integer at = axis < 0 ? axis + rank : axis - 1;
    if (at < 0 || at >= rank)
        ritz_refuse(m->c.L,
                    "vmap: argument %d is mapped over axis %lld, got %s: share "
                    "it with in_axes",
                    nth, (long long)axis,
                    ritz_got_type(x->dtype, &x->shape).text);
    const int64_t size = x->shape.dim[at];
    if (m->argument > 0 && size != m->size)
        ritz_refuse(m->c.L,
                    "vmap: mapped axes must have one size, got %lld in "
                    "argument %d and %lld in argument %d",
                    (long long)m->size, m->argument, (long long)size, nth);
    m->size = size;
    m->argument = nth;
    return (int)at;
}

/* Pushes argument `nth` with variables in the place of its leaves, which are
 * added to the list of the course. */
static void push_mapped(mapping *m, int nth, lua_Integer axis, int axes)
{
    lua_State *L = m->c.L;
    const size_t before = lua_rawlen(L, m->c.list);
    ritz_tree_flatten(L, nth, m->c.list, RITZ_TREE_TENSORS);
    const size_t after = lua_rawlen(L, m->c.list);
    for (size_t i = before + 1; i <= after; i++) {
        lua_pushinteger(L, axis);
        lua_rawseti(L, axes, (lua_Integer)i);
        lua_pushinteger(L, nth);
        lua_rawseti(L, axes, -(lua_Integer)i);
    }
}

static lua_Integer entry(lua_State *L, int table, lua_Integer key)
{
    lua_rawgeti(L, table, key);
    const lua_Integer i = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return i;
}

/* Turns the leaves in the list into variables; `batched` gets the whole
 * values, with the mapped axis in front. Pushes one value. */
static void make_elements(mapping *m, ritz_node **batched, int axes)
{
    ritz_course *c = &m->c;
    c->variable = ritz_push_nodes(c->L, c->count);
    for (size_t i = 0; i < c->count; i++) {
        const lua_Integer k = (lua_Integer)i + 1;
        const int at = check_mapped(m, batched[i], entry(c->L, axes, k),
                                    (int)entry(c->L, axes, -k));
        c->variable[i] = ritz_batch_variable(c->graph, batched[i], at);
        batched[i] = ritz_move_axis(c->graph, batched[i], at, 0);
    }
    ritz_trace_check(c->L, c->trace);
    ritz_course_store(c, c->list, c->variable, c->count);
}

/* Moves the batch, which is axis 0 of what was mapped, to where result `nth`
 * has it. */
static ritz_node *place_batch(mapping *m, ritz_node *y, int nth)
{
    const lua_Integer axis = axis_of(m->c.L, UP_OUT, nth);
    const int rank = y->shape.rank;
    const lua_Integer at = axis < 0 ? axis + rank : axis - 1;
    if (at < 0 || at >= rank)
        ritz_refuse(m->c.L,
                    "vmap: out_axes wants axis 1 to %d for result %d, got %lld",
                    rank, nth, (long long)axis);
    return ritz_move_axis(m->c.graph, y, 0, (int)at);
}

/* Replaces the results from `first` on by their batches. */
static void map_results(mapping *m, ritz_node **batched, int first)
{
    ritz_course *c = &m->c;
    lua_State *L = c->L;
    const int last = lua_gettop(L);
    lua_newtable(L);
    const int list = last + 1;
    size_t *end_of =
        lua_newuserdatauv(L, (size_t)(last - first + 1) * sizeof *end_of, 0);
    for (int i = first; i <= last; i++) {
        ritz_tree_flatten(L, i, list, RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS);
        end_of[i - first] = lua_rawlen(L, list);
        lua_replace(L, i);
    }
    const size_t n = lua_rawlen(L, list);
    ritz_node **output = ritz_course_push_nodes(c, list, n);
    ritz_node **result = ritz_push_nodes(L, n);
    const uint32_t end = ritz_graph_size(c->graph);
    ritz_vmap(c->graph, c->variable, batched, (int)c->count, m->size, output,
              (int)n, result);
    ritz_trace_check(L, c->trace);
    for (size_t i = 0, k = 0; i < n; i++) {
        while (i >= end_of[k])
            k++;
        result[i] = place_batch(m, result[i], (int)k + 1);
    }
    ritz_trace_check(L, c->trace);
    ritz_trace_end_elements(L, c->trace, c->variable, c->count, end);
    ritz_course_store(c, list, result, n);
    for (int i = first; i <= last; i++) {
        ritz_tree_unflatten(L, i, list);
        lua_replace(L, i);
    }
    lua_settop(L, last);
}

static int call_vmap(lua_State *L)
{
    mapping m = {0};
    ritz_course *c = &m.c;
    const int n = lua_gettop(L);
    ritz_course_begin(c, L, "vmap");
    luaL_checkstack(L, 2 * n + LUA_MINSTACK, c->who);
    lua_newtable(L);
    const int axes = lua_gettop(L);
    for (int i = 1; i <= n; i++) {
        const lua_Integer axis = axis_of(L, UP_IN, i);
        if (axis != 0)
            push_mapped(&m, i, axis, axes);
        else
            lua_pushvalue(L, i);
    }
    c->count = lua_rawlen(L, c->list);
    if (c->count == 0)
        return ritz_refuse(L, "vmap: no argument has a tensor to map over");
    ritz_node **batched = ritz_course_push_nodes(c, c->list, c->count);
    make_elements(&m, batched, axes);
    lua_pushvalue(L, lua_upvalueindex(UP_FUNCTION));
    const int first = lua_gettop(L);
    for (int i = 1; i <= n; i++)
        if (axis_of(L, UP_IN, i) != 0)
            ritz_tree_unflatten(L, axes + i, c->list);
        else
            lua_pushvalue(L, i);
    lua_call(L, n, LUA_MULTRET);
    luaL_checkstack(L, 2 * LUA_MINSTACK, c->who);
    ritz_trace_mark_place(L, c->trace);
    map_results(&m, batched, first);
    return ritz_course_finish(c, first);
}

/* Pushes the axes that an option gives, 1 when it is left out. */
static void push_axes(lua_State *L, int options, const char *name)
{
    if (!ritz_option(L, options, name))
        lua_pushinteger(L, 1);
    else if (lua_type(L, -1) != LUA_TTABLE &&
             ritz_check_integer(L, -1, "vmap", name) == 0)
        ritz_refuse(L, "vmap: %s counts from 1, got 0", name);
}

static int l_vmap(lua_State *L)
{
    ritz_check_function(L, "vmap");
    lua_settop(L, 2);
    const int options = lua_type(L, 2) == LUA_TTABLE ? 2 : 0;
    ritz_check_options(L, options, &bindings[0].record);
    lua_pushvalue(L, 1);
    push_axes(L, options, "in_axes");
    push_axes(L, options, "out_axes");
    lua_pushcclosure(L, call_vmap, UP_OUT);
    return 1;
}

static const ritz_binding bindings[2] = {
    {.record =
         {.module = "ritz",
          .name = "vmap",
          .params =
              {{.name = "in_axes",
                .kind = RITZ_PARAM_ANY,
                .doc = "an axis for all arguments, or a list with one for "
                       "each, where nil or false shares an argument; 1 when "
                       "left out"},
               {.name = "out_axes",
                .kind = RITZ_PARAM_ANY,
                .doc = "where the results have the batch: an axis for all, or "
                       "a list; 1 when left out"}},
          .signature = "ritz.vmap(f, {in_axes, out_axes})",
          .summary = "f for each row of its arguments, at once.",
          .details =
              "Maps over axis 1 of every tensor in every argument, or those "
              "of in_axes: an axis, or a list with an axis for each argument, "
              "where nil or false shares it. The results have the batch as "
              "axis 1, or as out_axes says. Composes with every transform, to "
              "any order.",
          .source = "JAX's vmap",
          .example = "ritz.vmap(function(x) return x:sum() end)(ritz.ones{2, "
                     "3}):totable()  --> {3.0, 3.0}"},
     .call = l_vmap},
    {.call = NULL},
};

void ritz_vmap_open(lua_State *L)
{
    ritz_bindings(L, bindings);
}
