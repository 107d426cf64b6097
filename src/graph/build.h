/* build.h - the functions that building code is written with.
 *
 * Binary functions broadcast as NumPy does and insert casts for weak scalars;
 * axes count from 0 here, lists of axes have `n` entries.
 */
#ifndef RITZ_GRAPH_BUILD_H
#define RITZ_GRAPH_BUILD_H

#include "graph/graph.h"
#include "graph/primitive.h"

/* Leaves. */
ritz_node *ritz_scalar(ritz_graph *g, ritz_dtype dtype, double value);
ritz_node *ritz_scalar_like(ritz_graph *g, const ritz_node *x, double value);
ritz_node *ritz_weak_scalar(ritz_graph *g, double value);
ritz_node *ritz_full(ritz_graph *g, ritz_dtype dtype, const ritz_shape *shape,
                     double value);
ritz_node *ritz_full_like(ritz_graph *g, const ritz_node *x, double value);
/* start, start + 1, ... along axis `axis` of the shape. */
ritz_node *ritz_iota(ritz_graph *g, ritz_dtype dtype, const ritz_shape *shape,
                     int axis, double start);

/* Elementwise. */
ritz_node *ritz_unary(ritz_graph *g, const ritz_primitive *p, ritz_node *x);
ritz_node *ritz_binary(ritz_graph *g, const ritz_primitive *p, ritz_node *x,
                       ritz_node *y);
ritz_node *ritz_where(ritz_graph *g, ritz_node *condition, ritz_node *x,
                      ritz_node *y);
ritz_node *ritz_cast(ritz_graph *g, ritz_node *x, ritz_dtype dtype);

