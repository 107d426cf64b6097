/* cumulative.c - products, and what accumulates along an axis, by doubling:
 * after k rounds an element holds what the last 2^k elements give. Compositions
 * of shifts, so that zeros and ties have the derivatives of their factors. */
#include "nn/inside.h"

#include <math.h>

/* x with its axis longer by `n` fills, in front. */
static ritz_node *fill_front(ritz_graph *g, ritz_node *x, int axis, int64_t n,
                             double fill)
{
    ritz_shape s = x->shape;
    s.dim[axis] = n;
    ritz_node *both[] = {ritz_full(g, x->dtype, &s, fill), x};
    return ritz_concatenate(g, both, 2, axis);
}

typedef struct folding {
    ritz_node *(*join)(ritz_graph *g, ritz_node *x, ritz_node *y);
    double neutral;
} folding;

static const folding product = {ritz_mul, 1.0};

/* The elements along an axis, which keeps size 1, in halves: the shorter half
 * gets neutral elements. */
static ritz_node *fold(ritz_graph *g, ritz_node *x, int axis, folding f)
{
    int64_t n = x->shape.dim[axis];
    if (ritz_graph_status(g, NULL) != RITZ_OK)
        return x;
    if (n == 0)
        return fill_front(g, x, axis, 1, f.neutral);
    for (; n > 1; n = n / 2 + n % 2) {
        if (n % 2)
            x = fill_front(g, x, axis, 1, f.neutral);
        const int64_t half = n / 2 + n % 2;
        x = f.join(g, ritz_slice_axis(g, x, axis, 0, half),
                   ritz_slice_axis(g, x, axis, half, 2 * half));
    }
    return x;
}

ritz_node *ritz_product_along(ritz_graph *g, ritz_node *x, int axis)
{
    return ritz_reduce_sum(g, fold(g, x, axis, product), &axis, 1, false);
}

static ritz_node *accumulate(ritz_graph *g, ritz_node *x, int axis, folding f)
{
    const int64_t n = x->shape.dim[axis];
    for (int64_t shift = 1; shift < n; shift *= 2) {
        ritz_node *before = ritz_slice_axis(g, x, axis, 0, n - shift);
        x = f.join(g, x, fill_front(g, before, axis, shift, f.neutral));
    }
    return x;
}

static void build_prod(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    int axes[RITZ_MAX_RANK];
    const int n = ritz_call_axes(g, "prod", &call->v[0], x->shape.rank, axes);
    for (int i = 0; i < n; i++)
        x = fold(g, x, axes[i], product);
    out[0] = call->v[1].i ? x : ritz_nn_drop_axes(g, x, axes, n);
}

const ritz_function ritz_nn_prod = {
    .module = "ritz",
    .name = "prod",
    .signature = "ritz.prod(x, axis, keep)",
    .summary = "The product of all elements, or along axes.",
    .details = "The product of no elements is 1. Derivatives are right where "
               "elements are 0.",
    .source = "NumPy's prod",
    .example = "ritz.prod(ritz.tensor{{1, 2}, {3, 4}}, 2)  --> {2, 12}",
    .tensors = 1,
    .method = true,
    .params = {RITZ_AXES_AND_KEEP},
    .build = build_prod,
};

static void build_accumulated(ritz_graph *g, const ritz_call *call, folding f,
                              ritz_node **out)
{
    ritz_node *x = call->x[0];
    const int axis =
        ritz_call_axis(g, call->function->name, call->v[0].i, x->shape.rank);
    out[0] = ritz_graph_status(g, NULL) == RITZ_OK ? accumulate(g, x, axis, f)
                                                   : NULL;
}

/* What is below, or above, every element. */
static double beyond(const ritz_node *x, double sign)
{
    return ritz_dtype_is_float(x->dtype) ? sign * INFINITY
           : sign < 0                    ? -0x1p63
                                         : 0x1.fffffffffffffp62;
}

static void build_cumprod(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    build_accumulated(g, call, product, out);
}

