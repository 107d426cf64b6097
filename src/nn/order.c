/* order.c - what follows from the order of elements: gathers by the positions
 * of argsort, so that derivatives go to the elements that were picked. */
#include "nn/inside.h"

#define ALONG_LAST                                               \
    {                                                            \
        .name = "axis", .kind = RITZ_PARAM_AXIS, .fallback = -1, \
        .doc = "from 1; from the end when negative"              \
    }

/* The axis of the call's argument `at`; -1 when the call is wrong. */
static int axis_of(ritz_graph *g, const ritz_call *call, int at)
{
    const int axis = ritz_call_axis(g, call->function->name, call->v[at].i,
                                    call->x[0]->shape.rank);
    return ritz_graph_status(g, NULL) == RITZ_OK ? axis : -1;
}

static void build_sort(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    const int axis = axis_of(g, call, 0);
    out[0] = NULL;
    if (axis < 0)
        return;
    ritz_node *order = ritz_argsort(g, call->x[0], axis, call->v[1].i != 0);
    out[0] = ritz_take_along(g, call->x[0], order, axis);
}

const ritz_function ritz_nn_sort = {
    .module = "ritz",
    .name = "sort",
    .signature = "ritz.sort(x, axis, descending)",
    .summary = "The elements in order along an axis.",
    .details = "NaN comes last in either direction. The derivative goes to "
               "where an element came from.",
    .source = "NumPy's sort",
    .example = "ritz.sort(ritz.tensor{7, 5, 6})  --> {5, 6, 7}",
    .tensors = 1,
    .method = true,
    .params = {ALONG_LAST,
               {.name = "descending",
                .kind = RITZ_PARAM_BOOL,
                .doc = "the largest first"}},
    .build = build_sort,
};

static void build_top_k(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    const int axis = axis_of(g, call, 1);
    const int64_t k = call->v[0].i;
    out[0] = out[1] = NULL;
    if (axis < 0)
        return;
    if (k < 0 || k > x->shape.dim[axis]) {
        ritz_graph_fail(g, RITZ_EVALUE,
                        "top_k: k must be 0 to %lld (the length of the axis), "
                        "got %lld",
                        (long long)x->shape.dim[axis], (long long)k);
        return;
    }
    out[1] = ritz_first_in_order(g, x, axis, true, k);
    out[0] = ritz_take_along(g, x, out[1], axis);
}

const ritz_function ritz_nn_top_k = {
    .module = "ritz",
    .name = "top_k",
    .signature = "ritz.top_k(x, k, axis)",
    .summary = "The k largest elements along an axis, and their positions "
               "from 1.",
    .details = "The largest first, equal elements in the order in which they "
               "stand, NaN last.",
    .source = "JAX's lax.top_k, counted from 1",
    .example = "ritz.top_k(ritz.tensor{7, 5, 9}, 2)  --> {9, 7}, {3, 1}",
    .tensors = 1,
    .results = 2,
    .method = true,
    .params = {{.name = "k",
                .kind = RITZ_PARAM_INT,
                .required = true,
                .doc = "how many"},
               ALONG_LAST},
    .build = build_top_k,
};

static void build_take_along(ritz_graph *g, const ritz_call *call,
                             ritz_node **out)
{
    ritz_node *x = call->x[0], *index = call->x[1];
    const int axis = axis_of(g, call, 0);
    out[0] = NULL;
    if (axis < 0 || !ritz_nn_wants_index(g, "take_along", index))
        return;
    ritz_shape want = x->shape;
    if (index->shape.rank == want.rank)
        want.dim[axis] = index->shape.dim[axis];
    if (!ritz_shape_equal(&want, &index->shape)) {
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "take_along: x and index must agree but for axis %d, "
                        "got %s and %s",
                        axis + 1, ritz_type_of(x).text,
                        ritz_type_of(index).text);
        return;
    }
    out[0] = ritz_take_along(g, x, index, axis);
}

const ritz_function ritz_nn_take_along = {
    .module = "ritz",
    .name = "take_along",
    .signature = "ritz.take_along(x, index, axis)",
    .summary = "Elements picked along an axis, by one index each.",
    .details = "index is i64, counted from 1, and shaped like x but for the "
               "axis, whose length may be another.",
    .source = "NumPy's take_along_axis, counted from 1",
    .example = "ritz.take_along(ritz.tensor{{1, 2}, {3, 4}}, "
               "ritz.tensor({{2}, {1}}, \"i64\"))  --> {{2}, {3}}",
    .tensors = 2,
    .method = true,
    .params = {ALONG_LAST},
    .build = build_take_along,
};

static void build_argmin(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    const int axis = axis_of(g, call, 0);
    out[0] = axis < 0 ? NULL : ritz_argmax(g, ritz_neg(g, call->x[0]), axis);
}

