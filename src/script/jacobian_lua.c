/* jacobian_lua.c - ritz.jacobian and ritz.hessian. */
#include "script/tensor_lua.h"

#include "graph/build.h"
#include "graph/transform.h"
#include "script/document.h"
#include "script/tree.h"
#include "script/wrt.h"

#include <lauxlib.h>
#include <string.h>

enum { JACOBIAN, HESSIAN, BINDINGS };
static const ritz_binding bindings[BINDINGS + 1]; /* at the end */

enum { UP_MODE = RITZ_WRT_OWN, UP_NAME, UPVALUES = UP_NAME };

static int64_t count_all(ritz_node *const *node, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ritz_shape_count(&node[i]->shape);
    return sum;
}

/* Fewer directions are less work; reverse mode where both are alike. */
static bool is_forward(const ritz_course *c, ritz_node *const *output,
                       size_t nout)
{
    const char *mode = lua_tostring(c->L, lua_upvalueindex(UP_MODE));
    if (strcmp(mode, "auto") != 0)
        return strcmp(mode, "forward") == 0;
    return count_all(c->variable, c->count) < count_all(output, nout);
}

/* Where one of both is a number the derivative has the dtype of the other; of
 * a number in a number it is a number. */
static void settle_numbers(ritz_course *c, ritz_node **block,
                           ritz_node *const *output, size_t nout)
{
    for (size_t k = 0; k < nout * c->count; k++) {
        ritz_node *const *y = &output[k / c->count];
        ritz_node *const *x = &c->variable[k % c->count];
        if ((*x)->weak && (*y)->weak)
            ritz_course_make_weak_alike(c, &block[k], x, 1);
        else if ((*x)->weak || (*y)->weak)
            block[k] = ritz_cast(c->graph, block[k],
                                 (*x)->weak ? (*y)->dtype : (*x)->dtype);
    }
    ritz_trace_check(c->L, c->trace);
}

/* Replaces the result at `first` by its Jacobian: a tree like it, of trees like
 * the arguments. */
static void put_jacobian(ritz_course *c, int first, int kept)
{
    lua_State *L = c->L;
    const int top = lua_gettop(L);
    ritz_push_flat(L, first);
    const int leaves = top + 1, template = top + 2;
    const size_t nout = lua_rawlen(L, leaves);
    ritz_node **output = ritz_course_push_nodes(c, leaves, nout);
    ritz_node **block = ritz_push_nodes(L, nout * c->count);
    ritz_jacobian(c->graph, c->variable, (int)c->count, output, (int)nout,
                  is_forward(c, output, nout), block);
    ritz_trace_check(L, c->trace);
    settle_numbers(c, block, output, nout);
    for (size_t o = 0; o < nout; o++) {
        ritz_course_store(c, c->list, block + o * c->count, c->count);
        ritz_wrt_push_template(L, kept);
        ritz_tree_unflatten(L, -1, c->list);
        lua_rawseti(L, leaves, (lua_Integer)o + 1);
        lua_pop(L, 1);
    }
    ritz_tree_unflatten(L, template, leaves);
    lua_replace(L, first);
    lua_settop(L, top);
}

static int call_jacobian(lua_State *L)
{
    ritz_course c;
    const int n = lua_gettop(L);
    ritz_course_begin(&c, L, lua_tostring(L, lua_upvalueindex(UP_NAME)));
    lua_newtable(L);
    const int kept = lua_gettop(L);
    ritz_wrt_push_arguments(&c, n, kept);
    const int first = lua_gettop(L) - n;
    lua_call(L, n, LUA_MULTRET);
    ritz_course_check_results(&c, first);
    luaL_checkstack(L, 2 * LUA_MINSTACK, c.who);
    ritz_trace_mark_place(L, c.trace);
    put_jacobian(&c, first, kept);
    return ritz_course_finish(&c, first);
}

static int l_jacobian(lua_State *L)
{
    ritz_wrt_push(L, &bindings[JACOBIAN].record);
    if (!ritz_option(L, lua_istable(L, 2) ? 2 : 0, "mode"))
        lua_pushliteral(L, "auto");
    const char *mode =
        lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    if (strcmp(mode, "auto") != 0 && strcmp(mode, "forward") != 0 &&
        strcmp(mode, "reverse") != 0)
        return ritz_refuse(L,
                           "jacobian: mode must be auto, forward or reverse, "
                           "got %s",
                           ritz_got_at(L, -1).text);
    lua_pushliteral(L, "jacobian");
    lua_pushcclosure(L, call_jacobian, UPVALUES);
    return 1;
}

/* Forward over reverse. */
static int l_hessian(lua_State *L)
{
    ritz_wrt_push(L, &bindings[HESSIAN].record);
    const int at = lua_gettop(L) - 2; /* function, list, single */
    ritz_push_gradient(L, 1, at + 1);
    lua_replace(L, at);
    lua_pushliteral(L, "forward");
    lua_pushliteral(L, "hessian");
    lua_pushcclosure(L, call_jacobian, UPVALUES);
    return 1;
}

/* The records. */

#define WRT                                                       \
    {                                                             \
        .name = "wrt", .kind = RITZ_PARAM_INTS,                   \
        .doc = "the argument, or a list of them; 1 when left out" \
    }

static const ritz_binding bindings[BINDINGS + 1] = {
    [JACOBIAN] =
        {.record =
             {.module = "ritz",
              .name = "jacobian",
              .params = {WRT,
                         {.name = "mode",
                          .kind = RITZ_PARAM_TEXT,
                          .text = "auto|forward|reverse",
                          .doc =
                              "one tangent for each element of the argument, "
                              "or one cotangent for each of the result; the "
                              "fewer when left out"}},
              .signature = "ritz.jacobian(f, {wrt, mode})",
              .summary = "A function that gives all derivatives of f's result.",
              .details =
                  "Each tensor of f's first result becomes a tree like the "
                  "argument, whose tensors have the shape of the result and "
                  "then that of the argument; what else f returns follows. "
                  "Composes with every transform, to any order.",
              .source = "Griewank and Walther 2008, chapter 3",
              .example = "ritz.jacobian(function(x) return x^2 end)"
                         "(ritz.tensor{1, 2})  --> {{2, 0}, {0, 4}}"},
         .call = l_jacobian},
    [HESSIAN] =
        {.record =
             {.module = "ritz",
              .name = "hessian",
              .params = {WRT},
              .signature =
                  "ritz.hessian(f, {wrt})",
              .summary =
                  "A function that gives all second derivatives of f.",
              .details =
                  "f returns a scalar first; what else it returns follows. The "
                  "result is a tree like the argument, of trees like it, whose "
                  "tensors have the shapes of both. Composes with every "
                  "transform, to any order.",
              .source = "Griewank and Walther 2008, chapter 5",
              .example = "ritz.hessian(function(x) return (x^3):sum() end)"
                         "(ritz.tensor{1, 2})  --> {{6, 0}, {0, 12}}"},
         .call = l_hessian},
};

void ritz_jacobian_open(lua_State *L)
{
    ritz_bindings(L, bindings);
}
