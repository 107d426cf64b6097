/* normalise.c - normalisation of layers, groups and batches.
 *
 * Both subtract a mean and divide by a root: 1/sqrt(var + eps) is one rsqrt
 * per group, and what remains per element is one multiply-add or two.
 */
#include "nn/inside.h"

#define EPS                                                         \
    {                                                               \
        .name = "eps", .kind = RITZ_PARAM_NUMBER, .fallback = 1e-5, \
        .high = 1.0, .doc = "added to the variance"                 \
    }

/* (x - mean) / sqrt(var + eps) * scale + shift; NULL: no scale, no shift. */
static ritz_node *normalised(ritz_graph *g, ritz_node *x, ritz_node *mean,
                             ritz_node *var, double eps)
{
    return ritz_mul(g, ritz_sub(g, x, mean),
                    ritz_rsqrt(g, ritz_shift(g, var, eps)));
}

static ritz_node *affine(ritz_graph *g, ritz_node *x, ritz_node *scale,
                         ritz_node *shift)
{
    ritz_node *y = scale ? ritz_mul(g, x, scale) : x;
    return shift ? ritz_add(g, y, shift) : y;
}

static bool check(ritz_graph *g, const ritz_call *call, const char *const *name)
{
    const char *who = call->function->name;
    const ritz_node *x = call->x[0];
    bool good = ritz_nn_wants_float(g, who, x) &&
                ritz_nn_wants_rank(g, who, x, 1, "x [..., channels]");
    for (int i = 1; i < call->nx && good; i++)
        good = ritz_nn_wants_vector(g, who, name[i - 1], call->x[i], x);
    return good;
}

static void build_layer_norm(ritz_graph *g, const ritz_call *call,
                             ritz_node **out)
{
    static const char *const names[] = {"scale", "shift"};
    ritz_node *x = call->x[0], *mean;
    out[0] = NULL;
    if (!check(g, call, names))
        return;
    const int last = x->shape.rank - 1;
    ritz_node *var = ritz_variance(g, x, &last, 1, &mean);
    ritz_node *z = normalised(g, x, mean, var, call->v[0].number);
    out[0] = affine(g, z, call->x[1], call->x[2]);
}

const ritz_function ritz_nn_layer_norm = {
    .module = "ritz",
    .name = "layer_norm",
    .signature = "ritz.layer_norm(x, scale, shift, {eps})",
    .summary = "x with mean 0 and variance 1 along the last axis, then scaled "
               "and shifted.",
    .details = "scale and shift are [size of the last axis], or left out.",
    .source = "Ba, Kiros and Hinton 2016, equation 4",
    .example = "ritz.layer_norm(ritz.tensor{1, 3}, {eps = 0})  --> {-1, 1}",
    .tensors = 3,
    .optional = 2,
    .params = {EPS},
    .build = build_layer_norm,
};

static void build_rms_norm(ritz_graph *g, const ritz_call *call,
                           ritz_node **out)
{
    static const char *const names[] = {"scale"};
    ritz_node *x = call->x[0];
    out[0] = NULL;
    if (!check(g, call, names))
        return;
    const int last = x->shape.rank - 1;
    ritz_node *mean = ritz_mean_axes(g, ritz_square(g, x), &last, 1, true);
    ritz_node *size = ritz_shift(g, mean, call->v[0].number);
    out[0] = affine(g, ritz_mul(g, x, ritz_rsqrt(g, size)), call->x[1], NULL);
}

const ritz_function ritz_nn_rms_norm = {
    .module = "ritz",
    .name = "rms_norm",
    .signature = "ritz.rms_norm(x, scale, {eps})",
    .summary = "x with mean square 1 along the last axis, then scaled.",
    .details = "scale is [size of the last axis], or left out. eps is added to "
               "the mean square.",
    .source = "Zhang and Sennrich 2019, equation 4",
    .example = "ritz.rms_norm(ritz.tensor{3, -3}, {eps = 0})  --> {1, -1}",
    .tensors = 2,
    .optional = 1,
    .params = {EPS},
    .build = build_rms_norm,
};

/* [rows, ..., channels] -> [rows, positions, groups, channels of a group] */
static ritz_shape grouped(const ritz_node *x, int64_t groups)
{
    const int last = x->shape.rank - 1;
    ritz_shape s = {
        .rank = 4,
        .dim = {x->shape.dim[0], 1, groups, x->shape.dim[last] / groups}};
    for (int i = 1; i < last; i++)
        s.dim[1] *= x->shape.dim[i];
    return s;
}

