/* control.h - choices and loops whose course depends on values: one of two
 * bodies is run, or a body is run while another gives true.
 *
 * A number is true when it is not zero.
 */
#ifndef RITZ_GRAPH_CONTROL_H
#define RITZ_GRAPH_CONTROL_H

#include "graph/body.h"
#include "graph/primitive.h"

/* The outputs of the body are the results of the first branch, which is run
 * when the condition is true, then as many of the second. `in` are the body's
 * inputs. Gives the node, whose outputs are the results. */
ritz_node *ritz_cond(ritz_graph *g, ritz_node *condition,
                     const ritz_body *branches, ritz_node *const *in);

/* The inputs of the body are constants, then carries; its outputs are the new
 * carries, then whether there is a step with the old ones. */
typedef struct ritz_while_spec {
    const ritz_body *body;
    int constants, carries;
} ritz_while_spec;

/* Gives the node, whose outputs are the last carries. */
ritz_node *ritz_while(ritz_graph *g, const ritz_while_spec *spec,
                      ritz_node *const *in);
ritz_while_spec ritz_while_spec_of(const ritz_attr *attr);

#endif
