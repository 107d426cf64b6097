/* slice.c - primitives that cut, surround and join: slice and pad, each the
 * other's transpose, and concatenate.
 */
#include "graph/primitives/linear.h"

#include <string.h>

/* slice. attr: a starts, b stops, c steps. */

static int64_t slice_size(const ritz_attr *attr, int i)
{
    const int64_t span = attr->b[i] - attr->a[i];
    return span <= 0 ? 0 : (span + attr->c[i] - 1) / attr->c[i];
}

static ritz_status infer_slice(ritz_dtype *dtype, ritz_shape *shape,
                               ritz_node *const *in, int nin,
                               const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    *dtype = in[0]->dtype;
    *shape = in[0]->shape;
    for (int i = 0; i < shape->rank; i++) {
        const int64_t size = in[0]->shape.dim[i];
        if (attr->a[i] < 0 || attr->b[i] > size || attr->c[i] < 1 ||
            attr->a[i] > attr->b[i])
            return ritz_fail(err, RITZ_EVALUE,
                             "slice: axis %d of %s has 1 to %lld, got %lld to "
                             "%lld by %lld",
                             i + 1, ritz_type_of(in[0]).text, (long long)size,
                             (long long)attr->a[i] + 1, (long long)attr->b[i],
                             (long long)attr->c[i]);
        shape->dim[i] = slice_size(attr, i);
    }
    return RITZ_OK;
}

static ritz_node *slice_pull(ritz_graph *g, const ritz_rule *at, int i,
                             ritz_node *ct)
{
    int64_t low[RITZ_MAX_RANK], high[RITZ_MAX_RANK], gap[RITZ_MAX_RANK];
    for (int k = 0; k < at->attr->n; k++) {
        const int64_t n = ct->shape.dim[k];
        gap[k] = at->attr->c[k] - 1;
        low[k] = at->attr->a[k];
        high[k] = at->in[i]->shape.dim[k] - low[k] - n -
                  (n > 0 ? (n - 1) * gap[k] : 0);
    }
    return ritz_pad(g, ct, low, high, gap);
}

static ritz_node *slice_batch(ritz_graph *g, const ritz_rule *at,
                              ritz_node *const *in, const bool *batched,
                              int64_t size)
{
    (void)batched;
    int64_t start[RITZ_MAX_RANK] = {0}, stop[RITZ_MAX_RANK] = {size},
            step[RITZ_MAX_RANK] = {1};
    for (int k = 0; k < at->attr->n; k++) {
        start[k + 1] = at->attr->a[k];
        stop[k + 1] = at->attr->b[k];
        step[k + 1] = at->attr->c[k];
    }
    return ritz_slice(g, in[0], start, stop, step);
}

static void build_slice(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    const int axis = ritz_call_axis(g, "slice", call->v[0].i, x->shape.rank);
    if (ritz_graph_status(g, NULL) != RITZ_OK) {
        out[0] = x;
        return;
    }
    const int64_t size = x->shape.dim[axis];
    const int64_t from = call->v[1].i,
                  to = call->v[2].given ? call->v[2].i : -1;
    int64_t start[RITZ_MAX_RANK] = {0}, stop[RITZ_MAX_RANK],
            step[RITZ_MAX_RANK];
    memcpy(stop, x->shape.dim, sizeof stop);
    for (int i = 0; i < RITZ_MAX_RANK; i++)
        step[i] = 1;
    start[axis] = from < 0 ? from + size : from - 1;
    stop[axis] = to < 0 ? to + size + 1 : to;
    step[axis] = call->v[3].i;
    out[0] = ritz_slice(g, x, start, stop, step);
}

