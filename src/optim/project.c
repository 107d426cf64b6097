/* project.c - AdamP and SGDP: momentum without what only lengthens weights.
 *
 * Where a loss does not depend on the length of a weight, as before a
 * normalisation, its gradient is orthogonal to the weight; momentum is not, and
 * lets the weight grow, which shortens every later step. Weights whose gradient
 * is nearly orthogonal get steps without the part along the weight.
 *
 * Both views, by channel and whole, are computed and one chosen by a number:
 * a plan has no branches, and the sums of the second are those of the first.
 */
#include "optim/inside.h"

typedef struct projection {
    double delta, ratio, eps;
    int channel; /* the axis of output channels */
} projection;

typedef struct projected {
    ritz_node *way;   /* the step */
    ritz_node *decay; /* a number: what weight decay is multiplied with */
} projected;

/* Sums over each row of a view, of products of weight w, gradient g and way u.
 */
typedef struct view {
    ritz_node *ww, *gg, *wg, *wu;
    double length; /* elements of a row */
} view;

/* All axes but one, or but none. */
static int other_axes(const ritz_node *x, int but, int axes[RITZ_MAX_RANK])
{
    int n = 0;
    for (int i = 0; i < x->shape.rank; i++)
        if (i != but)
            axes[n++] = i;
    return n;
}

static view view_of(ritz_graph *g, const ritz_call *call, ritz_node *way,
                    int channel)
{
    ritz_node *p = call->x[0], *grad = call->x[1];
    ritz_node *with[] = {p, grad, grad, way}, *sum[4];
    ritz_node *of[] = {p, grad, p, p};
    int axes[RITZ_MAX_RANK];
    const int n = other_axes(p, channel, axes);
    for (int i = 0; i < 4; i++)
        sum[i] = ritz_reduce_sum(g, ritz_mul(g, of[i], with[i]), axes, n, true);
    const double count = (double)ritz_shape_count(&p->shape);
    return (view){sum[0], sum[1], sum[2], sum[3],
                  count / (double)p->shape.dim[channel]};
}

/* The whole weight as one row: sums of the sums. */
static view whole_of(ritz_graph *g, const view *rows, const ritz_node *p)
{
    ritz_node *sum[] = {rows->ww, rows->gg, rows->wg, rows->wu};
    int axes[RITZ_MAX_RANK];
    const int n = other_axes(p, -1, axes);
    for (int i = 0; i < 4; i++)
        sum[i] = ritz_reduce_sum(g, sum[i], axes, n, true);
    return (view){sum[0], sum[1], sum[2], sum[3],
                  (double)ritz_shape_count(&p->shape)};
}

static ritz_node *length_of(ritz_graph *g, ritz_node *square, double eps)
{
    return ritz_shift(g, ritz_optim_root(g, square), eps);
}

/* 1 where max over rows of |cos(w, g)| is below delta / sqrt(length). */
static ritz_node *is_orthogonal(ritz_graph *g, const view *v,
                                const projection *o)
{
    ritz_node *size =
        ritz_mul(g, length_of(g, v->ww, o->eps), length_of(g, v->gg, o->eps));
    ritz_node *cosine = ritz_div(g, ritz_abs(g, v->wg), size);
    int axes[RITZ_MAX_RANK];
    const int n = other_axes(cosine, -1, axes);
    cosine = ritz_reduce_max(g, cosine, axes, n, false);
    return ritz_less(g, cosine,
                     ritz_scalar(g, cosine->dtype, o->delta / sqrt(v->length)));
}

/* What times p is to be taken off the way: (w.u) / (|w| + eps)^2. */
static ritz_node *along(ritz_graph *g, const view *v, double eps)
{
    return ritz_div(g, v->wu, ritz_square(g, length_of(g, v->ww, eps)));
}

