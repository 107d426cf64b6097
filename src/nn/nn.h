/* nn.h - what networks are made of, as compositions of primitives.
 *
 * Each function is a record (graph/function.h): the Lua binding, help and the
 * manual walk the list. The builders below are for C code that composes
 * further; axes count from 0, and none of them has derivative rules of its
 * own, since their nodes have.
 */
#ifndef RITZ_NN_NN_H
#define RITZ_NN_NN_H

#include "graph/function.h"

/* All records of this module, ended by NULL. */
extern const ritz_function *const ritz_nn_functions[];

ritz_node *ritz_relu(ritz_graph *g, ritz_node *x);
ritz_node *ritz_logsumexp(ritz_graph *g, ritz_node *x, const int *axes, int n,
                          bool keep);
ritz_node *ritz_log_softmax(ritz_graph *g, ritz_node *x, int axis);
ritz_node *ritz_softmax(ritz_graph *g, ritz_node *x, int axis);
/* The mean of squares around the mean, which goes to *mean if it is not NULL;
 * both keep the axes with size 1. */
ritz_node *ritz_variance(ritz_graph *g, ritz_node *x, const int *axes, int n,
                         ritz_node **mean);
/* The product along an axis, which disappears. */
ritz_node *ritz_product_along(ritz_graph *g, ritz_node *x, int axis);
/* x [..., in] w [in, out] + b [out], which may be NULL. */
ritz_node *ritz_linear(ritz_graph *g, ritz_node *x, ritz_node *w, ritz_node *b);

#endif
