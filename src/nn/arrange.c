/* arrange.c - elements in another arrangement: stacked, repeated, turned. */
#include "nn/inside.h"

static bool is_whole(const ritz_graph *g)
{
    return ritz_graph_status(g, NULL) == RITZ_OK;
}

static ritz_node *flip(ritz_graph *g, ritz_node *x, int axis)
{
    const int64_t n = x->shape.dim[axis];
    const ritz_shape line = {.rank = 1, .dim = {n}};
    ritz_node *at = ritz_iota(g, RITZ_I64, &line, 0, 0);
    at = ritz_sub(g, ritz_scalar(g, RITZ_I64, (double)n), at);
    return ritz_take_axis(g, x, at, axis, 0);
}

static void build_flip(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    int axes[RITZ_MAX_RANK];
    const int n = ritz_call_axes(g, "flip", &call->v[0], x->shape.rank, axes);
    for (int i = 0; i < n && is_whole(g); i++)
        x = flip(g, x, axes[i]);
    out[0] = x;
}

const ritz_function ritz_nn_flip = {
    .module = "ritz",
    .name = "flip",
    .signature = "ritz.flip(x, axis)",
    .summary = "The elements in the opposite order along axes.",
    .source = "NumPy's flip",
    .example = "ritz.flip(ritz.tensor{1, 2, 3})  --> {3, 2, 1}",
    .tensors = 1,
    .method = true,
    .params = {{.name = "axis",
                .kind = RITZ_PARAM_AXES,
                .doc = "an axis or a list of them; all when left out"}},
    .build = build_flip,
};

static void build_roll(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    const int axis = ritz_call_axis(g, "roll", call->v[1].i, x->shape.rank);
    out[0] = x;
    if (!is_whole(g) || x->shape.dim[axis] == 0)
        return;
    const int64_t n = x->shape.dim[axis], by = (call->v[0].i % n + n) % n;
    ritz_node *both[] = {ritz_slice_axis(g, x, axis, n - by, n),
                         ritz_slice_axis(g, x, axis, 0, n - by)};
    if (by > 0)
        out[0] = ritz_concatenate(g, both, 2, axis);
}

#define AXIS(first, text)                                           \
    {                                                               \
        .name = "axis", .kind = RITZ_PARAM_AXIS, .fallback = first, \
        .doc = text                                                 \
    }

const ritz_function ritz_nn_roll = {
    .module = "ritz",
    .name = "roll",
    .signature = "ritz.roll(x, shift, axis)",
    .summary = "The elements moved along an axis; what leaves at one end "
               "enters at the other.",
    .source = "NumPy's roll",
    .example = "ritz.roll(ritz.tensor{1, 2, 3}, 1)  --> {3, 1, 2}",
    .tensors = 1,
    .method = true,
    .params = {{.name = "shift",
                .kind = RITZ_PARAM_INT,
                .required = true,
                .doc = "places towards larger positions; may be negative"},
               AXIS(1, "from 1; from the end when negative")},
    .build = build_roll,
};

static void build_stack(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node **wide =
        ritz_arena_alloc(ritz_graph_arena(g), (size_t)call->nx, sizeof(void *));
    const int axis =
        ritz_call_axis(g, "stack", call->v[0].i, call->x[0]->shape.rank + 1);
    out[0] = NULL;
    if (!wide)
        ritz_graph_fail(g, RITZ_ENOMEM, "stack: out of memory");
    for (int i = 0; i < call->nx && is_whole(g); i++) {
        if (!ritz_shape_equal(&call->x[i]->shape, &call->x[0]->shape))
            ritz_graph_fail(
                g, RITZ_ESHAPE, "stack: shapes must agree, got %s and %s",
                ritz_type_of(call->x[0]).text, ritz_type_of(call->x[i]).text);
        wide[i] = ritz_expand(g, call->x[i], axis);
    }
    if (is_whole(g))
        out[0] = ritz_concatenate(g, wide, call->nx, axis);
}

const ritz_function ritz_nn_stack = {
    .module = "ritz",
    .name = "stack",
    .signature = "ritz.stack({x, y, ...}, axis)",
    .summary = "Tensors of one shape joined along a new axis.",
    .source = "NumPy's stack",
    .example = "ritz.stack({ritz.tensor{1, 2}, ritz.tensor{3, 4}})"
               "  --> {{1, 2}, {3, 4}}",
    .tensors = -1,
    .params = {AXIS(1, "where the new axis is in the result")},
    .build = build_stack,
};

/* x with each of these axes `times` longer: copies of the whole axis one
 * after the other, or of each of its elements. */
static ritz_node *repeat(ritz_graph *g, ritz_node *x, int axis, int64_t times,
                         bool elements)
{
    if (!is_whole(g))
        return x;
    ritz_node *wide = ritz_expand(g, x, elements ? axis + 1 : axis);
    if (!is_whole(g))
        return x;
    ritz_shape s = wide->shape, flat = x->shape;
    s.dim[elements ? axis + 1 : axis] = times;
    flat.dim[axis] *= times;
    return ritz_reshape(g, ritz_broadcast(g, wide, &s), &flat);
}

#define TIMES                                                                \
    {                                                                        \
        .name = "times", .kind = RITZ_PARAM_INT, .required = true, .low = 0, \
        .high = 1e9, .doc = "how often"                                      \
    }

static void build_tile(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    const int axis = ritz_call_axis(g, "tile", call->v[1].i, x->shape.rank);
    out[0] = repeat(g, x, axis, call->v[0].i, false);
}

