/* statistics.c - means, spreads, norms and products of whole arrays. */
#include "nn/inside.h"

/* The call's operand, its axes and whether to keep them. */
typedef struct reduction {
    ritz_node *x;
    int axes[RITZ_MAX_RANK], n;
    bool keep;
} reduction;

/* False when the call is wrong, or an axis without elements is averaged. */
static bool read_call(reduction *r, ritz_graph *g, const ritz_call *call)
{
    const char *who = call->function->name;
    r->x = call->x[0];
    r->n = ritz_call_axes(g, who, &call->v[0], r->x->shape.rank, r->axes);
    r->keep = call->v[1].i != 0;
    return ritz_nn_wants_float(g, who, r->x);
}

static bool wants_elements(ritz_graph *g, const char *who, const reduction *r)
{
    for (int i = 0; i < r->n; i++)
        if (r->x->shape.dim[r->axes[i]] == 0) {
            ritz_graph_fail(g, RITZ_ESHAPE,
                            "%s: wants at least one element along axis %d, "
                            "got %s",
                            who, r->axes[i] + 1, ritz_type_of(r->x).text);
            return false;
        }
    return true;
}

ritz_node *ritz_nn_drop_axes(ritz_graph *g, ritz_node *y, const int *axes,
                             int n)
{
    ritz_shape s = {0};
    for (int i = 0; i < y->shape.rank; i++) {
        bool reduced = false;
        for (int k = 0; k < n; k++)
            reduced = reduced || axes[k] == i;
        if (!reduced)
            s.dim[s.rank++] = y->shape.dim[i];
    }
    return ritz_reshape(g, y, &s);
}

/* y has the reduced axes with size 1: drops them if the call says so. */
static ritz_node *drop_axes(ritz_graph *g, const reduction *r, ritz_node *y)
{
    return r->keep ? y : ritz_nn_drop_axes(g, y, r->axes, r->n);
}

ritz_node *ritz_variance(ritz_graph *g, ritz_node *x, const int *axes, int n,
                         ritz_node **mean)
{
    ritz_node *middle = ritz_mean_axes(g, x, axes, n, true);
    if (mean)
        *mean = middle;
    return ritz_mean_axes(g, ritz_square(g, ritz_sub(g, x, middle)), axes, n,
                          true);
}

static void build_mean(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    reduction r;
    out[0] = NULL;
    if (read_call(&r, g, call) && wants_elements(g, "mean", &r))
        out[0] = ritz_mean_axes(g, r.x, r.axes, r.n, r.keep);
}

const ritz_function ritz_nn_mean = {
    .module = "ritz",
    .name = "mean",
    .signature = "ritz.mean(x, axis, keep)",
    .summary = "The mean over all elements, or along axes.",
    .details = "Wants f32 or f64, and at least one element.",
    .source = "NumPy's mean",
    .example = "ritz.mean(ritz.tensor{{1, 2}, {3, 4}}, 1)  --> {2, 3}",
    .tensors = 1,
    .method = true,
    .params = {RITZ_AXES_AND_KEEP},
    .build = build_mean,
};

/* The variance of the call with the axes kept; NULL on an error. */
static ritz_node *variance_of(reduction *r, ritz_graph *g,
                              const ritz_call *call)
{
    if (!read_call(r, g, call) || !wants_elements(g, call->function->name, r))
        return NULL;
    double count = 1.0;
    for (int i = 0; i < r->n; i++)
        count *= (double)r->x->shape.dim[r->axes[i]];
    const double ddof = call->v[2].number;
    if (count <= ddof) {
        ritz_graph_fail(g, RITZ_EVALUE,
                        "%s: wants more elements than ddof = %g, got %g",
                        call->function->name, ddof, count);
        return NULL;
    }
    ritz_node *v = ritz_variance(g, r->x, r->axes, r->n, NULL);
    return ddof > 0 ? ritz_scale(g, v, count / (count - ddof)) : v;
}

#define AXES_KEEP_DDOF                                           \
    {                                                            \
        RITZ_AXES_AND_KEEP,                                      \
        {                                                        \
            .name = "ddof", .kind = RITZ_PARAM_INT, .high = 1e9, \
            .doc = "subtracted from the number of elements"      \
        }                                                        \
    }

static void build_var(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    reduction r;
    ritz_node *v = variance_of(&r, g, call);
    out[0] = v ? drop_axes(g, &r, v) : NULL;
}

