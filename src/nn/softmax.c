/* softmax.c - exponentials that sum to one.
 *
 * The largest element is subtracted first, so that no exponential overflows;
 * it cancels, and therefore no derivative passes through it.
 */
#include "nn/inside.h"

/* x minus its maxima along the axes, and these maxima; where all are minus
 * infinity, 0 is subtracted instead. */
static ritz_node *centred(ritz_graph *g, ritz_node *x, const int *axes, int n,
                          ritz_node **top)
{
    ritz_node *m = ritz_stop_gradient(g, ritz_reduce_max(g, x, axes, n, true));
    *top = ritz_where(g, ritz_is_finite(g, m), m, ritz_scalar_like(g, m, 0.0));
    return ritz_sub(g, x, *top);
}

ritz_node *ritz_logsumexp(ritz_graph *g, ritz_node *x, const int *axes, int n,
                          bool keep)
{
    ritz_node *top;
    ritz_node *e = ritz_exp(g, centred(g, x, axes, n, &top));
    ritz_node *log = ritz_log(g, ritz_reduce_sum(g, e, axes, n, keep));
    return ritz_add(g, log, ritz_reshape(g, top, &log->shape));
}

ritz_node *ritz_log_softmax(ritz_graph *g, ritz_node *x, int axis)
{
    ritz_node *top;
    ritz_node *z = centred(g, x, &axis, 1, &top);
    ritz_node *sum = ritz_reduce_sum(g, ritz_exp(g, z), &axis, 1, true);
    return ritz_sub(g, z, ritz_log(g, sum));
}

ritz_node *ritz_softmax(ritz_graph *g, ritz_node *x, int axis)
{
    ritz_node *top;
    ritz_node *e = ritz_exp(g, centred(g, x, &axis, 1, &top));
    return ritz_div(g, e, ritz_reduce_sum(g, e, &axis, 1, true));
}

static void build_logsumexp(ritz_graph *g, const ritz_call *call,
                            ritz_node **out)
{
    ritz_node *x = call->x[0];
    int axes[RITZ_MAX_RANK];
    const int n =
        ritz_call_axes(g, "logsumexp", &call->v[0], x->shape.rank, axes);
    out[0] = NULL;
    if (ritz_nn_wants_float(g, "logsumexp", x))
        out[0] = ritz_logsumexp(g, x, axes, n, call->v[1].i != 0);
}

const ritz_function ritz_nn_logsumexp = {
    .module = "ritz",
    .name = "logsumexp",
    .signature = "ritz.logsumexp(x, axis, keep)",
    .summary = "log of the sum of exp(x), over all or along axes.",
    .details = "Exact where exp(x) itself would overflow.",
    .source = "Blanchard, Higham and Higham 2021, algorithm 3.1",
    .example = "ritz.logsumexp(ritz.tensor{1000, 1000})  --> 1000.69",
    .tensors = 1,
    .method = true,
    .params = {RITZ_AXES_AND_KEEP},
    .build = build_logsumexp,
};

typedef ritz_node *along_fn(ritz_graph *g, ritz_node *x, int axis);

static void build_along(ritz_graph *g, const ritz_call *call, along_fn *f,
                        ritz_node **out)
{
    ritz_node *x = call->x[0];
    const char *who = call->function->name;
    out[0] = NULL;
    if (!ritz_nn_wants_float(g, who, x) ||
        !ritz_nn_wants_rank(g, who, x, 1, "at least one axis"))
        return;
    const int axis = ritz_call_axis(g, who, call->v[0].i, x->shape.rank);
    out[0] = f(g, x, axis);
}

static void build_softmax(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    build_along(g, call, ritz_softmax, out);
}

static void build_log_softmax(ritz_graph *g, const ritz_call *call,
                              ritz_node **out)
{
    build_along(g, call, ritz_log_softmax, out);
}

#define LAST_AXIS                                                    \
    {                                                                \
        {                                                            \
            .name = "axis", .kind = RITZ_PARAM_AXIS, .fallback = -1, \
            .doc = "the axis that sums to one"                       \
        }                                                            \
    }

const ritz_function ritz_nn_softmax = {
    .module = "ritz",
    .name = "softmax",
    .signature = "ritz.softmax(x, axis)",
    .summary = "exp(x) divided by its sum along an axis.",
    .source = "Blanchard, Higham and Higham 2021, algorithm 3.2",
    .example = "ritz.softmax(ritz.tensor{0, 0})  --> {0.5, 0.5}",
    .tensors = 1,
    .method = true,
    .params = LAST_AXIS,
    .build = build_softmax,
};

const ritz_function ritz_nn_log_softmax = {
    .module = "ritz",
    .name = "log_softmax",
    .signature = "ritz.log_softmax(x, axis)",
    .summary = "The logarithm of ritz.softmax, without its underflow.",
    .source = "Blanchard, Higham and Higham 2021, section 4",
    .example =
        "ritz.log_softmax(ritz.tensor{0, 0})  --> {-0.693147, -0.693147}",
    .tensors = 1,
    .method = true,
    .params = LAST_AXIS,
    .build = build_log_softmax,
};
