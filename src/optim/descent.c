/* descent.c - steps along the gradient or its running mean. */
#include "optim/inside.h"

static void build_sgd(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = NULL;
    if (!ritz_optim_check(g, call, "pps"))
        return;
    ritz_node *lr = ritz_optim_number(g, call, 2);
    const ritz_decayed d = ritz_optim_decay(g, call, lr, 0);
    out[0] = ritz_sub(g, d.p, ritz_mul(g, d.grad, lr));
}

const ritz_function ritz_optim_sgd_step = {
    .module = "optim",
    .name = "sgd_step",
    .signature = "optim.sgd_step(p, g, lr, {weight_decay, decoupled})",
    .summary = "One step of gradient descent: p - lr g.",
    .details = "p is a parameter, g its gradient, lr a number or a scalar.",
    .source = "Robbins and Monro 1951",
    .example = "ritz.optim.sgd_step(ritz.tensor{1}, ritz.tensor{2}, 0.25)"
               "  --> {0.5}",
    .tensors = 3,
    .params = {RITZ_OPTIM_DECAY, RITZ_OPTIM_DECOUPLED},
    .build = build_sgd,
};

static void build_momentum(ritz_graph *g, const ritz_call *call,
                           ritz_node **out)
{
    const double mu = call->v[0].number;
    out[0] = out[1] = NULL;
    if (!ritz_optim_check(g, call, "ppps"))
        return;
    ritz_node *lr = ritz_optim_number(g, call, 3);
    const ritz_decayed d = ritz_optim_decay(g, call, lr, 2);
    ritz_node *m = ritz_add(g, ritz_scale(g, call->x[2], mu), d.grad);
    ritz_node *way =
        call->v[1].i ? ritz_add(g, d.grad, ritz_scale(g, m, mu)) : m;
    out[0] = ritz_sub(g, d.p, ritz_mul(g, way, lr));
    out[1] = m;
}

const ritz_function ritz_optim_momentum_step = {
    .module = "optim",
    .name = "momentum_step",
    .signature = "optim.momentum_step(p, g, m, lr, {momentum, nesterov, "
                 "weight_decay, decoupled})",
    .summary = "One step of gradient descent with momentum: the new p and m.",
    .details = "m' = momentum m + g, and p' = p - lr m'; with nesterov, p' = p "
               "- lr (g + momentum m'). m starts at 0.",
    .source = "Sutskever et al. 2013, equations 1 to 4, in PyTorch's form",
    .example = "(ritz.optim.momentum_step(ritz.tensor{1}, ritz.tensor{2},\n  "
               "ritz.tensor{4}, 0.125, {momentum = 0.5}))  --> {0.5}",
    .tensors = 4,
    .results = 2,
    .params = {RITZ_OPTIM_MOMENTUM(0.9), RITZ_OPTIM_NESTEROV(0),
               RITZ_OPTIM_DECAY, RITZ_OPTIM_DECOUPLED},
    .build = build_momentum,
};

static void build_lion(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *grad = call->x[1], *m = call->x[2];
    out[0] = out[1] = NULL;
    if (!ritz_optim_check(g, call, "ppps"))
        return;
    ritz_node *lr = ritz_optim_number(g, call, 3);
    ritz_node *p = ritz_optim_shrink(g, call->x[0], lr, call->v[2].number);
    ritz_node *way =
        ritz_sign(g, ritz_optim_mean(g, m, grad, call->v[0].number));
    out[0] = ritz_sub(g, p, ritz_mul(g, way, lr));
    out[1] = ritz_optim_mean(g, m, grad, call->v[1].number);
}

