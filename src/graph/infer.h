/* infer.h - shape-and-dtype rules that several primitives share, and the
 * words of their errors. */
#ifndef RITZ_GRAPH_INFER_H
#define RITZ_GRAPH_INFER_H

#include "graph/primitive.h"

/* Operands of one dtype and shape; the result is like them. */
ritz_infer_fn ritz_infer_same;
/* That of the first input, whatever it is. */
ritz_infer_fn ritz_infer_alias;
/* As ritz_infer_same, and f32 or f64. */
ritz_infer_fn ritz_infer_float;
/* attr: a[0..n-1] is the shape, dtype the dtype. */
ritz_infer_fn ritz_infer_shape;
/* attr: a[0..n-1] are the axes that disappear, ascending. */
ritz_infer_fn ritz_infer_reduce;

/* How the axes in attr cut an array: outer times what the loops of kernel.h
 * take at once. False when they lie in more than two places. */
bool ritz_pool_of(const ritz_shape *shape, const ritz_attr *attr,
                  int64_t *outer, ritz_pool *p);

/* The dtype and shape of a node as people read it: "f32[2,3]". */
typedef struct ritz_type_text {
    char text[RITZ_SHAPE_TEXT + 8];
} ritz_type_text;
ritz_type_text ritz_type_of(const ritz_node *n);
ritz_type_text ritz_type_text_of(ritz_dtype dtype, const ritz_shape *shape);

ritz_shape ritz_attr_shape(const ritz_attr *attr); /* from a[0..n-1] */
void ritz_attr_set_shape(ritz_attr *attr, const ritz_shape *shape);

#endif