const ritz_function ritz_nn_argmin = {
    .module = "ritz",
    .name = "argmin",
    .signature = "ritz.argmin(x, axis)",
    .summary = "The position, from 1, of the first smallest element along an "
               "axis.",
    .source = "NumPy's argmin, counted from 1",
    .example = "ritz.argmin(ritz.tensor{{1, 5}, {7, 4}})  --> {1, 2}",
    .tensors = 1,
    .method = true,
    .params = {ALONG_LAST},
    .build = build_argmin,
};

/* Between the two elements of the sorted axis that enclose it. */
static ritz_node *quantile(ritz_graph *g, const ritz_call *call, int axis,
                           double q)
{
    ritz_node *x = call->x[0];
    const int64_t n = x->shape.dim[axis];
    if (!ritz_nn_wants_float(g, call->function->name, x))
        return NULL;
    if (n == 0)
        return ritz_graph_fail(g, RITZ_ESHAPE,
                               "%s: wants at least one element along axis %d, "
                               "got %s",
                               call->function->name, axis + 1,
                               ritz_type_of(x).text);
    const double at = q * (double)(n - 1);
    const int64_t low = at < (double)(n - 1) ? (int64_t)at : n - 1;
    const int64_t high = low + 1 < n ? low + 1 : low;
    x = ritz_take_along(g, x, ritz_argsort(g, x, axis, false), axis);
    ritz_node *a = ritz_slice_axis(g, x, axis, low, low + 1);
    ritz_node *b = ritz_slice_axis(g, x, axis, high, high + 1);
    ritz_node *y =
        at == (double)low
            ? a
            : ritz_add(g, a,
                       ritz_scale(g, ritz_sub(g, b, a), at - (double)low));
    return ritz_reduce_sum(g, y, &axis, 1, false);
}

static void build_quantile(ritz_graph *g, const ritz_call *call,
                           ritz_node **out)
{
    const int axis = axis_of(g, call, 1);
    out[0] = axis < 0 ? NULL : quantile(g, call, axis, call->v[0].number);
}

const ritz_function ritz_nn_quantile = {
    .module = "ritz",
    .name = "quantile",
    .signature = "ritz.quantile(x, q, axis)",
    .summary = "The value below which a share q of the elements along an axis "
               "lies.",
    .details = "Linear between neighbours in order; q = 0 is the minimum, 1 "
               "the maximum.",
    .source = "Hyndman and Fan 1996, definition 7",
    .example = "ritz.quantile(ritz.tensor{4, 1, 3, 2}, 0.5)  --> 2.5",
    .tensors = 1,
    .method = true,
    .params = {{.name = "q",
                .kind = RITZ_PARAM_NUMBER,
                .required = true,
                .low = 0,
                .high = 1,
                .doc = "the share, 0 to 1"},
               ALONG_LAST},
    .build = build_quantile,
};

static void build_median(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    const int axis = axis_of(g, call, 0);
    out[0] = axis < 0 ? NULL : quantile(g, call, axis, 0.5);
}

const ritz_function ritz_nn_median = {
    .module = "ritz",
    .name = "median",
    .signature = "ritz.median(x, axis)",
    .summary = "The middle element along an axis; the mean of two when their "
               "number is even.",
    .source = "NumPy's median",
    .example = "ritz.median(ritz.tensor{4, 1, 3})  --> 3",
    .tensors = 1,
    .method = true,
    .params = {ALONG_LAST},
    .build = build_median,
};

/* Counted, not bisected: a fused comparison and sum. */
static void build_searchsorted(ritz_graph *g, const ritz_call *call,
                               ritz_node **out)
{
    ritz_node *edge = call->x[0], *x = call->x[1];
    out[0] = NULL;
    if (edge->shape.rank != 1) {
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "searchsorted: wants a sorted vector first, got %s",
                        ritz_type_of(edge).text);
        return;
    }
    const int last = x->shape.rank;
    ritz_node *wide = ritz_expand(g, x, last);
    ritz_node *below = call->v[0].i ? ritz_less_equal(g, edge, wide)
                                    : ritz_less(g, edge, wide);
    ritz_node *count =
        ritz_reduce_sum(g, ritz_cast(g, below, RITZ_I64), &last, 1, false);
    out[0] = ritz_shift(g, count, 1.0);
}

const ritz_function ritz_nn_searchsorted = {
    .module = "ritz",
    .name = "searchsorted",
    .signature = "ritz.searchsorted(edges, x, right)",
    .summary = "For each element of x the position, from 1, at which it would "
               "enter the sorted vector.",
    .details = "Before equal elements, or after them with right = true. Takes "
               "time proportional to the product of the two sizes.",
    .source = "NumPy's searchsorted, counted from 1",
    .example = "ritz.searchsorted(ritz.tensor{1, 2, 4}, "
               "ritz.tensor{0, 3, 9})  --> {1, 3, 4}",
    .tensors = 2,
    .params = {{.name = "right",
                .kind = RITZ_PARAM_BOOL,
                .doc = "after equal elements"}},
    .build = build_searchsorted,
};
