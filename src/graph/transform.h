/* transform.h - derivatives and batching, as nodes appended to the graph.
 *
 * A caller makes variables, runs the user's function on them, and then asks
 * for the transform between these variables and the function's outputs. The
 * appended nodes are of the same primitives, so that transforms compose in
 * any order and to any depth.
 */
#ifndef RITZ_GRAPH_TRANSFORM_H
#define RITZ_GRAPH_TRANSFORM_H

#include "graph/graph.h"

/* A fresh node with the value of x: derivatives are taken in it. */
ritz_node *ritz_variable(ritz_graph *g, ritz_node *x);

/* Reverse mode: the cotangents of `variable` for `cotangent` of `output`
 * (NULL entries are zero). Every result is a node: zeros where the outputs do
 * not depend on the variable. */
void ritz_vjp(ritz_graph *g, ritz_node *const *output,
              ritz_node *const *cotangent, int nout, ritz_node *const *variable,
              int nvar, ritz_node **result);

/* Forward mode: the tangents of `output` for `tangent` of `variable`. */
void ritz_jvp(ritz_graph *g, ritz_node *const *variable,
              ritz_node *const *tangent, int nvar, ritz_node *const *output,
              int nout, ritz_node **result);

/* The Jacobian: result[o * nvar + i], of output o in variable i, has the shape
 * of the output and then that of the variable. `forward`: one tangent for each
 * element of the variables, else one cotangent for each of the outputs, all of
 * them at once. (jacobian.c) */
void ritz_jacobian(ritz_graph *g, ritz_node *const *variable, int nvar,
                   ritz_node *const *output, int nout, bool forward,
                   ritz_node **result);

/* Batching. The variable stands for one element of x along `axis`; `size` is
 * the batch. The outputs of ritz_vmap carry the batch as axis 0 (an output
 * that does not depend on any variable is repeated). */
ritz_node *ritz_batch_variable(ritz_graph *g, ritz_node *x, int axis);
void ritz_vmap(ritz_graph *g, ritz_node *const *variable,
               ritz_node *const *batched, int nvar, int64_t size,
               ritz_node *const *output, int nout, ritz_node **result);

#endif