static void build_cummax(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    const folding most = {ritz_maximum, beyond(call->x[0], -1)};
    build_accumulated(g, call, most, out);
}

static void build_cummin(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    const folding least = {ritz_minimum, beyond(call->x[0], 1)};
    build_accumulated(g, call, least, out);
}

#define ALONG_FIRST                                                 \
    {                                                               \
        {                                                           \
            .name = "axis", .kind = RITZ_PARAM_AXIS, .fallback = 1, \
            .doc = "from 1; from the end when negative"             \
        }                                                           \
    }

const ritz_function ritz_nn_cumprod = {
    .module = "ritz",
    .name = "cumprod",
    .signature = "ritz.cumprod(x, axis)",
    .summary = "Running products along an axis.",
    .source = "NumPy's cumprod",
    .example = "ritz.cumprod(ritz.tensor{1, 2, 3})  --> {1, 2, 6}",
    .tensors = 1,
    .method = true,
    .params = ALONG_FIRST,
    .build = build_cumprod,
};

const ritz_function ritz_nn_cummax = {
    .module = "ritz",
    .name = "cummax",
    .signature = "ritz.cummax(x, axis)",
    .summary = "The largest element so far along an axis.",
    .source = "JAX's lax.cummax",
    .example = "ritz.cummax(ritz.tensor{1, 3, 2})  --> {1, 3, 3}",
    .tensors = 1,
    .method = true,
    .params = ALONG_FIRST,
    .build = build_cummax,
};

const ritz_function ritz_nn_cummin = {
    .module = "ritz",
    .name = "cummin",
    .signature = "ritz.cummin(x, axis)",
    .summary = "The smallest element so far along an axis.",
    .source = "JAX's lax.cummin",
    .example = "ritz.cummin(ritz.tensor{3, 1, 2})  --> {3, 1, 1}",
    .tensors = 1,
    .method = true,
    .params = ALONG_FIRST,
    .build = build_cummin,
};

/* How many elements of the call are not 0, or are. */
static ritz_node *count_nonzero(ritz_graph *g, const ritz_call *call,
                                bool nonzero)
{
    ritz_node *x = call->x[0], *zero = ritz_scalar_like(g, x, 0.0);
    int axes[RITZ_MAX_RANK];
    const int n = ritz_call_axes(g, call->function->name, &call->v[0],
                                 x->shape.rank, axes);
    ritz_node *hit =
        nonzero ? ritz_not_equal(g, x, zero) : ritz_equal(g, x, zero);
    return ritz_reduce_sum(g, hit, axes, n, call->v[1].i != 0);
}

static void build_any(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *count = count_nonzero(g, call, true);
    out[0] = ritz_not_equal(g, count, ritz_scalar_like(g, count, 0.0));
}

static void build_all(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *count = count_nonzero(g, call, false);
    out[0] = ritz_equal(g, count, ritz_scalar_like(g, count, 0.0));
}

const ritz_function ritz_nn_any = {
    .module = "ritz",
    .name = "any",
    .signature = "ritz.any(x, axis, keep)",
    .summary = "1 if any element is not 0, over all or along axes; else 0.",
    .details = "NaN is not 0.",
    .source = "NumPy's any",
    .example = "ritz.any(ritz.tensor{{0, 1}, {0, 0}}, 2)  --> {1, 0}",
    .tensors = 1,
    .method = true,
    .params = {RITZ_AXES_AND_KEEP},
    .build = build_any,
};

const ritz_function ritz_nn_all = {
    .module = "ritz",
    .name = "all",
    .signature = "ritz.all(x, axis, keep)",
    .summary = "1 if no element is 0, over all or along axes; else 0.",
    .details = "NaN is not 0; of no elements it is 1.",
    .source = "NumPy's all",
    .example = "ritz.all(ritz.tensor{{1, 1}, {0, 1}}, 2)  --> {1, 0}",
    .tensors = 1,
    .method = true,
    .params = {RITZ_AXES_AND_KEEP},
    .build = build_all,
};
