/* linear.c - rules of primitives that are linear in their one operand. */
#include "graph/primitives/linear.h"

#include <string.h>

ritz_node *ritz_push_linear(ritz_graph *g, const ritz_rule *at,
                            ritz_node *const *tangent)
{
    return ritz_apply(g, at->out[0]->prim, tangent, 1, at->attr);
}

ritz_node *ritz_batch_leading(ritz_graph *g, const ritz_rule *at,
                              ritz_node *const *in, const bool *batched,
                              int64_t size)
{
    (void)batched, (void)size;
    return ritz_apply(g, at->out[0]->prim, in, 1, at->attr);
}

ritz_shape ritz_shape_with_batch(const ritz_shape *s, int64_t size)
{
    ritz_shape t = {.rank = s->rank + 1, .dim = {size}};
    memcpy(t.dim + 1, s->dim, (size_t)s->rank * sizeof *s->dim);
    return t;
}

ritz_shape ritz_shape_of_list(const ritz_value *v)
{
    ritz_shape s = {.rank = v->count};
    memcpy(s.dim, v->list, (size_t)v->count * sizeof *s.dim);
    return s;
}
