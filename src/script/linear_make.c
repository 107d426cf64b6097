/* linear_make.c - ritz.linearize and ritz.vjp: tracing a function and its
 * derivatives for directions that come later.
 *
 * Whoever opened the trace keeps what the linear part reads
 * (graph/linearize.h); inside of another transform the traced variables and
 * results are kept.
 */
#include "script/tensor_lua.h"

#include "graph/build.h"
#include "graph/transform.h"
#include "script/document.h"
#include "script/linear_lua.h"
#include "script/tree.h"

#include <lauxlib.h>

/* What was traced: indices of lists, and the nodes of their leaves. */
typedef struct traced {
    ritz_course c;
    bool pulls;
    int from, to; /* lists of templates of arguments and of the result */
    int leaves;   /* of the result that is differentiated */
    int first;    /* of the results */
    int nout;
    ritz_node **output;
} traced;

/* Calls the function with variables in the place of its arguments. */
static void trace_call(traced *t, int n)
{
    ritz_course *c = &t->c;
    lua_State *L = c->L;
    ritz_course_begin(c, L, t->pulls ? "vjp" : "linearize");
    luaL_checkstack(L, n + 2 * LUA_MINSTACK, c->who);
    lua_newtable(L);
    lua_newtable(L);
    lua_newtable(L);
    t->from = lua_gettop(L) - 2;
    t->to = t->from + 1;
    t->leaves = t->from + 2;
    for (int i = 1; i <= n; i++) {
        ritz_tree_flatten(L, i + 1, c->list,
                          RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS);
        lua_rawseti(L, t->from, i);
    }
    ritz_course_make_variables(c);
    lua_pushvalue(L, 1);
    t->first = lua_gettop(L);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(L, t->from, i);
        ritz_tree_unflatten(L, -1, c->list);
        lua_remove(L, -2);
    }
    lua_call(L, n, LUA_MULTRET);
    ritz_course_check_results(c, t->first);
    luaL_checkstack(L, 2 * LUA_MINSTACK, c->who);
    ritz_trace_mark_place(L, c->trace);
    ritz_tree_flatten(L, t->first, t->leaves,
                      RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS);
    lua_rawseti(L, t->to, 1);
    t->nout = (int)lua_rawlen(L, t->leaves);
}

/* Pushes the userdata, empty but for the templates. */
static ritz_linear_value *push_like(traced *t, int n)
{
    lua_State *L = t->c.L;
    const int count = (int)t->c.count;
    ritz_linear_value *l = ritz_linear_push_value(L, t->pulls ? t->nout : count,
                                                  t->pulls ? count : t->nout);
    l->pulls = t->pulls;
    l->nfrom = t->pulls ? 1 : n;
    l->nto = t->pulls ? n : 1;
    const int at = lua_gettop(L);
    lua_pushvalue(L, t->from);
    ritz_linear_set_field(L, at, t->pulls ? "to" : "from");
    lua_pushvalue(L, t->to);
    ritz_linear_set_field(L, at, t->pulls ? "from" : "to");
    return l;
}

/* Appends the derivatives for fresh directions. */
static void differentiate(traced *t, const ritz_linear_value *l,
                          ritz_node **direction, ritz_node **result)
{
    ritz_course *c = &t->c;
    ritz_node **x = c->variable, **y = t->output;
    for (int i = 0; i < l->nin; i++) {
        const ritz_node *like = t->pulls ? y[i] : x[i];
        direction[i] = ritz_input(c->graph, like->dtype, &like->shape);
        ritz_trace_check(c->L, c->trace);
        direction[i]->weak = like->weak;
    }
    if (t->pulls)
        ritz_vjp(c->graph, y, direction, l->nin, x, l->nout, result);
    else
        ritz_jvp(c->graph, x, direction, l->nin, y, l->nout, result);
    ritz_trace_check(c->L, c->trace);
    ritz_course_make_weak_alike(c, result, t->pulls ? x : y, (size_t)l->nout);
}

/* The values of the function: their templates stand from t->first on. */
typedef struct values {
    int list, n;
    ritz_node **node;
    ritz_tensor **tensor;
    ritz_handle **handle;
    bool *number;
} values;

static values push_values(traced *t, int last)
{
    lua_State *L = t->c.L;
    values v = {0};
    lua_newtable(L);
    v.list = lua_gettop(L);
    for (int i = t->first; i <= last; i++) {
        ritz_tree_flatten(L, i, v.list, RITZ_TREE_TENSORS);
        lua_replace(L, i);
    }
    v.n = (int)lua_rawlen(L, v.list);
    const size_t n = (size_t)v.n;
    v.node = ritz_course_push_nodes(&t->c, v.list, n);
    v.tensor = lua_newuserdatauv(L, n * sizeof *v.tensor + 1, 0);
    v.handle = lua_newuserdatauv(L, n * sizeof *v.handle + 1, 0);
    v.number = lua_newuserdatauv(L, n + 1, 0);
    for (int i = 0; i < v.n; i++) {
        v.handle[i] = ritz_handle_push(L);
        lua_rawseti(L, v.list, i + 1);
    }
    return v;
}

