/* rules.c - one step of an optimiser for one parameter.
 *
 * Every rule is one elementwise chain over the parameter, its gradient and its
 * memory, so that it runs in one pass and in place. What is the same for all
 * elements, such as a bias correction, is computed once on scalars: that
 * shortens the chain, and equals the published order up to rounding.
 */
#include "graph/build.h"
#include "graph/infer.h"
#include "optim/inside.h"

#include <math.h>

/* p, g and memory of one shape; the rest scalars. */
static bool check(ritz_graph *g, const ritz_call *call, int alike)
{
    const char *who = call->function->name;
    const ritz_node *p = call->x[0];
    for (int i = 1; i < call->nx; i++) {
        const ritz_node *x = call->x[i];
        const bool good = i < alike ? x->dtype == p->dtype &&
                                          ritz_shape_equal(&x->shape, &p->shape)
                                    : x->shape.rank == 0;
        if (!good) {
            ritz_graph_fail(g, RITZ_ESHAPE,
                            "%s: argument %d must be %s, got %s", who, i + 1,
                            i < alike ? ritz_type_of(p).text : "a scalar",
                            ritz_type_of(x).text);
            return false;
        }
    }
    if (!ritz_dtype_is_float(p->dtype))
        ritz_graph_fail(g, RITZ_EDTYPE,
                        "%s: parameters must be f32 or f64, got %s", who,
                        ritz_type_of(p).text);
    return ritz_graph_status(g, NULL) == RITZ_OK;
}

/* The gradient of loss + decay/2 |p|^2. */
static ritz_node *with_decay(ritz_graph *g, ritz_node *grad, ritz_node *p,
                             double decay)
{
    return decay != 0 ? ritz_add(g, grad, ritz_scale(g, p, decay)) : grad;
}

#define DECAY                                               \
    {                                                       \
        .name = "weight_decay", .kind = RITZ_PARAM_NUMBER,  \
        .doc = "times the parameter, added to the gradient" \
    }

static void build_sgd(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *p = call->x[0];
    out[0] = NULL;
    if (!check(g, call, 2))
        return;
    ritz_node *grad = with_decay(g, call->x[1], p, call->v[0].number);
    ritz_node *lr = ritz_cast(g, call->x[2], p->dtype);
    out[0] = ritz_sub(g, p, ritz_mul(g, grad, lr));
}

const ritz_function ritz_optim_sgd_step = {
    .module = "optim",
    .name = "sgd_step",
    .signature = "optim.sgd_step(p, g, lr, {weight_decay})",
    .summary = "One step of gradient descent: p - lr g.",
    .details = "p is a parameter, g its gradient, lr a number or a scalar.",
    .source = "Robbins and Monro 1951",
    .example = "ritz.optim.sgd_step(ritz.tensor{1}, ritz.tensor{2}, 0.25)"
               "  --> {0.5}",
    .tensors = 3,
    .params = {DECAY},
    .build = build_sgd,
};

static void build_momentum(ritz_graph *g, const ritz_call *call,
                           ritz_node **out)
{
    ritz_node *p = call->x[0];
    const double mu = call->v[0].number;
    out[0] = out[1] = NULL;
    if (!check(g, call, 3))
        return;
    ritz_node *grad = with_decay(g, call->x[1], p, call->v[2].number);
    ritz_node *lr = ritz_cast(g, call->x[3], p->dtype);
    ritz_node *m = ritz_add(g, ritz_scale(g, call->x[2], mu), grad);
    ritz_node *way = call->v[1].i ? ritz_add(g, grad, ritz_scale(g, m, mu)) : m;
    out[0] = ritz_sub(g, p, ritz_mul(g, way, lr));
    out[1] = m;
}

const ritz_function ritz_optim_momentum_step = {
    .module = "optim",
    .name = "momentum_step",
    .signature = "optim.momentum_step(p, g, m, lr, {momentum, nesterov, "
                 "weight_decay})",
    .summary = "One step of gradient descent with momentum: the new p and m.",
    .details = "m' = momentum m + g, and p' = p - lr m'; with nesterov, p' = p "
               "- lr (g + momentum m'). m starts at 0.",
    .source = "Sutskever et al. 2013, equations 1 to 4, in PyTorch's form",
    .example = "(ritz.optim.momentum_step(ritz.tensor{1}, ritz.tensor{2},\n  "
               "ritz.tensor{4}, 0.125, {momentum = 0.5}))  --> {0.5}",
    .tensors = 4,
    .results = 2,
    .params = {{.name = "momentum",
                .kind = RITZ_PARAM_NUMBER,
                .fallback = 0.9,
                .high = 1.0,
                .doc = "what remains of m in each step"},
               {.name = "nesterov",
                .kind = RITZ_PARAM_BOOL,
                .doc = "look ahead along m"},
               DECAY},
    .build = build_momentum,
};

