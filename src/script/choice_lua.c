/* choice_lua.c - ritz.cond: one of two functions, chosen by a value.
 *
 * A condition with a value chooses at once. For a traced one both functions
 * are called, and what they appended is cut out of the trace.
 */
#include "script/tensor_lua.h"

#include "graph/build.h"
#include "graph/control.h"
#include "script/course.h"
#include "script/document.h"
#include "script/tree.h"

#include <lauxlib.h>
#include <string.h>

enum { CONDITION = 1, FIRST, SECOND, ARGUMENTS };
enum { LEAVES = RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS };

/* What a function returned: a list with a template for every result. */
typedef struct returned {
    int packed, list, template; /* on the stack */
    ritz_node **node;
    size_t count;
} returned;

static void check_callable(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TFUNCTION &&
        luaL_getmetafield(L, index, "__call") == LUA_TNIL)
        ritz_refuse(L, "cond: argument %d must be a function, got %s", index,
                    ritz_got_at(L, index).text);
}

/* Calls function `index` with the arguments of this one. */
static int call_with_arguments(lua_State *L, int index, int n)
{
    const int first = lua_gettop(L) + 1;
    luaL_checkstack(L, n + LUA_MINSTACK, "cond");
    lua_pushvalue(L, index);
    for (int i = ARGUMENTS; i <= n; i++)
        lua_pushvalue(L, i);
    lua_call(L, n - ARGUMENTS + 1, LUA_MULTRET);
    return first;
}

static returned call_branch(ritz_course *c, int index, int n)
{
    lua_State *L = c->L;
    const int first = call_with_arguments(L, index, n);
    const int count = lua_gettop(L) - first + 1;
    luaL_checkstack(L, LUA_MINSTACK, c->who);
    lua_createtable(L, count, 0);
    for (int i = 1; i <= count; i++) {
        lua_pushvalue(L, first + i - 1);
        lua_rawseti(L, first + count, i);
    }
    lua_replace(L, first);
    lua_settop(L, first);
    lua_newtable(L);
    ritz_tree_flatten(L, first, first + 1, LEAVES);
    returned r = {.packed = first, .list = first + 1, .template = first + 2};
    r.count = lua_rawlen(L, r.list);
    r.node = ritz_course_push_nodes(c, r.list, r.count);
    return r;
}

/* A number beside a tensor takes its dtype. Else the results must be alike. */
static void match(ritz_course *c, returned *a, returned *b)
{
    lua_State *L = c->L;
    if (!ritz_tree_alike(L, a->template, b->template))
        ritz_refuse(L, "cond: both functions must return the same number of "
                       "results, with the same keys");
    for (size_t i = 0; i < a->count; i++) {
        ritz_node **x = &a->node[i], **y = &b->node[i];
        if ((*x)->weak && !(*y)->weak)
            *x = ritz_cast(c->graph, *x, (*y)->dtype);
        else if ((*y)->weak && !(*x)->weak)
            *y = ritz_cast(c->graph, *y, (*x)->dtype);
        if ((*x)->dtype == (*y)->dtype &&
            ritz_shape_equal(&(*x)->shape, &(*y)->shape))
            continue;
        ritz_tree_names(L, a->packed, LEAVES);
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        ritz_refuse(L,
                    "cond: both functions must return the same, got %s and %s "
                    "in result %s",
                    ritz_got_type((*x)->dtype, &(*x)->shape).text,
                    ritz_got_type((*y)->dtype, &(*y)->shape).text,
                    lua_tostring(L, -1));
    }
    ritz_trace_check(L, c->trace);
}

