/* matrices.c - what is made of matrices: transposes, triangles, diagonals,
 * determinants, inverses. The last two axes are the matrix, those before a
 * batch. */
#include "nn/inside.h"

#include "graph/matrix.h"

static bool is_whole(const ritz_graph *g)
{
    return ritz_graph_status(g, NULL) == RITZ_OK;
}

static bool wants_square(ritz_graph *g, const char *who, const ritz_node *x)
{
    const int r = x->shape.rank;
    if (!ritz_nn_wants_rank(g, who, x, 2, "square matrices"))
        return false;
    if (x->shape.dim[r - 1] != x->shape.dim[r - 2])
        ritz_graph_fail(g, RITZ_ESHAPE, "%s: wants square matrices, got %s",
                        who, ritz_type_of(x).text);
    return is_whole(g);
}

static void build_transpose(ritz_graph *g, const ritz_call *call,
                            ritz_node **out)
{
    out[0] = NULL;
    if (ritz_nn_wants_rank(g, "transpose", call->x[0], 2, "matrices"))
        out[0] = ritz_transpose(g, call->x[0]);
}

const ritz_function ritz_nn_transpose = {
    .module = "ritz",
    .name = "transpose",
    .signature = "ritz.transpose(x)",
    .summary = "The last two axes exchanged.",
    .details = "A view: nothing is copied. Other orders: ritz.permute.",
    .source = "elementary",
    .example = "ritz.transpose(ritz.tensor{{1, 2}, {3, 4}})"
               "  --> {{1, 3}, {2, 4}}",
    .tensors = 1,
    .method = true,
    .build = build_transpose,
};

#define ABOVE(text)                                                        \
    {                                                                      \
        {                                                                  \
            .name = "k", .kind = RITZ_PARAM_INT, .low = -1e9, .high = 1e9, \
            .doc = text                                                    \
        }                                                                  \
    }

static void build_tril(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = NULL;
    if (ritz_nn_wants_rank(g, "tril", call->x[0], 2, "matrices"))
        out[0] = ritz_tril(g, call->x[0], call->v[0].i);
}

const ritz_function ritz_nn_tril = {
    .module = "ritz",
    .name = "tril",
    .signature = "ritz.tril(x, k)",
    .summary = "The lower triangle of matrices; 0 above it.",
    .source = "NumPy's tril",
    .example = "ritz.tril(ritz.ones{2, 2})  --> {{1, 0}, {1, 1}}",
    .tensors = 1,
    .method = true,
    .params = ABOVE("diagonals above the main one that are kept"),
    .build = build_tril,
};

static void build_triu(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = NULL;
    if (ritz_nn_wants_rank(g, "triu", call->x[0], 2, "matrices"))
        out[0] = ritz_triu(g, call->x[0], call->v[0].i);
}

const ritz_function ritz_nn_triu = {
    .module = "ritz",
    .name = "triu",
    .signature = "ritz.triu(x, k)",
    .summary = "The upper triangle of matrices; 0 below it.",
    .source = "NumPy's triu",
    .example = "ritz.triu(ritz.ones{2, 2})  --> {{1, 1}, {0, 1}}",
    .tensors = 1,
    .method = true,
    .params = ABOVE("diagonals above the main one where it begins"),
    .build = build_triu,
};

static void build_diag(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = NULL;
    if (ritz_nn_wants_rank(g, "diag", call->x[0], 1, "vectors"))
        out[0] = ritz_diagonal_matrix(g, call->x[0]);
}

const ritz_function ritz_nn_diag = {
    .module = "ritz",
    .name = "diag",
    .signature = "ritz.diag(x)",
    .summary = "Diagonal matrices with the vectors x.",
    .details = "x is [..., n], the result [..., n, n]. The other way: "
               "ritz.diagonal.",
    .source = "NumPy's diag, of vectors",
    .example = "ritz.diag(ritz.tensor{1, 2})  --> {{1, 0}, {0, 2}}",
    .tensors = 1,
    .method = true,
    .build = build_diag,
};

static void build_diagonal(ritz_graph *g, const ritz_call *call,
                           ritz_node **out)
{
    out[0] = NULL;
    if (ritz_nn_wants_rank(g, "diagonal", call->x[0], 2, "matrices"))
        out[0] = ritz_diagonal(g, call->x[0]);
}

