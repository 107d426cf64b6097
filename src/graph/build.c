/* build.c - the functions that building code is written with: broadcasting,
 * weak numbers, and attributes from plain arguments. */
#include "graph/build.h"

#include "graph/infer.h"

#include <math.h>
#include <string.h>

/* Leaves. */

ritz_node *ritz_scalar(ritz_graph *g, ritz_dtype dtype, double value)
{
    const ritz_attr attr = {.dtype = (int32_t)dtype, .value = value};
    return ritz_apply(g, &ritz_primitive_constant, NULL, 0, &attr);
}

ritz_node *ritz_scalar_like(ritz_graph *g, const ritz_node *x, double value)
{
    ritz_node *n = ritz_scalar(g, x->dtype, value);
    n->weak = x->weak;
    return n;
}

ritz_node *ritz_weak_scalar(ritz_graph *g, double value)
{
    ritz_node *n = ritz_scalar(g, RITZ_F64, value);
    n->weak = true;
    return n;
}

ritz_node *ritz_full(ritz_graph *g, ritz_dtype dtype, const ritz_shape *shape,
                     double value)
{
    return ritz_broadcast(g, ritz_scalar(g, dtype, value), shape);
}

ritz_node *ritz_full_like(ritz_graph *g, const ritz_node *x, double value)
{
    return ritz_full(g, x->dtype, &x->shape, value);
}

ritz_node *ritz_iota(ritz_graph *g, ritz_dtype dtype, const ritz_shape *shape,
                     int axis, double start)
{
    const ritz_attr attr = {.n = 1,
                            .a = {shape->dim[axis]},
                            .dtype = (int32_t)dtype,
                            .value = start};
    ritz_node *line = ritz_apply(g, &ritz_primitive_iota, NULL, 0, &attr);
    ritz_shape upright = {.rank = shape->rank - axis};
    for (int i = 0; i < upright.rank; i++)
        upright.dim[i] = i == 0 ? shape->dim[axis] : 1;
    return ritz_broadcast(g, ritz_reshape(g, line, &upright), shape);
}

/* Elementwise. */

ritz_node *ritz_cast(ritz_graph *g, ritz_node *x, ritz_dtype dtype)
{
    if (x->dtype == dtype && !x->weak)
        return x;
    const ritz_attr attr = {.dtype = (int32_t)dtype};
    ritz_node *y = ritz_apply(g, &ritz_primitive_cast, &x, 1, &attr);
    y->weak = false;
    return y;
}

static bool is_number(const ritz_node *x)
{
    return x->prim == &ritz_primitive_constant;
}

/* A weak number adopts the dtype that it meets; a fraction that meets
 * integers would be cut, so it is refused. An input holds, as its value, one
 * of the numbers that it stands for: fractions, or none. */
static ritz_node *adopt(ritz_graph *g, ritz_node *x, ritz_dtype dtype)
{
    if (!x->weak || x->dtype == dtype)
        return x;
    const bool input = x->prim == &ritz_primitive_input;
    const double v = x->attr->value;
    if (ritz_dtype_is_float(dtype) || (input && v == floor(v)))
        return is_number(x) ? ritz_scalar(g, dtype, v) : ritz_cast(g, x, dtype);
    if (!is_number(x) && !input)
        return ritz_graph_fail(g, RITZ_EDTYPE,
                               "a computed number meets %s: convert the tensor "
                               "with :to(\"f32\")",
                               ritz_dtype_name(dtype));
    if (v != floor(v))
        return ritz_graph_fail(g, RITZ_EDTYPE,
                               "the fraction %g meets %s: convert the tensor "
                               "with :to(\"f32\")",
                               v, ritz_dtype_name(dtype));
    return ritz_scalar(g, dtype, v);
}

static void adopt_all(ritz_graph *g, ritz_node **x, int n)
{
    for (int i = 0; i < n; i++)
        if (!x[i]->weak) {
            for (int k = 0; k < n; k++)
                x[k] = adopt(g, x[k], x[i]->dtype);
            return;
        }
}

