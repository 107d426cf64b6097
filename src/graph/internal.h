/* internal.h - what the files of this folder know about a graph and others
 * need not. */
#ifndef RITZ_GRAPH_INTERNAL_H
#define RITZ_GRAPH_INTERNAL_H

#include "graph/primitive.h"

/* The origin of the nodes made from now on, which outlives the graph. */
void ritz_graph_borrow_origin(ritz_graph *g, const ritz_origin *origin);

/* Memory of the graph's arena. NULL, and g has failed, when there is none. */
void *ritz_graph_list(ritz_graph *g, int count, size_t size);

/* Gives a node `count` further outputs; false when out of memory. */
bool ritz_graph_add_outputs(ritz_node *n, const ritz_type *type, int count);

#endif
