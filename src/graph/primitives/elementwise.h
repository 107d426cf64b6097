/* elementwise.h - what the records of elementwise primitives share. */
#ifndef RITZ_GRAPH_PRIMITIVES_ELEMENTWISE_H
#define RITZ_GRAPH_PRIMITIVES_ELEMENTWISE_H

#include "graph/batch.h"
#include "graph/build.h"
#include "graph/infer.h"

/* Builds the primitive whose record holds the called function, with
 * broadcasting. */
ritz_build_fn ritz_build_elementwise;

/* The record that holds a function record. */
const ritz_primitive *ritz_primitive_of(const ritz_function *function);

/* Slopes of one and of nothing. */
ritz_node *ritz_slope_one(ritz_graph *g, const ritz_rule *at);

#endif
