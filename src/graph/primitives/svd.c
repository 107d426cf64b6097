/* svd.c - the primitive svd: A = U diag(s) V^T, thin. The outputs are U, s
 * and V^T. */
#include "graph/primitives/factor.h"

static int three_outputs(const ritz_attr *attr)
{
    (void)attr;
    return 3;
}

static ritz_status infer_svd(ritz_type *out, ritz_node *const *in, int nin,
                             const ritz_attr *attr, ritz_error *err)
{
    (void)nin, (void)attr;
    const ritz_status status = ritz_check_factored(in, false, err);
    if (status != RITZ_OK)
        return status;
    const ritz_node *x = in[0];
    const int64_t m = x->shape.dim[x->shape.rank - 2];
    const int64_t n = x->shape.dim[x->shape.rank - 1], k = m < n ? m : n;
    out[0] = (ritz_type){x->dtype, ritz_factor_shape(x, 2, m, k)};
    out[1] = (ritz_type){x->dtype, ritz_factor_shape(x, 1, k, 0)};
    out[2] = (ritz_type){x->dtype, ritz_factor_shape(x, 2, k, n)};
    return RITZ_OK;
}

static int64_t last_but(const ritz_node *x, int back)
{
    return x->shape.dim[x->shape.rank - 1 - back];
}

/* x - U U^T x: what U does not span. */
static ritz_node *beyond(ritz_graph *g, ritz_node *u, ritz_node *x)
{
    return ritz_sub(g, x, ritz_matmul_flags(g, u, ritz_matmul_ta(g, u, x), 0));
}

/* Townsend 2016, equations 14 to 20. With P = U^T dA V and F_ij =
 * 1 / (s_j^2 - s_i^2): ds = diag(P), dU = U (F o (P S + S P^T)) and what dA
 * adds beyond U, dV alike with the transposes. */
static void svd_push(ritz_graph *g, const ritz_rule *at,
                     ritz_node *const *tangent, ritz_node **result)
{
    ritz_node *u = at->out[0], *s = at->out[1], *vt = at->out[2];
    ritz_node *a = tangent[0], *av = ritz_matmul_tb(g, a, vt);
    ritz_node *p = ritz_matmul_ta(g, u, av), *q = ritz_transpose(g, p);
    ritz_node *f = ritz_inverse_gaps(g, s, true);
    ritz_node *ps = ritz_scale_columns(g, p, s), *sp = ritz_scale_rows(g, p, s);
    ritz_node *sq = ritz_scale_rows(g, q, s), *qs = ritz_scale_columns(g, q, s);
    ritz_node *in_u = ritz_mul(g, f, ritz_add(g, ps, sq));
    ritz_node *in_v = ritz_mul(g, f, ritz_add(g, sp, qs));
    ritz_node *inverse = ritz_inverse_or_zero(g, s);
    const bool tall = last_but(u, 1) > last_but(s, 0);
    const bool wide = last_but(vt, 0) > last_but(s, 0);

    result[0] = ritz_matmul_flags(g, u, in_u, 0);
    result[1] = ritz_diagonal(g, p);
    result[2] = ritz_matmul_ta(g, in_v, vt);
    if (tall)
        result[0] = ritz_add(g, result[0],
                             ritz_scale_columns(g, beyond(g, u, av), inverse));
    if (wide) {
        ritz_node *v = ritz_transpose(g, vt);
        ritz_node *more = beyond(g, v, ritz_matmul_ta(g, a, u));
        more = ritz_scale_columns(g, more, inverse);
        result[2] = ritz_add(g, result[2], ritz_transpose(g, more));
    }
}

/* F o (U^T ct - ct^T U): what a cotangent of U turns in its span. */
static ritz_node *turn(ritz_graph *g, ritz_node *f, ritz_node *u, ritz_node *ct)
{
    ritz_node *p = ritz_matmul_ta(g, u, ct);
    return ritz_mul(g, f, ritz_sub(g, p, ritz_transpose(g, p)));
}

/* The adjoint of svd_push: U M V^T, M = turn(U) S + S turn(V) + diag(ct_s),
 * and what the cotangents have beyond U and V. */
