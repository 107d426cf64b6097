/* transform_lua.c - derivatives: grad, value_and_grad, jvp and hvp. */
#include "script/tensor_lua.h"

#include "graph/build.h"
#include "graph/transform.h"
#include "script/course.h"
#include "script/document.h"
#include "script/tree.h"
#include "script/wrt.h"

#include <lauxlib.h>

enum { GRAD, VALUE_AND_GRAD, JVP, HVP, BINDINGS };
static const ritz_binding bindings[BINDINGS + 1]; /* at the end */

/* grad and value_and_grad: closures that also know whether the value is wanted.
 */

enum { GRAD_VALUE = RITZ_WRT_OWN };

static const char *grad_name(lua_State *L)
{
    return lua_toboolean(L, lua_upvalueindex(GRAD_VALUE)) ? "value_and_grad"
                                                          : "grad";
}

static ritz_node *check_loss(ritz_course *c, int first)
{
    ritz_course_check_results(c, first);
    lua_State *L = c->L;
    if (lua_type(L, first) != LUA_TNUMBER && !ritz_handle_test(L, first))
        ritz_refuse(L, "%s: the function must return a scalar first, got %s",
                    c->who, ritz_got_at(L, first).text);
    ritz_node *loss = ritz_trace_node(L, c->trace, first, c->who);
    ritz_trace_check(L, c->trace);
    if (loss->shape.rank > 0 || !ritz_dtype_is_float(loss->dtype))
        ritz_refuse(L,
                    "%s: the function must return a scalar f32 or f64 first, "
                    "got %s",
                    c->who, ritz_got_at(L, first).text);
    return loss;
}

/* Pushes the gradients in the shape of the arguments. */
static void push_gradients(ritz_course *c, ritz_node *loss, int kept)
{
    lua_State *L = c->L;
    ritz_node **gradient = ritz_push_nodes(L, c->count);
    ritz_node *one = ritz_full_like(c->graph, loss, 1.0);
    ritz_vjp(c->graph, &loss, &one, 1, c->variable, (int)c->count, gradient);
    ritz_trace_check(L, c->trace);
    ritz_course_make_weak_alike(c, gradient, c->variable, c->count);
    ritz_course_store(c, c->list, gradient, c->count);
    lua_pop(L, 1);
    ritz_wrt_push_template(L, kept);
    ritz_tree_unflatten(L, -1, c->list);
    lua_remove(L, -2);
}

static int call_grad(lua_State *L)
{
    ritz_course c;
    const int n = lua_gettop(L);
    ritz_course_begin(&c, L, grad_name(L));
    lua_newtable(L);
    const int kept = lua_gettop(L);
    ritz_wrt_push_arguments(&c, n, kept);
    const int first = lua_gettop(L) - n;
    lua_call(L, n, LUA_MULTRET);
    ritz_node *loss = check_loss(&c, first);
    luaL_checkstack(L, LUA_MINSTACK, c.who);
    ritz_trace_mark_place(L, c.trace);
    push_gradients(&c, loss, kept);
    if (lua_toboolean(L, lua_upvalueindex(GRAD_VALUE)))
        lua_insert(L, first + 1);
    else
        lua_replace(L, first);
    return ritz_course_finish(&c, first);
}

static int push_grad(lua_State *L, const ritz_function *f, bool value)
{
    ritz_wrt_push(L, f);
    lua_pushboolean(L, value);
    lua_pushcclosure(L, call_grad, RITZ_WRT_OWN);
    return 1;
}

void ritz_push_gradient(lua_State *L, int function, int wrt)
{
    lua_pushvalue(L, function);
    if (wrt) {
        lua_pushvalue(L, wrt);
        lua_pushvalue(L, wrt + 1);
    } else {
        lua_createtable(L, 1, 0);
        lua_pushinteger(L, 1);
        lua_rawseti(L, -2, 1);
        lua_pushboolean(L, 1);
    }
    lua_pushboolean(L, 0);
    lua_pushcclosure(L, call_grad, RITZ_WRT_OWN);
}

static int l_grad(lua_State *L)
{
    return push_grad(L, &bindings[GRAD].record, false);
}

static int l_value_and_grad(lua_State *L)
{
    return push_grad(L, &bindings[VALUE_AND_GRAD].record, true);
}

/* jvp: (function, argument, tangent). */

/* Calls argument 1 with variables in the place of argument 2, whose template
 * is left in the slot that is returned. The results are pushed. */
static int call_with_variables(ritz_course *c, int *template)
{
    lua_State *L = c->L;
    ritz_tree_flatten(L, 2, c->list, RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS);
    *template = lua_gettop(L);
    ritz_course_make_variables(c);
    ritz_push_flat(L, 3);
    lua_pushvalue(L, 1);
    ritz_tree_unflatten(L, *template, c->list);
    return lua_gettop(L) - 1;
}