/* The results of the chosen branch, in the list of the first. */
static void append_cond(ritz_course *c, ritz_node *condition, uint32_t first,
                        const returned *a, const returned *b)
{
    lua_State *L = c->L;
    const size_t n = a->count;
    ritz_node **both = ritz_push_nodes(L, 2 * n);
    memcpy(both, a->node, n * sizeof *both);
    memcpy(both + n, b->node, n * sizeof *both);
    ritz_body *body =
        ritz_arena_alloc(ritz_graph_arena(c->graph), 1, sizeof *body);
    ritz_excerpt cut;
    if (!body)
        ritz_refuse(L, "cond: no memory");
    if (!ritz_body_since(&cut, c->graph, first, both, (int)(2 * n)))
        ritz_trace_check(L, c->trace);
    *body = cut.body;
    ritz_node *cond = ritz_cond(c->graph, condition, body, cut.operand);
    ritz_trace_check(L, c->trace);
    for (size_t i = 0; i < n; i++) {
        both[i] = ritz_output(cond, (int)i);
        both[i]->weak = a->node[i]->weak;
    }
    ritz_course_store(c, a->list, both, n);
}

static int trace_both(lua_State *L, int n)
{
    ritz_course c;
    ritz_course_begin(&c, L, "cond");
    ritz_node *condition = ritz_trace_node(L, c.trace, CONDITION, c.who);
    if (condition->shape.rank > 0)
        ritz_refuse(L, "cond: the condition must be one number, got %s",
                    ritz_got_at(L, CONDITION).text);
    const uint32_t first = ritz_graph_size(c.graph);
    returned a = call_branch(&c, FIRST, n);
    returned b = call_branch(&c, SECOND, n);
    ritz_trace_mark_place(L, c.trace);
    match(&c, &a, &b);
    if (a.count > 0)
        append_cond(&c, condition, first, &a, &b);
    ritz_tree_unflatten(L, a.template, a.list);
    const int results = lua_gettop(L), count = (int)lua_rawlen(L, results);
    luaL_checkstack(L, count + LUA_MINSTACK, c.who);
    for (int i = 1; i <= count; i++)
        lua_rawgeti(L, results, i);
    return ritz_course_finish(&c, results + 1);
}

/* Whether a condition that has a value is true. */
static bool is_true(lua_State *L)
{
    if (lua_type(L, CONDITION) == LUA_TBOOLEAN)
        return lua_toboolean(L, CONDITION);
    if (lua_type(L, CONDITION) == LUA_TNUMBER)
        return lua_tonumber(L, CONDITION) != 0.0;
    const ritz_tensor *t = ritz_handle_concrete(L, CONDITION, "cond");
    if (ritz_tensor_count(t) != 1)
        ritz_refuse(L, "cond: the condition must be one number, got %s",
                    ritz_got_at(L, CONDITION).text);
    return ritz_tensor_get(t, 0) != 0.0;
}

static int l_cond(lua_State *L)
{
    const int n = lua_gettop(L);
    for (int i = FIRST; i <= SECOND; i++)
        check_callable(L, i);
    lua_settop(L, n);
    const ritz_handle *h = ritz_handle_test(L, CONDITION);
    if (h && h->node) {
        ritz_handle_live(L, h);
        return trace_both(L, n);
    }
    if (h && ritz_trace_current(L))
        ritz_trace_check_capture(L, ritz_trace_current(L), h);
    const int first = call_with_arguments(L, is_true(L) ? FIRST : SECOND, n);
    return lua_gettop(L) - first + 1;
}

static const ritz_binding bindings[2] = {
    {.record =
         {.module = "ritz",
          .name = "cond",
          .signature = "ritz.cond(condition, f, g, ...)",
          .summary = "f(...) where the condition is true, else g(...).",
          .details =
              "The condition is a boolean, or one number that is true when it "
              "is not 0: see ritz.less. Where it has no value yet, under "
              "ritz.jit, both functions are traced and one is run; they return "
              "trees with the same keys, dtypes and shapes. The derivative is "
              "that of the function that was run. Under vmap with a condition "
              "for each element both are run, and each element selects.",
          .source = "JAX's lax.cond",
          .example = "ritz.cond(ritz.less(2, 3), function(x) return x * 10 "
                     "end, function(x) return -x end, 4)  --> 40"},
     .call = l_cond},
    {.call = NULL},
};

void ritz_choice_open(lua_State *L)
{
    ritz_bindings(L, bindings);
}
