/* lu.c - the primitive lu: A = P^T L U with partial pivoting. The outputs are
 * L (below the diagonal, which is ones) and U in one matrix, and the rows of A
 * in the order of those of L U, i64 from 1. Determinants are made of it. */
#include "graph/primitives/factor.h"

static ritz_status infer_lu(ritz_type *out, ritz_node *const *in, int nin,
                            const ritz_attr *attr, ritz_error *err)
{
    (void)nin, (void)attr;
    const ritz_status status = ritz_check_factored(in, true, err);
    if (status != RITZ_OK)
        return status;
    const int64_t n = in[0]->shape.dim[in[0]->shape.rank - 1];
    out[0] = (ritz_type){in[0]->dtype, in[0]->shape};
    out[1] = (ritz_type){RITZ_I64, ritz_factor_shape(in[0], 1, n, 0)};
    return RITZ_OK;
}

enum { LOWER = RITZ_SOLVE_UNIT, UPPER = RITZ_SOLVE_UPPER };

/* The triangular factors as matrices of their own. */
static ritz_node *lower(ritz_graph *g, ritz_node *both)
{
    return ritz_add(g, ritz_tril(g, both, -1), ritz_eye_like(g, both));
}

/* With T = L^-1 (P dA) U^-1: dL = L tril(T, -1), dU = triu(T) U. As in
 * Golub and Van Loan 2013, section 3.2.8, differentiated. */
static void lu_push(ritz_graph *g, const ritz_rule *at,
                    ritz_node *const *tangent, ritz_node **result)
{
    ritz_node *both = at->out[0], *row = at->out[1];
    const int top = both->shape.rank - 2;
    ritz_node *t = ritz_take_axis(g, tangent[0], row, top, top);
    t = ritz_triangular_solve(g, both, t, LOWER);
    t = ritz_triangular_solve(g, both, t, UPPER | RITZ_SOLVE_RIGHT);
    ritz_node *dl =
        ritz_matmul_flags(g, lower(g, both), ritz_tril(g, t, -1), 0);
    ritz_node *du =
        ritz_matmul_flags(g, ritz_triu(g, t, 0), ritz_triu(g, both, 0), 0);
    result[0] = ritz_add(g, dl, du);
}

/* The adjoint: of T it is tril(L^T ct, -1) + triu(ct U^T), each with its part
 * of ct. */
static void lu_pull(ritz_graph *g, const ritz_rule *at, ritz_node *const *ct,
                    const bool *wanted, ritz_node **result)
{
    (void)wanted;
    ritz_node *both = at->out[0], *row = at->out[1];
    const int top = both->shape.rank - 2;
    ritz_node *in_l =
        ritz_matmul_ta(g, lower(g, both), ritz_tril(g, ct[0], -1));
    ritz_node *in_u =
        ritz_matmul_tb(g, ritz_triu(g, ct[0], 0), ritz_triu(g, both, 0));
    ritz_node *t = ritz_add(g, ritz_tril(g, in_l, -1), ritz_triu(g, in_u, 0));
    t = ritz_triangular_solve(g, both, t, LOWER | RITZ_SOLVE_TRANSPOSE);
    t = ritz_triangular_solve(g, both, t,
                              UPPER | RITZ_SOLVE_RIGHT | RITZ_SOLVE_TRANSPOSE);
    result[0] =
        ritz_scatter_add_axis(g, t, row, top, top, both->shape.dim[top]);
}

static const ritz_many lu_rules = {
    .outputs = ritz_two_outputs,
    .infer = infer_lu,
    .jvp = lu_push,
    .vjp = lu_pull,
    .batch = ritz_batch_all,
};

static void build_lu(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = out[1] = out[2] = NULL;
    if (!ritz_wants_matrix(g, "lu", call->x[0], true))
        return;
    ritz_node *both = ritz_lu(g, call->x[0]);
    if (ritz_graph_status(g, NULL) != RITZ_OK)
        return;
    out[0] = lower(g, both);
    out[1] = ritz_triu(g, both, 0);
    out[2] = ritz_output(both, 1);
}

#define PIVOTED "x + 3 * ritz.eye(3, x.dtype)"

const ritz_primitive ritz_primitive_lu = {
    .function =
        {
            .module = "ritz",
            .name = "lu",
            .signature = "ritz.lu(x)",
            .summary = "L with a diagonal of ones, U, and the order of the "
                       "rows of x that L U has.",
            .details = "x is [..., n, n] in f32 or f64, the order i64 from 1: "
                       "ritz.take(x, order) is L U for a single matrix. A "
                       "singular x has a zero on the diagonal of U.",
            .source = "LAPACK's getrf; derivatives: Golub and Van Loan 2013, "
                      "section 3.2, differentiated",
            .example = "ritz.lu(ritz.tensor{{1, 3}, {2, 2}})"
                       "  --> {{1, 0}, {0.5, 1}}, {{2, 2}, {0, 2}}, {2, 1}",
            .tensors = 1,
            .results = 3,
            .method = true,
            .build = build_lu,
        },
    .class = RITZ_CLASS_KERNEL,
    .many = &lu_rules,
    .prepare = ritz_lapack_load,
    .flops_of = ritz_factor_flops,
    .domain = {-1, 1},
    .samples = {{"(ritz.lu(" PIVOTED "))", {"3,3"}},
                {"(select(2, ritz.lu(" PIVOTED ")))", {"2,3,3"}},
                {"(ritz.lu(ritz.take(" PIVOTED
                 ", ritz.tensor({3, 1, 2}, \"i64\"))))",
                 {"3,3"}},
                {"(select(2, ritz.lu(x)))", {"0,0"}},
                {"(ritz.lu(x))", {"0,2,2"}}},
    .refusals = {{"ritz.lu(ritz.ones{2, 3})",
                  "wants square matrices of f32 or f64, got f32[2,3]"},
                 {"ritz.lu(ritz.tensor{{1/0}})", "wants finite numbers"}},
};
