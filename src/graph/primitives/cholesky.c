/* cholesky.c - the primitive cholesky: A = L L^T with L lower triangular.
 *
 * The builder takes the symmetric part first, so that derivatives are those of
 * a function of all entries. The kernel reads the lower triangle.
 */
#include "graph/primitives/factor.h"

/* The lower triangle with half the diagonal. */
static ritz_node *half_lower(ritz_graph *g, ritz_node *x)
{
    ritz_node *half = ritz_scale(g, ritz_eye_like(g, x), 0.5);
    return ritz_mul(g, ritz_tril(g, x, 0),
                    ritz_sub(g, ritz_scalar_like(g, x, 1.0), half));
}

static ritz_status infer_cholesky(ritz_dtype *dtype, ritz_shape *shape,
                                  ritz_node *const *in, int nin,
                                  const ritz_attr *attr, ritz_error *err)
{
    (void)nin, (void)attr;
    *dtype = in[0]->dtype;
    *shape = in[0]->shape;
    return ritz_check_factored(in, true, err);
}

/* Murray 2016, equation 8: dL = L Phi(L^-1 dA L^-T). */
static ritz_node *cholesky_push(ritz_graph *g, const ritz_rule *at,
                                ritz_node *const *tangent)
{
    ritz_node *l = at->out[0];
    ritz_node *x = ritz_triangular_solve(g, l, tangent[0], 0);
    x = ritz_triangular_solve(g, l, x, RITZ_SOLVE_RIGHT | RITZ_SOLVE_TRANSPOSE);
    return ritz_matmul_flags(g, l, half_lower(g, x), 0);
}

/* Murray 2016, equation 10: L^-T Phi(L^T ct) L^-1; the builder's symmetric
 * part makes it symmetric. */
static ritz_node *cholesky_pull(ritz_graph *g, const ritz_rule *at, int i,
                                ritz_node *ct)
{
    (void)i;
    ritz_node *l = at->out[0];
    ritz_node *p = half_lower(g, ritz_matmul_ta(g, l, ct));
    p = ritz_triangular_solve(g, l, p, RITZ_SOLVE_TRANSPOSE);
    return ritz_triangular_solve(g, l, p, RITZ_SOLVE_RIGHT);
}

static void build_cholesky(ritz_graph *g, const ritz_call *call,
                           ritz_node **out)
{
    out[0] = ritz_cholesky(g, call->x[0]);
}

#define POSITIVE(x) \
    "ritz.matmul(" x ", " x ":transpose()) + ritz.eye(3, x.dtype)"

const ritz_primitive ritz_primitive_cholesky = {
    .function =
        {
            .module = "ritz",
            .name = "cholesky",
            .signature = "ritz.cholesky(x)",
            .summary = "The lower triangular L with L L^T = x, for positive "
                       "definite matrices.",
            .details = "x is [..., n, n] in f32 or f64; of one that is not "
                       "symmetric the symmetric part is taken. Not positive "
                       "definite, NaN or infinity: an error.",
            .source = "LAPACK's potrf; derivatives: Murray 2016, "
                      "arXiv 1602.07527",
            .example = "ritz.cholesky(ritz.tensor{{4, 2}, {2, 5}})"
                       "  --> {{2, 0}, {1, 2}}",
            .tensors = 1,
            .method = true,
            .build = build_cholesky,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_cholesky,
    .jvp = cholesky_push,
    .vjp = cholesky_pull,
    .batch = ritz_batch_leading,
    .prepare = ritz_lapack_load,
    .flops_of = ritz_factor_flops,
    .domain = {-1, 1},
    .samples = {{"ritz.cholesky(" POSITIVE("x") ")", {"3,3"}},
                {"ritz.cholesky(" POSITIVE("x") ")", {"3,5"}},
                {"ritz.cholesky(" POSITIVE("x") ")", {"2,3,4"}},
                {"ritz.cholesky(x)", {"0,0"}},
                {"ritz.cholesky(x)", {"0,2,2"}}},
    .refusals = {{"ritz.cholesky(ritz.ones{2, 3})",
                  "wants square matrices of f32 or f64, got f32[2,3]"},
                 {"ritz.cholesky(ritz.tensor({{1, 2}, {2, 1}}))",
                  "whose leading minor of order 2 is not positive"},
                 {"ritz.cholesky(ritz.tensor{{{1, 0}, {0, 1}}, "
                  "{{-1, 0}, {0, 1}}})",
                  "matrix 2 of 2: wants a positive definite matrix"},
                 {"ritz.cholesky(ritz.tensor{{0/0}})", "got NaN or infinity"}},
};
