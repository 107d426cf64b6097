/* matmul.c - products of matrices, one for each index of the leading axes.
 *
 * attr flags say which operand is used transposed, so that the derivative of
 * a product is two products and moves no element.
 */
#include "graph/batch.h"
#include "graph/build.h"
#include "graph/cost.h"
#include "graph/infer.h"
#include "kernel/gemm.h"

#include <string.h>

static bool same_leading(const ritz_shape *a, const ritz_shape *b)
{
    return a->rank == b->rank &&
           memcmp(a->dim, b->dim, (size_t)(a->rank - 2) * sizeof *a->dim) == 0;
}

static ritz_status infer_matmul(ritz_dtype *dtype, ritz_shape *shape,
                                ritz_node *const *in, int nin,
                                const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    const ritz_shape *a = &in[0]->shape, *b = &in[1]->shape;
    if (a->rank < 2 || b->rank < 2)
        return ritz_fail(err, RITZ_ESHAPE,
                         "matmul: wants two axes or more, got %s and %s",
                         ritz_type_of(in[0]).text, ritz_type_of(in[1]).text);
    if (in[0]->dtype != in[1]->dtype || !ritz_dtype_is_float(in[0]->dtype))
        return ritz_fail(err, RITZ_EDTYPE,
                         "matmul: wants f32 or f64, both the same, got %s and "
                         "%s: convert with :to",
                         ritz_type_of(in[0]).text, ritz_type_of(in[1]).text);
    const int ta = !!(attr->flags & RITZ_TRANSPOSE_A);
    const int tb = !!(attr->flags & RITZ_TRANSPOSE_B);
    const int64_t m = a->dim[a->rank - 2 + ta], k = a->dim[a->rank - 1 - ta];
    const int64_t kb = b->dim[b->rank - 2 + tb], n = b->dim[b->rank - 1 - tb];
    if (k != kb)
        return ritz_fail(err, RITZ_ESHAPE,
                         "matmul: inner sizes must agree, got %s and %s",
                         ritz_type_of(in[0]).text, ritz_type_of(in[1]).text);
    if (!same_leading(a, b))
        return ritz_fail(err, RITZ_ESHAPE,
                         "matmul: leading axes must agree, got %s and %s",
                         ritz_type_of(in[0]).text, ritz_type_of(in[1]).text);
    *dtype = in[0]->dtype;
    *shape = *a;
    shape->dim[a->rank - 2] = m;
    shape->dim[a->rank - 1] = n;
    return RITZ_OK;
}

static ritz_node *matmul_push(ritz_graph *g, const ritz_rule *at,
                              ritz_node *const *tangent)
{
    ritz_node *a = tangent[0] ? ritz_matmul_flags(g, tangent[0], at->in[1],
                                                  at->attr->flags)
                              : NULL;
    ritz_node *b = tangent[1] ? ritz_matmul_flags(g, at->in[0], tangent[1],
                                                  at->attr->flags)
                              : NULL;
    return a && b ? ritz_add(g, a, b) : a ? a : b;
}

/* With Y = op(A) op(B): dA is ct op(B)^T, transposed back where A was; dB is
 * op(A)^T ct. */
static ritz_node *matmul_pull(ritz_graph *g, const ritz_rule *at, int i,
                              ritz_node *ct)
{
    ritz_node *a = at->in[0], *b = at->in[1];
    const int ta = at->attr->flags & RITZ_TRANSPOSE_A;
    const int tb = at->attr->flags & RITZ_TRANSPOSE_B;
    if (i == 0 && !ta)
        return ritz_matmul_flags(g, ct, b, tb ? 0 : RITZ_TRANSPOSE_B);
    if (i == 0)
        return ritz_matmul_flags(
            g, b, ct, (tb ? RITZ_TRANSPOSE_A : 0) | RITZ_TRANSPOSE_B);
    if (!tb)
        return ritz_matmul_flags(g, a, ct, ta ? 0 : RITZ_TRANSPOSE_A);
    return ritz_matmul_flags(g, ct, a,
                             RITZ_TRANSPOSE_A | (ta ? RITZ_TRANSPOSE_B : 0));
}

