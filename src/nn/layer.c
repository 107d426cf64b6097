/* layer.c - the dense layer: a product and a bias. */
#include "nn/inside.h"

ritz_node *ritz_linear(ritz_graph *g, ritz_node *x, ritz_node *w, ritz_node *b)
{
    ritz_node *y = ritz_matmul(g, x, w);
    return b ? ritz_add(g, y, b) : y;
}

/* A vector of inputs is a matrix of one row. */
static ritz_node *of_vector(ritz_graph *g, ritz_node *x, ritz_node *w,
                            ritz_node *b)
{
    ritz_node *y = ritz_linear(g, ritz_expand(g, x, 0), w, b);
    const ritz_shape s = {.rank = 1, .dim = {w->shape.dim[1]}};
    return ritz_reshape(g, y, &s);
}

static void build_linear(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0], *w = call->x[1], *b = call->x[2];
    out[0] = NULL;
    if (!ritz_nn_wants_rank(g, "linear", x, 1, "x [..., in]"))
        return;
    const int64_t in = x->shape.dim[x->shape.rank - 1];
    if (w->shape.rank != 2 || w->shape.dim[0] != in) {
        ritz_graph_fail(
            g, RITZ_ESHAPE, "linear: w must be [%lld, out], for x %s, got %s",
            (long long)in, ritz_type_of(x).text, ritz_type_of(w).text);
        return;
    }
    if (b && (b->shape.rank != 1 || b->shape.dim[0] != w->shape.dim[1])) {
        ritz_graph_fail(g, RITZ_ESHAPE, "linear: b must be [%lld], got %s",
                        (long long)w->shape.dim[1], ritz_type_of(b).text);
        return;
    }
    out[0] =
        x->shape.rank == 1 ? of_vector(g, x, w, b) : ritz_linear(g, x, w, b);
}

const ritz_function ritz_nn_linear = {
    .module = "ritz",
    .name = "linear",
    .signature = "ritz.linear(x, w, b)",
    .summary = "The product x w, plus b.",
    .details = "x is [..., in], w [in, out], b [out] or left out.",
    .source = "elementary",
    .example = "ritz.linear(ritz.ones{1, 2}, ritz.ones{2, 3}, "
               "ritz.ones{3})  --> {{3, 3, 3}}",
    .tensors = 3,
    .optional = 1,
    .build = build_linear,
};
