/* matrix.h - building code for the last two axes: triangles, diagonals, and
 * the factorisations (kernel/factor.h says what they are). Leading axes are a
 * batch, alike in all operands. */
#ifndef RITZ_GRAPH_MATRIX_H
#define RITZ_GRAPH_MATRIX_H

#include "graph/build.h"
#include "kernel/factor.h"

/* x where column - row <= k (tril) or >= k (triu), else 0. */
ritz_node *ritz_tril(ritz_graph *g, ritz_node *x, int64_t k);
ritz_node *ritz_triu(ritz_graph *g, ritz_node *x, int64_t k);
/* The main diagonal as a vector, and a vector as a diagonal matrix. */
ritz_node *ritz_diagonal(ritz_graph *g, ritz_node *x);
ritz_node *ritz_diagonal_matrix(ritz_graph *g, ritz_node *v);
/* Ones on the main diagonal, in the shape and dtype of x. */
ritz_node *ritz_eye_like(ritz_graph *g, const ritz_node *x);
ritz_node *ritz_symmetrise(ritz_graph *g, ritz_node *x); /* (x + x^T) / 2 */
/* Rows, or columns, each times its entry of a vector. */
ritz_node *ritz_scale_rows(ritz_graph *g, ritz_node *x, ritz_node *v);
ritz_node *ritz_scale_columns(ritz_graph *g, ritz_node *x, ritz_node *v);
/* a^T b and a b^T. */
ritz_node *ritz_matmul_ta(ritz_graph *g, ritz_node *a, ritz_node *b);
ritz_node *ritz_matmul_tb(ritz_graph *g, ritz_node *a, ritz_node *b);

/* False, and reported to the graph, when x is not a batch of matrices of f32
 * or f64 (square ones, if so asked). */
bool ritz_wants_matrix(ritz_graph *g, const char *who, const ritz_node *x,
                       bool square);

ritz_node *ritz_cholesky(ritz_graph *g, ritz_node *x); /* of (x + x^T) / 2 */
ritz_node *ritz_triangular_solve(ritz_graph *g, ritz_node *a, ritz_node *b,
                                 int flags);
ritz_node *ritz_solve(ritz_graph *g, ritz_node *a, ritz_node *b, int flags);
/* Nodes with several outputs; that of eigh of (x + x^T) / 2. */
ritz_node *ritz_eigh(ritz_graph *g, ritz_node *x);
ritz_node *ritz_svd(ritz_graph *g, ritz_node *x);
ritz_node *ritz_qr(ritz_graph *g, ritz_node *x);
ritz_node *ritz_lu(ritz_graph *g, ritz_node *x);

#endif
