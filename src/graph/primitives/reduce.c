/* reduce.c - sums, maxima and running sums along axes.
 *
 * Orders of summation are fixed by the shape (kernel.h), so that a result's
 * bits depend on nothing else.
 */
#include "graph/cost.h"
#include "graph/primitives/linear.h"
#include "graph/primitives/share.h"

static ritz_node *reduce_batch(ritz_graph *g, const ritz_rule *at,
                               ritz_node *const *in, const bool *batched,
                               int64_t size)
{
    (void)batched, (void)size;
    ritz_attr attr = *at->attr;
    for (int i = 0; i < attr.n; i++)
        attr.a[i]++;
    return ritz_apply(g, at->out[0]->prim, in, 1, &attr);
}

/* The axes of a call: none given means all. */
static void build_over_axes(ritz_graph *g, const ritz_call *call,
                            const ritz_primitive *p, ritz_node **out)
{
    ritz_node *x = call->x[0];
    int axes[RITZ_MAX_RANK];
    const int n = ritz_call_axes(g, call->function->name, &call->v[0],
                                 x->shape.rank, axes);
    out[0] = ritz_reduce(g, p, x, axes, n, call->v[1].i != 0);
}

/* sum. attr: a[0..n-1] are the axes, ascending. */

static ritz_node *sum_pull(ritz_graph *g, const ritz_rule *at, int i,
                           ritz_node *ct)
{
    return ritz_spread(g, ct, &at->in[i]->shape, at->attr);
}

static void build_sum(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    build_over_axes(g, call, &ritz_primitive_reduce_sum, out);
}

const ritz_primitive ritz_primitive_reduce_sum = {
    .function =
        {
            .module = "ritz",
            .name = "sum",
            .signature = "ritz.sum(x, axis, keep)",
            .summary = "The sum over all elements, or along axes.",
            .details = "Summed in a fixed order of 64 interleaved partial "
                       "sums. The sum of no elements is 0.",
            .source = "NumPy's sum",
            .example = "ritz.sum(ritz.tensor{{1, 2}, {3, 4}}, 1)  --> {4, 6}",
            .tensors = 1,
            .method = true,
            .params = {RITZ_AXES_AND_KEEP},
            .build = build_sum,
        },
    .class = RITZ_CLASS_REDUCE,
    .infer = ritz_infer_reduce,
    .jvp = ritz_push_linear,
    .vjp = sum_pull,
    .batch = reduce_batch,
    .domain = {-3, 3},
    .samples = {{"ritz.sum(x)", {"3,4"}},
                {"ritz.sum(x, 1)", {"3,4"}},
                {"ritz.sum(x, {1, 3}, true)", {"2,3,4"}},
                {"ritz.sum(x, -1)", {"2,0"}},
                {"ritz.sum(x, 2)", {"2,70"}},
                {"ritz.sum(x)", {""}}},
    .refusals = {{"ritz.sum(ritz.ones{2}, 2)", "axis must be 1 to 1"},
                 {"ritz.sum(ritz.ones{2}, {kep = true})", "keep"}},
    .flops_of = ritz_flops_read,
};

/* max. attr as for sum. Equal maxima share the derivative equally. */

static ritz_node *max_push(ritz_graph *g, const ritz_rule *at,
                           ritz_node *const *tangent)
{
    return ritz_mean_of_max(g, at->in[0], at->out[0], tangent[0], at->attr);
}

static ritz_node *max_pull(ritz_graph *g, const ritz_rule *at, int i,
                           ritz_node *ct)
{
    (void)i;
    return ritz_share_max(g, at->in[0], at->out[0], ct, at->attr);
}

static void build_max(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    build_over_axes(g, call, &ritz_primitive_reduce_max, out);
}

static ritz_status infer_max(ritz_dtype *dtype, ritz_shape *shape,
                             ritz_node *const *in, int nin,
                             const ritz_attr *attr, ritz_error *err)
{
    for (int i = 0; i < attr->n; i++)
        if (in[0]->shape.dim[attr->a[i]] == 0)
            return ritz_fail(err, RITZ_ESHAPE,
                             "max: wants at least one element along axis "
                             "%lld, got %s",
                             (long long)attr->a[i] + 1,
                             ritz_type_of(in[0]).text);
    return ritz_infer_reduce(dtype, shape, in, nin, attr, err);
}

const ritz_primitive ritz_primitive_reduce_max = {
    .function =
        {
            .module = "ritz",
            .name = "max",
            .signature = "ritz.max(x, axis, keep)",
            .summary = "The largest element, over all or along axes.",
            .details = "NaN if there is a NaN. Equal maxima share the "
                       "derivative equally.",
            .source = "NumPy's max; JAX's rule for ties",
            .example = "ritz.max(ritz.tensor{{1, 5}, {3, 4}}, 2)  --> {5, 4}",
            .tensors = 1,
            .method = true,
            .params = {RITZ_AXES_AND_KEEP},
            .build = build_max,
        },
    .class = RITZ_CLASS_REDUCE,
    .infer = infer_max,
    .jvp = max_push,
    .vjp = max_pull,
    .batch = reduce_batch,
    .domain = {-3, 3},
    .samples = {{"ritz.max(x)", {"3,4"}},
                {"ritz.max(x, 1)", {"3,4"}},
                {"ritz.max(x, {1, 3}, true)", {"2,3,4"}},
                {"ritz.max(x, 2)", {"0,3"}},
                {"ritz.max(x, 2)", {"2,70"}}},
    .refusals = {{"ritz.max(ritz.ones{2, 0}, 2)",
                  "wants at least one element along axis 2"}},
    .flops_of = ritz_flops_read,
};

