/* batch.h - batching rules that several primitives share.
 *
 * A batched operand carries the batch as axis 0; a rule gives the application
 * to such operands, with the batch as axis 0 of the result.
 */
#ifndef RITZ_GRAPH_BATCH_H
#define RITZ_GRAPH_BATCH_H

#include "graph/primitive.h"

/* Elementwise: operands without a batch are repeated. */
ritz_batch_fn ritz_batch_elementwise;

/* x with the batch: x itself when it has one, else repeated `size` times. */
ritz_node *ritz_with_batch(ritz_graph *g, ritz_node *x, bool batched,
                           int64_t size);

#endif