const ritz_function ritz_nn_diagonal = {
    .module = "ritz",
    .name = "diagonal",
    .signature = "ritz.diagonal(x)",
    .summary = "The main diagonals of matrices, as vectors.",
    .source = "NumPy's diagonal",
    .example = "ritz.diagonal(ritz.tensor{{1, 2}, {3, 4}})  --> {1, 4}",
    .tensors = 1,
    .method = true,
    .build = build_diagonal,
};

static ritz_node *sum_last(ritz_graph *g, ritz_node *x)
{
    const int last = x->shape.rank - 1;
    return ritz_reduce_sum(g, x, &last, 1, false);
}

static void build_trace(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = NULL;
    if (ritz_nn_wants_rank(g, "trace", call->x[0], 2, "matrices"))
        out[0] = sum_last(g, ritz_diagonal(g, call->x[0]));
}

const ritz_function ritz_nn_trace = {
    .module = "ritz",
    .name = "trace",
    .signature = "ritz.trace(x)",
    .summary = "The sum of the main diagonal of matrices.",
    .source = "elementary",
    .example = "ritz.trace(ritz.tensor{{1, 2}, {3, 4}})  --> 5",
    .tensors = 1,
    .method = true,
    .build = build_trace,
};

static void build_outer(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0], *y = call->x[1];
    out[0] = NULL;
    if (ritz_nn_wants_rank(g, "outer", x, 1, "vectors") &&
        ritz_nn_wants_rank(g, "outer", y, 1, "vectors"))
        out[0] = ritz_mul(g, ritz_expand(g, x, x->shape.rank),
                          ritz_expand(g, y, y->shape.rank - 1));
}

const ritz_function ritz_nn_outer = {
    .module = "ritz",
    .name = "outer",
    .signature = "ritz.outer(x, y)",
    .summary = "The matrix of all products of an element of x and one of y.",
    .details = "x is [..., m], y [..., n], the result [..., m, n].",
    .source = "elementary",
    .example = "ritz.outer(ritz.tensor{1, 2}, ritz.tensor{3, 4})"
               "  --> {{3, 4}, {6, 8}}",
    .tensors = 2,
    .method = true,
    .build = build_outer,
};

/* Determinants: of x = P^T L U the one of U, times the sign of P. */

/* 1 or -1: an odd or even number of pairs stands in the wrong order. */
static ritz_node *sign_of_order(ritz_graph *g, ritz_node *order,
                                ritz_dtype dtype)
{
    const int r = order->shape.rank;
    ritz_node *wrong =
        ritz_less(g, ritz_expand(g, order, r - 1), ritz_expand(g, order, r));
    ritz_node *pairs = sum_last(g, sum_last(g, ritz_triu(g, wrong, 1)));
    ritz_node *odd = ritz_mod(g, pairs, ritz_scalar(g, RITZ_I64, 2));
    return ritz_cast(g, ritz_shift(g, ritz_scale(g, odd, -2.0), 1.0), dtype);
}

typedef struct pivots {
    ritz_node *diagonal; /* of U */
    ritz_node *sign;     /* of P */
} pivots;

static bool find_pivots(pivots *p, ritz_graph *g, const ritz_call *call)
{
    ritz_node *x = call->x[0];
    if (!ritz_wants_matrix(g, call->function->name, x, true))
        return false;
    ritz_node *both = ritz_lu(g, x);
    if (!is_whole(g))
        return false;
    p->diagonal = ritz_diagonal(g, both);
    p->sign = sign_of_order(g, ritz_output(both, 1), x->dtype);
    return is_whole(g);
}

static void build_det(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    pivots p;
    out[0] = NULL;
    if (!find_pivots(&p, g, call))
        return;
    const int last = p.diagonal->shape.rank - 1;
    out[0] = ritz_mul(g, p.sign, ritz_product_along(g, p.diagonal, last));
}

const ritz_function ritz_nn_det = {
    .module = "ritz",
    .name = "det",
    .signature = "ritz.det(x)",
    .summary = "The determinants of square matrices.",
    .details = "By LU. The derivative divides by the pivots: it is not finite "
               "where x is singular.",
    .source = "Golub and Van Loan 2013, section 3.2",
    .example = "ritz.det(ritz.tensor{{1, 2}, {3, 4}})  --> -2",
    .tensors = 1,
    .method = true,
    .build = build_det,
};

static void build_slogdet(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    pivots p;
    out[0] = out[1] = NULL;
    if (!find_pivots(&p, g, call))
        return;
    const int last = p.diagonal->shape.rank - 1;
    out[0] = ritz_mul(g, p.sign,
                      ritz_product_along(g, ritz_sign(g, p.diagonal), last));
    out[1] = sum_last(g, ritz_log(g, ritz_abs(g, p.diagonal)));
}