/* argmax over the last axis. */

static ritz_status infer_argmax(ritz_dtype *dtype, ritz_shape *shape,
                                ritz_node *const *in, int nin,
                                const ritz_attr *attr, ritz_error *err)
{
    (void)nin, (void)attr;
    const ritz_shape *s = &in[0]->shape;
    if (s->rank < 1 || s->dim[s->rank - 1] == 0)
        return ritz_fail(err, RITZ_ESHAPE,
                         "argmax: wants at least one element along the axis, "
                         "got %s",
                         ritz_type_of(in[0]).text);
    if (in[0]->dtype == RITZ_U8)
        return ritz_fail(err, RITZ_EDTYPE,
                         "argmax: u8 is for storage only: convert with "
                         ":to(\"f32\")");
    *dtype = RITZ_I64;
    *shape = *s;
    shape->rank--;
    return RITZ_OK;
}

static void build_argmax(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    if (x->shape.rank == 0) {
        out[0] = ritz_graph_fail(g, RITZ_ESHAPE,
                                 "argmax: wants an axis, got a scalar");
        return;
    }
    out[0] = ritz_argmax(
        g, x, ritz_call_axis(g, "argmax", call->v[0].i, x->shape.rank));
}

const ritz_primitive ritz_primitive_argmax = {
    .function =
        {
            .module = "ritz",
            .name = "argmax",
            .signature = "ritz.argmax(x, axis)",
            .summary = "The position, from 1, of the first largest element "
                       "along an axis.",
            .source = "NumPy's argmax, counted from 1",
            .example = "ritz.argmax(ritz.tensor{{1, 5}, {7, 4}})  --> {2, 1}",
            .tensors = 1,
            .method = true,
            .params = {{.name = "axis",
                        .kind = RITZ_PARAM_AXIS,
                        .fallback = -1,
                        .doc = "from 1; from the end when negative"}},
            .build = build_argmax,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_argmax,
    .batch = ritz_batch_leading,
    .no_derivative = "none, because it is constant almost everywhere",
    .domain = {-3, 3},
    .samples = {{"ritz.argmax(x)", {"3,4"}},
                {"ritz.argmax(x, 1)", {"3,4"}},
                {"ritz.argmax(x)", {"0,4"}}},
    .refusals = {{"ritz.argmax(ritz.ones{2, 0})", "wants at least one element"},
                 {"ritz.argmax(ritz.tensor(1))", "got a scalar"}},
};

/* cumsum. attr: axis, flags 1: from the end. */

static ritz_status infer_cumsum(ritz_dtype *dtype, ritz_shape *shape,
                                ritz_node *const *in, int nin,
                                const ritz_attr *attr, ritz_error *err)
{
    if (attr->axis >= in[0]->shape.rank)
        return ritz_fail(err, RITZ_ESHAPE, "cumsum: wants an axis, got %s",
                         ritz_type_of(in[0]).text);
    return ritz_infer_same(dtype, shape, in, nin, attr, err);
}

static ritz_node *cumsum_pull(ritz_graph *g, const ritz_rule *at, int i,
                              ritz_node *ct)
{
    (void)i;
    return ritz_cumsum(g, ct, at->attr->axis, !at->attr->flags);
}

static ritz_node *cumsum_batch(ritz_graph *g, const ritz_rule *at,
                               ritz_node *const *in, const bool *batched,
                               int64_t size)
{
    (void)batched, (void)size;
    return ritz_cumsum(g, in[0], at->attr->axis + 1, at->attr->flags);
}

static void build_cumsum(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    const int axis =
        ritz_call_axis(g, "cumsum", call->v[0].i, call->x[0]->shape.rank);
    out[0] = ritz_cumsum(g, call->x[0], axis, call->v[1].i != 0);
}

const ritz_primitive ritz_primitive_cumsum = {
    .function =
        {
            .module = "ritz",
            .name = "cumsum",
            .signature = "ritz.cumsum(x, axis, reverse)",
            .summary = "Running sums along an axis.",
            .source = "NumPy's cumsum",
            .example = "ritz.cumsum(ritz.tensor{1, 2, 3})  --> {1, 3, 6}",
            .tensors = 1,
            .method = true,
            .params = {{.name = "axis",
                        .kind = RITZ_PARAM_AXIS,
                        .fallback = 1,
                        .doc = "from 1; from the end when negative"},
                       {.name = "reverse",
                        .kind = RITZ_PARAM_BOOL,
                        .doc = "sum from the end"}},
            .build = build_cumsum,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_cumsum,
    .jvp = ritz_push_linear,
    .vjp = cumsum_pull,
    .batch = cumsum_batch,
    .domain = {-3, 3},
    .samples = {{"ritz.cumsum(x)", {"4,3"}},
                {"ritz.cumsum(x, 2, true)", {"2,5"}},
                {"ritz.cumsum(x, 2)", {"2,0"}}},
    .refusals = {{"ritz.cumsum(ritz.ones{2}, 2)", "axis must be 1 to 1"}},
    .flops = 1,
};
