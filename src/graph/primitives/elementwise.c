/* elementwise.c - what the records of elementwise primitives share. */
#include "graph/primitives/elementwise.h"

#include <stddef.h>

const ritz_primitive *ritz_primitive_of(const ritz_function *function)
{
    return (const ritz_primitive *)(const void *)((const char *)function -
                                                  offsetof(ritz_primitive,
                                                           function));
}

void ritz_build_elementwise(ritz_graph *g, const ritz_call *call,
                            ritz_node **out)
{
    const ritz_primitive *p = ritz_primitive_of(call->function);
    out[0] = call->nx == 1 ? ritz_unary(g, p, call->x[0])
                           : ritz_binary(g, p, call->x[0], call->x[1]);
}

ritz_node *ritz_slope_one(ritz_graph *g, const ritz_rule *at)
{
    return ritz_scalar_like(g, at->out[0], 1.0);
}