static ritz_node *apply_broadcast(ritz_graph *g, const ritz_primitive *p,
                                  ritz_node **x, int n)
{
    adopt_all(g, x, n);
    ritz_shape shape = x[0]->shape;
    for (int i = 1; i < n; i++) {
        if (!ritz_shape_broadcast(&shape, &shape, &x[i]->shape))
            return ritz_graph_fail(g, RITZ_ESHAPE,
                                   "%s: shapes must broadcast, got %s and %s",
                                   p->function.name, ritz_type_of(x[0]).text,
                                   ritz_type_of(x[i]).text);
        if (x[i]->dtype != x[0]->dtype)
            return ritz_graph_fail(
                g, RITZ_EDTYPE,
                "%s: dtypes must agree, got %s and %s: convert one with :to",
                p->function.name, ritz_type_of(x[0]).text,
                ritz_type_of(x[i]).text);
    }
    for (int i = 0; i < n; i++)
        x[i] = ritz_broadcast(g, x[i], &shape);
    return ritz_apply(g, p, x, n, NULL);
}

ritz_node *ritz_unary(ritz_graph *g, const ritz_primitive *p, ritz_node *x)
{
    return ritz_apply(g, p, &x, 1, NULL);
}

ritz_node *ritz_binary(ritz_graph *g, const ritz_primitive *p, ritz_node *x,
                       ritz_node *y)
{
    ritz_node *in[] = {x, y};
    return apply_broadcast(g, p, in, 2);
}

ritz_node *ritz_where(ritz_graph *g, ritz_node *condition, ritz_node *x,
                      ritz_node *y)
{
    ritz_node *in[] = {condition, x, y};
    adopt_all(g, in + 1, 2);
    if (x->weak && y->weak) /* numbers both: what the condition computes in */
        for (int i = 1; i < 3; i++)
            in[i] =
                adopt(g, in[i],
                      ritz_dtype_is_float(condition->dtype) ? condition->dtype
                                                            : RITZ_F32);
    if (in[0]->dtype != in[1]->dtype && in[0]->dtype != RITZ_U8)
        in[0] = ritz_cast(g, in[0], in[1]->dtype);
    return apply_broadcast(g, &ritz_primitive_select, in, 3);
}

ritz_node *ritz_scale(ritz_graph *g, ritz_node *x, double value)
{
    return ritz_mul(g, x, ritz_scalar_like(g, x, value));
}

ritz_node *ritz_shift(ritz_graph *g, ritz_node *x, double value)
{
    return ritz_add(g, x, ritz_scalar_like(g, x, value));
}

/* Shape. */

ritz_node *ritz_broadcast(ritz_graph *g, ritz_node *x, const ritz_shape *shape)
{
    if (ritz_shape_equal(&x->shape, shape))
        return x;
    ritz_attr attr = {0};
    ritz_attr_set_shape(&attr, shape);
    return ritz_apply(g, &ritz_primitive_broadcast, &x, 1, &attr);
}

ritz_node *ritz_reshape(ritz_graph *g, ritz_node *x, const ritz_shape *shape)
{
    if (ritz_shape_equal(&x->shape, shape))
        return x;
    ritz_attr attr = {0};
    ritz_attr_set_shape(&attr, shape);
    return ritz_apply(g, &ritz_primitive_reshape, &x, 1, &attr);
}

ritz_node *ritz_permute(ritz_graph *g, ritz_node *x, const int *axes)
{
    ritz_attr attr = {.n = x->shape.rank};
    bool moves = false;
    for (int i = 0; i < attr.n; i++) {
        attr.a[i] = axes[i];
        moves = moves || axes[i] != i;
    }
    return moves ? ritz_apply(g, &ritz_primitive_permute, &x, 1, &attr) : x;
}

