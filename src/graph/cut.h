/* cut.h - a computation cut in two: what depends on certain nodes, and what
 * they read that does not.
 *
 * Linearisation keeps the second and replays the first for any number of
 * tangents; a scan moves the second out of its loop. Copying between graphs,
 * with other nodes in the place of some, is the other half of it.
 */
#ifndef RITZ_GRAPH_CUT_H
#define RITZ_GRAPH_CUT_H

#include "graph/graph.h"

typedef struct ritz_cut {
    bool *moves;      /* by id: `output` needs it, and it depends on `moving` */
    ritz_node **kept; /* in order of ids: do not move, and what moves (or is
                         an output that does not) reads them */
    int count;
} ritz_cut;

/* Cuts what `output` needs into what depends on `moving` and what does not.
 * Constants are never kept, nor are views of a value: both cost nothing where
 * they are read, so that what moves has its own. */
ritz_status ritz_cut_find(ritz_cut *out, const ritz_graph *g,
                          ritz_node *const *moving, int nmoving,
                          ritz_node *const *output, int nout, ritz_error *err);
/* Cuts elsewhere: what is in `again` by id, though it does not move, is
 * computed again by what moves, which reads what it is made of instead. */
ritz_status ritz_cut_again(ritz_cut *cut, const ritz_graph *g,
                           ritz_node *const *output, int nout,
                           const bool *again, ritz_error *err);
void ritz_cut_free(ritz_cut *cut); /* {0} is allowed */

/* The nodes before id `first` that the nodes from `first` on read, as far as
 * `output` needs these; constants and captured tensors are not among them. The
 * list lives in the graph's arena; NULL when there is no memory. */
ritz_node **ritz_read_outside(ritz_graph *g, uint32_t first,
                              ritz_node *const *output, int nout, int *count);

/* Appends copies of what `output` needs to the graph `to`, which may be
 * `from`. map[id] stands for the node with that id of `from`: entries that are
 * not NULL are given, the others of what was needed are filled. Captured
 * tensors are captured again; an input that is not in the map stands for
 * itself when both graphs are one, and is an error otherwise. */
void ritz_copy_nodes(ritz_graph *to, const ritz_graph *from, ritz_node **map,
                     ritz_node *const *output, int nout, ritz_node **result);

#endif
