/* shape.c - broadcast, reshape and permute: the same elements repeated, read
 * as another shape, or in another order of axes.
 */
#include "graph/primitives/linear.h"

#include <stdio.h>

/* broadcast. attr: a[0..n-1] is the target shape, aligned from the right. */

static ritz_status infer_broadcast(ritz_dtype *dtype, ritz_shape *shape,
                                   ritz_node *const *in, int nin,
                                   const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    const ritz_shape target = ritz_attr_shape(attr);
    *dtype = in[0]->dtype;
    if (!ritz_shape_broadcast(shape, &in[0]->shape, &target) ||
        !ritz_shape_equal(shape, &target))
        return ritz_fail(
            err, RITZ_ESHAPE, "broadcast: %s does not broadcast to %s",
            ritz_type_of(in[0]).text, ritz_type_text_of(*dtype, &target).text);
    return RITZ_OK;
}

/* Sums over the axes that were repeated. */
static ritz_node *broadcast_pull(ritz_graph *g, const ritz_rule *at, int i,
                                 ritz_node *ct)
{
    const ritz_shape *from = &at->in[i]->shape;
    const int shift = ct->shape.rank - from->rank;
    int axes[RITZ_MAX_RANK], n = 0;
    for (int k = 0; k < ct->shape.rank; k++)
        if (k < shift || (from->dim[k - shift] == 1 && ct->shape.dim[k] != 1))
            axes[n++] = k;
    return ritz_reshape(g, ritz_reduce_sum(g, ct, axes, n, false), from);
}

static ritz_node *broadcast_batch(ritz_graph *g, const ritz_rule *at,
                                  ritz_node *const *in, const bool *batched,
                                  int64_t size)
{
    (void)batched;
    /* Ones between the batch and the element's own axes. */
    const ritz_shape target = ritz_attr_shape(at->attr);
    ritz_shape full = ritz_shape_with_batch(&target, size);
    ritz_shape lined = {.rank = full.rank, .dim = {size}};
    const int gap = target.rank - at->in[0]->shape.rank;
    for (int i = 1; i < lined.rank; i++)
        lined.dim[i] = i <= gap ? 1 : in[0]->shape.dim[i - gap];
    return ritz_broadcast(g, ritz_reshape(g, in[0], &lined), &full);
}

static void build_broadcast(ritz_graph *g, const ritz_call *call,
                            ritz_node **out)
{
    const ritz_shape s = ritz_shape_of_list(&call->v[0]);
    out[0] = ritz_broadcast(g, call->x[0], &s);
}

const ritz_primitive ritz_primitive_broadcast = {
    .function =
        {
            .module = "ritz",
            .name = "broadcast",
            .signature = "ritz.broadcast(x, shape)",
            .summary = "x repeated to a larger shape.",
            .details = "Axes align from the right; a size must be equal or 1.",
            .source = "NumPy's broadcasting rule",
            .example = "ritz.broadcast(ritz.tensor{1, 2}, {2, 2})"
                       "  --> {{1, 2}, {1, 2}}",
            .tensors = 1,
            .method = true,
            .params = {{.name = "shape",
                        .kind = RITZ_PARAM_SHAPE,
                        .required = true,
                        .doc = "the sizes of the result"}},
            .build = build_broadcast,
        },
    .class = RITZ_CLASS_BROADCAST,
    .infer = infer_broadcast,
    .jvp = ritz_push_linear,
    .vjp = broadcast_pull,
    .batch = broadcast_batch,
    .domain = {-3, 3},
    .samples = {{"ritz.broadcast(x, {4, 3})", {"3"}},
                {"ritz.broadcast(x, {2, 4, 3})", {"4,1"}},
                {"ritz.broadcast(x, {2, 2})", {""}},
                {"ritz.broadcast(x, {2, 0})", {"1,0"}}},
    .refusals = {{"ritz.broadcast(ritz.ones{3}, {4})",
                  "f32[3] does not broadcast to f32[4]"}},
};

/* reshape. attr: a[0..n-1] is the new shape. */

static ritz_status infer_reshape(ritz_dtype *dtype, ritz_shape *shape,
                                 ritz_node *const *in, int nin,
                                 const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    *dtype = in[0]->dtype;
    *shape = ritz_attr_shape(attr);
    ritz_status status = ritz_shape_check(shape, err);
    if (status == RITZ_OK &&
        ritz_shape_count(shape) != ritz_shape_count(&in[0]->shape))
        status = ritz_fail(err, RITZ_ESHAPE,
                           "reshape: wants as many elements as there are, got "
                           "%s to %s",
                           ritz_type_of(in[0]).text,
                           ritz_type_text_of(*dtype, shape).text);
    return status;
}

static ritz_node *reshape_pull(ritz_graph *g, const ritz_rule *at, int i,
                               ritz_node *ct)
{
    return ritz_reshape(g, ct, &at->in[i]->shape);
}

static ritz_node *reshape_batch(ritz_graph *g, const ritz_rule *at,
                                ritz_node *const *in, const bool *batched,
                                int64_t size)
{
    (void)batched;
    const ritz_shape s = ritz_shape_with_batch(&at->out[0]->shape, size);
    return ritz_reshape(g, in[0], &s);
}

/* One size may be -1: what is left. */
static void build_reshape(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_shape s = ritz_shape_of_list(&call->v[0]);
    int64_t known = 1;
    int open = -1;
    for (int i = 0; i < s.rank; i++) {
        if (s.dim[i] == -1 && open < 0)
            open = i;
        else
            known *= s.dim[i];
    }
    if (open >= 0)
        s.dim[open] =
            known > 0 ? ritz_shape_count(&call->x[0]->shape) / known : 0;
    out[0] = ritz_reshape(g, call->x[0], &s);
}