ritz_node *ritz_move_axis(ritz_graph *g, ritz_node *x, int from, int to)
{
    int axes[RITZ_MAX_RANK];
    int next = 0;
    for (int i = 0; i < x->shape.rank; i++) {
        if (next == from)
            next++;
        axes[i] = i == to ? from : next++;
    }
    return ritz_permute(g, x, axes);
}

ritz_node *ritz_transpose(ritz_graph *g, ritz_node *x)
{
    const int r = x->shape.rank;
    return r < 2 ? x : ritz_move_axis(g, x, r - 1, r - 2);
}

ritz_node *ritz_expand(ritz_graph *g, ritz_node *x, int axis)
{
    ritz_shape s = {.rank = x->shape.rank + 1};
    for (int i = 0; i < s.rank; i++)
        s.dim[i] = i < axis    ? x->shape.dim[i]
                   : i == axis ? 1
                               : x->shape.dim[i - 1];
    return ritz_reshape(g, x, &s);
}

ritz_node *ritz_slice(ritz_graph *g, ritz_node *x, const int64_t *start,
                      const int64_t *stop, const int64_t *step)
{
    ritz_attr attr = {.n = x->shape.rank};
    bool whole = true;
    for (int i = 0; i < attr.n; i++) {
        attr.a[i] = start[i];
        attr.b[i] = stop[i];
        attr.c[i] = step ? step[i] : 1;
        whole = whole && start[i] == 0 && stop[i] == x->shape.dim[i] &&
                attr.c[i] == 1;
    }
    return whole ? x : ritz_apply(g, &ritz_primitive_slice, &x, 1, &attr);
}

ritz_node *ritz_slice_axis(ritz_graph *g, ritz_node *x, int axis, int64_t start,
                           int64_t stop)
{
    int64_t from[RITZ_MAX_RANK] = {0}, to[RITZ_MAX_RANK];
    memcpy(to, x->shape.dim, sizeof to);
    from[axis] = start;
    to[axis] = stop;
    return ritz_slice(g, x, from, to, NULL);
}

ritz_node *ritz_pad(ritz_graph *g, ritz_node *x, const int64_t *low,
                    const int64_t *high, const int64_t *interior)
{
    ritz_attr attr = {.n = x->shape.rank};
    bool any = false;
    for (int i = 0; i < attr.n; i++) {
        attr.a[i] = low[i];
        attr.b[i] = high[i];
        attr.c[i] = interior ? interior[i] : 0;
        any = any || attr.a[i] || attr.b[i] || attr.c[i];
    }
    return any ? ritz_apply(g, &ritz_primitive_pad, &x, 1, &attr) : x;
}

ritz_node *ritz_concatenate(ritz_graph *g, ritz_node *const *x, int n, int axis)
{
    if (n == 1)
        return x[0];
    const ritz_attr attr = {.axis = axis};
    return ritz_apply(g, &ritz_primitive_concatenate, x, n, &attr);
}

/* Reductions. */

ritz_node *ritz_reduce(ritz_graph *g, const ritz_primitive *p, ritz_node *x,
                       const int *axes, int n, bool keep)
{
    ritz_attr attr = {0};
    ritz_shape kept = x->shape;
    for (int i = 0; i < x->shape.rank; i++)
        for (int k = 0; k < n; k++)
            if (axes[k] == i) {
                attr.a[attr.n++] = i;
                kept.dim[i] = 1;
                break;
            }
    if (attr.n == 0)
        return x;
    ritz_node *y = ritz_apply(g, p, &x, 1, &attr);
    return keep ? ritz_reshape(g, y, &kept) : y;
}

ritz_node *ritz_reduce_sum(ritz_graph *g, ritz_node *x, const int *axes, int n,
                           bool keep)
{
    return ritz_reduce(g, &ritz_primitive_reduce_sum, x, axes, n, keep);
}

ritz_node *ritz_reduce_max(ritz_graph *g, ritz_node *x, const int *axes, int n,
                           bool keep)
{
    return ritz_reduce(g, &ritz_primitive_reduce_max, x, axes, n, keep);
}