const ritz_primitive ritz_primitive_slice = {
    .function =
        {
            .module = "ritz",
            .name = "slice",
            .signature = "ritz.slice(x, axis, start, stop, step)",
            .summary = "Elements start to stop along one axis.",
            .details = "Positions count from 1 and from the end when negative; "
                       "stop is included, -1 when left out. Also "
                       "x[{{start, stop}, {}, i}] for several axes.",
            .source = "Lua's string.sub",
            .example = "ritz.slice(ritz.tensor{1, 2, 3, 4}, 1, 2, 3)"
                       "  --> {2, 3}",
            .tensors = 1,
            .method = true,
            .params = {{.name = "axis",
                        .kind = RITZ_PARAM_AXIS,
                        .required = true,
                        .doc = "from 1; from the end when negative"},
                       {.name = "start",
                        .kind = RITZ_PARAM_INT,
                        .required = true,
                        .doc = "the first position"},
                       {.name = "stop",
                        .kind = RITZ_PARAM_INT,
                        .fallback = -1,
                        .doc = "the last position"},
                       {.name = "step",
                        .kind = RITZ_PARAM_INT,
                        .fallback = 1,
                        .doc = "every step-th element"}},
            .build = build_slice,
        },
    .class = RITZ_CLASS_MOVE,
    .infer = infer_slice,
    .jvp = ritz_push_linear,
    .vjp = slice_pull,
    .batch = slice_batch,
    .domain = {-3, 3},
    .samples = {{"ritz.slice(x, 1, 2, 3)", {"4,3"}},
                {"ritz.slice(x, 2, 1, 6, 2)", {"2,7"}},
                {"ritz.slice(x, -1, -2)", {"2,3,4"}},
                {"ritz.slice(x, 1, 1, 2)", {"3,0"}}},
    .refusals = {{"ritz.slice(ritz.ones{3}, 1, 2, 5)",
                  "axis 1 of f32[3] has 1 to 3, got 2 to 5"},
                 {"ritz.slice(ritz.ones{3}, 2, 1)", "axis must be"}},
};

/* pad. attr: a zeros before, b after, c between the elements of an axis. */

static ritz_status infer_pad(ritz_dtype *dtype, ritz_shape *shape,
                             ritz_node *const *in, int nin,
                             const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    *dtype = in[0]->dtype;
    *shape = in[0]->shape;
    for (int i = 0; i < shape->rank; i++) {
        const int64_t n = shape->dim[i];
        if (attr->a[i] < 0 || attr->b[i] < 0 || attr->c[i] < 0)
            return ritz_fail(err, RITZ_EVALUE,
                             "pad: wants sizes of 0 or more, got %lld, %lld "
                             "and %lld at axis %d",
                             (long long)attr->a[i], (long long)attr->b[i],
                             (long long)attr->c[i], i + 1);
        shape->dim[i] =
            n + attr->a[i] + attr->b[i] + (n > 0 ? (n - 1) * attr->c[i] : 0);
    }
    return RITZ_OK;
}

static ritz_node *pad_pull(ritz_graph *g, const ritz_rule *at, int i,
                           ritz_node *ct)
{
    int64_t stop[RITZ_MAX_RANK], step[RITZ_MAX_RANK];
    for (int k = 0; k < at->attr->n; k++) {
        const int64_t n = at->in[i]->shape.dim[k];
        step[k] = at->attr->c[k] + 1;
        stop[k] = at->attr->a[k] + (n > 0 ? (n - 1) * step[k] + 1 : 0);
    }
    return ritz_slice(g, ct, at->attr->a, stop, step);
}

static ritz_node *pad_batch(ritz_graph *g, const ritz_rule *at,
                            ritz_node *const *in, const bool *batched,
                            int64_t size)
{
    (void)batched, (void)size;
    int64_t low[RITZ_MAX_RANK] = {0}, high[RITZ_MAX_RANK] = {0},
            gap[RITZ_MAX_RANK] = {0};
    for (int k = 0; k < at->attr->n; k++) {
        low[k + 1] = at->attr->a[k];
        high[k + 1] = at->attr->b[k];
        gap[k + 1] = at->attr->c[k];
    }
    return ritz_pad(g, in[0], low, high, gap);
}

static void build_pad(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    const int axis = ritz_call_axis(g, "pad", call->v[0].i, x->shape.rank);
    int64_t low[RITZ_MAX_RANK] = {0}, high[RITZ_MAX_RANK] = {0};
    low[axis] = call->v[1].i;
    high[axis] = call->v[2].i;
    out[0] = ritz_pad(g, x, low, high, NULL);
}

const ritz_primitive ritz_primitive_pad = {
    .function =
        {
            .module = "ritz",
            .name = "pad",
            .signature = "ritz.pad(x, axis, before, after)",
            .summary = "Zeros before and after, along one axis.",
            .source = "NumPy's pad",
            .example = "ritz.pad(ritz.tensor{1, 2}, 1, 1, 2)"
                       "  --> {0, 1, 2, 0, 0}",
            .tensors = 1,
            .method = true,
            .params = {{.name = "axis",
                        .kind = RITZ_PARAM_AXIS,
                        .required = true,
                        .doc = "from 1; from the end when negative"},
                       {.name = "before",
                        .kind = RITZ_PARAM_INT,
                        .required = true,
                        .doc = "zeros before the first element"},
                       {.name = "after",
                        .kind = RITZ_PARAM_INT,
                        .fallback = 0,
                        .doc = "zeros after the last element"}},
            .build = build_pad,
        },
    .class = RITZ_CLASS_MOVE,
    .infer = infer_pad,
    .jvp = ritz_push_linear,
    .vjp = pad_pull,
    .batch = pad_batch,
    .domain = {-3, 3},
    .samples = {{"ritz.pad(x, 1, 1, 2)", {"3"}},
                {"ritz.pad(x, 2, 0, 1)", {"2,3"}},
                {"ritz.pad(x, 2, 1)", {"2,0"}}},
    .refusals = {{"ritz.pad(ritz.ones{3}, 1, -1)",
                  "wants sizes of 0 or more, got -1"}},
};