static void build_group_norm(ritz_graph *g, const ritz_call *call,
                             ritz_node **out)
{
    static const char *const names[] = {"scale", "shift"};
    static const int axes[] = {1, 3};
    ritz_node *x = call->x[0], *mean;
    const int64_t groups = call->v[0].i;
    out[0] = NULL;
    if (!check(g, call, names) ||
        !ritz_nn_wants_rank(g, "group_norm", x, 2, "x [rows, ..., channels]"))
        return;
    if (x->shape.dim[x->shape.rank - 1] % groups) {
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "group_norm: groups must divide the channels, got %lld "
                        "for %s",
                        (long long)groups, ritz_type_of(x).text);
        return;
    }
    const ritz_shape s = grouped(x, groups);
    ritz_node *z = ritz_reshape(g, x, &s);
    ritz_node *var = ritz_variance(g, z, axes, 2, &mean);
    z = normalised(g, z, mean, var, call->v[1].number);
    out[0] = affine(g, ritz_reshape(g, z, &x->shape), call->x[1], call->x[2]);
}

const ritz_function ritz_nn_group_norm = {
    .module = "ritz",
    .name = "group_norm",
    .signature = "ritz.group_norm(x, scale, shift, {groups, eps})",
    .summary = "Each row of x with mean 0 and variance 1 in every group of "
               "channels, then scaled and shifted.",
    .details = "x is [rows, ..., channels]; groups are of channels that lie "
               "side by side, and of all that is between. scale and shift are "
               "[channels], or left out.",
    .source = "Wu and He 2018, equations 1 and 7",
    .example = "ritz.group_norm(ritz.tensor{{1, 3, 5, 5}}, {groups = 2, eps = "
               "1e-9})  --> {{-1, 1, 0, 0}}",
    .tensors = 3,
    .optional = 2,
    .params = {{.name = "groups",
                .kind = RITZ_PARAM_INT,
                .required = true,
                .low = 1,
                .high = 1e9,
                .doc = "how many"},
               EPS},
    .build = build_group_norm,
};

/* The running value, moved towards `now`. */
static ritz_node *moved(ritz_graph *g, ritz_node *old, ritz_node *now,
                        double rate)
{
    now = ritz_stop_gradient(g, ritz_reshape(g, now, &old->shape));
    return ritz_add(g, old, ritz_scale(g, ritz_sub(g, now, old), rate));
}

/* Trains: statistics of this batch; the running ones move. */
static void over_batch(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0], *mean;
    int axes[RITZ_MAX_RANK];
    const int n = x->shape.rank - 1;
    double count = 1.0;
    for (int i = 0; i < n; i++) {
        axes[i] = i;
        count *= (double)x->shape.dim[i];
    }
    if (count < 2) {
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "batch_norm: wants at least 2 rows to train, got %s",
                        ritz_type_of(x).text);
        return;
    }
    ritz_node *var = ritz_variance(g, x, axes, n, &mean);
    ritz_node *z = normalised(g, x, mean, var, call->v[2].number);
    const double rate = call->v[1].number;
    out[0] = affine(g, z, call->x[1], call->x[2]);
    out[1] = moved(g, call->x[3], mean, rate);
    out[2] =
        moved(g, call->x[4], ritz_scale(g, var, count / (count - 1)), rate);
}

static void build_batch_norm(ritz_graph *g, const ritz_call *call,
                             ritz_node **out)
{
    static const char *const names[] = {"scale", "shift", "mean", "var"};
    out[0] = out[1] = out[2] = NULL;
    if (!check(g, call, names))
        return;
    if (call->v[0].i) {
        over_batch(g, call, out);
        return;
    }
    ritz_node *z =
        normalised(g, call->x[0], call->x[3], call->x[4], call->v[2].number);
    out[0] = affine(g, z, call->x[1], call->x[2]);
    out[1] = call->x[3];
    out[2] = call->x[4];
}

const ritz_function ritz_nn_batch_norm = {
    .module = "ritz",
    .name = "batch_norm",
    .signature = "ritz.batch_norm(x, scale, shift, mean, var, {train, "
                 "momentum, eps})",
    .summary = "x normalised over all axes but the last, and the running mean "
               "and variance.",
    .details = "All vectors are [channels]. With train the statistics are "
               "those of x, and the running ones move by momentum towards "
               "them, the variance towards the unbiased one; no derivative "
               "passes through these. Without, x is normalised by the running "
               "ones.",
    .source = "Ioffe and Szegedy 2015, algorithms 1 and 2; PyTorch's momentum",
    .example = "(ritz.batch_norm(ritz.tensor{{1}, {3}}, ritz.ones{1},\n  "
               "ritz.zeros{1}, ritz.zeros{1}, ritz.ones{1}, {eps = 0}))"
               "  --> {{-1}, {1}}",
    .tensors = 5,
    .results = 3,
    .params = {{.name = "train",
                .kind = RITZ_PARAM_BOOL,
                .fallback = 1,
                .doc = "use the statistics of x"},
               {.name = "momentum",
                .kind = RITZ_PARAM_NUMBER,
                .fallback = 0.1,
                .high = 1.0,
                .doc = "how far the running statistics move"},
               EPS},
    .build = build_batch_norm,
};