/* Rows of several examples against one matrix are one product. */
static ritz_node *rows_together(ritz_graph *g, ritz_node *a, ritz_node *b,
                                int flags)
{
    const ritz_shape *s = &a->shape;
    const ritz_shape flat = {.rank = 2,
                             .dim = {s->dim[0] * s->dim[1], s->dim[2]}};
    ritz_node *y = ritz_matmul_flags(g, ritz_reshape(g, a, &flat), b, flags);
    const ritz_shape full = {.rank = 3,
                             .dim = {s->dim[0], s->dim[1], y->shape.dim[1]}};
    if (ritz_graph_status(g, NULL) != RITZ_OK)
        return y;
    return ritz_reshape(g, y, &full);
}

static ritz_node *matmul_batch(ritz_graph *g, const ritz_rule *at,
                               ritz_node *const *in, const bool *batched,
                               int64_t size)
{
    const int flags = at->attr->flags;
    if (!batched[1] && in[1]->shape.rank == 2 && !(flags & RITZ_TRANSPOSE_A))
        return rows_together(g, in[0], in[1], flags);
    return ritz_matmul_flags(g, ritz_with_batch(g, in[0], batched[0], size),
                             ritz_with_batch(g, in[1], batched[1], size),
                             flags);
}

/* A multiplication and an addition for every row, column and inner size. */
static double matmul_flops(const ritz_node *n)
{
    const ritz_shape *a = &n->in[0]->shape;
    const int inner = a->rank - (n->attr->flags & RITZ_TRANSPOSE_A ? 2 : 1);
    return 2.0 * (double)ritz_shape_count(&n->shape) * (double)a->dim[inner];
}

static void build_matmul(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = ritz_matmul(g, call->x[0], call->x[1]);
}

const ritz_primitive ritz_primitive_matmul = {
    .function =
        {
            .module = "ritz",
            .name = "matmul",
            .signature = "ritz.matmul(a, b)",
            .summary = "The matrix product; leading axes broadcast.",
            .details = "a is [..., m, k], b is [..., k, n], the result is "
                       "[..., m, n]; a vector on the left is a row, on the "
                       "right a column. k is summed whole up to 256, else in "
                       "parts, in order, whose length the processor decides. "
                       "Errors: inner sizes that differ.",
            .source = "NumPy's matmul",
            .example = "ritz.matmul(ritz.tensor{{1, 2}}, ritz.tensor{{3}, {4}})"
                       "  --> {{11}}",
            .tensors = 2,
            .method = true,
            .build = build_matmul,
        },
    .class = RITZ_CLASS_MATMUL,
    .prepare = ritz_gemm_prepare,
    .infer = infer_matmul,
    .jvp = matmul_push,
    .vjp = matmul_pull,
    .batch = matmul_batch,
    .domain = {-2, 2},
    .samples = {{"ritz.matmul(x, y)", {"3,4", "4,5"}},
                {"ritz.matmul(x, y)", {"2,3,4", "4"}},
                {"ritz.matmul(x, y)", {"4", "2,4,3"}},
                {"ritz.matmul(x, y)", {"2,1,3,4", "3,4,2"}},
                {"ritz.matmul(ritz.permute(x, {2, 1}), y)", {"4,3", "4,5"}},
                {"ritz.matmul(x, ritz.permute(y, {2, 1}))", {"3,4", "5,4"}},
                {"ritz.matmul(x, y)", {"5,6", "6,17"}},
                {"ritz.matmul(x, y)", {"3,0", "0,5"}},
                {"ritz.matmul(x, x)", {"3,3"}}},
    .refusals = {{"ritz.matmul(ritz.ones{2, 3}, ritz.ones{4, 5})",
                  "inner sizes must agree, got f32[2,3] and f32[4,5]"},
                 {"ritz.matmul(ritz.tensor(1), ritz.ones{2, 2})",
                  "wants two axes or more"},
                 {"ritz.matmul(ritz.ones{2, 2}, ritz.ones({2, 2}, \"f64\"))",
                  "both the same"},
                 {"ritz.matmul(ritz.ones{2, 2, 2}, ritz.ones{3, 2, 2})",
                  "must broadcast"}},
    .flops_of = matmul_flops,
};
