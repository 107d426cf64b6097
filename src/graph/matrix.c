/* matrix.c - building code for the last two axes. */
#include "graph/matrix.h"

#include "graph/infer.h"

#include <string.h>

/* column - row, in the shape of x. */
static ritz_node *offset_from_diagonal(ritz_graph *g, const ritz_node *x)
{
    const int r = x->shape.rank;
    ritz_shape s = {.rank = 2,
                    .dim = {x->shape.dim[r - 2], x->shape.dim[r - 1]}};
    return ritz_sub(g, ritz_iota(g, RITZ_I64, &s, 1, 0),
                    ritz_iota(g, RITZ_I64, &s, 0, 0));
}

static bool is_whole(const ritz_graph *g)
{
    return ritz_graph_status(g, NULL) == RITZ_OK;
}

/* x on one side of the diagonal that is k above the main one, with it. */
static ritz_node *band(ritz_graph *g, ritz_node *x, bool upper, int64_t k)
{
    if (!is_whole(g))
        return x;
    ritz_node *d = offset_from_diagonal(g, x);
    ritz_node *at = ritz_scalar(g, RITZ_I64, (double)k);
    ritz_node *in =
        upper ? ritz_less_equal(g, at, d) : ritz_less_equal(g, d, at);
    return ritz_where(g, in, x, ritz_scalar_like(g, x, 0.0));
}

ritz_node *ritz_tril(ritz_graph *g, ritz_node *x, int64_t k)
{
    return band(g, x, false, k);
}

ritz_node *ritz_triu(ritz_graph *g, ritz_node *x, int64_t k)
{
    return band(g, x, true, k);
}

ritz_node *ritz_eye_like(ritz_graph *g, const ritz_node *x)
{
    if (!is_whole(g))
        return ritz_scalar(g, RITZ_F32, 0);
    ritz_node *hit =
        ritz_equal(g, offset_from_diagonal(g, x), ritz_scalar(g, RITZ_I64, 0));
    return ritz_broadcast(g, ritz_cast(g, hit, x->dtype), &x->shape);
}

/* The diagonal is every n+1st element of the matrix in a row. */
ritz_node *ritz_diagonal(ritz_graph *g, ritz_node *x)
{
    const int r = x->shape.rank;
    if (!is_whole(g))
        return x;
    const int64_t m = x->shape.dim[r - 2], n = x->shape.dim[r - 1];
    const int64_t count = m < n ? m : n;
    ritz_shape flat = x->shape;
    flat.rank = r - 1;
    flat.dim[r - 2] = m * n;
    int64_t start[RITZ_MAX_RANK] = {0}, stop[RITZ_MAX_RANK],
            step[RITZ_MAX_RANK];
    for (int i = 0; i < r - 1; i++) {
        stop[i] = flat.dim[i];
        step[i] = 1;
    }
    stop[r - 2] = count > 0 ? (count - 1) * (n + 1) + 1 : 0;
    step[r - 2] = n + 1;
    return ritz_slice(g, ritz_reshape(g, x, &flat), start, stop, step);
}

/* n zeros between two neighbours, then rows of n. */
ritz_node *ritz_diagonal_matrix(ritz_graph *g, ritz_node *v)
{
    const int r = v->shape.rank;
    if (!is_whole(g))
        return v;
    const int64_t n = v->shape.dim[r - 1];
    const int64_t none[RITZ_MAX_RANK] = {0};
    int64_t between[RITZ_MAX_RANK] = {0};
    between[r - 1] = n;
    ritz_shape square = v->shape;
    square.dim[square.rank++] = n;
    return ritz_reshape(g, n > 0 ? ritz_pad(g, v, none, none, between) : v,
                        &square);
}

ritz_node *ritz_symmetrise(ritz_graph *g, ritz_node *x)
{
    return ritz_scale(g, ritz_add(g, x, ritz_transpose(g, x)), 0.5);
}

ritz_node *ritz_scale_rows(ritz_graph *g, ritz_node *x, ritz_node *v)
{
    return ritz_mul(g, x, ritz_expand(g, v, v->shape.rank));
}

ritz_node *ritz_scale_columns(ritz_graph *g, ritz_node *x, ritz_node *v)
{
    return ritz_mul(g, x, ritz_expand(g, v, v->shape.rank - 1));
}

ritz_node *ritz_matmul_ta(ritz_graph *g, ritz_node *a, ritz_node *b)
{
    return ritz_matmul_flags(g, a, b, RITZ_TRANSPOSE_A);
}

ritz_node *ritz_matmul_tb(ritz_graph *g, ritz_node *a, ritz_node *b)
{
    return ritz_matmul_flags(g, a, b, RITZ_TRANSPOSE_B);
}

bool ritz_wants_matrix(ritz_graph *g, const char *who, const ritz_node *x,
                       bool square)
{
    const int r = x->shape.rank;
    const int64_t *d = x->shape.dim;
    const char *want = square ? "square matrices" : "matrices";
    if (!is_whole(g))
        return false;
    if (!ritz_dtype_is_float(x->dtype) || r < 2 ||
        (square && d[r - 1] != d[r - 2]))
        ritz_graph_fail(g, RITZ_ESHAPE, "%s: wants %s of f32 or f64, got %s",
                        who, want, ritz_type_of(x).text);
    return is_whole(g);
}

ritz_node *ritz_cholesky(ritz_graph *g, ritz_node *x)
{
    if (!ritz_wants_matrix(g, "cholesky", x, true))
        return x;
    x = ritz_symmetrise(g, x);
    return ritz_apply(g, &ritz_primitive_cholesky, &x, 1, NULL);
}

static ritz_node *apply_solver(ritz_graph *g, const ritz_primitive *p,
                               ritz_node *a, ritz_node *b, int flags)
{
    const ritz_attr attr = {.flags = flags};
    ritz_node *in[] = {a, b};
    return ritz_apply(g, p, in, 2, &attr);
}

ritz_node *ritz_triangular_solve(ritz_graph *g, ritz_node *a, ritz_node *b,
                                 int flags)
{
    return apply_solver(g, &ritz_primitive_triangular_solve, a, b, flags);
}

ritz_node *ritz_solve(ritz_graph *g, ritz_node *a, ritz_node *b, int flags)
{
    return apply_solver(g, &ritz_primitive_solve, a, b, flags);
}

ritz_node *ritz_eigh(ritz_graph *g, ritz_node *x)
{
    if (!ritz_wants_matrix(g, "eigh", x, true))
        return x;
    x = ritz_symmetrise(g, x);
    return ritz_apply(g, &ritz_primitive_eigh, &x, 1, NULL);
}

ritz_node *ritz_svd(ritz_graph *g, ritz_node *x)
{
    return ritz_apply(g, &ritz_primitive_svd, &x, 1, NULL);
}

ritz_node *ritz_qr(ritz_graph *g, ritz_node *x)
{
    return ritz_apply(g, &ritz_primitive_qr, &x, 1, NULL);
}

ritz_node *ritz_lu(ritz_graph *g, ritz_node *x)
{
    return ritz_apply(g, &ritz_primitive_lu, &x, 1, NULL);
}
