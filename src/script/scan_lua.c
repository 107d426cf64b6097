/* scan_lua.c - ritz.scan: a loop that carries state, as one node.
 *
 * The function is called once with a carry and an element that have no values.
 * What it appended is cut out of the trace: the part between those variables
 * and the results is the body, everything else that it reads is an operand.
 */
#include "script/tensor_lua.h"

#include "graph/build.h"
#include "graph/scan.h"
#include "script/course.h"
#include "script/document.h"
#include "script/tree.h"

#include <lauxlib.h>
#include <string.h>

static const ritz_binding bindings[2]; /* at the end */

enum { FUNCTION = 1, INITIAL, OPTIONS };
enum { LEAVES = RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS };

/* Indices are of the frame's stack; a tree is a template with its list. */
typedef struct scanning {
    ritz_course c;
    int carry, carry_list, element, element_list;
    size_t carries, elements;
    int64_t length;
    bool reverse;
    ritz_node **start, **stacked; /* what comes from outside */
    ritz_node **variable;         /* in their places: carries, elements */
    ritz_node **out;              /* of the function: carries, results */
    int result, result_list;
    size_t results;
} scanning;

/* Pushes a list, and the template of the tree at `index` (0: nil). */
static int push_tree(scanning *s, int index, int leaves)
{
    lua_State *L = s->c.L;
    lua_newtable(L);
    const int list = lua_gettop(L);
    if (index == 0)
        lua_pushnil(L);
    else
        ritz_tree_flatten(L, index, list, leaves);
    return list;
}

