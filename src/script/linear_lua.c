/* linear_lua.c - ritz.linearize and ritz.vjp: functions that stay linear in
 * what they are called with.
 *
 * Both give a callable userdata. Made outside of a trace it holds what the
 * linear part reads (graph/linearize.h) and calls a plan; made inside of one it
 * holds the traced variables and results, and each call appends derivatives.
 * Called with traced values it appends its nodes to their trace, so that every
 * transform applies.
 */
#include "script/tensor_lua.h"

#include "graph/build.h"
#include "graph/linearize.h"
#include "graph/primitives/linear.h"
#include "graph/transform.h"
#include "script/course.h"
#include "script/document.h"
#include "script/tree.h"

#include <lauxlib.h>
#include <string.h>

static const char metatable_key;

/* The user value is a table: `from` and `to`, lists of the templates of what
 * it takes and gives, and of a traced one `variables` and `outputs`. */
typedef struct linear {
    ritz_linear *kept; /* NULL: traced */
    bool pulls;        /* from cotangents of the results to the arguments' */
    int nfrom, nto;    /* arguments and results */
    uint64_t birth;
    int nin, nout;
    bool number[]; /* which of the nin + nout leaves are numbers */
} linear;

static linear *push_linear(lua_State *L, int nin, int nout)
{
    const size_t leaves = (size_t)(nin + nout);
    linear *l = lua_newuserdatauv(L, sizeof *l + leaves, 1);
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

static const char *name_of(const linear *l)
{
    return l->pulls ? "pullback" : "linear";
}

/* Moves the value on top into the table of the linear function at `index`. */
static void set_field(lua_State *L, int index, const char *field)
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
static int push_leaves(lua_State *L, const linear *l)
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
static void check_direction(lua_State *L, const linear *l,
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
static int push_results(lua_State *L, const linear *l, int list)
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
static ritz_tensor *tensor_at(lua_State *L, const linear *l, int list, int i)
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

static int run(lua_State *L, linear *l, int list, bool many)
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
static ritz_node **push_likes(ritz_course *c, const linear *l)
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
static void append_one(ritz_course *c, const linear *l, ritz_node *const *d,
                       ritz_node **out)
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
static void append_many(ritz_course *c, const linear *l, ritz_node *const *like,
                        ritz_node **d, ritz_node **out)
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

static int append(lua_State *L, linear *l, int leaves, bool many)
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

static linear *check_linear(lua_State *L)
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
    linear *l = check_linear(L);
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
    const linear *l = check_linear(L);
    lua_settop(L, 1);
    linear *t = push_linear(L, l->nout, l->nin);
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
        set_field(L, 2, field[i][1]);
    }
    ritz_error err = {0};
    if (l->kept && ritz_linear_transpose(&t->kept, l->kept, &err) != RITZ_OK)
        return ritz_raise(L, &err);
    return 1;
}

static int collect(lua_State *L)
{
    linear *l = lua_touserdata(L, 1);
    ritz_linear_delete(l->kept);
    l->kept = NULL;
    return 0;
}

/* Making. */

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
static linear *push_like(traced *t, int n)
{
    lua_State *L = t->c.L;
    const int count = (int)t->c.count;
    linear *l =
        push_linear(L, t->pulls ? t->nout : count, t->pulls ? count : t->nout);
    l->pulls = t->pulls;
    l->nfrom = t->pulls ? 1 : n;
    l->nto = t->pulls ? n : 1;
    const int at = lua_gettop(L);
    lua_pushvalue(L, t->from);
    set_field(L, at, t->pulls ? "to" : "from");
    lua_pushvalue(L, t->to);
    set_field(L, at, t->pulls ? "from" : "to");
    return l;
}

/* Appends the derivatives for fresh directions. */
static void differentiate(traced *t, const linear *l, ritz_node **direction,
                          ritz_node **result)
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
static void keep(traced *t, linear *l, int last)
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
    linear *l = push_like(&t, n);
    const int at = lua_gettop(L);
    if (t.c.opened) {
        keep(&t, l, last);
    } else {
        lua_pushvalue(L, t.c.list);
        set_field(L, at, "variables");
        ritz_course_store(&t.c, t.leaves, t.output, (size_t)t.nout);
        lua_pushvalue(L, t.leaves);
        set_field(L, at, "outputs");
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
    ritz_bindings(L, bindings);
}