const ritz_function ritz_nn_var = {
    .module = "ritz",
    .name = "var",
    .signature = "ritz.var(x, axis, keep, ddof)",
    .summary = "The variance over all elements, or along axes.",
    .details = "The mean square of the distance to the mean, in two passes; "
               "ddof = 1 divides by one less than the number of elements.",
    .source = "NumPy's var",
    .example = "ritz.var(ritz.tensor{1, 3})  --> 1",
    .tensors = 1,
    .method = true,
    .params = AXES_KEEP_DDOF,
    .build = build_var,
};

/* The square root, with derivative 0 where s is 0. */
static ritz_node *root(ritz_graph *g, ritz_node *s)
{
    ritz_node *zero = ritz_scalar_like(g, s, 0.0);
    ritz_node *flat = ritz_equal(g, s, zero);
    ritz_node *safe = ritz_where(g, flat, ritz_scalar_like(g, s, 1.0), s);
    return ritz_where(g, flat, zero, ritz_sqrt(g, safe));
}

static void build_std(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    reduction r;
    ritz_node *v = variance_of(&r, g, call);
    out[0] = v ? drop_axes(g, &r, root(g, v)) : NULL;
}

const ritz_function ritz_nn_std = {
    .module = "ritz",
    .name = "std",
    .signature = "ritz.std(x, axis, keep, ddof)",
    .summary = "The standard deviation over all elements, or along axes.",
    .details = "The root of ritz.var. Where it is 0 its derivative is 0.",
    .source = "NumPy's std",
    .example = "ritz.std(ritz.tensor{1, 5})  --> 2",
    .tensors = 1,
    .method = true,
    .params = AXES_KEEP_DDOF,
    .build = build_std,
};

static void build_min(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    reduction r = {.x = call->x[0], .keep = call->v[1].i != 0};
    r.n = ritz_call_axes(g, "min", &call->v[0], r.x->shape.rank, r.axes);
    out[0] = NULL;
    if (ritz_graph_status(g, NULL) == RITZ_OK && wants_elements(g, "min", &r))
        out[0] = ritz_neg(
            g, ritz_reduce_max(g, ritz_neg(g, r.x), r.axes, r.n, r.keep));
}

const ritz_function ritz_nn_min = {
    .module = "ritz",
    .name = "min",
    .signature = "ritz.min(x, axis, keep)",
    .summary = "The smallest element, over all or along axes.",
    .details = "NaN if there is a NaN. Equal minima share the derivative "
               "equally.",
    .source = "NumPy's min; JAX's rule for ties",
    .example = "ritz.min(ritz.tensor{{1, 5}, {3, 4}}, 2)  --> {1, 3}",
    .tensors = 1,
    .method = true,
    .params = {RITZ_AXES_AND_KEEP},
    .build = build_min,
};

static void build_norm(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    reduction r;
    out[0] = NULL;
    if (read_call(&r, g, call))
        out[0] = root(
            g, ritz_reduce_sum(g, ritz_square(g, r.x), r.axes, r.n, r.keep));
}

const ritz_function ritz_nn_norm = {
    .module = "ritz",
    .name = "norm",
    .signature = "ritz.norm(x, axis, keep)",
    .summary = "The root of the sum of squares, over all or along axes.",
    .details = "Where it is 0 its derivative is 0. Squares beyond the range "
               "of the dtype overflow to infinity.",
    .source = "elementary",
    .example = "ritz.norm(ritz.tensor{3, 4})  --> 5",
    .tensors = 1,
    .method = true,
    .params = {RITZ_AXES_AND_KEEP},
    .build = build_norm,
};

static void build_dot(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *xy = ritz_mul(g, call->x[0], call->x[1]);
    out[0] = NULL;
    if (!ritz_nn_wants_rank(g, "dot", xy, 1, "vectors"))
        return;
    const int last = xy->shape.rank - 1;
    out[0] = ritz_reduce_sum(g, xy, &last, 1, false);
}

const ritz_function ritz_nn_dot = {
    .module = "ritz",
    .name = "dot",
    .signature = "ritz.dot(x, y)",
    .summary = "The sum of products along the last axis.",
    .details = "x and y broadcast; for two vectors a scalar.",
    .source = "elementary",
    .example = "ritz.dot(ritz.tensor{1, 2}, ritz.tensor{3, 4})  --> 11",
    .tensors = 2,
    .method = true,
    .build = build_dot,
};