const ritz_function ritz_optim_lion_step = {
    .module = "optim",
    .name = "lion_step",
    .signature = "optim.lion_step(p, g, m, lr, {beta1, beta2, weight_decay})",
    .summary = "One step of Lion: the new p and m.",
    .details = "p' = p - lr (sign(beta1 m + (1 - beta1) g) + weight_decay p), "
               "and m' = beta2 m + (1 - beta2) g. m starts at 0. Where there "
               "is neither gradient nor memory, the sign is 0.",
    .source = "Chen et al. 2023, arXiv 2302.06675, algorithm 2",
    .example = "(ritz.optim.lion_step(ritz.tensor{1}, ritz.tensor{-3},\n  "
               "ritz.tensor{0}, 0.5))  --> {1.5}",
    .tensors = 4,
    .results = 2,
    .params = {RITZ_OPTIM_BETA("beta1", 0.9, "of the mean that is followed"),
               RITZ_OPTIM_BETA("beta2", 0.99, "of the mean that is kept"),
               RITZ_OPTIM_OWN_DECAY(0)},
    .build = build_lion,
};

/* |g| / std(g) over all elements; 1 where the deviation is 0. */
static ritz_node *signal_to_noise(ritz_graph *g, ritz_node *grad)
{
    const double n = (double)ritz_shape_count(&grad->shape);
    ritz_node *one = ritz_scalar(g, grad->dtype, 1.0);
    if (n < 2)
        return one;
    ritz_node *mean = ritz_scale(g, ritz_sum_all(g, grad), 1.0 / n);
    ritz_node *spread =
        ritz_sum_all(g, ritz_square(g, ritz_sub(g, grad, mean)));
    ritz_node *size = ritz_sqrt(g, ritz_sum_all(g, ritz_square(g, grad)));
    ritz_node *std = ritz_sqrt(g, ritz_scale(g, spread, 1.0 / (n - 1)));
    ritz_node *none = ritz_scalar(g, grad->dtype, 0.0);
    return ritz_where(g, ritz_less(g, none, std),
                      ritz_div(g, size, ritz_shift(g, std, 1e-8)), one);
}

static void build_sgd_sai(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *grad = call->x[1], *m = call->x[2];
    const double mu = call->v[0].number;
    out[0] = out[1] = out[2] = NULL;
    if (!ritz_optim_check(g, call, "pppsss"))
        return;
    ritz_node *t = ritz_optim_number(g, call, 4);
    ritz_node *lr = ritz_optim_number(g, call, 5);
    ritz_node *first = ritz_less_equal(g, t, ritz_scalar(g, t->dtype, 1.0));
    ritz_node *ratio =
        ritz_where(g, first, ritz_stop_gradient(g, signal_to_noise(g, grad)),
                   ritz_optim_number(g, call, 3));
    m = ritz_where(g, first, grad, ritz_optim_mean(g, m, grad, mu));
    ritz_node *p = ritz_optim_shrink(g, call->x[0], lr, call->v[1].number);
    out[0] = ritz_sub(g, p, ritz_mul(g, m, ritz_mul(g, lr, ratio)));
    out[1] = m;
    out[2] = ratio;
}

const ritz_function ritz_optim_sgd_sai_step = {
    .module = "optim",
    .name = "sgd_sai_step",
    .signature = "optim.sgd_sai_step(p, g, m, ratio, t, lr, {momentum, "
                 "weight_decay})",
    .summary = "One step of SGD-SaI: the new p, m and ratio.",
    .details = "t is the number of this step, from 1. In the first, ratio = "
               "|g| / (std(g) + 1e-8) and m' = g; then ratio stays, and m' = "
               "momentum m + (1 - momentum) g. p' = (1 - lr weight_decay) p - "
               "lr ratio m'. Unlike the authors' code, ratio is 1 where the "
               "first gradient has no spread (one element, or all equal): "
               "theirs divides by 1e-8. No derivative passes through ratio.",
    .source = "Xu et al. 2024, arXiv 2412.11768, algorithm 1",
    .example = "(ritz.optim.sgd_sai_step(ritz.tensor{1}, ritz.tensor{2},\n  "
               "ritz.tensor{0}, 0, 1, 0.25))  --> {0.4975}",
    .tensors = 6,
    .results = 3,
    .params = {RITZ_OPTIM_MOMENTUM(0.9), RITZ_OPTIM_OWN_DECAY(0.01)},
    .build = build_sgd_sai,
};
