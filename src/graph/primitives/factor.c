/* factor.c - what the records of factorisations share. */
#include "graph/primitives/factor.h"

static const struct {
    const ritz_primitive *prim;
    const ritz_factor_kind *kind;
} kinds[] = {
    {&ritz_primitive_cholesky, &ritz_factor_cholesky},
    {&ritz_primitive_triangular_solve, &ritz_factor_triangular},
    {&ritz_primitive_solve, &ritz_factor_solve},
    {&ritz_primitive_lu, &ritz_factor_lu},
    {&ritz_primitive_eigh, &ritz_factor_eigh},
    {&ritz_primitive_svd, &ritz_factor_svd},
    {&ritz_primitive_qr, &ritz_factor_qr},
};

const ritz_factor_kind *ritz_factor_kind_of(const ritz_primitive *prim)
{
    size_t i = 0;
    while (kinds[i].prim != prim)
        i++;
    return kinds[i].kind;
}

/* The sizes of one matrix; what is solved for is beside it, or above. */
ritz_factor ritz_factor_sizes(const ritz_node *n)
{
    const ritz_shape *a = &n->in[0]->shape;
    ritz_factor f = {.dtype = n->in[0]->dtype,
                     .m = (int)a->dim[a->rank - 2],
                     .n = (int)a->dim[a->rank - 1],
                     .flags = n->attr->flags};
    if (n->nin > 1) {
        const ritz_shape *b = &n->in[1]->shape;
        const int side = f.flags & RITZ_SOLVE_RIGHT ? 2 : 1;
        f.k = (int)b->dim[b->rank - side];
    }
    return f;
}

double ritz_factor_flops(const ritz_node *n)
{
    const ritz_factor f = ritz_factor_sizes(n);
    double matrices = 1;
    for (int i = 0; i < n->in[0]->shape.rank - 2; i++)
        matrices *= (double)n->in[0]->shape.dim[i];
    return matrices * ritz_factor_kind_of(n->prim)->flops(&f);
}

ritz_status ritz_check_factored(ritz_node *const *in, bool square,
                                ritz_error *err)
{
    const ritz_shape *s = &in[0]->shape;
    const int64_t *last = s->dim + (s->rank < 2 ? 0 : s->rank - 2);
    if (!ritz_dtype_is_float(in[0]->dtype) || s->rank < 2 ||
        (square && last[0] != last[1]))
        return ritz_fail(err, RITZ_ESHAPE, "wants %s of f32 or f64, got %s",
                         square ? "square matrices" : "matrices",
                         ritz_type_of(in[0]).text);
    if (last[0] > RITZ_FACTOR_LARGEST || last[1] > RITZ_FACTOR_LARGEST)
        return ritz_fail(err, RITZ_ESHAPE,
                         "wants at most %d rows and columns, got %s",
                         RITZ_FACTOR_LARGEST, ritz_type_of(in[0]).text);
    return RITZ_OK;
}

ritz_shape ritz_factor_shape(const ritz_node *x, int rank, int64_t a, int64_t b)
{
    ritz_shape s = x->shape;
    s.rank += rank - 2;
    s.dim[s.rank - rank] = a;
    if (rank == 2)
        s.dim[s.rank - 1] = b;
    return s;
}

int ritz_two_outputs(const ritz_attr *attr)
{
    (void)attr;
    return 2;
}

void ritz_batch_all(ritz_graph *g, const ritz_rule *at, ritz_node *const *in,
                    const bool *batched, int64_t size, ritz_node **result)
{
    (void)batched, (void)size;
    ritz_node *n = ritz_apply(g, at->out[0]->prim, in, 1, at->attr);
    for (int k = 0; k < at->nout; k++)
        result[k] = ritz_output(n, k);
}

ritz_node *ritz_inverse_or_zero(ritz_graph *g, ritz_node *v)
{
    ritz_node *none = ritz_equal(g, v, ritz_scalar_like(g, v, 0.0));
    ritz_node *safe = ritz_where(g, none, ritz_scalar_like(g, v, 1.0), v);
    return ritz_where(g, none, ritz_scalar_like(g, v, 0.0),
                      ritz_reciprocal(g, safe));
}

ritz_node *ritz_inverse_gaps(ritz_graph *g, ritz_node *v, bool squares)
{
    const int r = v->shape.rank;
    ritz_node *row = ritz_expand(g, v, r - 1), *column = ritz_expand(g, v, r);
    ritz_node *gap = ritz_sub(g, row, column);
    /* (a - b)(a + b) loses less than a^2 - b^2. */
    return ritz_inverse_or_zero(
        g, squares ? ritz_mul(g, gap, ritz_add(g, row, column)) : gap);
}

ritz_node *ritz_add_terms(ritz_graph *g, ritz_node *sum, ritz_node *term)
{
    return sum && term ? ritz_add(g, sum, term) : sum ? sum : term;
}
