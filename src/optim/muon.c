/* muon.c - Muon: momentum made orthogonal.
 *
 * Newton and Schulz's iteration needs only products of matrices: an odd
 * polynomial acts on the singular values alone, and this one drives them all
 * near 1 in five rounds.
 */
#include "optim/inside.h"

enum { MOMENTUM, NESTEROV, ROUNDS, DECAY };

/* The quintic of Jordan et al.: as steep at 0 as can be, while singular values
 * from about 1e-3 to 1 end in [0.68, 1.13]. */
static ritz_node *newton_schulz_round(ritz_graph *g, ritz_node *x)
{
    const double a = 3.4445, b = -4.7750, c = 2.0315;
    ritz_node *gram = ritz_matmul_flags(g, x, x, RITZ_TRANSPOSE_B);
    ritz_node *even = ritz_add(g, ritz_scale(g, gram, b),
                               ritz_scale(g, ritz_matmul(g, gram, gram), c));
    return ritz_add(g, ritz_scale(g, x, a), ritz_matmul(g, even, x));
}

/* Of a matrix: near the orthogonal factor of its polar decomposition. */
static ritz_node *orthogonal(ritz_graph *g, ritz_node *x, int64_t rounds)
{
    const bool upright = x->shape.dim[0] > x->shape.dim[1];
    ritz_node *size = ritz_optim_root(g, ritz_sum_all(g, ritz_square(g, x)));
    x = ritz_div(g, x, ritz_shift(g, size, 1e-7));
    if (upright) /* the smaller Gram matrix */
        x = ritz_transpose(g, x);
    for (int64_t i = 0; i < rounds; i++)
        x = newton_schulz_round(g, x);
    return upright ? ritz_transpose(g, x) : x;
}

static void build_muon(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *p = call->x[0], *grad = call->x[1];
    const double mu = call->v[MOMENTUM].number;
    const int last = p->shape.rank - 1;
    out[0] = out[1] = NULL;
    if (!ritz_optim_check(g, call, "ppps"))
        return;
    if (last < 1) {
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "muon_step: parameters must be matrices, got %s",
                        ritz_type_of(p).text);
        return;
    }
    ritz_node *lr = ritz_optim_number(g, call, 3);
    ritz_node *m = ritz_add(g, ritz_scale(g, call->x[2], mu), grad);
    ritz_node *way =
        call->v[NESTEROV].i ? ritz_add(g, grad, ritz_scale(g, m, mu)) : m;
    ritz_shape flat = {.rank = 2, .dim = {1, p->shape.dim[last]}};
    for (int i = 0; i < last; i++)
        flat.dim[0] *= p->shape.dim[i];
    way = orthogonal(g, ritz_reshape(g, way, &flat), call->v[ROUNDS].i);
    if (flat.dim[1] > flat.dim[0])
        lr = ritz_scale(g, lr, sqrt((double)flat.dim[1] / (double)flat.dim[0]));
    way = ritz_reshape(g, way, &p->shape);
    p = ritz_optim_shrink(g, p, ritz_optim_number(g, call, 3),
                          call->v[DECAY].number);
    out[0] = ritz_sub(g, p, ritz_mul(g, way, lr));
    out[1] = m;
}

const ritz_function ritz_optim_muon_step = {
    .module = "optim",
    .name = "muon_step",
    .signature = "optim.muon_step(p, g, m, lr, {momentum, nesterov, rounds, "
                 "weight_decay})",
    .summary = "One step of Muon for a matrix [in, out]: the new p and m.",
    .details = "m' = momentum m + g; with nesterov, u = g + momentum m', else "
               "m'; then p' = (1 - lr weight_decay) p - lr sqrt(max(1, out / "
               "in)) O, where O is u / (|u| + 1e-7) after so many rounds of "
               "Newton and Schulz's iteration: its singular values lie in "
               "about 0.68 to 1.13. All axes but the last count as one. The "
               "authors' weights are [out, in], and their iteration runs in "
               "16 bits; here it runs in the parameter's dtype.",
    .source = "Jordan et al. 2024, kellerjordan.github.io/posts/muon",
    .example = "(ritz.optim.muon_step(ritz.zeros{2, 2}, ritz.ones{2, 2},\n  "
               "ritz.zeros{2, 2}, 0.5)).shape  --> {2, 2}",
    .tensors = 4,
    .results = 2,
    .params = {[MOMENTUM] = RITZ_OPTIM_MOMENTUM(0.95),
               [NESTEROV] = RITZ_OPTIM_NESTEROV(1),
               [ROUNDS] = {.name = "rounds",
                           .kind = RITZ_PARAM_INT,
                           .fallback = 5,
                           .low = 1,
                           .high = 50,
                           .doc = "of Newton and Schulz's iteration"},
               [DECAY] = RITZ_OPTIM_OWN_DECAY(0)},
    .build = build_muon,
};
