/* residual.h - which kept values are cheaper to compute again than to store.
 */
#ifndef RITZ_GRAPH_RESIDUAL_H
#define RITZ_GRAPH_RESIDUAL_H

#include "graph/cut.h"

/* By id: nodes to compute again where they are read, because what they are
 * made of is kept in any case, or takes no more room. `given[id]`: the value is
 * at hand and need not be kept. Owned; NULL when out of memory. */
bool *ritz_residual_again(const ritz_graph *g, const ritz_cut *cut,
                          const bool *given);

#endif
