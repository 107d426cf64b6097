/* adam.c - Adam and what was made of it: AdamW, AdaBelief, Adan. */
#include "optim/inside.h"

enum { BETA1, BETA2, EPS, DECAY, DECOUPLED };

/* Algorithm 1 takes lr mhat / (sqrt(vhat) + eps), where mhat = m / (1 - b1^t)
 * and vhat = v / (1 - b2^t). With r = sqrt(1 - b2^t) that is
 * lr r / (1 - b1^t) * m / (sqrt(v) + eps r): two scalars instead of two
 * divisions for each element. */
static ritz_node *adam_way(ritz_graph *g, const ritz_call *call, ritz_node *m,
                           ritz_node *v)
{
    ritz_node *t = ritz_optim_number(g, call, 4);
    ritz_node *lr = ritz_optim_number(g, call, 5);
    ritz_node *r =
        ritz_sqrt(g, ritz_optim_correction(g, call->v[BETA2].number, t));
    ritz_node *rate =
        ritz_div(g, ritz_mul(g, lr, r),
                 ritz_optim_correction(g, call->v[BETA1].number, t));
    ritz_node *below = ritz_add(g, ritz_optim_root(g, v),
                                ritz_scale(g, r, call->v[EPS].number));
    return ritz_mul(g, ritz_div(g, m, below), rate);
}

static void build_adam(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = out[1] = out[2] = NULL;
    if (!ritz_optim_check(g, call, "ppppss"))
        return;
    const ritz_decayed d =
        ritz_optim_decay(g, call, ritz_optim_number(g, call, 5), DECAY);
    ritz_node *m =
        ritz_optim_mean(g, call->x[2], d.grad, call->v[BETA1].number);
    ritz_node *v = ritz_optim_mean(g, call->x[3], ritz_square(g, d.grad),
                                   call->v[BETA2].number);
    out[0] = ritz_sub(g, d.p, adam_way(g, call, m, v));
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
    .params = {[BETA1] = RITZ_OPTIM_ADAM_BETAS,
               [EPS] = RITZ_OPTIM_EPS(1e-8),
               [DECAY] = RITZ_OPTIM_DECAY,
               [DECOUPLED] = RITZ_OPTIM_DECOUPLED},
    .build = build_adam,
};

static void build_adabelief(ritz_graph *g, const ritz_call *call,
                            ritz_node **out)
{
    ritz_node *grad = call->x[1];
    out[0] = out[1] = out[2] = NULL;
    if (!ritz_optim_check(g, call, "ppppss"))
        return;
    ritz_node *p = ritz_optim_shrink(
        g, call->x[0], ritz_optim_number(g, call, 5), call->v[DECAY].number);
    ritz_node *m = ritz_optim_mean(g, call->x[2], grad, call->v[BETA1].number);
    ritz_node *s =
        ritz_optim_mean(g, call->x[3], ritz_square(g, ritz_sub(g, grad, m)),
                        call->v[BETA2].number);
    s = ritz_shift(g, s, call->v[EPS].number);
    out[0] = ritz_sub(g, p, adam_way(g, call, m, s));
    out[1] = m;
    out[2] = s;
}

const ritz_function ritz_optim_adabelief_step = {
    .module = "optim",
    .name = "adabelief_step",
    .signature = "optim.adabelief_step(p, g, m, s, t, lr, {beta1, beta2, eps, "
                 "weight_decay})",
    .summary = "One step of AdaBelief: the new p, m and s.",
    .details = "Adam with s' = beta2 s + (1 - beta2) (g - m')^2 + eps in the "
               "place of v': how far the gradient is from what was expected. "
               "m' is the new mean. eps is added into s at every step, and to "
               "the root. t is the number of this step, from 1; m and s start "
               "at 0. The authors' later code also rectifies the first steps, "
               "as RAdam does; this is the paper's rule, which does not.",
    .source = "Zhuang et al. 2020, arXiv 2010.07468, algorithm 2",
    .example = "(ritz.optim.adabelief_step(ritz.tensor{1}, ritz.tensor{4},\n  "
               "ritz.tensor{0}, ritz.tensor{0}, 1, 0.5, {beta1 = 0.5, eps = "
               "0}))  --> {0}",
    .tensors = 6,
    .results = 3,
    .params = {[BETA1] =
                   RITZ_OPTIM_BETA("beta1", 0.9, "decay of the mean gradient"),
               [BETA2] = RITZ_OPTIM_BETA("beta2", 0.999,
                                         "decay of the mean squared surprise"),
               [EPS] = {.name = "eps",
                        .kind = RITZ_PARAM_NUMBER,
                        .fallback = 1e-16,
                        .high = 1.0,
                        .doc = "added to s and to the root"},
               [DECAY] = RITZ_OPTIM_OWN_DECAY(0)},
    .build = build_adabelief,
};

/* Operands and parameters of Adan. */
enum { P, G, M, V, N, BEFORE, T, LR };
enum { ADAN_BETA1, ADAN_BETA2, ADAN_BETA3, ADAN_EPS, ADAN_DECAY, PROXIMAL };

