/* custom_lua.c - ritz.checkpoint and ritz.custom_gradient: functions whose
 * derivative is taken in a way of its own.
 *
 * Where nothing is traced there is no derivative: the function is called as it
 * is.
 */
#include "script/tensor_lua.h"

#include "graph/build.h"
#include "graph/custom.h"
#include "graph/transform.h"
#include "script/course.h"
#include "script/document.h"
#include "script/tree.h"

#include <lauxlib.h>
#include <string.h>

enum { CHECKPOINT, CUSTOM_GRADIENT, BINDINGS };
static const ritz_binding bindings[BINDINGS + 1]; /* at the end */

/* Calls upvalue 1 with all arguments as they are. */
static int call_plainly(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* Flattens the results from `first` to the top in place: the list of their
 * leaves is pushed, then their nodes. */
static ritz_node **flatten_results(ritz_course *c, int first, int *list)
{
    lua_State *L = c->L;
    const int last = lua_gettop(L);
    lua_newtable(L);
    *list = last + 1;
    for (int i = first; i <= last; i++) {
        ritz_tree_flatten(L, i, *list, RITZ_TREE_TENSORS);
        lua_replace(L, i);
    }
    return ritz_course_push_nodes(c, *list, lua_rawlen(L, *list));
}

static void unflatten_results(lua_State *L, int first, int list)
{
    for (int i = first; i < list; i++) {
        ritz_tree_unflatten(L, i, list);
        lua_replace(L, i);
    }
    lua_settop(L, list - 1);
}

static int call_checkpoint(lua_State *L)
{
    if (!ritz_trace_current(L))
        return call_plainly(L);
    ritz_course c;
    const int n = lua_gettop(L);
    ritz_course_begin(&c, L, "checkpoint");
    luaL_checkstack(L, n + LUA_MINSTACK, c.who);
    const uint32_t start = ritz_graph_size(c.graph);
    lua_pushvalue(L, lua_upvalueindex(1));
    const int first = lua_gettop(L);
    for (int i = 1; i <= n; i++)
        lua_pushvalue(L, i);
    lua_call(L, n, LUA_MULTRET);
    luaL_checkstack(L, LUA_MINSTACK, c.who);
    ritz_trace_mark_place(L, c.trace);
    int list;
    ritz_node **output = flatten_results(&c, first, &list);
    const size_t count = lua_rawlen(L, list);
    ritz_checkpoint(c.graph, start, output, (int)count, output);
    ritz_trace_check(L, c.trace);
    ritz_course_store(&c, list, output, count);
    unflatten_results(L, first, list);
    return lua_gettop(L) - first + 1;
}

static int l_checkpoint(lua_State *L)
{
    ritz_check_function(L, "checkpoint");
    lua_settop(L, 1);
    lua_pushcclosure(L, call_checkpoint, 1);
    return 1;
}

/* Custom gradients: closures over function, rule, and whether the rule is that
 * of forward mode. */

enum { UP_FUNCTION = 1, UP_RULE, UP_FORWARD };

/* Indices of tables: the templates of the arguments and then that of the first
 * result; the leaves of the former and of the latter. */
typedef struct custom {
    ritz_course c;
    ritz_custom_spec spec;
    int n; /* arguments */
    int templates, x, y;
} custom;

/* Appends the leaves of the value at `index` to a list and keeps its template.
 */
static void flatten_at(const custom *k, int index, int list, int nth)
{
    ritz_tree_flatten(k->c.L, index, list,
                      RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS);
    lua_rawseti(k->c.L, k->templates, nth);
}

/* Pushes the tree of template `nth` with the values of a list. */
static void push_tree(const custom *k, int nth, int list)
{
    lua_rawgeti(k->c.L, k->templates, nth);
    ritz_tree_unflatten(k->c.L, -1, list);
    lua_remove(k->c.L, -2);
}

/* Calls the function. Leaves what it saves for the rule on top. */
static void call_function(custom *k)
{
    lua_State *L = k->c.L;
    for (int i = 1; i <= k->n; i++)
        flatten_at(k, i, k->x, i);
    k->spec.nx = (int)lua_rawlen(L, k->x);
    ritz_node **x = ritz_course_push_nodes(&k->c, k->x, (size_t)k->spec.nx);
    for (int i = 0; i < k->spec.nx; i++)
        x[i] = ritz_variable(k->c.graph, x[i]);
    ritz_trace_check(L, k->c.trace);
    k->spec.x = x;
    k->spec.first = ritz_graph_size(k->c.graph);
    ritz_course_store(&k->c, k->x, x, (size_t)k->spec.nx);
    lua_pushvalue(L, lua_upvalueindex(UP_FUNCTION));
    for (int i = 1; i <= k->n; i++)
        push_tree(k, i, k->x);
    lua_call(L, k->n, 2);
    const int saved = lua_gettop(L);
    flatten_at(k, saved - 1, k->y, k->n + 1);
    k->spec.nout = (int)lua_rawlen(L, k->y);
    k->spec.output = ritz_course_push_nodes(&k->c, k->y, (size_t)k->spec.nout);
    lua_pushvalue(L, saved);
}

/* Pushes a list of placeholders like some nodes, and fills spec.direction. */
static int push_directions(custom *k, ritz_node *const *like, int count)
{
    lua_State *L = k->c.L;
    ritz_node **d = ritz_push_nodes(L, (size_t)count);
    for (int i = 0; i < count; i++) {
        d[i] = ritz_placeholder(k->c.graph, like[i]->dtype, &like[i]->shape);
        ritz_trace_check(L, k->c.trace);
        d[i]->weak = like[i]->weak;
    }
    k->spec.direction = d;
    lua_newtable(L);
    ritz_course_store(&k->c, lua_gettop(L), d, (size_t)count);
    return lua_gettop(L);
}

/* Appends what the rule gave at `index` to the list; nil is zero. */
static void take_result(custom *k, int index, int nth, int list,
                        ritz_node *const *like)
{
    lua_State *L = k->c.L;
    const lua_Integer before = (lua_Integer)lua_rawlen(L, list);
    lua_rawgeti(L, k->templates, nth);
    if (!lua_isnil(L, index)) {
        ritz_tree_flatten(L, index, list,
                          RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS);
        ritz_course_check_alike(&k->c, -1, -2, "what the rule gives");
        lua_pop(L, 2);
        return;
    }
    lua_newtable(L);
    ritz_tree_unflatten(L, -2, nth <= k->n ? k->x : k->y);
    ritz_tree_flatten(L, -1, lua_gettop(L) - 1,
                      RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS);
    const lua_Integer count = (lua_Integer)lua_rawlen(L, -3);
    for (lua_Integer i = before; i < before + count; i++) {
        ritz_node *zero = ritz_full_like(k->c.graph, like[i], 0.0);
        ritz_trace_check(L, k->c.trace);
        ritz_handle_push_node(L, zero);
        lua_rawseti(L, list, i + 1);
    }
    lua_pop(L, 4);
}

/* Calls the rule on what was saved, which is on top, and placeholders. */
static void call_rule(custom *k)
{
    lua_State *L = k->c.L;
    const bool forward = k->spec.forward;
    const int saved = lua_gettop(L), from = forward ? 1 : k->n + 1;
    const int count = forward ? k->n : 1, gives = forward ? 1 : k->n;
    const int first = forward ? k->n + 1 : 1;
    ritz_node *const *like = forward ? k->spec.output : k->spec.x;
    const int d = push_directions(k, forward ? k->spec.x : k->spec.output,
                                  forward ? k->spec.nx : k->spec.nout);
    lua_newtable(L);
    const int list = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(UP_RULE));
    lua_pushvalue(L, saved);
    for (int i = 0; i < count; i++)
        push_tree(k, from + i, d);
    lua_call(L, count + 1, gives);
    luaL_checkstack(L, 2 * LUA_MINSTACK, k->c.who);
    for (int i = 0; i < gives; i++)
        take_result(k, list + 1 + i, first + i, list, like);
    k->spec.result = ritz_course_push_directions(
        &k->c, list, like, lua_rawlen(L, list), "what the rule gives");
}