const ritz_function ritz_nn_slogdet = {
    .module = "ritz",
    .name = "slogdet",
    .signature = "ritz.slogdet(x)",
    .summary = "The sign of the determinants of square matrices, and the "
               "logarithm of their size.",
    .details = "By LU. Where the determinant would overflow this does not; of "
               "a singular matrix it is 0 and minus infinity.",
    .source = "NumPy's linalg.slogdet",
    .example = "ritz.slogdet(ritz.tensor{{0, 1}, {1, 0}})  --> -1, 0",
    .tensors = 1,
    .results = 2,
    .method = true,
    .build = build_slogdet,
};

static void build_inv(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    out[0] = NULL;
    if (ritz_wants_matrix(g, "inv", x, true))
        out[0] = ritz_solve(g, x, ritz_eye_like(g, x), 0);
}

const ritz_function ritz_nn_inv = {
    .module = "ritz",
    .name = "inv",
    .signature = "ritz.inv(x)",
    .summary = "The inverses of square matrices.",
    .details = "To solve equations, ritz.solve is faster and more accurate. A "
               "singular matrix is an error.",
    .source = "NumPy's linalg.inv",
    .example = "ritz.inv(ritz.tensor{{2, 0}, {0, 4}})"
               "  --> {{0.5, 0}, {0, 0.25}}",
    .tensors = 1,
    .method = true,
    .build = build_inv,
};

static void build_lstsq(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *a = call->x[0], *b = call->x[1];
    const bool vector = b->shape.rank == 1;
    out[0] = NULL;
    if (!ritz_wants_matrix(g, "lstsq", a, false) ||
        !ritz_nn_wants_rank(g, "lstsq", b, 1, "a vector or matrices"))
        return;
    if (vector)
        b = ritz_expand(g, b, 1);
    ritz_match_leading(g, "lstsq", &a, &b);
    ritz_node *q = ritz_qr(g, a);
    ritz_node *x = ritz_triangular_solve(
        g, ritz_output(q, 1), ritz_matmul_ta(g, q, b), RITZ_SOLVE_UPPER);
    if (!is_whole(g))
        return;
    ritz_shape flat = x->shape;
    flat.rank--;
    out[0] = vector ? ritz_reshape(g, x, &flat) : x;
}

const ritz_function ritz_nn_lstsq = {
    .module = "ritz",
    .name = "lstsq",
    .signature = "ritz.lstsq(a, b)",
    .summary = "x with the least sum of squares of a x - b.",
    .details = "a is [..., m, n] with m at least n and of full rank, b [..., "
               "m, k] or [m]. By QR.",
    .source = "Golub and Van Loan 2013, section 5.3.3",
    .example = "ritz.lstsq(ritz.tensor{{1}, {1}}, ritz.tensor{1, 3})"
               "  --> {2}",
    .tensors = 2,
    .build = build_lstsq,
};

static void build_matrix_power(ritz_graph *g, const ritz_call *call,
                               ritz_node **out)
{
    ritz_node *x = call->x[0], *y = NULL;
    out[0] = NULL;
    if (!wants_square(g, "matrix_power", x))
        return;
    for (int64_t n = call->v[0].i; n > 0; n /= 2) {
        if (n % 2)
            y = y ? ritz_matmul_flags(g, y, x, 0) : x;
        if (n > 1)
            x = ritz_matmul_flags(g, x, x, 0);
    }
    out[0] = y ? y : ritz_eye_like(g, x);
}

const ritz_function ritz_nn_matrix_power = {
    .module = "ritz",
    .name = "matrix_power",
    .signature = "ritz.matrix_power(x, n)",
    .summary = "The product of n copies of square matrices.",
    .details = "By repeated squares. n is 0 or more; of the inverse: "
               "ritz.matrix_power(ritz.inv(x), n).",
    .source = "NumPy's linalg.matrix_power",
    .example = "ritz.matrix_power(ritz.tensor{{1, 1}, {0, 1}}, 5)"
               "  --> {{1, 5}, {0, 1}}",
    .tensors = 1,
    .method = true,
    .params = {{.name = "n",
                .kind = RITZ_PARAM_INT,
                .required = true,
                .low = 0,
                .high = 1e9,
                .doc = "the power"}},
    .build = build_matrix_power,
};
