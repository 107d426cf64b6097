/* linearize.h - the linear part of a computation, with what it reads kept.
 *
 * The tangents of a function's results, or the cotangents of its arguments,
 * depend on a direction that changes from call to call and on values that do
 * not. The latter are computed once and held as tensors; a call runs the rest
 * as a plan of its own, any number of times.
 */
#ifndef RITZ_GRAPH_LINEARIZE_H
#define RITZ_GRAPH_LINEARIZE_H

#include "graph/graph.h"

typedef struct ritz_linear ritz_linear;

/* In a graph whose other leaves were captured: `direction` are nodes made by
 * ritz_input, `output` is linear in them, `value` does not depend on them. */
typedef struct ritz_linear_spec {
    ritz_node *const *direction;
    int nin;
    ritz_node *const *output;
    int nout;
    ritz_node *const *value;
    int nvalue;
} ritz_linear_spec;

/* Computes the values, and what the outputs read beside the directions, in one
 * plan. values[i] receives owned tensors. Keeps nothing of the graph. */
ritz_status ritz_linear_new(ritz_linear **out, ritz_graph *g,
                            const ritz_linear_spec *spec, ritz_tensor **values,
                            ritz_error *err);
void ritz_linear_delete(ritz_linear *linear); /* NULL is allowed */

/* The outputs for directions; `out` receives owned tensors. */
ritz_status ritz_linear_run(ritz_linear *linear, ritz_tensor **in,
                            ritz_tensor **out, ritz_error *err);
/* The same for `size` directions at once, along axis 0 of every tensor. The
 * plan for the size that was used last is kept. */
ritz_status ritz_linear_run_many(ritz_linear *linear, int64_t size,
                                 ritz_tensor **in, ritz_tensor **out,
                                 ritz_error *err);

/* Appends the outputs for directions that are nodes of another graph. */
void ritz_linear_append(const ritz_linear *linear, ritz_graph *g,
                        ritz_node *const *in, ritz_node **out);

/* The transpose: from cotangents of the outputs to those of the directions. */
ritz_status ritz_linear_transpose(ritz_linear **out, const ritz_linear *linear,
                                  ritz_error *err);

/* Nodes that say dtype and shape of directions and outputs. */
int ritz_linear_ins(const ritz_linear *linear);
int ritz_linear_outs(const ritz_linear *linear);
ritz_node *ritz_linear_in(const ritz_linear *linear, int i);
ritz_node *ritz_linear_out(const ritz_linear *linear, int i);

#endif
