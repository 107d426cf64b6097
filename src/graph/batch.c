/* batch.c - shared batching rules. */
#include "graph/batch.h"

#include "graph/build.h"

#include <string.h>

ritz_node *ritz_with_batch(ritz_graph *g, ritz_node *x, bool batched,
                           int64_t size)
{
    if (batched)
        return x;
    ritz_shape shape = {.rank = x->shape.rank + 1, .dim = {size}};
    memcpy(shape.dim + 1, x->shape.dim,
           (size_t)x->shape.rank * sizeof *shape.dim);
    return ritz_broadcast(g, x, &shape);
}

ritz_node *ritz_batch_elementwise(ritz_graph *g, const ritz_rule *at,
                                  ritz_node *const *in, const bool *batched,
                                  int64_t size)
{
    ritz_node *with[RITZ_MAX_OPERANDS];
    for (int i = 0; i < at->nin; i++)
        with[i] = ritz_with_batch(g, in[i], batched[i], size);
    return ritz_apply(g, at->out[0]->prim, with, at->nin, at->attr);
}
