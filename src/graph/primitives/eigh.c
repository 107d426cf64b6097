/* eigh.c - the primitive eigh: A = V diag(w) V^T for symmetric A.
 *
 * The builder takes the symmetric part first. attr: none. The outputs are w
 * and V.
 */
#include "graph/primitives/factor.h"

static ritz_status infer_eigh(ritz_type *out, ritz_node *const *in, int nin,
                              const ritz_attr *attr, ritz_error *err)
{
    (void)nin, (void)attr;
    const ritz_status status = ritz_check_factored(in, true, err);
    if (status != RITZ_OK)
        return status;
    const int64_t n = in[0]->shape.dim[in[0]->shape.rank - 1];
    out[0] = (ritz_type){in[0]->dtype, ritz_factor_shape(in[0], 1, n, 0)};
    out[1] = (ritz_type){in[0]->dtype, in[0]->shape};
    return RITZ_OK;
}

/* Giles 2008, section 3.1: with P = V^T dA V, dw = diag(P) and dV = V (F o P),
 * F_ij = 1 / (w_j - w_i) where these differ. */
static void eigh_push(ritz_graph *g, const ritz_rule *at,
                      ritz_node *const *tangent, ritz_node **result)
{
    ritz_node *w = at->out[0], *v = at->out[1];
    ritz_node *p = ritz_matmul_flags(g, ritz_matmul_ta(g, v, tangent[0]), v, 0);
    result[0] = ritz_diagonal(g, p);
    result[1] = ritz_matmul_flags(
        g, v, ritz_mul(g, ritz_inverse_gaps(g, w, false), p), 0);
}

/* V (diag(ct_w) + F o V^T ct_V) V^T. */
static void eigh_pull(ritz_graph *g, const ritz_rule *at, ritz_node *const *ct,
                      const bool *wanted, ritz_node **result)
{
    (void)wanted;
    ritz_node *w = at->out[0], *v = at->out[1], *inner = NULL;
    if (ct[1])
        inner = ritz_mul(g, ritz_inverse_gaps(g, w, false),
                         ritz_matmul_ta(g, v, ct[1]));
    ritz_node *left = inner ? ritz_matmul_flags(g, v, inner, 0) : NULL;
    if (ct[0])
        left = ritz_add_terms(g, ritz_scale_columns(g, v, ct[0]), left);
    result[0] = ritz_matmul_tb(g, left, v);
}

static const ritz_many eigh_rules = {
    .outputs = ritz_two_outputs,
    .infer = infer_eigh,
    .jvp = eigh_push,
    .vjp = eigh_pull,
    .batch = ritz_batch_all,
};

static void build_eigh(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *n = ritz_eigh(g, call->x[0]);
    out[0] = n;
    out[1] = ritz_output(n, 1);
}

/* Eigenvalues two or more apart, so that differences can be taken. */
#define APART "x + ritz.diag(ritz.arange(0, 12, 4, x.dtype))"

const ritz_primitive ritz_primitive_eigh = {
    .function =
        {
            .module = "ritz",
            .name = "eigh",
            .signature = "ritz.eigh(x)",
            .summary = "Eigenvalues, ascending, and eigenvectors, in columns, "
                       "of symmetric matrices.",
            .details = "x is [..., n, n] in f32 or f64; of one that is not "
                       "symmetric the symmetric part is taken. The largest "
                       "entry of every eigenvector, the first of equal ones, "
                       "is positive. Between equal eigenvalues no derivative "
                       "of the vectors exists: terms that would divide by "
                       "their difference are left out, which is right for "
                       "whatever does not depend on the choice of vectors.",
            .source = "LAPACK's syevd; derivatives: Giles 2008, section 3.1",
            .example = "ritz.eigh(ritz.tensor{{2, 0}, {0, 1}})"
                       "  --> {1, 2}, {{0, 1}, {1, 0}}",
            .tensors = 1,
            .results = 2,
            .method = true,
            .build = build_eigh,
        },
    .class = RITZ_CLASS_KERNEL,
    .many = &eigh_rules,
    .prepare = ritz_lapack_load,
    .flops_of = ritz_factor_flops,
    .domain = {-1, 1},
    .samples = {{"(ritz.eigh(" APART "))", {"3,3"}},
                {"(select(2, ritz.eigh(" APART ")))", {"3,3"}},
                {"(ritz.eigh(" APART "))", {"2,3,3"}},
                {"(select(2, ritz.eigh(" APART ")))", {"2,3,3"}},
                {"ritz.matmul(select(2, ritz.eigh(" APART ")), "
                 "ritz.diag((ritz.eigh(" APART "))))",
                 {"3,3"}},
                {"(ritz.eigh(x))", {"0,0"}},
                {"(select(2, ritz.eigh(x)))", {"0,2,2"}}},
    .refusals = {{"ritz.eigh(ritz.ones{2, 3})",
                  "wants square matrices of f32 or f64, got f32[2,3]"},
                 {"ritz.eigh(ritz.tensor{{{1}}, {{0/0}}})",
                  "matrix 2 of 2: wants finite numbers"},
                 {"ritz.eigh(ritz.tensor({{1}}, \"i64\"))", "got i64[1,1]"}},
};