/* lr (m / c1 + b2 v / c2) / (sqrt(n / c3) + eps), where c = 1 - b^t; the
 * scalars are drawn together as for Adam. */
static ritz_node *adan_way(ritz_graph *g, const ritz_call *call,
                           ritz_node *const *now, ritz_node *lr)
{
    const ritz_value *o = call->v;
    ritz_node *t = ritz_optim_number(g, call, T), *c[3];
    for (int i = 0; i < 3; i++)
        c[i] = ritz_optim_correction(g, o[ADAN_BETA1 + i].number, t);
    ritz_node *r = ritz_sqrt(g, c[2]);
    ritz_node *rate = ritz_mul(g, lr, r);
    ritz_node *along_m = ritz_div(g, rate, c[0]);
    ritz_node *along_v =
        ritz_div(g, ritz_scale(g, rate, o[ADAN_BETA2].number), c[1]);
    ritz_node *way =
        ritz_add(g, ritz_mul(g, now[0], along_m), ritz_mul(g, now[1], along_v));
    return ritz_div(g, way,
                    ritz_add(g, ritz_optim_root(g, now[2]),
                             ritz_scale(g, r, o[ADAN_EPS].number)));
}

static void build_adan(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *const *x = call->x;
    const ritz_value *o = call->v;
    for (int i = 0; i < 5; i++)
        out[i] = NULL;
    if (!ritz_optim_check(g, call, "ppppppss"))
        return;
    ritz_node *lr = ritz_optim_number(g, call, LR);
    ritz_node *t = ritz_optim_number(g, call, T);
    /* 0 in the first step, which has no gradient before it. */
    ritz_node *later = ritz_less(g, ritz_scalar(g, t->dtype, 1.0), t);
    ritz_node *change = ritz_mul(g, ritz_sub(g, x[G], x[BEFORE]), later);
    ritz_node *ahead =
        ritz_add(g, x[G], ritz_scale(g, change, o[ADAN_BETA2].number));
    ritz_node *now[] = {
        ritz_optim_mean(g, x[M], x[G], o[ADAN_BETA1].number),
        ritz_optim_mean(g, x[V], change, o[ADAN_BETA2].number),
        ritz_optim_mean(g, x[N], ritz_square(g, ahead), o[ADAN_BETA3].number)};
    ritz_node *way = adan_way(g, call, now, lr), *p = x[P];
    const double decay = o[ADAN_DECAY].number;
    if (o[PROXIMAL].i && decay != 0)
        p = ritz_mul(
            g, ritz_sub(g, p, way),
            ritz_reciprocal(g, ritz_shift(g, ritz_scale(g, lr, decay), 1.0)));
    else
        p = ritz_sub(g, ritz_optim_shrink(g, p, lr, decay), way);
    out[0] = p;
    for (int i = 0; i < 3; i++)
        out[i + 1] = now[i];
    out[4] = x[G];
}

const ritz_function ritz_optim_adan_step = {
    .module = "optim",
    .name = "adan_step",
    .signature = "optim.adan_step(p, g, m, v, n, before, t, lr, {beta1, beta2, "
                 "beta3, eps, weight_decay, proximal})",
    .summary = "One step of Adan: the new p, m, v, n and before.",
    .details = "With d = g - before, 0 in the first step: m' = beta1 m + (1 - "
               "beta1) g, v' = beta2 v + (1 - beta2) d, n' = beta3 n + (1 - "
               "beta3) (g + beta2 d)^2, and p' = (p - lr (m' / c1 + beta2 v' / "
               "c2) / (sqrt(n' / c3) + eps)) / (1 + lr weight_decay), with c = "
               "1 - beta^t; without proximal, p is multiplied with 1 - lr "
               "weight_decay instead. before is the gradient of the step "
               "before; t counts from 1; memories start at 0. The paper's "
               "betas are 1 minus these.",
    .source = "Xie et al. 2022, arXiv 2208.06677, algorithm 1, with the bias "
              "correction of the authors' code",
    .example =
        "(ritz.optim.adan_step(ritz.tensor{1}, ritz.tensor{3}, ritz.tensor{0},\n"
        "  ritz.tensor{0}, ritz.tensor{0}, ritz.tensor{0}, 1, 0.5))  --> {0.5}",
    .tensors = 8,
    .results = 5,
    .params = {[ADAN_BETA1] =
                   RITZ_OPTIM_BETA("beta1", 0.98, "decay of the mean gradient"),
               [ADAN_BETA2] =
                   RITZ_OPTIM_BETA("beta2", 0.92, "decay of the mean change"),
               [ADAN_BETA3] =
                   RITZ_OPTIM_BETA("beta3", 0.99, "decay of the mean square"),
               [ADAN_EPS] = RITZ_OPTIM_EPS(1e-8),
               [ADAN_DECAY] = RITZ_OPTIM_OWN_DECAY(0),
               [PROXIMAL] = {.name = "proximal",
                             .kind = RITZ_PARAM_BOOL,
                             .fallback = 1,
                             .doc = "decay by division after the step"}},
    .build = build_adan,
};
