/* loop_lua.c - ritz.scan and ritz.while_loop: loops that carry state, as one
 * node each.
 *
 * The function is called once with a carry and an element that have no values.
 * What it appended is cut out of the trace: the part between those variables
 * and the results is the body, everything else that it reads is an operand.
 */
#include "script/tensor_lua.h"

#include "graph/build.h"
#include "graph/control.h"
#include "graph/scan.h"
#include "script/course.h"
#include "script/document.h"
#include "script/tree.h"

#include <lauxlib.h>
#include <string.h>

enum { SCAN, WHILE_LOOP, BINDINGS };
static const ritz_binding bindings[BINDINGS + 1]; /* at the end */

enum { LEAVES = RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS };

/* Indices are of the frame's stack; a tree is a template with its list. */
typedef struct looping {
    ritz_course c;
    int function, initial, options; /* arguments; 0: none */
    int condition;                  /* of while_loop: called before the body */
    int carry, carry_list, element, element_list;
    size_t carries, elements;
    int64_t length;
    bool reverse;
    ritz_node **start, **stacked; /* what comes from outside */
    ritz_node **variable;         /* in their places: carries, elements */
    ritz_node **out;              /* of the function: carries, results */
    int result, result_list;
    size_t results;
} looping;

/* Pushes a list, and the template of the tree at `index` (0: nil). */
static int push_tree(looping *s, int index, int leaves)
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

