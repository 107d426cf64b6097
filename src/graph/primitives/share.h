/* share.h - the derivative of maxima, in both directions. */
#ifndef RITZ_GRAPH_PRIMITIVES_SHARE_H
#define RITZ_GRAPH_PRIMITIVES_SHARE_H

#include "graph/build.h"

/* y repeated along the axes in attr, which it lacks. */
ritz_node *ritz_spread(ritz_graph *g, ritz_node *y, const ritz_shape *shape,
                       const ritz_attr *attr);

/* With y the maxima of x along the axes in attr: c, which is like y, shared
 * equally among the elements of x that are the maximum. */
ritz_node *ritz_share_max(ritz_graph *g, ritz_node *x, ritz_node *y,
                          ritz_node *c, const ritz_attr *attr);

/* Its transpose: the mean of t, which is like x, over these elements. */
ritz_node *ritz_mean_of_max(ritz_graph *g, ritz_node *x, ritz_node *y,
                            ritz_node *t, const ritz_attr *attr);

#endif