/* No derivative passes through the choice. */
static projected project(ritz_graph *g, const ritz_call *call, ritz_node *way,
                         const projection *o)
{
    ritz_node *p = call->x[0];
    ritz_node *one = ritz_scalar(g, p->dtype, 1.0);
    if (p->shape.rank < 2 || ritz_shape_count(&p->shape) == 0)
        return (projected){.way = way, .decay = one};
    const view rows = view_of(g, call, way, o->channel);
    const view whole = whole_of(g, &rows, p);
    ritz_node *by_row = is_orthogonal(g, &rows, o);
    ritz_node *by_all = is_orthogonal(g, &whole, o);
    ritz_node *none = ritz_scalar(g, p->dtype, 0.0);
    ritz_node *part =
        ritz_where(g, by_row, along(g, &rows, o->eps),
                   ritz_where(g, by_all, along(g, &whole, o->eps), none));
    return (projected){
        .way = ritz_sub(g, way, ritz_mul(g, p, part)),
        .decay = ritz_where(g, ritz_maximum(g, by_row, by_all),
                            ritz_scalar(g, p->dtype, o->ratio), one),
    };
}

/* (1 - lr decay ratio) p - rate way. */
static ritz_node *moved(ritz_graph *g, ritz_node *p, const projected *to,
                        ritz_node *lr, ritz_node *rate, double decay)
{
    ritz_node *way = ritz_mul(g, to->way, rate);
    if (decay == 0)
        return ritz_sub(g, p, way);
    ritz_node *less = ritz_scale(g, ritz_mul(g, lr, to->decay), -decay);
    return ritz_sub(g, ritz_mul(g, p, ritz_shift(g, less, 1.0)), way);
}

static int channel_of(ritz_graph *g, const ritz_call *call, int at)
{
    const int rank = call->x[0]->shape.rank;
    if (rank < 2)
        return 0;
    return ritz_call_axis(g, call->function->name, call->v[at].i, rank);
}

enum { BETA1, BETA2, EPS, DECAY, DELTA, RATIO, CHANNEL, NESTEROV };

static void build_adamp(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    const ritz_value *o = call->v;
    ritz_node *grad = call->x[1];
    out[0] = out[1] = out[2] = NULL;
    if (!ritz_optim_check(g, call, "ppppss"))
        return;
    const projection how = {.delta = o[DELTA].number,
                            .ratio = o[RATIO].number,
                            .eps = o[EPS].number,
                            .channel = channel_of(g, call, CHANNEL)};
    ritz_node *t = ritz_optim_number(g, call, 4);
    ritz_node *lr = ritz_optim_number(g, call, 5);
    ritz_node *m = ritz_optim_mean(g, call->x[2], grad, o[BETA1].number);
    ritz_node *v =
        ritz_optim_mean(g, call->x[3], ritz_square(g, grad), o[BETA2].number);
    ritz_node *r = ritz_sqrt(g, ritz_optim_correction(g, o[BETA2].number, t));
    ritz_node *below =
        ritz_add(g, ritz_optim_root(g, v), ritz_scale(g, r, how.eps));
    ritz_node *up =
        o[NESTEROV].i ? ritz_optim_mean(g, m, grad, o[BETA1].number) : m;
    /* As in adam.c, after the projection, which is linear. */
    ritz_node *rate = ritz_div(g, ritz_mul(g, lr, r),
                               ritz_optim_correction(g, o[BETA1].number, t));
    const projected to = project(g, call, ritz_div(g, up, below), &how);
    out[0] = moved(g, call->x[0], &to, lr, rate, o[DECAY].number);
    out[1] = m;
    out[2] = v;
}

#define PROJECTION                                                            \
    {.name = "delta",                                                         \
     .kind = RITZ_PARAM_NUMBER,                                               \
     .fallback = 0.1,                                                         \
     .high = 1e9,                                                             \
     .doc = "a weight is taken as one whose length does not matter where "    \
            "|cos(w, g)| is below delta / sqrt(elements)"},                   \
        {.name = "wd_ratio",                                                  \
         .kind = RITZ_PARAM_NUMBER,                                           \
         .fallback = 0.1,                                                     \
         .high = 1e9,                                                         \
         .doc = "what weight decay is multiplied with there"},                \
    {                                                                         \
        .name = "channel", .kind = RITZ_PARAM_AXIS, .fallback = -1,           \
        .doc = "axis of output channels, whose weights are looked at one by " \
               "one"                                                          \
    }
