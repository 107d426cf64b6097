/* share.c - the derivative of maxima, in both directions.
 *
 * Reverse: the primitive share_max(x, y, c), linear in c, which is one pass
 * over x where a composition would count, divide and spread. Forward: composed,
 * because it ends in sums over the windows in any case. Each is the other's
 * transpose; neither moves with x and y, but at ties, where nothing is smooth.
 */
#include "graph/primitives/share.h"

#include "graph/batch.h"
#include "graph/infer.h"

enum { X, Y, C };

ritz_node *ritz_spread(ritz_graph *g, ritz_node *y, const ritz_shape *shape,
                       const ritz_attr *attr)
{
    ritz_shape kept = *shape;
    for (int i = 0; i < attr->n; i++)
        kept.dim[attr->a[i]] = 1;
    return ritz_broadcast(g, ritz_reshape(g, y, &kept), shape);
}

/* 1 where an element is the maximum, and how many there are. */
static ritz_node *hits(ritz_graph *g, ritz_node *x, ritz_node *y,
                       const ritz_attr *attr, ritz_node **count)
{
    ritz_node *hit = ritz_equal(g, x, ritz_spread(g, y, &x->shape, attr));
    *count = ritz_apply(g, &ritz_primitive_reduce_sum, &hit, 1, attr);
    return hit;
}

ritz_node *ritz_mean_of_max(ritz_graph *g, ritz_node *x, ritz_node *y,
                            ritz_node *t, const ritz_attr *attr)
{
    ritz_node *count, *hit = hits(g, x, y, attr, &count);
    t = ritz_mul(g, t, hit);
    return ritz_div(g, ritz_apply(g, &ritz_primitive_reduce_sum, &t, 1, attr),
                    count);
}

ritz_node *ritz_share_max(ritz_graph *g, ritz_node *x, ritz_node *y,
                          ritz_node *c, const ritz_attr *attr)
{
    int64_t outer;
    ritz_pool p;
    if (ritz_pool_of(&x->shape, attr, &outer, &p))
        return ritz_apply(g, &ritz_primitive_share_max,
                          (ritz_node *[]){x, y, c}, 3, attr);
    ritz_node *count, *hit = hits(g, x, y, attr, &count);
    c = ritz_spread(g, ritz_div(g, c, count), &x->shape, attr);
    return ritz_where(g, hit, c, ritz_scalar_like(g, x, 0));
}

static ritz_status infer_share(ritz_dtype *dtype, ritz_shape *shape,
                               ritz_node *const *in, int nin,
                               const ritz_attr *attr, ritz_error *err)
{
    int64_t outer;
    ritz_pool p;
    const ritz_status status =
        ritz_infer_reduce(dtype, shape, in, nin, attr, err);
    if (status != RITZ_OK)
        return status;
    if (!ritz_dtype_is_float(*dtype) || in[Y]->dtype != *dtype ||
        in[C]->dtype != *dtype || !ritz_shape_equal(&in[Y]->shape, shape) ||
        !ritz_shape_equal(&in[C]->shape, shape) ||
        !ritz_pool_of(&in[X]->shape, attr, &outer, &p))
        return ritz_fail(err, RITZ_ESHAPE,
                         "share_max: wants two like %s, axes in at most two "
                         "places, got %s and %s",
                         ritz_type_text_of(*dtype, shape).text,
                         ritz_type_of(in[Y]).text, ritz_type_of(in[C]).text);
    *shape = in[X]->shape;
    return RITZ_OK;
}

static ritz_node *share_push(ritz_graph *g, const ritz_rule *at,
                             ritz_node *const *tangent)
{
    return tangent[C]
               ? ritz_share_max(g, at->in[X], at->in[Y], tangent[C], at->attr)
               : NULL;
}

static ritz_node *share_pull(ritz_graph *g, const ritz_rule *at, int i,
                             ritz_node *ct)
{
    return i == C ? ritz_mean_of_max(g, at->in[X], at->in[Y], ct, at->attr)
                  : NULL;
}

static ritz_node *share_batch(ritz_graph *g, const ritz_rule *at,
                              ritz_node *const *in, const bool *batched,
                              int64_t size)
{
    ritz_attr attr = *at->attr;
    ritz_node *with[3];
    for (int i = 0; i < attr.n; i++)
        attr.a[i]++;
    for (int i = 0; i < 3; i++)
        with[i] = ritz_with_batch(g, in[i], batched[i], size);
    return ritz_apply(g, &ritz_primitive_share_max, with, 3, &attr);
}

const ritz_primitive ritz_primitive_share_max = {
    .function = {.name = "share_max",
                 .summary = "The derivative of maxima: a cotangent, shared "
                            "equally among the elements that are the maximum."},
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_share,
    .jvp = share_push,
    .vjp = share_pull,
    .batch = share_batch,
    .flops = 2,
};