static int all_axes(int *axes, const ritz_node *x)
{
    for (int i = 0; i < x->shape.rank; i++)
        axes[i] = i;
    return x->shape.rank;
}

ritz_node *ritz_sum_all(ritz_graph *g, ritz_node *x)
{
    int axes[RITZ_MAX_RANK];
    return ritz_reduce_sum(g, x, axes, all_axes(axes, x), false);
}

ritz_node *ritz_mean_axes(ritz_graph *g, ritz_node *x, const int *axes, int n,
                          bool keep)
{
    double count = 1.0;
    for (int i = 0; i < n; i++)
        count *= (double)x->shape.dim[axes[i]];
    return ritz_scale(g, ritz_reduce_sum(g, x, axes, n, keep), 1.0 / count);
}

ritz_node *ritz_argmax(ritz_graph *g, ritz_node *x, int axis)
{
    x = ritz_move_axis(g, x, axis, x->shape.rank - 1);
    return ritz_apply(g, &ritz_primitive_argmax, &x, 1, NULL);
}

ritz_node *ritz_first_in_order(ritz_graph *g, ritz_node *x, int axis,
                               bool descending, int64_t keep)
{
    const ritz_attr attr = {.flags = descending, .a = {keep}};
    const int last = x->shape.rank - 1;
    x = ritz_move_axis(g, x, axis, last);
    return ritz_move_axis(
        g, ritz_apply(g, &ritz_primitive_argsort, &x, 1, &attr), last, axis);
}

ritz_node *ritz_argsort(ritz_graph *g, ritz_node *x, int axis, bool descending)
{
    return ritz_first_in_order(g, x, axis, descending, x->shape.dim[axis]);
}

ritz_node *ritz_cumsum(ritz_graph *g, ritz_node *x, int axis, bool reverse)
{
    const ritz_attr attr = {.axis = axis, .flags = reverse};
    return ritz_apply(g, &ritz_primitive_cumsum, &x, 1, &attr);
}

/* Products, gathering, windows. */

ritz_node *ritz_matmul_flags(ritz_graph *g, ritz_node *a, ritz_node *b,
                             int flags)
{
    const ritz_attr attr = {.flags = flags};
    ritz_node *in[] = {a, b};
    return ritz_apply(g, &ritz_primitive_matmul, in, 2, &attr);
}

static ritz_node *with_leading(ritz_graph *g, ritz_node *x,
                               const ritz_shape *leading)
{
    ritz_shape s = *leading;
    for (int i = x->shape.rank - 2; i < x->shape.rank; i++)
        s.dim[s.rank++] = x->shape.dim[i];
    return ritz_broadcast(g, x, &s);
}

static ritz_shape leading_of(const ritz_node *x)
{
    ritz_shape s = x->shape;
    s.rank = s.rank > 2 ? s.rank - 2 : 0;
    return s;
}

/* [..., k] x [k, n]: the leading axes are rows of one product. */
static ritz_node *rows_times_matrix(ritz_graph *g, ritz_node *a, ritz_node *b)
{
    ritz_shape flat = {.rank = 2, .dim = {1, a->shape.dim[a->shape.rank - 1]}};
    for (int i = 0; i < a->shape.rank - 1; i++)
        flat.dim[0] *= a->shape.dim[i];
    ritz_shape full = a->shape;
    full.dim[full.rank - 1] = b->shape.dim[1];
    ritz_node *y = ritz_matmul_flags(g, ritz_reshape(g, a, &flat), b, 0);
    if (ritz_graph_status(g, NULL) != RITZ_OK)
        return y;
    return ritz_reshape(g, y, &full);
}