const ritz_function ritz_nn_tile = {
    .module = "ritz",
    .name = "tile",
    .signature = "ritz.tile(x, times, axis)",
    .summary = "Copies of x one after the other along an axis.",
    .source = "NumPy's tile, along one axis",
    .example = "ritz.tile(ritz.tensor{1, 2}, 2)  --> {1, 2, 1, 2}",
    .tensors = 1,
    .method = true,
    .params = {TIMES, AXIS(1, "from 1; from the end when negative")},
    .build = build_tile,
};

static void build_repeat(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    const int axis =
        ritz_call_axis(g, "repeat_interleave", call->v[1].i, x->shape.rank);
    out[0] = repeat(g, x, axis, call->v[0].i, true);
}

const ritz_function ritz_nn_repeat = {
    .module = "ritz",
    .name = "repeat_interleave",
    .signature = "ritz.repeat_interleave(x, times, axis)",
    .summary = "Copies of each element beside it along an axis.",
    .source = "PyTorch's repeat_interleave",
    .example = "ritz.repeat_interleave(ritz.tensor{1, 2}, 2)"
               "  --> {1, 1, 2, 2}",
    .tensors = 1,
    .method = true,
    .params = {TIMES, AXIS(1, "from 1; from the end when negative")},
    .build = build_repeat,
};

static void build_squeeze(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    int axes[RITZ_MAX_RANK], n = 0;
    out[0] = NULL;
    if (call->v[0].given)
        n = ritz_call_axes(g, "squeeze", &call->v[0], x->shape.rank, axes);
    else
        for (int i = 0; i < x->shape.rank; i++)
            if (x->shape.dim[i] == 1)
                axes[n++] = i;
    for (int i = 0; i < n && is_whole(g); i++)
        if (x->shape.dim[axes[i]] != 1)
            ritz_graph_fail(g, RITZ_ESHAPE,
                            "squeeze: axis %d must have size 1, got %s",
                            axes[i] + 1, ritz_type_of(x).text);
    if (is_whole(g))
        out[0] = ritz_nn_drop_axes(g, x, axes, n);
}

const ritz_function ritz_nn_squeeze = {
    .module = "ritz",
    .name = "squeeze",
    .signature = "ritz.squeeze(x, axis)",
    .summary = "x without axes of size 1.",
    .source = "NumPy's squeeze",
    .example = "ritz.squeeze(ritz.tensor{{1, 2}})  --> {1, 2}",
    .tensors = 1,
    .method = true,
    .params = {{.name = "axis",
                .kind = RITZ_PARAM_AXES,
                .doc = "an axis or a list of them; all of size 1 when left "
                       "out"}},
    .build = build_squeeze,
};

static void build_expand(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    const int axis =
        ritz_call_axis(g, "expand", call->v[0].i, x->shape.rank + 1);
    out[0] = ritz_expand(g, x, axis);
}

const ritz_function ritz_nn_expand = {
    .module = "ritz",
    .name = "expand",
    .signature = "ritz.expand(x, axis)",
    .summary = "x with a new axis of size 1.",
    .source = "NumPy's expand_dims",
    .example = "ritz.expand(ritz.tensor{1, 2}, 2)  --> {{1}, {2}}",
    .tensors = 1,
    .method = true,
    .params = {{.name = "axis",
                .kind = RITZ_PARAM_AXIS,
                .required = true,
                .doc = "where the new axis is in the result"}},
    .build = build_expand,
};

static void build_move_axis(ritz_graph *g, const ritz_call *call,
                            ritz_node **out)
{
    ritz_node *x = call->x[0];
    const int r = x->shape.rank;
    const int from = ritz_call_axis(g, "move_axis", call->v[0].i, r);
    const int to = ritz_call_axis(g, "move_axis", call->v[1].i, r);
    out[0] = ritz_move_axis(g, x, from, to);
}

const ritz_function ritz_nn_move_axis = {
    .module = "ritz",
    .name = "move_axis",
    .signature = "ritz.move_axis(x, from, to)",
    .summary = "x with one axis in another place; the others keep their order.",
    .source = "NumPy's moveaxis",
    .example = "ritz.move_axis(ritz.tensor{{1, 2}}, 1, 2)  --> {{1}, {2}}",
    .tensors = 1,
    .method = true,
    .params = {{.name = "from",
                .kind = RITZ_PARAM_AXIS,
                .required = true,
                .doc = "where the axis is"},
               {.name = "to",
                .kind = RITZ_PARAM_AXIS,
                .required = true,
                .doc = "where it is in the result"}},
    .build = build_move_axis,
};

static void build_meshgrid(ritz_graph *g, const ritz_call *call,
                           ritz_node **out)
{
    ritz_node *x = call->x[0], *y = call->x[1];
    out[0] = out[1] = NULL;
    if (x->shape.rank != 1 || y->shape.rank != 1) {
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "meshgrid: wants vectors, got %s and %s",
                        ritz_type_of(x).text, ritz_type_of(y).text);
        return;
    }
    const ritz_shape s = {.rank = 2, .dim = {y->shape.dim[0], x->shape.dim[0]}};
    out[0] = ritz_broadcast(g, x, &s);
    out[1] = ritz_broadcast(g, ritz_expand(g, y, 1), &s);
}

const ritz_function ritz_nn_meshgrid = {
    .module = "ritz",
    .name = "meshgrid",
    .signature = "ritz.meshgrid(x, y)",
    .summary = "The coordinates of all points of a grid: x along the columns, "
               "y along the rows.",
    .details = "x is [n], y [m], both results are [m, n].",
    .source = "NumPy's meshgrid",
    .example = "ritz.meshgrid(ritz.tensor{1, 2}, ritz.tensor{3})"
               "  --> {{1, 2}}, {{3, 3}}",
    .tensors = 2,
    .results = 2,
    .build = build_meshgrid,
};