#define RITZ_BUILD_UNARY(name)                                        \
    static inline ritz_node *ritz_##name(ritz_graph *g, ritz_node *x) \
    {                                                                 \
        return ritz_unary(g, &ritz_primitive_##name, x);              \
    }
#define RITZ_BUILD_BINARY(name)                                       \
    static inline ritz_node *ritz_##name(ritz_graph *g, ritz_node *x, \
                                         ritz_node *y)                \
    {                                                                 \
        return ritz_binary(g, &ritz_primitive_##name, x, y);          \
    }
RITZ_BUILD_UNARY(neg)
RITZ_BUILD_UNARY(abs)
RITZ_BUILD_UNARY(sign)
RITZ_BUILD_UNARY(square)
RITZ_BUILD_UNARY(reciprocal)
RITZ_BUILD_UNARY(sqrt)
RITZ_BUILD_UNARY(rsqrt)
RITZ_BUILD_UNARY(exp)
RITZ_BUILD_UNARY(expm1)
RITZ_BUILD_UNARY(log)
RITZ_BUILD_UNARY(log1p)
RITZ_BUILD_UNARY(sin)
RITZ_BUILD_UNARY(cos)
RITZ_BUILD_UNARY(tan)
RITZ_BUILD_UNARY(asin)
RITZ_BUILD_UNARY(acos)
RITZ_BUILD_UNARY(atan)
RITZ_BUILD_UNARY(sinh)
RITZ_BUILD_UNARY(cosh)
RITZ_BUILD_UNARY(tanh)
RITZ_BUILD_UNARY(sigmoid)
RITZ_BUILD_UNARY(softplus)
RITZ_BUILD_UNARY(erf)
RITZ_BUILD_UNARY(floor)
RITZ_BUILD_UNARY(ceil)
RITZ_BUILD_UNARY(round)
RITZ_BUILD_UNARY(is_finite)
RITZ_BUILD_UNARY(stop_gradient)
RITZ_BUILD_BINARY(add)
RITZ_BUILD_BINARY(sub)
RITZ_BUILD_BINARY(mul)
RITZ_BUILD_BINARY(div)
RITZ_BUILD_BINARY(pow)
RITZ_BUILD_BINARY(mod)
RITZ_BUILD_BINARY(maximum)
RITZ_BUILD_BINARY(minimum)
RITZ_BUILD_BINARY(atan2)
RITZ_BUILD_BINARY(less)
RITZ_BUILD_BINARY(less_equal)
RITZ_BUILD_BINARY(equal)
RITZ_BUILD_BINARY(not_equal)

/* x * value and x + value, for a number. */
ritz_node *ritz_scale(ritz_graph *g, ritz_node *x, double value);
ritz_node *ritz_shift(ritz_graph *g, ritz_node *x, double value);

/* Shape. Broadcasting aligns from the right. */
ritz_node *ritz_broadcast(ritz_graph *g, ritz_node *x, const ritz_shape *shape);
ritz_node *ritz_reshape(ritz_graph *g, ritz_node *x, const ritz_shape *shape);
ritz_node *ritz_permute(ritz_graph *g, ritz_node *x, const int *axes);
ritz_node *ritz_move_axis(ritz_graph *g, ritz_node *x, int from, int to);
ritz_node *ritz_transpose(ritz_graph *g, ritz_node *x); /* last two axes */
ritz_node *ritz_expand(ritz_graph *g, ritz_node *x, int axis); /* size 1 */
ritz_node *ritz_slice(ritz_graph *g, ritz_node *x, const int64_t *start,
                      const int64_t *stop, const int64_t *step);
ritz_node *ritz_slice_axis(ritz_graph *g, ritz_node *x, int axis, int64_t start,
                           int64_t stop);
/* Zeros around and between: low, high and interior, one of each an axis. */
ritz_node *ritz_pad(ritz_graph *g, ritz_node *x, const int64_t *low,
                    const int64_t *high, const int64_t *interior);
ritz_node *ritz_concatenate(ritz_graph *g, ritz_node *const *x, int n,
                            int axis);
/* x + y, of which the zeros of neighbouring pads are left out: the cotangents
 * of neighbouring slices join to that of the whole. */
ritz_node *ritz_add_padded(ritz_graph *g, ritz_node *x, ritz_node *y);

/* Reductions over a list of axes, which disappear, or stay with size 1. */
ritz_node *ritz_reduce(ritz_graph *g, const ritz_primitive *p, ritz_node *x,
                       const int *axes, int n, bool keep);
ritz_node *ritz_reduce_sum(ritz_graph *g, ritz_node *x, const int *axes, int n,
                           bool keep);
ritz_node *ritz_reduce_max(ritz_graph *g, ritz_node *x, const int *axes, int n,
                           bool keep);
ritz_node *ritz_sum_all(ritz_graph *g, ritz_node *x);
ritz_node *ritz_mean_axes(ritz_graph *g, ritz_node *x, const int *axes, int n,
                          bool keep);
ritz_node *ritz_argmax(ritz_graph *g, ritz_node *x, int axis); /* i64, from 1 */
/* Positions, i64 from 1, in order along the axis; equal ones stay in order. */
ritz_node *ritz_argsort(ritz_graph *g, ritz_node *x, int axis, bool descending);
/* Only the first `keep` of them, 0 to the length of the axis. */
ritz_node *ritz_first_in_order(ritz_graph *g, ritz_node *x, int axis,
                               bool descending, int64_t keep);
ritz_node *ritz_cumsum(ritz_graph *g, ritz_node *x, int axis, bool reverse);

/* Products, gathering, windows. */
enum { RITZ_TRANSPOSE_A = 1, RITZ_TRANSPOSE_B = 2 };
/* A vector on the left is a row, on the right a column. */
ritz_node *ritz_matmul(ritz_graph *g, ritz_node *a, ritz_node *b);
ritz_node *ritz_matmul_flags(ritz_graph *g, ritz_node *a, ritz_node *b,
                             int flags);
/* Broadcasts the axes before the last two of both. */
void ritz_match_leading(ritz_graph *g, const char *who, ritz_node **a,
                        ritz_node **b);
/* Axis `axis` of x replaced by the axes of `index` (1-based); the first
 * `batch` axes of both are matched one to one. */
ritz_node *ritz_take_axis(ritz_graph *g, ritz_node *x, ritz_node *index,
                          int axis, int batch);
/* Element by element: y[.., i] = x[.., index[.., i]] along the axis; the other
 * axes agree. */
ritz_node *ritz_take_along(ritz_graph *g, ritz_node *x, ritz_node *index,
                           int axis);
ritz_node *ritz_scatter_add_axis(ritz_graph *g, ritz_node *x, ritz_node *index,
                                 int axis, int batch, int64_t length);
ritz_node *ritz_one_hot(ritz_graph *g, ritz_node *index, int64_t classes,
                        ritz_dtype dtype);

/* Windows over NHWC images: the result is
 * [..., out_height, out_width, kernel_height * kernel_width * channels]. */
typedef struct ritz_window_spec {
    int64_t kernel[2], stride[2], pad[4]; /* top, bottom, left, right */
} ritz_window_spec;
ritz_node *ritz_unfold_window(ritz_graph *g, ritz_node *x,
                              const ritz_window_spec *spec);

/* Draws: one array of `shape` for every key in key[..., 2]. */
ritz_node *ritz_draw(ritz_graph *g, const ritz_primitive *p, ritz_node *key,
                     const ritz_shape *shape, ritz_dtype dtype);

#endif
