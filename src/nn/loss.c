/* loss.c - what training makes small, and the share of right answers.
 *
 * The cross-entropy takes logits: log of the sum of exponentials minus the
 * logit of the label needs no logarithm of a small number.
 */
#include "nn/inside.h"

static ritz_node *mean_of(ritz_graph *g, ritz_node *x)
{
    int axes[RITZ_MAX_RANK];
    for (int i = 0; i < x->shape.rank; i++)
        axes[i] = i;
    return ritz_mean_axes(g, x, axes, x->shape.rank, false);
}

static bool wants_elements(ritz_graph *g, const char *who, const ritz_node *x)
{
    if (ritz_shape_count(&x->shape) > 0)
        return true;
    ritz_graph_fail(g, RITZ_ESHAPE, "%s: wants at least one element, got %s",
                    who, ritz_type_of(x).text);
    return false;
}

/* [n, 1] against [n] would be n times n differences. */
static bool check_alike(ritz_graph *g, const char *who, const ritz_node *x,
                        const ritz_node *target)
{
    if (x->shape.rank == 0 || target->shape.rank == 0 ||
        ritz_shape_equal(&x->shape, &target->shape))
        return true;
    ritz_graph_fail(g, RITZ_ESHAPE,
                    "%s: wants prediction and target of one shape, got %s and "
                    "%s: reshape one of them, or ritz.broadcast it",
                    who, ritz_type_of(x).text, ritz_type_of(target).text);
    return false;
}

static void build_mse(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = NULL;
    if (!ritz_nn_wants_float(g, "mse", call->x[0]) ||
        !check_alike(g, "mse", call->x[0], call->x[1]))
        return;
    ritz_node *d = ritz_sub(g, call->x[0], call->x[1]);
    if (wants_elements(g, "mse", d))
        out[0] = mean_of(g, ritz_square(g, d));
}

const ritz_function ritz_nn_mse = {
    .module = "nn",
    .name = "mse",
    .signature = "nn.mse(prediction, target)",
    .summary = "The mean of squared differences, over all elements.",
    .details = "Both have one shape, or one is a number. Wants f32 or f64, and "
               "at least one element.",
    .source = "elementary",
    .example = "ritz.nn.mse(ritz.tensor{1, 2}, ritz.tensor{1, 4})  --> 2",
    .tensors = 2,
    .build = build_mse,
};

/* logits [..., classes] and labels [...] that go with them. */
static bool check_labels(ritz_graph *g, const char *who, const ritz_node *x,
                         const ritz_node *labels)
{
    if (!ritz_nn_wants_float(g, who, x) ||
        !ritz_nn_wants_rank(g, who, x, 1, "logits [..., classes]") ||
        !ritz_nn_wants_index(g, who, labels) || !wants_elements(g, who, x))
        return false;
    ritz_shape rows = x->shape;
    rows.rank--;
    if (ritz_shape_equal(&rows, &labels->shape))
        return true;
    ritz_graph_fail(g, RITZ_ESHAPE,
                    "%s: wants one label for each row of logits %s, got %s",
                    who, ritz_type_of(x).text, ritz_type_of(labels).text);
    return false;
}

static void build_cross_entropy(ritz_graph *g, const ritz_call *call,
                                ritz_node **out)
{
    ritz_node *x = call->x[0], *labels = call->x[1];
    const double smoothing = call->v[0].number;
    out[0] = NULL;
    if (!check_labels(g, "cross_entropy", x, labels))
        return;
    const int last = x->shape.rank - 1;
    ritz_node *lse = ritz_logsumexp(g, x, &last, 1, false);
    ritz_node *hit = ritz_take_axis(g, x, labels, last, last);
    ritz_node *loss = ritz_sub(g, lse, hit);
    if (smoothing > 0) {
        /* (1 - s) of the label, and s spread evenly over all classes. */
        ritz_node *even =
            ritz_sub(g, lse, ritz_mean_axes(g, x, &last, 1, false));
        loss = ritz_add(g, ritz_scale(g, loss, 1.0 - smoothing),
                        ritz_scale(g, even, smoothing));
    }
    out[0] = mean_of(g, loss);
}

const ritz_function ritz_nn_cross_entropy = {
    .module = "nn",
    .name = "cross_entropy",
    .signature = "nn.cross_entropy(logits, labels, {smoothing})",
    .summary = "The mean of minus the log-probability of the labels, in nats.",
    .details = "logits is [..., classes], labels i64 [...], 1 to classes; the "
               "probabilities are the softmax of the logits. smoothing is the "
               "share that is spread evenly over all classes.",
    .source = "Bishop 2006, equation 4.108; Szegedy et al. 2016, section 7",
    .example = "ritz.nn.cross_entropy(ritz.zeros{3, 2}, "
               "ritz.tensor({1, 2, 1}, \"i64\"))  --> 0.693147",
    .tensors = 2,
    .params = {{.name = "smoothing",
                .kind = RITZ_PARAM_NUMBER,
                .high = 1.0,
                .doc = "the share spread over all classes"}},
    .build = build_cross_entropy,
};

static void build_accuracy(ritz_graph *g, const ritz_call *call,
                           ritz_node **out)
{
    ritz_node *x = call->x[0], *labels = call->x[1];
    out[0] = NULL;
    if (!check_labels(g, "accuracy", x, labels))
        return;
    ritz_node *hit =
        ritz_equal(g, ritz_argmax(g, x, x->shape.rank - 1), labels);
    out[0] = mean_of(g, ritz_cast(g, hit, x->dtype));
}

const ritz_function ritz_nn_accuracy = {
    .module = "nn",
    .name = "accuracy",
    .signature = "nn.accuracy(logits, labels)",
    .summary = "The share of rows whose largest logit is at the label.",
    .details = "logits is [..., classes], labels i64 [...], 1 to classes. No "
               "derivative.",
    .source = "elementary",
    .example = "ritz.nn.accuracy(ritz.tensor{{1, 2}, {3, 0}}, "
               "ritz.tensor({2, 2}, \"i64\"))  --> 0.5",
    .tensors = 2,
    .build = build_accuracy,
};
