/* factor.h - what the records of factorisations share. */
#ifndef RITZ_GRAPH_PRIMITIVES_FACTOR_H
#define RITZ_GRAPH_PRIMITIVES_FACTOR_H

#include "graph/infer.h"
#include "graph/matrix.h"
#include "graph/primitives/linear.h"
#include "kernel/lapack.h"

/* in[0] is a batch of matrices of f32 or f64, square if so asked, which LAPACK
 * can count. */
ritz_status ritz_check_factored(ritz_node *const *in, bool square,
                                ritz_error *err);
/* The shape of in[0] with its last two axes replaced by these. */
ritz_shape ritz_factor_shape(const ritz_node *x, int rank, int64_t a,
                             int64_t b);

/* What the kernel needs of an application, and what it costs. */
const ritz_factor_kind *ritz_factor_kind_of(const ritz_primitive *prim);
ritz_factor ritz_factor_sizes(const ritz_node *n);
double ritz_factor_flops(const ritz_node *n);

int ritz_two_outputs(const ritz_attr *attr);
/* For primitives of one operand that pass leading axes on: all outputs. */
void ritz_batch_all(ritz_graph *g, const ritz_rule *at, ritz_node *const *in,
                    const bool *batched, int64_t size, ritz_node **result);

/* 1 / (v_j - v_i), times v_j + v_i of which the inverse is taken too if
 * `squares`; 0 where v_j = v_i, and on the diagonal. */
ritz_node *ritz_inverse_gaps(ritz_graph *g, ritz_node *v, bool squares);
/* 1 / v, and 0 where v is 0. */
ritz_node *ritz_inverse_or_zero(ritz_graph *g, ritz_node *v);

ritz_node *ritz_add_terms(ritz_graph *g, ritz_node *sum, ritz_node *term);

#endif
