/* qr.c - the primitive qr: A = Q R, thin, for matrices that are not wide; the
 * builder makes wide ones of their first columns. The outputs are Q and R.
 */
#include "graph/primitives/factor.h"

static ritz_status infer_qr(ritz_type *out, ritz_node *const *in, int nin,
                            const ritz_attr *attr, ritz_error *err)
{
    (void)nin, (void)attr;
    const ritz_status status = ritz_check_factored(in, false, err);
    if (status != RITZ_OK)
        return status;
    const ritz_node *x = in[0];
    const int64_t m = x->shape.dim[x->shape.rank - 2];
    const int64_t n = x->shape.dim[x->shape.rank - 1];
    if (m < n)
        return ritz_fail(err, RITZ_ESHAPE,
                         "wants at least as many rows as columns, got %s",
                         ritz_type_of(x).text);
    out[0] = (ritz_type){x->dtype, x->shape};
    out[1] = (ritz_type){x->dtype, ritz_factor_shape(x, 2, n, n)};
    return RITZ_OK;
}

/* Walter and Lehmann 2012, section 3: with C = dA R^-1 and M = Q^T C, the
 * part of M that turns Q is W = tril(M, -1) - tril(M, -1)^T; then
 * dQ = C + Q (W - M) and dR = (M - W) R. */
static void qr_push(ritz_graph *g, const ritz_rule *at,
                    ritz_node *const *tangent, ritz_node **result)
{
    ritz_node *q = at->out[0], *r = at->out[1];
    ritz_node *c = ritz_triangular_solve(g, r, tangent[0],
                                         RITZ_SOLVE_UPPER | RITZ_SOLVE_RIGHT);
    ritz_node *m = ritz_matmul_ta(g, q, c), *low = ritz_tril(g, m, -1);
    ritz_node *stretch =
        ritz_sub(g, m, ritz_sub(g, low, ritz_transpose(g, low)));
    result[0] = ritz_sub(g, c, ritz_matmul_flags(g, q, stretch, 0));
    result[1] = ritz_matmul_flags(g, stretch, r, 0);
}

/* The adjoint: with W = ct_R R^T - Q^T ct_Q the cotangent of M is
 * triu(W) + triu(W, 1)^T. */
static void qr_pull(ritz_graph *g, const ritz_rule *at, ritz_node *const *ct,
                    const bool *wanted, ritz_node **result)
{
    (void)wanted;
    ritz_node *q = at->out[0], *r = at->out[1], *w = NULL;
    if (ct[1])
        w = ritz_matmul_tb(g, ct[1], r);
    if (ct[0]) {
        ritz_node *turned = ritz_matmul_ta(g, q, ct[0]);
        w = w ? ritz_sub(g, w, turned) : ritz_neg(g, turned);
    }
    ritz_node *m =
        ritz_add(g, ritz_triu(g, w, 0), ritz_transpose(g, ritz_triu(g, w, 1)));
    ritz_node *c = ritz_add_terms(g, ritz_matmul_flags(g, q, m, 0), ct[0]);
    result[0] = ritz_triangular_solve(
        g, r, c, RITZ_SOLVE_UPPER | RITZ_SOLVE_RIGHT | RITZ_SOLVE_TRANSPOSE);
}

static const ritz_many qr_rules = {
    .outputs = ritz_two_outputs,
    .infer = infer_qr,
    .jvp = qr_push,
    .vjp = qr_pull,
    .batch = ritz_batch_all,
};

static void build_qr(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0], *rest = NULL;
    out[0] = out[1] = NULL;
    if (!ritz_wants_matrix(g, "qr", x, false))
        return;
    const int last = x->shape.rank - 1;
    const int64_t m = x->shape.dim[last - 1], n = x->shape.dim[last];
    if (m < n) {
        rest = ritz_slice_axis(g, x, last, m, n);
        x = ritz_slice_axis(g, x, last, 0, m);
    }
    ritz_node *both = ritz_qr(g, x);
    out[0] = both;
    out[1] = ritz_output(both, 1);
    if (rest) {
        ritz_node *parts[] = {out[1], ritz_matmul_ta(g, both, rest)};
        out[1] = ritz_concatenate(g, parts, 2, last);
    }
}

#define UPRIGHT "x + 3 * ritz.eye(3, x.dtype)"

const ritz_primitive ritz_primitive_qr = {
    .function =
        {
            .module = "ritz",
            .name = "qr",
            .signature = "ritz.qr(x)",
            .summary = "Q with orthonormal columns and an upper triangular R "
                       "with Q R = x.",
            .details = "x is [..., m, n] in f32 or f64; Q is [..., m, k], R "
                       "[..., k, n] with k the smaller of m and n. The "
                       "diagonal of R is not negative. Derivatives want full "
                       "rank: they divide by that diagonal.",
            .source = "LAPACK's gelqf and orglq, of the transpose; "
                      "derivatives: Walter and Lehmann 2012, arXiv 1009.6112",
            .example = "ritz.qr(ritz.tensor{{0, 3}, {2, 1}})"
                       "  --> {{0, 1}, {1, 0}}, {{2, 1}, {0, 3}}",
            .tensors = 1,
            .results = 2,
            .method = true,
            .build = build_qr,
        },
    .class = RITZ_CLASS_KERNEL,
    .many = &qr_rules,
    .prepare = ritz_lapack_load,
    .flops_of = ritz_factor_flops,
    .domain = {-1, 1},
    .samples = {{"(ritz.qr(" UPRIGHT "))", {"3,3"}},
                {"(select(2, ritz.qr(" UPRIGHT ")))", {"2,3,3"}},
                {"(ritz.qr(ritz.concatenate({" UPRIGHT ", y})))",
                 {"3,3", "2,3"}},
                {"select(2, ritz.qr(ritz.concatenate({" UPRIGHT ", y})))",
                 {"3,3", "2,3"}},
                {"(ritz.qr(ritz.concatenate({" UPRIGHT ", y}, 2)))",
                 {"3,3", "3,2"}},
                {"select(2, ritz.qr(ritz.concatenate({" UPRIGHT ", y}, 2)))",
                 {"3,3", "3,2"}},
                {"(ritz.qr(x))", {"0,3"}},
                {"(select(2, ritz.qr(x)))", {"3,0"}}},
    .refusals = {{"ritz.qr(ritz.ones{2})",
                  "wants matrices of f32 or f64, got f32[2]"},
                 {"ritz.qr(ritz.tensor{{1/0}})", "wants finite numbers"}},
};