void ritz_match_leading(ritz_graph *g, const char *who, ritz_node **a,
                        ritz_node **b)
{
    const ritz_shape la = leading_of(*a), lb = leading_of(*b);
    ritz_shape both;
    if (!ritz_shape_broadcast(&both, &la, &lb)) {
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "%s: leading axes must broadcast, got %s and %s", who,
                        ritz_type_of(*a).text, ritz_type_of(*b).text);
        return;
    }
    *a = with_leading(g, *a, &both);
    *b = with_leading(g, *b, &both);
}

static ritz_node *multiply(ritz_graph *g, ritz_node *a, ritz_node *b)
{
    if (a->shape.rank < 2 || b->shape.rank < 2)
        return ritz_matmul_flags(g, a, b, 0); /* fails and says why */
    if (a->shape.rank > 2 && b->shape.rank == 2)
        return rows_times_matrix(g, a, b);
    ritz_match_leading(g, "matmul", &a, &b);
    return ritz_matmul_flags(g, a, b, 0);
}

ritz_node *ritz_matmul(ritz_graph *g, ritz_node *a, ritz_node *b)
{
    const bool row = a->shape.rank == 1, column = b->shape.rank == 1;
    ritz_node *y = multiply(g, row ? ritz_expand(g, a, 0) : a,
                            column ? ritz_expand(g, b, 1) : b);
    ritz_shape s = y->shape;
    if ((!row && !column) || ritz_graph_status(g, NULL) != RITZ_OK)
        return y;
    if (row) {
        s.dim[s.rank - 2] = s.dim[s.rank - 1];
        s.rank--;
    }
    if (column)
        s.rank--;
    return ritz_reshape(g, y, &s);
}

ritz_node *ritz_take_axis(ritz_graph *g, ritz_node *x, ritz_node *index,
                          int axis, int batch)
{
    const ritz_attr attr = {.axis = axis, .n = batch};
    ritz_node *in[] = {x, index};
    return ritz_apply(g, &ritz_primitive_take, in, 2, &attr);
}

ritz_node *ritz_take_along(ritz_graph *g, ritz_node *x, ritz_node *index,
                           int axis)
{
    const int last = x->shape.rank - 1;
    x = ritz_move_axis(g, x, axis, last);
    index = ritz_move_axis(g, index, axis, last);
    return ritz_move_axis(g, ritz_take_axis(g, x, index, last, last), last,
                          axis);
}

ritz_node *ritz_scatter_add_axis(ritz_graph *g, ritz_node *x, ritz_node *index,
                                 int axis, int batch, int64_t length)
{
    const ritz_attr attr = {.axis = axis, .n = batch, .a = {length}};
    ritz_node *in[] = {x, index};
    return ritz_apply(g, &ritz_primitive_scatter_add, in, 2, &attr);
}

ritz_node *ritz_one_hot(ritz_graph *g, ritz_node *index, int64_t classes,
                        ritz_dtype dtype)
{
    ritz_shape s = index->shape;
    s.dim[s.rank++] = classes;
    ritz_node *hit = ritz_equal(g, ritz_iota(g, RITZ_I64, &s, s.rank - 1, 1.0),
                                ritz_expand(g, index, index->shape.rank));
    return ritz_cast(g, hit, dtype);
}

ritz_node *ritz_unfold_window(ritz_graph *g, ritz_node *x,
                              const ritz_window_spec *spec)
{
    ritz_attr attr = {0};
    for (int i = 0; i < 2; i++) {
        attr.a[i] = spec->kernel[i];
        attr.b[i] = spec->stride[i];
    }
    memcpy(attr.c, spec->pad, sizeof spec->pad);
    return ritz_apply(g, &ritz_primitive_unfold, &x, 1, &attr);
}

ritz_node *ritz_draw(ritz_graph *g, const ritz_primitive *p, ritz_node *key,
                     const ritz_shape *shape, ritz_dtype dtype)
{
    ritz_attr attr = {.dtype = (int32_t)dtype};
    ritz_attr_set_shape(&attr, shape);
    return ritz_apply(g, p, &key, 1, &attr);
}
