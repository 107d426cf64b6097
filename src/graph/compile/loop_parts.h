/* loop_parts.h - a scan while the compiler changes what is in its loop.
 */
#ifndef RITZ_GRAPH_COMPILE_LOOP_PARTS_H
#define RITZ_GRAPH_COMPILE_LOOP_PARTS_H

#include "graph/scan.h"

typedef struct ritz_loop_parts {
    ritz_graph *to;      /* where the scan will be */
    ritz_body body;      /* simplified, in a child of `to` */
    ritz_scan_spec spec; /* of the body */
    ritz_node **outer;   /* what its inputs are given */
} ritz_loop_parts;

/* What the steps compute of their elements alone, where that has a product, is
 * computed ahead of the loop for all steps at once, and enters as elements. */
void ritz_loop_ahead(ritz_loop_parts *p);

/* What a step computes of the carries that it began with, when the step before
 * has computed the same of the carries that it ended with, is carried over. */
void ritz_loop_carry_over(ritz_loop_parts *p);

/* Puts `count` new inputs in the places of nodes of the body, in the class of
 * carries or of elements; `outer` is what they are given. New carries have the
 * new values in `next`, which are nodes of the body. */
typedef struct ritz_loop_change {
    ritz_node **node, **outer, **next;
    int count;
    bool carry;
} ritz_loop_change;
void ritz_loop_apply(ritz_loop_parts *p, const ritz_loop_change *change);

/* The values in `to` of nodes of the body, when its inputs are `in`. */
bool ritz_loop_outside(ritz_loop_parts *p, ritz_node *const *in,
                       ritz_node *const *node, int count, ritz_node **result);

#endif