const ritz_primitive ritz_primitive_reshape = {
    .function =
        {
            .module = "ritz",
            .name = "reshape",
            .signature = "ritz.reshape(x, shape)",
            .summary = "The same elements, in row-major order, in another "
                       "shape.",
            .details = "One size may be -1: it is found from the others.",
            .source = "NumPy's reshape, order C",
            .example = "ritz.reshape(ritz.tensor{1, 2, 3, 4}, {2, -1})"
                       "  --> {{1, 2}, {3, 4}}",
            .tensors = 1,
            .method = true,
            .params = {{.name = "shape",
                        .kind = RITZ_PARAM_SHAPE,
                        .required = true,
                        .doc = "the new sizes"}},
            .build = build_reshape,
        },
    .class = RITZ_CLASS_ALIAS,
    .infer = infer_reshape,
    .jvp = ritz_push_linear,
    .vjp = reshape_pull,
    .batch = reshape_batch,
    .domain = {-3, 3},
    .samples = {{"ritz.reshape(x, {4, 3})", {"3,4"}},
                {"ritz.reshape(x, {-1})", {"2,3"}},
                {"ritz.reshape(x, {0, 2})", {"2,0"}}},
    .refusals = {{"ritz.reshape(ritz.ones{6}, {4})",
                  "wants as many elements as there are"}},
};

/* permute. attr: result axis i is operand axis a[i]. */

typedef struct axes_list {
    char text[80];
} axes_list;

/* The axes of a permutation, counted from 1: "{2, 1}". */
static axes_list axes_text(const int64_t *axis, int n)
{
    axes_list t = {"{"};
    size_t at = 1;
    for (int i = 0; i < n && at < sizeof t.text - 24; i++)
        at += (size_t)snprintf(t.text + at, sizeof t.text - at, "%s%lld",
                               i > 0 ? ", " : "", (long long)axis[i] + 1);
    snprintf(t.text + at, sizeof t.text - at, "}");
    return t;
}

static ritz_status infer_permute(ritz_dtype *dtype, ritz_shape *shape,
                                 ritz_node *const *in, int nin,
                                 const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    bool seen[RITZ_MAX_RANK] = {0};
    const int rank = in[0]->shape.rank;
    *dtype = in[0]->dtype;
    *shape = in[0]->shape;
    bool good = attr->n == rank;
    for (int i = 0; i < rank && good; i++) {
        good = attr->a[i] >= 0 && attr->a[i] < rank && !seen[attr->a[i]];
        if (good) {
            seen[attr->a[i]] = true;
            shape->dim[i] = in[0]->shape.dim[attr->a[i]];
        }
    }
    if (!good)
        return ritz_fail(
            err, RITZ_EVALUE, "permute: wants each axis of %s once, got %s",
            ritz_type_of(in[0]).text, axes_text(attr->a, attr->n).text);
    return RITZ_OK;
}

static ritz_node *permute_pull(ritz_graph *g, const ritz_rule *at, int i,
                               ritz_node *ct)
{
    (void)i;
    int back[RITZ_MAX_RANK];
    for (int k = 0; k < at->attr->n; k++)
        back[at->attr->a[k]] = k;
    return ritz_permute(g, ct, back);
}

static ritz_node *permute_batch(ritz_graph *g, const ritz_rule *at,
                                ritz_node *const *in, const bool *batched,
                                int64_t size)
{
    (void)batched, (void)size;
    int axes[RITZ_MAX_RANK] = {0};
    for (int k = 0; k < at->attr->n; k++)
        axes[k + 1] = (int)at->attr->a[k] + 1;
    return ritz_permute(g, in[0], axes);
}

static void build_permute(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    const ritz_value *v = &call->v[0];
    const int rank = call->x[0]->shape.rank;
    int axes[RITZ_MAX_RANK];
    if (v->count != rank) {
        out[0] = ritz_graph_fail(
            g, RITZ_EVALUE, "permute: wants each axis of %s once, got %d axes",
            ritz_type_of(call->x[0]).text, v->count);
        return;
    }
    for (int i = 0; i < rank; i++)
        axes[i] = ritz_call_axis(g, "permute", v->list[i], rank);
    out[0] = ritz_permute(g, call->x[0], axes);
}

const ritz_primitive ritz_primitive_permute = {
    .function =
        {
            .module = "ritz",
            .name = "permute",
            .signature = "ritz.permute(x, axes)",
            .summary = "The axes in another order: axis i of the result is "
                       "axis axes[i] of x.",
            .source = "NumPy's transpose",
            .example = "ritz.permute(ritz.tensor{{1, 2}, {3, 4}}, {2, 1})"
                       "  --> {{1, 3}, {2, 4}}",
            .tensors = 1,
            .method = true,
            .params = {{.name = "axes",
                        .kind = RITZ_PARAM_INTS,
                        .required = true,
                        .doc = "each axis once"}},
            .build = build_permute,
        },
    .class = RITZ_CLASS_MOVE,
    .infer = infer_permute,
    .jvp = ritz_push_linear,
    .vjp = permute_pull,
    .batch = permute_batch,
    .domain = {-3, 3},
    .samples = {{"ritz.permute(x, {2, 1})", {"3,4"}},
                {"ritz.permute(x, {3, 1, 2})", {"2,3,4"}},
                {"ritz.permute(x, {1, 3, 2})", {"2,0,4"}}},
    .refusals = {{"ritz.permute(ritz.ones{2, 3}, {1})", "got 1 axes"},
                 {"ritz.permute(ritz.ones{2, 3}, {1, 1})", "each axis of"},
                 {"ritz.permute(ritz.ones{2, 3}, {1, 5})", "axis must be"}},
};
