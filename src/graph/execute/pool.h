/* pool.h - reductions over two groups of axes at once. */
#ifndef RITZ_GRAPH_EXECUTE_POOL_H
#define RITZ_GRAPH_EXECUTE_POOL_H

#include "graph/compile/lower.h"

/* False when the sum or maximum n is not one of short windows. */
bool ritz_emit_pool(ritz_lowering *l, const ritz_node *n);

#endif
