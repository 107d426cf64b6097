/* cost.h - what an application costs by itself: arithmetic, and memory that
 * must move. What the compiler fuses moves less; a plan counts its own. */
#ifndef RITZ_GRAPH_COST_H
#define RITZ_GRAPH_COST_H

#include "graph/graph.h"

typedef struct ritz_cost {
    double flops; /* see primitive.h for what counts as one */
    double bytes; /* read and written; views move nothing */
} ritz_cost;

ritz_cost ritz_cost_of(const ritz_node *n);

/* One operation for every element that is read, for records. */
double ritz_flops_read(const ritz_node *n);

#endif