/* Computes the values and keeps what the linear part reads. */
static void keep(traced *t, ritz_linear_value *l, int last)
{
    lua_State *L = t->c.L;
    ritz_graph *g = t->c.graph;
    ritz_node **direction = ritz_push_nodes(L, (size_t)l->nin);
    ritz_node **result = ritz_push_nodes(L, (size_t)l->nout);
    differentiate(t, l, direction, result);
    values v = push_values(t, last);
    for (int i = 0; i < l->nin; i++)
        l->number[i] = direction[i]->weak && direction[i]->shape.rank == 0;
    ritz_error err = {0};
    ritz_status status =
        ritz_settle_types(g, result, (size_t)l->nout, l->number + l->nin, &err);
    if (status == RITZ_OK)
        status = ritz_settle_types(g, v.node, (size_t)v.n, v.number, &err);
    const ritz_linear_spec spec = {direction, l->nin, result,
                                   l->nout,   v.node, v.n};
    if (status == RITZ_OK)
        status = ritz_linear_new(&l->kept, g, &spec, v.tensor, &err);
    if (status != RITZ_OK)
        ritz_raise(L, &err);
    for (int i = 0; i < v.n; i++)
        v.handle[i]->tensor = v.tensor[i];
    for (int i = 0; i < v.n; i++)
        if (v.number[i]) {
            lua_pushnumber(L, ritz_tensor_get(v.tensor[i], 0));
            lua_rawseti(L, v.list, i + 1);
        }
    for (int i = t->first; i <= last; i++) {
        ritz_tree_unflatten(L, i, v.list);
        lua_replace(L, i);
    }
}

static int make(lua_State *L, bool pulls)
{
    traced t = {.c.L = L, .pulls = pulls};
    const int n = lua_gettop(L) - 1;
    ritz_check_function(L, pulls ? "vjp" : "linearize");
    if (n < 1)
        return ritz_refuse(L, "%s: wanted the function's arguments after it",
                           pulls ? "vjp" : "linearize");
    trace_call(&t, n);
    const int last = lua_gettop(L);
    t.output = ritz_course_push_nodes(&t.c, t.leaves, (size_t)t.nout);
    ritz_linear_value *l = push_like(&t, n);
    const int at = lua_gettop(L);
    if (t.c.opened) {
        keep(&t, l, last);
    } else {
        lua_pushvalue(L, t.c.list);
        ritz_linear_set_field(L, at, "variables");
        ritz_course_store(&t.c, t.leaves, t.output, (size_t)t.nout);
        lua_pushvalue(L, t.leaves);
        ritz_linear_set_field(L, at, "outputs");
    }
    lua_settop(L, at);
    lua_copy(L, at, last + 1);
    lua_settop(L, last + 1);
    lua_insert(L, pulls ? t.first + 1 : t.first);
    if (t.c.opened) {
        lua_closeslot(L, t.c.slot);
        ritz_core_collect(L);
    }
    return last + 1 - t.first + 1;
}

static int l_linearize(lua_State *L)
{
    return make(L, false);
}

static int l_vjp(lua_State *L)
{
    return make(L, true);
}

/* The records. */

static const ritz_binding bindings[] = {
    {.record =
         {.module = "ritz",
          .name = "linearize",
          .signature = "ritz.linearize(f, x, ...)",
          .summary = "The derivative of f at x as a function linear(v), then "
                     "f(x).",
          .details =
              "f is computed once, and what its derivative reads is kept: "
              "linear(v), with v a tree like x, computes what depends on v "
              "alone. With several arguments, linear takes a direction for "
              "each. linear:many(V) takes several directions along axis 1 of "
              "every tensor; linear:transpose() goes from cotangents of f(x) "
              "to those of x. What else f returns follows. Hessian times "
              "vector, for Lanczos: linearize the gradient.",
          .source = "JAX's linearize",
          .example = "ritz.linearize(function(x) return x^3 end, 2)(10)  --> "
                     "120.0"},
     .call = l_linearize},
    {.record =
         {.module = "ritz",
          .name = "vjp",
          .signature = "ritz.vjp(f, x, ...)",
          .summary = "f(x), and a function pullback(ct) that gives the "
                     "cotangents of x.",
          .details =
              "f is computed once; pullback takes a tree like f(x), any number "
              "of times, and gives a tree like x (one for each argument). "
              "pullback:many(CT) takes several along axis 1. What else f "
              "returns follows. Composes with every transform, to any order.",
          .source = "Griewank and Walther 2008, chapter 3",
          .example = "select(2, ritz.vjp(function(x) return x^3 end, 2))(1)  "
                     "--> 12.0"},
     .call = l_vjp},
    {.call = NULL},
};

void ritz_linear_open(lua_State *L)
{
    ritz_linear_value_open(L);
    ritz_bindings(L, bindings);
}