static void svd_pull(ritz_graph *g, const ritz_rule *at, ritz_node *const *ct,
                     const bool *wanted, ritz_node **result)
{
    (void)wanted;
    ritz_node *u = at->out[0], *s = at->out[1], *vt = at->out[2];
    ritz_node *v = ritz_transpose(g, vt), *inverse = ritz_inverse_or_zero(g, s);
    ritz_node *f = ritz_inverse_gaps(g, s, true), *inner = NULL, *left = NULL;
    ritz_node *ct_v = ct[2] ? ritz_transpose(g, ct[2]) : NULL;
    if (ct[0])
        inner = ritz_scale_columns(g, turn(g, f, u, ct[0]), s);
    if (ct_v)
        inner = ritz_add_terms(g, inner,
                               ritz_scale_rows(g, turn(g, f, v, ct_v), s));
    if (inner)
        left = ritz_matmul_flags(g, u, inner, 0);
    if (ct[1])
        left = ritz_add_terms(g, left, ritz_scale_columns(g, u, ct[1]));
    if (ct[0] && last_but(u, 1) > last_but(s, 0))
        left = ritz_add(g, left,
                        ritz_scale_columns(g, beyond(g, u, ct[0]), inverse));
    result[0] = ritz_matmul_flags(g, left, vt, 0);
    if (ct_v && last_but(vt, 0) > last_but(s, 0)) {
        ritz_node *more = ritz_scale_columns(g, beyond(g, v, ct_v), inverse);
        result[0] = ritz_add(g, result[0], ritz_matmul_tb(g, u, more));
    }
}

static const ritz_many svd_rules = {
    .outputs = three_outputs,
    .infer = infer_svd,
    .jvp = svd_push,
    .vjp = svd_pull,
    .batch = ritz_batch_all,
};

static void build_svd(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *n = ritz_svd(g, call->x[0]);
    for (int k = 0; k < 3; k++)
        out[k] = ritz_output(n, k);
}

/* Singular values one or more apart. */
#define SQUARE "x + ritz.diag(ritz.arange(3, 12, 3, x.dtype))"
#define TALL \
    "ritz.concatenate({x, ritz.diag(ritz.arange(3, 12, 3, x.dtype))}, -2)"

const ritz_primitive ritz_primitive_svd = {
    .function =
        {
            .module = "ritz",
            .name = "svd",
            .signature = "ritz.svd(x)",
            .summary = "U, s and V^T with U diag(s) V^T = x and s descending.",
            .details = "x is [..., m, n] in f32 or f64; U is [..., m, k], s "
                       "[..., k], V^T [..., k, n] with k the smaller of m and "
                       "n. The largest entry of every column of U, the first "
                       "of equal ones, is positive. Derivatives leave out the "
                       "terms that would divide by the difference of equal "
                       "singular values, or by a singular value of 0.",
            .source = "LAPACK's gesdd; derivatives: Townsend 2016, "
                      "Differentiating the singular value decomposition",
            .example = "select(2, ritz.svd(ritz.tensor{{0, 2}, {1, 0}}))"
                       "  --> {2, 1}, {{0, 1}, {1, 0}}",
            .tensors = 1,
            .results = 3,
            .method = true,
            .build = build_svd,
        },
    .class = RITZ_CLASS_KERNEL,
    .many = &svd_rules,
    .prepare = ritz_lapack_load,
    .flops_of = ritz_factor_flops,
    .domain = {-1, 1},
    .samples = {{"(ritz.svd(" SQUARE "))", {"3,3"}},
                {"(select(2, ritz.svd(" SQUARE ")))", {"2,3,3"}},
                {"(select(3, ritz.svd(" SQUARE ")))", {"3,3"}},
                {"(ritz.svd(" TALL "))", {"2,3"}},
                {"(select(3, ritz.svd((" TALL "):transpose())))", {"2,3"}},
                {"(select(3, ritz.svd(" TALL ")))", {"2,3"}},
                {"(ritz.svd((" TALL "):transpose()))", {"2,3"}},
                {"(ritz.svd(x))", {"0,3"}}},
    .refusals = {{"ritz.svd(ritz.ones{2})",
                  "wants matrices of f32 or f64, got f32[2]"},
                 {"ritz.svd(ritz.tensor{{1/0}})", "wants finite numbers"}},
};
