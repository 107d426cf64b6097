/* adaptive.c - steps divided by the root of what gradients were: Adagrad and
 * RMSprop. */
#include "optim/inside.h"

enum { ADAGRAD_EPS, ADAGRAD_DECAY };

static void build_adagrad(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = out[1] = NULL;
    if (!ritz_optim_check(g, call, "ppps"))
        return;
    ritz_node *lr = ritz_optim_number(g, call, 3);
    const ritz_decayed d = ritz_optim_decay(g, call, lr, ADAGRAD_DECAY);
    ritz_node *v = ritz_add(g, call->x[2], ritz_square(g, d.grad));
    ritz_node *below =
        ritz_shift(g, ritz_optim_root(g, v), call->v[ADAGRAD_EPS].number);
    out[0] = ritz_sub(g, d.p, ritz_mul(g, ritz_div(g, d.grad, below), lr));
    out[1] = v;
}

const ritz_function ritz_optim_adagrad_step = {
    .module = "optim",
    .name = "adagrad_step",
    .signature = "optim.adagrad_step(p, g, v, lr, {eps, weight_decay, "
                 "decoupled})",
    .summary = "One step of Adagrad: the new p and v.",
    .details = "v' = v + g g, and p' = p - lr g / (sqrt(v') + eps). v starts "
               "at 0, or at a value that keeps the first steps short.",
    .source = "Duchi, Hazan and Singer 2011, figure 1, with a diagonal matrix",
    .example = "(ritz.optim.adagrad_step(ritz.tensor{1}, ritz.tensor{3},\n  "
               "ritz.tensor{16}, 0.5))  --> {0.7}",
    .tensors = 4,
    .results = 2,
    .params = {[ADAGRAD_EPS] = RITZ_OPTIM_EPS(1e-10),
               [ADAGRAD_DECAY] = RITZ_OPTIM_DECAY,
               RITZ_OPTIM_DECOUPLED},
    .build = build_adagrad,
};

enum { RMSPROP_BETA, RMSPROP_EPS, RMSPROP_MOMENTUM, RMSPROP_DECAY };

static void build_rmsprop(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = out[1] = out[2] = NULL;
    if (!ritz_optim_check(g, call, "pppsp"))
        return;
    ritz_node *lr = ritz_optim_number(g, call, 3);
    const ritz_decayed d = ritz_optim_decay(g, call, lr, RMSPROP_DECAY);
    ritz_node *v = ritz_optim_mean(g, call->x[2], ritz_square(g, d.grad),
                                   call->v[RMSPROP_BETA].number);
    ritz_node *below =
        ritz_shift(g, ritz_optim_root(g, v), call->v[RMSPROP_EPS].number);
    ritz_node *way = ritz_div(g, d.grad, below);
    if (call->x[4])
        way = ritz_add(
            g, ritz_scale(g, call->x[4], call->v[RMSPROP_MOMENTUM].number),
            way);
    out[0] = ritz_sub(g, d.p, ritz_mul(g, way, lr));
    out[1] = v;
    out[2] = way;
}

const ritz_function ritz_optim_rmsprop_step = {
    .module = "optim",
    .name = "rmsprop_step",
    .signature = "optim.rmsprop_step(p, g, v, lr, m, {beta, eps, momentum, "
                 "weight_decay, decoupled})",
    .summary = "One step of RMSprop: the new p, v and m.",
    .details = "v' = beta v + (1 - beta) g g, m' = momentum m + g / (sqrt(v') "
               "+ eps), and p' = p - lr m'. v and m start at 0; without m "
               "there is no momentum.",
    .source = "Tieleman and Hinton 2012, lecture 6e; momentum as in PyTorch",
    .example = "(ritz.optim.rmsprop_step(ritz.tensor{1}, ritz.tensor{3},\n  "
               "ritz.tensor{7}, 0.5, {beta = 0.5}))  --> {0.46967}",
    .tensors = 5,
    .optional = 1,
    .results = 3,
    .params =
        {
            [RMSPROP_BETA] =
                RITZ_OPTIM_BETA("beta", 0.99, "decay of the mean square"),
            [RMSPROP_EPS] = RITZ_OPTIM_EPS(1e-8),
            [RMSPROP_MOMENTUM] = RITZ_OPTIM_MOMENTUM(0),
            [RMSPROP_DECAY] = RITZ_OPTIM_DECAY,
            RITZ_OPTIM_DECOUPLED,
        },
    .build = build_rmsprop,
};
