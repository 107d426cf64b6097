/* simplify.h - the first pass: a smaller graph with the same values.
 *
 * Only rewritings that leave every bit as it was: a jitted function computes
 * what the eager one does.
 */
#ifndef RITZ_GRAPH_COMPILE_SIMPLIFY_H
#define RITZ_GRAPH_COMPILE_SIMPLIFY_H

#include "graph/graph.h"

/* Rebuilds what `output` needs in the graph `to`: without dead code, aliases
 * and repeated subexpressions. result[i] stands for output[i]; map[id] for
 * every node of the old graph that was kept (NULL for the others), with `input`
 * and captured nodes always kept. Entries of the map that are not NULL are
 * given. The origins of the new nodes are the old graph's. */
ritz_status ritz_simplify(ritz_graph *to, const ritz_graph *from,
                          ritz_node *const *output, int nout,
                          ritz_node **result, ritz_node **map, ritz_error *err);

/* A scan in the graph `to` that gives the outputs of n that are read, with
 * `in` for its inputs: without results that nobody reads, carries that lead to
 * none that somebody does, and carries that never change. The list has NULL for
 * outputs that are not read; it is NULL when out of memory. */
ritz_node *const *ritz_trim_scan(ritz_graph *to, const ritz_node *n,
                                 ritz_node *const *in, const bool *read);

/* For the parts of the pass: the node of the new graph that is this
 * application, made if there is none yet. */
typedef struct ritz_simplifier ritz_simplifier;
ritz_node *ritz_intern(ritz_simplifier *s, const ritz_primitive *p,
                       ritz_node *const *in, int nin, const ritz_attr *attr);

/* unroll.c: n reduces x along a few elements; NULL when that is best left. */
ritz_node *ritz_unroll_reduction(ritz_simplifier *s, const ritz_node *n,
                                 ritz_node *x);
/* Is it quicker to compute x again than to store and to load it? */
bool ritz_is_cheap(const ritz_node *x);

/* pads.c: the sum of in[0] and in[1] as a concatenation; NULL if it is none. */
ritz_node *ritz_join_pads(ritz_simplifier *s, ritz_node *const *in);

/* The number that fills x: x is a constant or the broadcast of one. */
bool ritz_is_splat(const ritz_node *x, double *value);

#endif