#define PROJECTED                                                            \
    "For weights with two axes or more the step loses its part along the "   \
    "weight where the gradient is nearly orthogonal to it: of each channel " \
    "if so for all of them, else of the whole. Channels are the last axis, " \
    "as layers have them here; the authors' are the first. "

const ritz_function ritz_optim_adamp_step = {
    .module = "optim",
    .name = "adamp_step",
    .signature = "optim.adamp_step(p, g, m, v, t, lr, {beta1, beta2, eps, "
                 "...})",
    .summary = "One step of AdamP: the new p, m and v.",
    .details = "Adam's step, projected. " PROJECTED
               "t is the number of this step, from 1; m and v start at 0.",
    .source = "Heo et al. 2021, arXiv 2006.08217, algorithm 2",
    .example = "(ritz.optim.adamp_step(ritz.tensor{{3}, {4}}, "
               "ritz.tensor{{4}, {-3}},\n  ritz.zeros{2, 1}, ritz.zeros{2, "
               "1}, 1, 0.5)):totable()"
               "  --> {{2.44}, {4.42}}",
    .tensors = 6,
    .results = 3,
    .params = {[BETA1] = RITZ_OPTIM_ADAM_BETAS,
               [EPS] = RITZ_OPTIM_EPS(1e-8),
               [DECAY] = RITZ_OPTIM_OWN_DECAY(0),
               [DELTA] = PROJECTION,
               [NESTEROV] = RITZ_OPTIM_NESTEROV(0)},
    .build = build_adamp,
};

enum {
    SGDP_MOMENTUM,
    SGDP_NESTEROV,
    SGDP_DECAY,
    SGDP_DELTA,
    SGDP_RATIO,
    SGDP_CHANNEL
};

static void build_sgdp(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    const ritz_value *o = call->v;
    ritz_node *grad = call->x[1];
    const double mu = o[SGDP_MOMENTUM].number;
    out[0] = out[1] = NULL;
    if (!ritz_optim_check(g, call, "ppps"))
        return;
    const projection how = {.delta = o[SGDP_DELTA].number,
                            .ratio = o[SGDP_RATIO].number,
                            .eps = 1e-8,
                            .channel = channel_of(g, call, SGDP_CHANNEL)};
    ritz_node *m = ritz_add(g, ritz_scale(g, call->x[2], mu), grad);
    ritz_node *way =
        o[SGDP_NESTEROV].i ? ritz_add(g, grad, ritz_scale(g, m, mu)) : m;
    const projected to = project(g, call, way, &how);
    /* Momentum's steps are 1 / (1 - mu) long in the end, and decay as much. */
    const double decay = o[SGDP_DECAY].number / (1.0 - mu);
    ritz_node *lr = ritz_optim_number(g, call, 3);
    out[0] = moved(g, call->x[0], &to, lr, lr, decay);
    out[1] = m;
}

const ritz_function ritz_optim_sgdp_step = {
    .module = "optim",
    .name = "sgdp_step",
    .signature = "optim.sgdp_step(p, g, m, lr, {momentum, nesterov, "
                 "weight_decay, delta, wd_ratio, channel})",
    .summary = "One step of SGDP: the new p and m.",
    .details = "The step of momentum, projected. " PROJECTED
               "Decay is divided by 1 - momentum, which must be below 1. m "
               "starts at 0.",
    .source = "Heo et al. 2021, arXiv 2006.08217, algorithm 1",
    .example = "(ritz.optim.sgdp_step(ritz.tensor{{3}, {4}}, "
               "ritz.tensor{{4}, {-3}},\n  ritz.tensor{{3}, {4}}, 0.5, "
               "{momentum = 0.5})):totable()  --> {{1}, {5.5}}",
    .tensors = 4,
    .results = 2,
    .params = {[SGDP_MOMENTUM] = {.name = "momentum",
                                  .kind = RITZ_PARAM_NUMBER,
                                  .fallback = 0.9,
                                  .high = 0.999999999,
                                  .doc = "what remains of m in each step"},
               [SGDP_NESTEROV] = RITZ_OPTIM_NESTEROV(0),
               [SGDP_DECAY] = RITZ_OPTIM_OWN_DECAY(0),
               [SGDP_DELTA] = PROJECTION},
    .build = build_sgdp,
};