static int call_custom(lua_State *L)
{
    const int n = lua_gettop(L);
    if (!ritz_trace_current(L)) {
        call_plainly(L);
        lua_settop(L, 1);
        return 1;
    }
    custom k = {.n = n,
                .spec.forward = lua_toboolean(L, lua_upvalueindex(UP_FORWARD))};
    ritz_course_begin(&k.c, L, "custom_gradient");
    luaL_checkstack(L, 2 * n + 2 * LUA_MINSTACK, k.c.who);
    lua_newtable(L);
    lua_newtable(L);
    lua_newtable(L);
    k.y = lua_gettop(L);
    k.x = k.y - 1;
    k.templates = k.y - 2;
    call_function(&k);
    call_rule(&k);
    ritz_trace_mark_place(L, k.c.trace);
    ritz_node **out = ritz_push_nodes(L, (size_t)k.spec.nout);
    ritz_custom(k.c.graph, &k.spec, out);
    ritz_trace_check(L, k.c.trace);
    ritz_course_store(&k.c, k.y, out, (size_t)k.spec.nout);
    push_tree(&k, n + 1, k.y);
    return 1;
}

static int l_custom_gradient(lua_State *L)
{
    const ritz_function *f = &bindings[CUSTOM_GRADIENT].record;
    ritz_check_function(L, f->name);
    lua_settop(L, 3);
    if (lua_type(L, 2) != LUA_TFUNCTION)
        return ritz_refuse(
            L, "%s: argument 2 must be the rule, a function, got %s", f->name,
            ritz_got_at(L, 2).text);
    const int options = lua_type(L, 3) == LUA_TTABLE ? 3 : 0;
    ritz_check_options(L, options, f);
    bool forward = false;
    if (ritz_option(L, options, "mode")) {
        const char *mode =
            lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
        forward = strcmp(mode, "forward") == 0;
        if (!forward && strcmp(mode, "reverse") != 0)
            return ritz_refuse(L, "%s: mode must be reverse or forward, got %s",
                               f->name, ritz_got_at(L, -1).text);
    }
    lua_settop(L, 2);
    lua_pushboolean(L, forward);
    lua_pushcclosure(L, call_custom, UP_FORWARD);
    return 1;
}