static void read_length(looping *s)
{
    lua_State *L = s->c.L;
    s->length = -1;
    if (ritz_option(L, s->options, "length")) {
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
    if (ritz_option(L, s->options, "reverse")) {
        s->reverse = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
}

static void read_carry(looping *s)
{
    lua_State *L = s->c.L;
    s->carry_list = push_tree(s, s->initial, LEAVES);
    s->carry = s->carry_list + 1;
    s->carries = lua_rawlen(L, s->carry_list);
    s->start = ritz_course_push_nodes(&s->c, s->carry_list, s->carries);
}

static void read_elements(looping *s)
{
    lua_State *L = s->c.L;
    const bool given = ritz_option(L, s->options, "xs");
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

static void push_variables(looping *s)
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

/* Pushes the node, in a list, of what the condition says of the carry. */
static void push_verdict(looping *s)
{
    lua_State *L = s->c.L;
    lua_pushvalue(L, s->condition);
    ritz_tree_unflatten(L, s->carry, s->carry_list);
    lua_call(L, 1, 1);
    const ritz_handle *h = ritz_handle_test(L, -1);
    if (!h || ritz_handle_shape(h)->rank > 0)
        ritz_refuse(L,
                    "while_loop: the condition must be one number, as "
                    "ritz.less gives, got %s",
                    ritz_got_at(L, -1).text);
}

/* Calls the function; what it returns is pushed: a carry, and what is stacked.
 */
static int push_results(looping *s)
{
    lua_State *L = s->c.L;
    lua_pushvalue(L, s->function);
    ritz_tree_unflatten(L, s->carry, s->carry_list);
    if (s->condition) {
        lua_call(L, 1, 1);
        push_verdict(s);
    } else {
        ritz_tree_unflatten(L, s->element, s->element_list);
        lua_call(L, 2, 2);
    }
    return lua_gettop(L) - 1;
}

/* The body's outputs, in nodes and as trees, which are pushed. */
static void call_body(looping *s)
{
    lua_State *L = s->c.L;
    push_variables(s);
    const int first = push_results(s);
    luaL_checkstack(L, 2 * LUA_MINSTACK, s->c.who);
    ritz_trace_mark_place(L, s->c.trace);
    const int carry_list = push_tree(s, first, LEAVES);
    if (!ritz_tree_alike(L, s->carry, carry_list + 1))
        ritz_refuse(L,
                    "%s: the function must return a carry with the keys of "
                    "the one it got",
                    s->c.who);
    s->result_list = push_tree(s, first + 1, LEAVES);
    s->result = s->result_list + 1;
    s->results = lua_rawlen(L, s->result_list);
    s->out = ritz_push_nodes(L, s->carries + s->results);
    ritz_node **list = ritz_course_push_nodes(&s->c, carry_list, s->carries);
    memcpy(s->out, list, s->carries * sizeof *list);
    list = ritz_course_push_nodes(&s->c, s->result_list, s->results);
    memcpy(s->out + s->carries, list, s->results * sizeof *list);
}

static int refuse_carry(looping *s, size_t i, const ritz_node *got)
{
    lua_State *L = s->c.L;
    const ritz_node *want = s->variable[i];
    ritz_tree_names(L, s->initial, LEAVES);
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    const char *path = lua_tostring(L, -1);
    return ritz_refuse(L,
                       "%s: the carry%s%s must stay as it is, wanted %s, "
                       "got %s",
                       s->c.who, path && *path ? " " : "", path ? path : "",
                       ritz_got_type(want->dtype, &want->shape).text,
                       ritz_got_type(got->dtype, &got->shape).text);
}

/* A number that became a tensor begins as one: then the body is made again.
 */
static bool settle_carries(looping *s)
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

static void trace_body(looping *s)
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
static ritz_node *append_loop(looping *s)
{
    ritz_graph *g = s->c.graph;
    const size_t variables = s->carries + s->elements;
    const size_t nout = s->carries + s->results;
    const uint32_t end = ritz_graph_size(g);
    ritz_excerpt cut = {.given = NULL};
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
        ritz_refuse(s->c.L, "%s: no memory", s->c.who);
    memcpy(inner, cut.body.in + variables, operands * sizeof *inner);
    memcpy(inner + operands, cut.body.in, variables * sizeof *inner);
    memcpy(outer, cut.operand, operands * sizeof *outer);
    memcpy(outer + operands, s->start, s->carries * sizeof *outer);
    for (size_t i = 0; i < s->elements; i++)
        outer[operands + s->carries + i] = s->stacked[i];
    *body = cut.body;
    body->in = inner;
    const ritz_scan_spec scan = {body, s->length, cut.operands, (int)s->carries,
                                 s->reverse};
    const ritz_while_spec loop = {body, cut.operands, (int)s->carries};
    ritz_node *node =
        s->condition ? ritz_while(g, &loop, outer) : ritz_scan(g, &scan, outer);
    ritz_trace_check(s->c.L, s->c.trace);
    return node;
}

static void store(looping *s, ritz_node *loop, int list, size_t first,
                  size_t count)
{
    ritz_node **node = ritz_push_nodes(s->c.L, count);
    for (size_t k = 0; k < count; k++) {
        node[k] = ritz_output(loop, (int)(first + k));
        if (first + k < s->carries)
            node[k]->weak = s->variable[k]->weak;
    }
    ritz_course_store(&s->c, list, node, count);
}

static int l_scan(lua_State *L)
{
    looping s = {.function = 1, .initial = 2};
    ritz_check_function(L, "scan");
    lua_settop(L, 3);
    s.options = lua_type(L, 3) == LUA_TTABLE ? 3 : 0;
    ritz_check_options(L, s.options, &bindings[SCAN].record);
    ritz_course_begin(&s.c, L, "scan");
    read_carry(&s);
    read_elements(&s);
    trace_body(&s);
    ritz_node *loop = append_loop(&s);
    if (loop) {
        store(&s, loop, s.carry_list, 0, s.carries);
        store(&s, loop, s.result_list, s.carries, s.results);
    }
    ritz_tree_unflatten(L, s.carry, s.carry_list);
    ritz_tree_unflatten(L, s.result, s.result_list);
    return ritz_course_finish(&s.c, lua_gettop(L) - 1);
}

static int l_while_loop(lua_State *L)
{
    looping s = {.condition = 1, .function = 2, .initial = 3};
    ritz_check_function(L, "while_loop");
    lua_settop(L, 3);
    if (lua_type(L, 2) != LUA_TFUNCTION)
        ritz_refuse(L, "while_loop: argument 2 must be a function, got %s",
                    ritz_got_at(L, 2).text);
    ritz_course_begin(&s.c, L, "while_loop");
    read_carry(&s);
    if (s.carries == 0)
        ritz_refuse(L, "while_loop: nothing is carried");
    trace_body(&s);
    store(&s, append_loop(&s), s.carry_list, 0, s.carries);
    ritz_tree_unflatten(L, s.carry, s.carry_list);
    return ritz_course_finish(&s.c, lua_gettop(L));
}

static const ritz_binding bindings[BINDINGS + 1] = {
    [SCAN] =
        {.record =
             {.module = "ritz",
              .name = "scan",
              .params =
                  {{.name = "xs",
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
                  "ritz.scan(function(sum, x) return sum + x, sum + x end, 0,\n"
                  "    {xs = ritz.tensor{1, 2, 3}})  --> 6, {1, 3, 6}"},
         .call = l_scan},
    [WHILE_LOOP] =
        {.record =
             {.module = "ritz",
              .name = "while_loop",
              .signature =
                  "ritz.while_loop(cond, body, init)",
              .summary = "carry = body(carry) while cond(carry) is true.",
              .details =
                  "Gives the last carry, a tree whose keys, dtypes and shapes stay "
                  "as in init. cond gives one number, which is true when it is not "
                  "0: see ritz.less. Both functions are traced once. Under vmap an "
                  "element that is done keeps its carry until all are. Forward "
                  "mode goes through the loop; for reverse mode use ritz.scan, "
                  "which has a length.",
              .source = "JAX's lax.while_loop",
              .example =
                  "ritz.while_loop(function(c) return ritz.less(c, 100) "
                  "end,\n    function(c) return c * 2 end, 3)  --> 192.0"},
         .call = l_while_loop},
};

void ritz_loop_open(lua_State *L)
{
    ritz_bindings(L, bindings);
}
