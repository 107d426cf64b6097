/* matrix.h - operands of products: any matrix whose rows or columns lie
 * contiguous, once for each index of the leading axes. */
#ifndef RITZ_GRAPH_EXECUTE_MATRIX_H
#define RITZ_GRAPH_EXECUTE_MATRIX_H

#include "graph/execute/operand.h"
#include "kernel/gemm.h"

typedef struct ritz_matrix {
    ritz_at at;
    int64_t ld;
    bool transposed;      /* as stored, compared with what is wanted */
    ritz_strided leading; /* the leading axes */
} ritz_matrix;

/* `transpose`: the product uses it transposed. */
ritz_matrix ritz_matrix_of(ritz_lowering *l, const ritz_node *n,
                           bool transpose);
/* Matrix `i` of the leading axes. */
const void *ritz_matrix_at(const ritz_runtime *rt, const ritz_matrix *m,
                           int64_t i, size_t size);

/* window.c: emits a product whose left matrix is unfolded on the way; false
 * when n is not one. */
bool ritz_emit_unfolded_product(ritz_lowering *l, const ritz_node *n);

#endif
