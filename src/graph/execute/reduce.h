/* reduce.h - a sum or maximum along adjacent axes: how it is cut, and its
 * loops.
 *
 * Reductions that join a chain use the same cuts and loops as those that are
 * instructions of their own, and therefore add in the same order.
 */
#ifndef RITZ_GRAPH_EXECUTE_REDUCE_H
#define RITZ_GRAPH_EXECUTE_REDUCE_H

#include "graph/execute/operand.h"
#include "kernel/kernel.h"

typedef struct ritz_reduction {
    const ritz_kernels *k;
    bool is_max;
    int64_t outer, r, inner;
    int64_t part, parts;   /* of r: its length and number */
    int64_t group;         /* outer indices of a tile, where parts is 1 */
    int64_t strip, strips; /* of inner, where it is wide */
    ritz_at x, y, partial;
} ritz_reduction;

/* What n computes, cut; false if it is not such a reduction. */
bool ritz_reduction_of(ritz_reduction *d, const ritz_node *n);
void ritz_reduction_cut(ritz_reduction *d);

/* y[r] from row r of `count` rows of n. */
void ritz_reduce_rows(const ritz_reduction *d, void *y, const void *x,
                      int64_t count, int64_t n);
/* Starts y from the first row of x; how many rows are in it then: 0 or 1. */
int64_t ritz_start_columns(const ritz_reduction *d, void *y, const void *x,
                           int64_t width);
/* Takes further rows of `width` elements into y, in order; they lie `stride`
 * elements apart. */
void ritz_reduce_columns(const ritz_reduction *d, void *y, const void *x,
                         int64_t rows, int64_t width, int64_t stride);
/* From the results of all parts, the result. */
void ritz_reduction_finish(const ritz_reduction *d, ritz_runtime *rt);

#endif