/* 1 - beta^t, without cancellation for beta near 1. */
static ritz_node *one_minus_power(ritz_graph *g, double beta, ritz_node *t)
{
    return ritz_neg(g, ritz_expm1(g, ritz_scale(g, t, log(beta))));
}

static ritz_node *decayed_mean(ritz_graph *g, ritz_node *old, ritz_node *now,
                               double beta)
{
    return ritz_add(g, ritz_scale(g, old, beta),
                    ritz_scale(g, now, 1.0 - beta));
}

enum { ADAM_BETA1, ADAM_BETA2, ADAM_EPS, ADAM_DECAY, ADAM_DECOUPLED };

/* Algorithm 1 takes lr mhat / (sqrt(vhat) + eps), where mhat = m / (1 - b1^t)
 * and vhat = v / (1 - b2^t). With r = sqrt(1 - b2^t) that is
 * lr r / (1 - b1^t) * m / (sqrt(v) + eps r): two scalars instead of two
 * divisions for each element. */
static ritz_node *adam_way(ritz_graph *g, const ritz_call *call, ritz_node *m,
                           ritz_node *v)
{
    const ritz_dtype dtype = m->dtype;
    ritz_node *t = ritz_cast(g, call->x[4], dtype);
    ritz_node *lr = ritz_cast(g, call->x[5], dtype);
    ritz_node *r =
        ritz_sqrt(g, one_minus_power(g, call->v[ADAM_BETA2].number, t));
    ritz_node *rate =
        ritz_div(g, ritz_mul(g, lr, r),
                 one_minus_power(g, call->v[ADAM_BETA1].number, t));
    ritz_node *below = ritz_add(g, ritz_sqrt(g, v),
                                ritz_scale(g, r, call->v[ADAM_EPS].number));
    return ritz_mul(g, ritz_div(g, m, below), rate);
}

static void build_adam(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *p = call->x[0], *grad = call->x[1];
    const double decay = call->v[ADAM_DECAY].number;
    const bool decoupled = call->v[ADAM_DECOUPLED].i != 0;
    out[0] = out[1] = out[2] = NULL;
    if (!check(g, call, 4))
        return;
    if (!decoupled)
        grad = with_decay(g, grad, p, decay);
    ritz_node *m =
        decayed_mean(g, call->x[2], grad, call->v[ADAM_BETA1].number);
    ritz_node *v = decayed_mean(g, call->x[3], ritz_square(g, grad),
                                call->v[ADAM_BETA2].number);
    if (decoupled && decay != 0) {
        /* p - lr decay p, with the factor computed once. */
        ritz_node *lr = ritz_cast(g, call->x[5], p->dtype);
        p = ritz_mul(g, p, ritz_shift(g, ritz_scale(g, lr, -decay), 1.0));
    }
    out[0] = ritz_sub(g, p, adam_way(g, call, m, v));
    out[1] = m;
    out[2] = v;
}

const ritz_function ritz_optim_adam_step = {
    .module = "optim",
    .name = "adam_step",
    .signature = "optim.adam_step(p, g, m, v, t, lr, {beta1, beta2, eps, "
                 "weight_decay, decoupled})",
    .summary = "One step of Adam, or AdamW: the new p, m and v.",
    .details = "t is the number of this step, from 1; m and v start at 0. "
               "decoupled takes weight_decay times lr times p off p itself "
               "instead of adding it to the gradient.",
    .source = "Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019, "
              "algorithm 2",
    .example = "(ritz.optim.adam_step(ritz.tensor{1}, ritz.tensor{3},\n  "
               "ritz.tensor{0}, ritz.tensor{0}, 1, 0.5))  --> {0.5}",
    .tensors = 6,
    .results = 3,
    .params = {[ADAM_BETA1] = {.name = "beta1",
                               .kind = RITZ_PARAM_NUMBER,
                               .fallback = 0.9,
                               .low = 1e-9,
                               .high = 0.999999999,
                               .doc = "decay of the mean gradient"},
               [ADAM_BETA2] = {.name = "beta2",
                               .kind = RITZ_PARAM_NUMBER,
                               .fallback = 0.999,
                               .low = 1e-9,
                               .high = 0.999999999,
                               .doc = "decay of the mean square"},
               [ADAM_EPS] = {.name = "eps",
                             .kind = RITZ_PARAM_NUMBER,
                             .fallback = 1e-8,
                             .high = 1.0,
                             .doc = "added to the root"},
               [ADAM_DECAY] = DECAY,
               [ADAM_DECOUPLED] = {.name = "decoupled",
                                   .kind = RITZ_PARAM_BOOL,
                                   .doc = "decay as AdamW does"}},
    .build = build_adam,
};
