/* scan.h - a loop that carries state: one node, whose body is run `length`
 * times.
 *
 * The inputs of the body are constants, which are the same in every step, then
 * carries, then elements: the scan's own input has them stacked along axis 0.
 * Its outputs are the new carries, then results that are stacked likewise. A
 * reversed scan starts with the last element; what is stacked stays in place.
 *
 * A derivative wants values of every step. They become further results of the
 * same scan: they are stored, and not computed again. So an application can
 * grow; what it gave before stays as it was.
 */
#ifndef RITZ_GRAPH_SCAN_H
#define RITZ_GRAPH_SCAN_H

#include "graph/body.h"
#include "graph/primitive.h"

typedef struct ritz_scan_spec {
    const ritz_body *body;
    int64_t length;
    int constants, carries; /* the other inputs are elements */
    bool reverse;
} ritz_scan_spec;

/* `in` has an entry for each input of the body. Gives the node, whose outputs
 * are the last carries and the stacked results. */
ritz_node *ritz_scan(ritz_graph *g, const ritz_scan_spec *spec,
                     ritz_node *const *in);
ritz_scan_spec ritz_scan_spec_of(const ritz_attr *attr);

/* The stacked values of n, a node of the body that becomes one more of its
 * results unless it is one. */
ritz_node *ritz_scan_stack(ritz_node *scan, ritz_node *n);

/* The derivative rules; see ritz_many. */
void ritz_scan_jvp(ritz_graph *g, const ritz_rule *at,
                   ritz_node *const *tangent, ritz_node **result);
void ritz_scan_vjp(ritz_graph *g, const ritz_rule *at, ritz_node *const *ct,
                   const bool *wanted, ritz_node **result);

/* What depends on the marked inputs when the new carries of a step are those of
 * the next: marks further carries among the inputs, and the outputs. `floats`:
 * only what derivatives can be taken of. */
void ritz_scan_spread(ritz_graph *g, const ritz_scan_spec *spec, bool floats,
                      bool *in, bool *out);

#endif