/* concatenate. attr: axis. */

static ritz_status infer_concatenate(ritz_dtype *dtype, ritz_shape *shape,
                                     ritz_node *const *in, int nin,
                                     const ritz_attr *attr, ritz_error *err)
{
    *dtype = in[0]->dtype;
    *shape = in[0]->shape;
    for (int i = 1; i < nin; i++) {
        bool fits = in[i]->dtype == *dtype && in[i]->shape.rank == shape->rank;
        for (int k = 0; fits && k < shape->rank; k++)
            fits = k == attr->axis || in[i]->shape.dim[k] == shape->dim[k];
        if (!fits)
            return ritz_fail(err, RITZ_ESHAPE,
                             "concatenate: all but axis %d must agree, got %s "
                             "and %s",
                             attr->axis + 1, ritz_type_of(in[0]).text,
                             ritz_type_of(in[i]).text);
        shape->dim[attr->axis] += in[i]->shape.dim[attr->axis];
    }
    return RITZ_OK;
}

static ritz_node *concatenate_push(ritz_graph *g, const ritz_rule *at,
                                   ritz_node *const *tangent)
{
    ritz_node **t =
        ritz_arena_alloc(ritz_graph_arena(g), (size_t)at->nin, sizeof *t);
    if (!t)
        return ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
    for (int i = 0; i < at->nin; i++)
        t[i] = tangent[i] ? tangent[i] : ritz_full_like(g, at->in[i], 0.0);
    return ritz_concatenate(g, t, at->nin, at->attr->axis);
}

static ritz_node *concatenate_pull(ritz_graph *g, const ritz_rule *at, int i,
                                   ritz_node *ct)
{
    const int axis = at->attr->axis;
    int64_t start = 0;
    for (int k = 0; k < i; k++)
        start += at->in[k]->shape.dim[axis];
    return ritz_slice_axis(g, ct, axis, start,
                           start + at->in[i]->shape.dim[axis]);
}

static ritz_node *concatenate_batch(ritz_graph *g, const ritz_rule *at,
                                    ritz_node *const *in, const bool *batched,
                                    int64_t size)
{
    ritz_node **x =
        ritz_arena_alloc(ritz_graph_arena(g), (size_t)at->nin, sizeof *x);
    if (!x)
        return ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
    for (int i = 0; i < at->nin; i++)
        x[i] = ritz_with_batch(g, in[i], batched[i], size);
    return ritz_concatenate(g, x, at->nin, at->attr->axis + 1);
}

static void build_concatenate(ritz_graph *g, const ritz_call *call,
                              ritz_node **out)
{
    const int axis =
        ritz_call_axis(g, "concatenate", call->v[0].i, call->x[0]->shape.rank);
    out[0] = ritz_concatenate(g, call->x, call->nx, axis);
}

const ritz_primitive ritz_primitive_concatenate = {
    .function =
        {
            .module = "ritz",
            .name = "concatenate",
            .signature = "ritz.concatenate({x, y, ...}, axis)",
            .summary = "Tensors joined along one axis.",
            .source = "NumPy's concatenate",
            .example = "ritz.concatenate({ritz.tensor{1, 2}, ritz.tensor{3}})"
                       "  --> {1, 2, 3}",
            .tensors = -1,
            .params = {{.name = "axis",
                        .kind = RITZ_PARAM_AXIS,
                        .fallback = 1,
                        .doc = "the axis that grows"}},
            .build = build_concatenate,
        },
    .class = RITZ_CLASS_MOVE,
    .infer = infer_concatenate,
    .jvp = concatenate_push,
    .vjp = concatenate_pull,
    .batch = concatenate_batch,
    .domain = {-3, 3},
    .samples = {{"ritz.concatenate({x, y}, 1)", {"2,3", "1,3"}},
                {"ritz.concatenate({x, y, x}, 2)", {"2,3", "2,1"}},
                {"ritz.concatenate({x, y}, -1)", {"2,0", "2,3"}}},
    .refusals = {{"ritz.concatenate({ritz.ones{2}, ritz.ones{2, 2}})",
                  "must agree, got f32[2] and f32[2,2]"}},
};