static int push_jvp(lua_State *L, const char *who)
{
    ritz_course c;
    ritz_course_begin(&c, L, who);
    int template;
    const int first = call_with_variables(&c, &template);
    ritz_course_check_alike(&c, template, first - 1, "the tangent");
    lua_call(L, 1, LUA_MULTRET);
    ritz_course_check_results(&c, first);
    luaL_checkstack(L, 2 * LUA_MINSTACK, c.who);
    ritz_trace_mark_place(L, c.trace);
    ritz_node **tangent = ritz_course_push_directions(&c, first - 2, c.variable,
                                                      c.count, "the tangent");
    ritz_push_flat(L, first);
    const int list = lua_gettop(L) - 1;
    const size_t n = lua_rawlen(L, list);
    ritz_node **output = ritz_course_push_nodes(&c, list, n);
    ritz_node **result = ritz_push_nodes(L, n);
    ritz_jvp(c.graph, c.variable, tangent, (int)c.count, output, (int)n,
             result);
    ritz_trace_check(L, c.trace);
    ritz_course_make_weak_alike(&c, result, output, n);
    ritz_course_store(&c, list, result, n);
    ritz_tree_unflatten(L, list + 1, list);
    lua_insert(L, list - 1); /* the tangent stands where the nodes began */
    lua_settop(L, list - 1);
    lua_insert(L, first + 1);
    return ritz_course_finish(&c, first);
}

static int l_jvp(lua_State *L)
{
    ritz_check_function(L, "jvp");
    lua_settop(L, 3);
    return push_jvp(L, "jvp");
}

/* Forward over reverse: the gradient's tangent. */
static int l_hvp(lua_State *L)
{
    ritz_check_function(L, "hvp");
    lua_settop(L, 3);
    ritz_push_gradient(L, 1, 0);
    lua_replace(L, 1);
    const int n = push_jvp(L, "hvp");
    lua_remove(L, lua_gettop(L) - n + 1); /* the gradient itself */
    return n - 1;
}

/* The records. */

static const ritz_binding bindings[BINDINGS + 1] = {
    [GRAD] =
        {.record =
             {.module = "ritz",
              .name = "grad",
              .params =
                  {{.name = "wrt",
                    .kind = RITZ_PARAM_INTS,
                    .doc = "the argument, or a list of them; 1 when left out"}},
              .signature = "ritz.grad(f, {wrt})",
              .summary = "A function that gives the gradient of f in its first "
                         "argument.",
              .details =
                  "f returns a scalar first; what else it returns follows the "
                  "gradient. Arguments are nested tables of tensors, or "
                  "numbers. "
                  "`wrt` is another argument, or a list of them. Composes with "
                  "every transform, to any order.",
              .source = "Griewank and Walther 2008, chapter 3",
              .example = "ritz.grad(function(x) return x^3 end)(2)  --> 12.0"},
         .call = l_grad},
    [VALUE_AND_GRAD] =
        {.record =
             {.module = "ritz",
              .name = "value_and_grad",
              .params =
                  {{.name = "wrt",
                    .kind = RITZ_PARAM_INTS,
                    .doc = "the argument, or a list of them; 1 when left out"}},
              .signature = "ritz.value_and_grad(f, {wrt})",
              .summary = "Like ritz.grad, and gives the value of f first.",
              .details = "Composes with every transform, to any order.",
              .source = "Griewank and Walther 2008, chapter 3",
              .example =
                  "ritz.value_and_grad(function(x) return x^3 end)(2)  --> "
                  "8.0, "
                  "12.0"},
         .call = l_value_and_grad},
    [JVP] =
        {.record =
             {.module = "ritz",
              .name = "jvp",
              .signature = "ritz.jvp(f, x, v)",
              .summary = "f(x), and its derivative along v.",
              .details =
                  "v is a tree like x. What else f returns follows. Composes "
                  "with "
                  "every transform, to any order.",
              .source = "Griewank and Walther 2008, chapter 3",
              .example =
                  "ritz.jvp(function(x) return x^3 end, 2, 1)  --> 8.0, 12.0"},
         .call = l_jvp},
    [HVP] =
        {.record =
             {.module = "ritz",
              .name =
                  "hvp",
              .signature =
                  "ritz.hvp(f, x, v)",
              .summary =
                  "The Hessian of f at x times v.",
              .details =
                  "f returns a scalar first; what else it returns follows. v "
                  "is a tree like x. For many v at one x, linearize the "
                  "gradient: ritz.linearize(ritz.grad(f), x). Composes with "
                  "every transform, to any order.",
              .source = "Pearlmutter 1994, Neural Computation 6",
              .example =
                  "ritz.hvp(function(x) return x^3 end, 2, 1)  --> 12.0"},
         .call = l_hvp},
};

void ritz_transform_open(lua_State *L)
{
    ritz_bindings(L, bindings);
}
