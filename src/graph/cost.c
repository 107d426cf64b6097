/* cost.c - what an application costs by itself. */
#include "graph/cost.h"

#include "graph/primitive.h"

static double elements(const ritz_node *n)
{
    return (double)ritz_shape_count(&n->shape);
}

static double bytes(const ritz_node *n)
{
    return elements(n) * (double)ritz_dtype_size(n->dtype);
}

double ritz_flops_read(const ritz_node *n)
{
    return elements(n->in[0]);
}

/* Strides over what is stored already, or nothing at all. */
static bool moves_nothing(const ritz_node *n)
{
    return n->prim->class == RITZ_CLASS_LEAF ||
           n->prim->class == RITZ_CLASS_ALIAS ||
           n->prim->class == RITZ_CLASS_BROADCAST ||
           n->prim == &ritz_primitive_permute ||
           n->prim == &ritz_primitive_slice;
}

ritz_cost ritz_cost_of(const ritz_node *n)
{
    const ritz_primitive *p = n->prim;
    ritz_cost c = {.flops =
                       p->flops_of ? p->flops_of(n) : p->flops * elements(n)};
    if (moves_nothing(n))
        return c;
    for (int i = 0; i < n->nin; i++)
        c.bytes += bytes(n->in[i]);
    for (int k = 0; k < n->nout; k++)
        c.bytes += bytes(n->out[k]);
    return c;
}