static void read_length(scanning *s)
{
    lua_State *L = s->c.L;
    const int options = lua_type(L, OPTIONS) == LUA_TTABLE ? OPTIONS : 0;
    s->length = -1;
    if (ritz_option(L, options, "length")) {
        s->length = ritz_check_integer(L, -1, "scan", "length");
        if (s->length < 0)
            ritz_refuse(L, "scan: length must be 0 or more, got %lld",
                        (long long)s->length);
        lua_pop(L, 1);
    }
    for (size_t i = 0; i < s->elements; i++) {
        const ritz_shape *shape = &s->stacked[i]->shape;
        if (shape->rank == 0)
            ritz_refuse(L, "scan: xs have their steps along axis 1, got %s",
                        ritz_got_type(s->stacked[i]->dtype, shape).text);
        if (s->length < 0)
            s->length = shape->dim[0];
        if (shape->dim[0] != s->length)
            ritz_refuse(L,
                        "scan: xs must have one length, and that of `length`, "
                        "wanted %lld steps, got %s",
                        (long long)s->length,
                        ritz_got_type(s->stacked[i]->dtype, shape).text);
    }
    if (s->length < 0)
        ritz_refuse(L, "scan: wants xs, or a length");
    if (ritz_option(L, options, "reverse")) {
        s->reverse = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
}

static void read_arguments(scanning *s)
{
    lua_State *L = s->c.L;
    const int options = lua_type(L, OPTIONS) == LUA_TTABLE ? OPTIONS : 0;
    s->carry_list = push_tree(s, INITIAL, LEAVES);
    s->carry = s->carry_list + 1;
    s->carries = lua_rawlen(L, s->carry_list);
    s->start = ritz_course_push_nodes(&s->c, s->carry_list, s->carries);
    const bool given = ritz_option(L, options, "xs");
    s->element_list =
        push_tree(s, given ? lua_gettop(L) : 0, RITZ_TREE_TENSORS);
    s->element = s->element_list + 1;
    s->elements = lua_rawlen(L, s->element_list);
    s->stacked = ritz_course_push_nodes(&s->c, s->element_list, s->elements);
    if (s->carries + s->elements == 0)
        ritz_refuse(L, "scan: nothing is carried, and xs have no tensor");
    read_length(s);
}

/* A leaf of the body; a number among the carries stays one. */
static ritz_node *variable_like(ritz_graph *g, const ritz_node *x, bool element)
{
    ritz_shape shape = x->shape;
    if (element) {
        shape.rank--;
        memmove(shape.dim, shape.dim + 1,
                (size_t)shape.rank * sizeof *shape.dim);
    }
    ritz_node *v = ritz_input(g, x->dtype, &shape);
    if (ritz_graph_status(g, NULL) == RITZ_OK && x->weak) {
        v->weak = true;
        if (x->prim == &ritz_primitive_constant)
            v->attr = x->attr; /* tells whether it is a fraction */
    }
    return v;
}

static void push_variables(scanning *s)
{
    lua_State *L = s->c.L;
    s->variable = ritz_push_nodes(L, s->carries + s->elements);
    ritz_node **element = s->variable + s->carries;
    for (size_t i = 0; i < s->carries; i++)
        s->variable[i] = variable_like(s->c.graph, s->start[i], false);
    for (size_t i = 0; i < s->elements; i++)
        element[i] = variable_like(s->c.graph, s->stacked[i], true);
    ritz_trace_check(L, s->c.trace);
    ritz_course_store(&s->c, s->carry_list, s->variable, s->carries);
    ritz_course_store(&s->c, s->element_list, element, s->elements);
}

/* Calls the function; its results are pushed, as two trees, with their nodes.
 */
static void call_body(scanning *s)
{
    lua_State *L = s->c.L;
    push_variables(s);
    lua_pushvalue(L, FUNCTION);
    ritz_tree_unflatten(L, s->carry, s->carry_list);
    ritz_tree_unflatten(L, s->element, s->element_list);
    lua_call(L, 2, 2);
    luaL_checkstack(L, 2 * LUA_MINSTACK, "scan");
    ritz_trace_mark_place(L, s->c.trace);
    const int first = lua_gettop(L) - 1;
    const int carry_list = push_tree(s, first, LEAVES);
    if (!ritz_tree_alike(L, s->carry, carry_list + 1))
        ritz_refuse(L, "scan: the function must return a carry with the keys "
                       "of the one it got, then what is stacked");
    s->result_list = push_tree(s, first + 1, LEAVES);
    s->result = s->result_list + 1;
    s->results = lua_rawlen(L, s->result_list);
    s->out = ritz_push_nodes(L, s->carries + s->results);
    ritz_node **list = ritz_course_push_nodes(&s->c, carry_list, s->carries);
    memcpy(s->out, list, s->carries * sizeof *list);
    list = ritz_course_push_nodes(&s->c, s->result_list, s->results);
    memcpy(s->out + s->carries, list, s->results * sizeof *list);
}

static int refuse_carry(scanning *s, size_t i, const ritz_node *got)
{
    lua_State *L = s->c.L;
    const ritz_node *want = s->variable[i];
    ritz_tree_names(L, INITIAL, LEAVES);
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    const char *path = lua_tostring(L, -1);
    return ritz_refuse(L,
                       "scan: the carry%s%s must stay as it is, wanted %s, "
                       "got %s",
                       path && *path ? " " : "", path ? path : "",
                       ritz_got_type(want->dtype, &want->shape).text,
                       ritz_got_type(got->dtype, &got->shape).text);
}

/* A number that became a tensor begins as one: then the body is made again.
 */
static bool settle_carries(scanning *s)
{
    bool settled = true;
    for (size_t i = 0; i < s->carries; i++) {
        const ritz_node *v = s->variable[i];
        ritz_node **out = &s->out[i];
        if (v->weak && !(*out)->weak) {
            s->start[i] = ritz_cast(s->c.graph, s->start[i], (*out)->dtype);
            settled = false;
        } else if (!v->weak && (*out)->weak) {
            *out = ritz_cast(s->c.graph, *out, v->dtype);
        }
        const bool same = !settled || (*out)->dtype == v->dtype;
        if (!same || !ritz_shape_equal(&(*out)->shape, &v->shape))
            refuse_carry(s, i, *out);
    }
    for (size_t k = s->carries; k < s->carries + s->results; k++)
        if (s->out[k]->weak)
            s->out[k] = ritz_cast(s->c.graph, s->out[k], RITZ_F32);
    ritz_trace_check(s->c.L, s->c.trace);
    return settled;
}

static void trace_body(scanning *s)
{
    const int top = lua_gettop(s->c.L);
    for (bool settled = false; !settled;) {
        lua_settop(s->c.L, top);
        call_body(s);
        settled = settle_carries(s);
        const uint32_t end = ritz_graph_size(s->c.graph);
        if (!settled)
            ritz_trace_end_elements(s->c.L, s->c.trace, s->variable,
                                    s->carries + s->elements, end);
    }
}

/* Cuts the body out of the trace. Gives the node, or NULL when the function
 * returned nothing. */
static ritz_node *append_scan(scanning *s)
{
    ritz_graph *g = s->c.graph;
    const size_t variables = s->carries + s->elements;
    const size_t nout = s->carries + s->results;
    const uint32_t end = ritz_graph_size(g);
    ritz_excerpt cut;
    if (nout == 0)
        return NULL;
    if (!ritz_body_cut(&cut, g, s->variable, (int)variables, s->out, (int)nout))
        ritz_trace_check(s->c.L, s->c.trace);
    ritz_trace_end_elements(s->c.L, s->c.trace, s->variable, variables, end);
    const size_t operands = (size_t)cut.operands;
    ritz_node **inner = ritz_arena_alloc(ritz_graph_arena(g),
                                         operands + variables, sizeof *inner);
    ritz_body *body = ritz_arena_alloc(ritz_graph_arena(g), 1, sizeof *body);
    ritz_node **outer = ritz_push_nodes(s->c.L, operands + variables);
    if (!inner || !body)
        ritz_refuse(s->c.L, "scan: no memory");
    memcpy(inner, cut.body.in + variables, operands * sizeof *inner);
    memcpy(inner + operands, cut.body.in, variables * sizeof *inner);
    memcpy(outer, cut.operand, operands * sizeof *outer);
    memcpy(outer + operands, s->start, s->carries * sizeof *outer);
    memcpy(outer + operands + s->carries, s->stacked,
           s->elements * sizeof *outer);
    *body = cut.body;
    body->in = inner;
    const ritz_scan_spec spec = {body, s->length, cut.operands, (int)s->carries,
                                 s->reverse};
    ritz_node *scan = ritz_scan(g, &spec, outer);
    ritz_trace_check(s->c.L, s->c.trace);
    return scan;
}

static void store_results(scanning *s, ritz_node *scan)
{
    lua_State *L = s->c.L;
    ritz_node **list = ritz_push_nodes(L, s->carries + s->results);
    for (size_t k = 0; k < s->carries + s->results; k++) {
        list[k] = ritz_output(scan, (int)k);
        if (k < s->carries)
            list[k]->weak = s->variable[k]->weak;
    }
    ritz_course_store(&s->c, s->carry_list, list, s->carries);
    ritz_course_store(&s->c, s->result_list, list + s->carries, s->results);
}

static int l_scan(lua_State *L)
{
    scanning s = {.results = 0};
    ritz_check_function(L, "scan");
    lua_settop(L, OPTIONS);
    ritz_check_options(L, lua_type(L, OPTIONS) == LUA_TTABLE ? OPTIONS : 0,
                       &bindings[0].record);
    ritz_course_begin(&s.c, L, "scan");
    read_arguments(&s);
    trace_body(&s);
    ritz_node *scan = append_scan(&s);
    if (scan)
        store_results(&s, scan);
    ritz_tree_unflatten(L, s.carry, s.carry_list);
    ritz_tree_unflatten(L, s.result, s.result_list);
    return ritz_course_finish(&s.c, lua_gettop(L) - 1);
}

static const ritz_binding bindings[2] = {
    {.record =
         {.module = "ritz",
          .name = "scan",
          .params = {{.name = "xs",
                      .kind = RITZ_PARAM_ANY,
                      .doc = "a tree of tensors with the steps along axis 1"},
                     {.name = "length",
                      .kind = RITZ_PARAM_INT,
                      .doc = "the number of steps; that of xs when left out"},
                     {.name = "reverse",
                      .kind = RITZ_PARAM_BOOL,
                      .doc = "begin with the last element"}},
          .signature = "ritz.scan(f, init, {xs, length, reverse})",
          .summary = "A loop that carries state: carry, y = f(carry, x) in "
                     "every step.",
          .details =
              "Gives the last carry, and the results y of all steps stacked "
              "along axis 1. The carry is a tree whose keys, dtypes and shapes "
              "stay as in init; x is the tree xs at one step, or nil. f is "
              "traced once, however long the loop is. In reverse the last "
              "element comes first, and what is stacked stays in its place. "
              "Composes with every transform, to any order.",
          .source = "JAX's lax.scan",
          .example =
              "ritz.scan(function(sum, x) return sum + x, sum + x end, 0, {xs "
              "= ritz.tensor{1, 2, 3}})  --> 6, {1, 3, 6}"},
     .call = l_scan},
    {.call = NULL},
};

void ritz_scan_open(lua_State *L)
{
    ritz_bindings(L, bindings);
}
