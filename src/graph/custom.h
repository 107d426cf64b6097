/* custom.h - parts of a graph whose derivative is taken in a way of their own:
 * recomputed instead of stored, or given by the user.
 *
 * Both are nodes whose outputs are the values of their first operands. The
 * further operands say where the part begins and what its derivatives are, so
 * that every transform carries them along; a plan never computes them.
 */
#ifndef RITZ_GRAPH_CUSTOM_H
#define RITZ_GRAPH_CUSTOM_H

#include "graph/graph.h"

/* The nodes from id `first` on that `output` needs are a part of the graph.
 * out[k] is output[k]; reverse mode computes the part anew from what it reads
 * of older nodes, so that nothing of it needs to be stored. */
void ritz_checkpoint(ritz_graph *g, uint32_t first, ritz_node *const *output,
                     int nout, ritz_node **out);

/* x with a value of its own to the compiler: what is computed from both is
 * computed twice. `serial` tells one barrier from another. */
ritz_node *ritz_barrier(ritz_graph *g, ritz_node *x, int64_t serial);

/* Stands for a direction in a rule that is given before directions are. */
ritz_node *ritz_placeholder(ritz_graph *g, ritz_dtype dtype,
                            const ritz_shape *shape);

/* A function of `x` with a rule for its derivative, both traced: `output`, and
 * `result`, which depends on the placeholders `direction`. All of it was made
 * from id `first` on. In forward mode directions are like x and results like
 * the outputs, in reverse mode directions are like the outputs and results like
 * x. The other mode follows: it transposes the rule, which is linear. */
typedef struct ritz_custom_spec {
    ritz_node *const *x, *const *output;
    ritz_node *const *direction, *const *result;
    int nx, nout;
    bool forward;
    uint32_t first;
} ritz_custom_spec;

void ritz_custom(ritz_graph *g, const ritz_custom_spec *spec, ritz_node **out);

#endif
