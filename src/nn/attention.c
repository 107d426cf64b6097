/* attention.c - softmax(q k^T / sqrt(d)) v, for several heads at once.
 *
 * Heads are a batch axis of the two products; splitting the last axis into
 * heads is a view, so only the product with k reads it in another order.
 */
#include "nn/inside.h"

#include <math.h>

enum { HEADS, CAUSAL, SCALE };

/* Scores that are hidden: their exponential is 0, and that of a row without
 * any other is not NaN. */
#define HIDDEN (-1e30)

/* [..., n, heads d] -> [..., heads, n, d] */
static ritz_node *split(ritz_graph *g, ritz_node *x, int64_t heads)
{
    const int rank = x->shape.rank;
    ritz_shape s = x->shape;
    s.rank = rank + 1;
    s.dim[rank] = s.dim[rank - 1] / heads;
    s.dim[rank - 1] = heads;
    return ritz_move_axis(g, ritz_reshape(g, x, &s), rank - 1, rank - 2);
}

/* The way back. */
static ritz_node *join(ritz_graph *g, ritz_node *x)
{
    const int rank = x->shape.rank - 1;
    x = ritz_move_axis(g, x, rank - 2, rank - 1);
    ritz_shape s = x->shape;
    s.rank = rank;
    s.dim[rank - 1] *= s.dim[rank];
    s.dim[rank] = 0;
    return ritz_reshape(g, x, &s);
}

/* 1 where the key is no later than the query; the last of both are at the same
 * time. */
static ritz_node *not_later(ritz_graph *g, const ritz_node *scores)
{
    const int rank = scores->shape.rank;
    const int64_t n = scores->shape.dim[rank - 2];
    const int64_t m = scores->shape.dim[rank - 1];
    const ritz_shape s = {.rank = 2, .dim = {n, m}};
    return ritz_less_equal(g, ritz_iota(g, scores->dtype, &s, 1, 0),
                           ritz_iota(g, scores->dtype, &s, 0, (double)(m - n)));
}

static bool failed(const ritz_graph *g)
{
    return ritz_graph_status(g, NULL) != RITZ_OK;
}

/* What came of a failure has no axes to look at: NULL then. */
static ritz_node *attend(ritz_graph *g, const ritz_call *call)
{
    const int64_t heads = call->v[HEADS].i;
    ritz_node *q = split(g, call->x[0], heads);
    ritz_node *k = split(g, call->x[1], heads);
    ritz_node *v = split(g, call->x[2], heads);
    ritz_node *mask = call->x[3];
    if (failed(g))
        return NULL;
    const int last = q->shape.rank - 1;
    const double scale = call->v[SCALE].given
                             ? call->v[SCALE].number
                             : 1.0 / sqrt((double)q->shape.dim[last]);
    ritz_node *scores =
        ritz_scale(g, ritz_matmul_flags(g, q, k, RITZ_TRANSPOSE_B), scale);
    if (failed(g))
        return NULL;
    ritz_node *hidden = ritz_scalar_like(g, scores, HIDDEN);
    if (call->v[CAUSAL].i)
        scores = ritz_where(g, not_later(g, scores), scores, hidden);
    if (mask) {
        if (mask->shape.rank > 2)
            mask = ritz_expand(g, mask, mask->shape.rank - 2);
        scores = ritz_where(g, mask, scores, hidden);
    }
    ritz_node *y = ritz_matmul(g, ritz_softmax(g, scores, last), v);
    return failed(g) ? NULL : join(g, y);
}

/* All axes but the last two are those of q. */
static bool is_beside(const ritz_node *x, const ritz_node *q)
{
    if (x->dtype != q->dtype || x->shape.rank != q->shape.rank)
        return false;
    for (int i = 0; i < q->shape.rank - 2; i++)
        if (x->shape.dim[i] != q->shape.dim[i])
            return false;
    return true;
}

static bool check(ritz_graph *g, const ritz_call *call)
{
    ritz_node *const *x = call->x;
    for (int i = 0; i < 3; i++)
        if (!ritz_nn_wants_float(g, "attention", x[i]) ||
            !ritz_nn_wants_rank(g, "attention", x[i], 2, "[..., n, width]"))
            return false;
    const int last = x[0]->shape.rank - 1;
    const int64_t heads = call->v[HEADS].i;
    if (!is_beside(x[1], x[0]) || !is_beside(x[2], x[0]) ||
        x[1]->shape.dim[last] != x[0]->shape.dim[last] ||
        x[1]->shape.dim[last - 1] != x[2]->shape.dim[last - 1])
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "attention: wants q [..., n, d], k [..., m, d] and v "
                        "[..., m, e], got %s, %s and %s",
                        ritz_type_of(x[0]).text, ritz_type_of(x[1]).text,
                        ritz_type_of(x[2]).text);
    else if (x[0]->shape.dim[last] % heads || x[2]->shape.dim[last] % heads)
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "attention: heads must divide the last axes, got %lld "
                        "for %s and %s",
                        (long long)heads, ritz_type_of(x[0]).text,
                        ritz_type_of(x[2]).text);
    return !failed(g);
}

static void build_attention(ritz_graph *g, const ritz_call *call,
                            ritz_node **out)
{
    out[0] = check(g, call) ? attend(g, call) : NULL;
}

const ritz_function ritz_nn_attention = {
    .module = "ritz",
    .name = "attention",
    .signature = "ritz.attention(q, k, v, mask, {heads, causal, scale})",
    .summary = "softmax(q k^T / sqrt(d)) v, in each head.",
    .details = "q is [..., n, d], k [..., m, d], v [..., m, e], the result "
               "[..., n, e]. Last axes are cut into heads, which attend "
               "apart, so that d in the formula is that of a head. mask is [n, "
               "m], or [..., n, m] with q's other axes: 0 hides a key from a "
               "query. A query that sees no key sees all of them alike.",
    .source = "Vaswani et al. 2017, equation 1",
    .example = "ritz.attention(ritz.zeros{1, 2}, ritz.zeros{2, 2},\n  "
               "ritz.tensor{{1, 0}, {3, 2}})  --> {{2, 1}}",
    .tensors = 4,
    .optional = 1,
    .params = {[HEADS] = {.name = "heads",
                          .kind = RITZ_PARAM_INT,
                          .fallback = 1,
                          .low = 1,
                          .high = 65536,
                          .doc = "how many"},
               [CAUSAL] = {.name = "causal",
                           .kind = RITZ_PARAM_BOOL,
                           .doc = "hide later keys; the last query and the "
                                  "last key are at the same time"},
               [SCALE] = {.name = "scale",
                          .kind = RITZ_PARAM_NUMBER,
                          .doc = "of the scores; not given: 1 / sqrt(d)"}},
    .build = build_attention,
};