/* The records. */

static const ritz_binding bindings[BINDINGS + 1] = {
    [CHECKPOINT] =
        {.record =
             {.module = "ritz",
              .name = "checkpoint",
              .signature = "ritz.checkpoint(f)",
              .summary = "A function like f that reverse mode computes again "
                         "instead of storing what is in it.",
              .details =
                  "Its derivatives need the memory of its arguments and "
                  "results only, and f's time once more. Bits are those of f, "
                  "but where several parts share a parameter its gradients "
                  "are added part by part. Composes with every transform.",
              .source = "Griewank and Walther 2008, chapter 12",
              .example = "ritz.grad(ritz.checkpoint(function(x) return x^3 "
                         "end))(2)  --> 12.0"},
         .call = l_checkpoint},
    [CUSTOM_GRADIENT] =
        {.record =
             {.module = "ritz",
              .name = "custom_gradient",
              .params = {{.name = "mode",
                          .kind = RITZ_PARAM_TEXT,
                          .text = "reverse|forward",
                          .doc =
                              "what the rule gives: cotangents, or tangents"}},
              .signature = "ritz.custom_gradient(f, rule, {mode})",
              .summary = "A function like f whose derivative is the rule's.",
              .details =
                  "f(x, ...) returns its value, and as a second result what "
                  "the rule is to have. rule(saved, ct) returns a cotangent "
                  "for each argument, nil for zero; with mode = \"forward\", "
                  "rule(saved, v, ...) returns the tangent of the value. Both "
                  "modes of differentiation follow from either, because the "
                  "rule is transposed (linearised at zero). Tensors that f or "
                  "the rule take from outside get no derivative. Composes with "
                  "every transform.",
              .source = "JAX's custom_vjp and custom_jvp",
              .example = "local straight = ritz.custom_gradient(ritz.round, "
                         "function(_, ct) return ct end)\n"
                         "ritz.grad(straight)(2.3)  --> 1.0"},
         .call = l_custom_gradient},
};

void ritz_custom_open(lua_State *L)
{
    ritz_bindings(L, bindings);
}
