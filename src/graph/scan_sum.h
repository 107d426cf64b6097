/* scan_sum.h - sums over the steps of a scan, as one product after the loop.
 */
#ifndef RITZ_GRAPH_SCAN_SUM_H
#define RITZ_GRAPH_SCAN_SUM_H

#include "graph/primitive.h"

/* Nodes of a body and their stacked values outside: first the elements, then
 * what must become results (their `outer` is set when the scan is there). */
typedef struct ritz_sums {
    const ritz_node **inner;
    ritz_node **outer;
    int count;
} ritz_sums;

/* How many nodes the sum of a term may add. */
int ritz_sum_room(const ritz_node *term);
/* Whether the sum of the term over all steps is one of products; adds what
 * these read. */
bool ritz_sum_products(ritz_sums *s, const ritz_node *term);
/* Whether it is a sum over rows of what is stacked already. */
bool ritz_sum_rows(const ritz_sums *s, const ritz_node *term);
/* The sum, when one of both is true. */
ritz_node *ritz_sum_outside(ritz_graph *g, const ritz_sums *s,
                            const ritz_node *term);

#endif
