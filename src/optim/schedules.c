/* schedules.c - what the learning rate is multiplied with, as functions of t.
 *
 * t is the number of steps taken before, from 0: an i64 scalar that is counted
 * up in the optimiser's state, so that a schedule costs no tracing. After
 * `steps` every factor stays where it is.
 */
#include "graph/build.h"
#include "graph/infer.h"
#include "optim/inside.h"

#define PI 3.14159265358979323846

/* t / steps, at most 1, in f32. NULL on an error. */
static ritz_node *share(ritz_graph *g, const ritz_call *call)
{
    ritz_node *t = call->x[0];
    if (t->shape.rank != 0) {
        ritz_graph_fail(g, RITZ_ESHAPE, "%s: t must be a scalar, got %s",
                        call->function->name, ritz_type_of(t).text);
        return NULL;
    }
    ritz_node *x =
        ritz_scale(g, ritz_cast(g, t, RITZ_F32), 1.0 / (double)call->v[0].i);
    return ritz_minimum(g, x, ritz_scalar_like(g, x, 1.0));
}

#define STEPS                                                                \
    {                                                                        \
        .name = "steps", .kind = RITZ_PARAM_INT, .required = true, .low = 1, \
        .high = 9e15, .doc = "how many steps it takes"                       \
    }
#define FINAL                                       \
    {                                               \
        .name = "final", .kind = RITZ_PARAM_NUMBER, \
        .doc = "the factor at the end"              \
    }

static void build_cosine(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    const double final = call->v[1].number;
    ritz_node *x = share(g, call);
    out[0] = NULL;
    if (!x)
        return;
    ritz_node *wave = ritz_shift(g, ritz_cos(g, ritz_scale(g, x, PI)), 1.0);
    out[0] = ritz_shift(g, ritz_scale(g, wave, (1.0 - final) / 2), final);
}

const ritz_function ritz_optim_cosine_factor = {
    .module = "optim",
    .name = "cosine_factor",
    .signature = "optim.cosine_factor(t, steps, final)",
    .summary = "Half a cosine wave from 1 to `final`.",
    .source = "Loshchilov and Hutter 2017, equation 5",
    .example = "ritz.optim.cosine_factor(5, 10)  --> 0.5",
    .tensors = 1,
    .params = {STEPS, FINAL},
    .build = build_cosine,
};

static void build_line(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = share(g, call);
    out[0] = NULL;
    if (x)
        out[0] = ritz_shift(g, ritz_scale(g, x, call->v[1].number - 1.0), 1.0);
}

const ritz_function ritz_optim_linear_factor = {
    .module = "optim",
    .name = "linear_factor",
    .signature = "optim.linear_factor(t, steps, final)",
    .summary = "A straight line from 1 to `final`.",
    .source = "elementary",
    .example = "ritz.optim.linear_factor(5, 10)  --> 0.5",
    .tensors = 1,
    .params = {STEPS, FINAL},
    .build = build_line,
};

static void build_warmup(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    /* The first step is not lost: its factor is 1 / steps. */
    ritz_node *next = ritz_shift(g, ritz_cast(g, call->x[0], RITZ_F32), 1.0);
    ritz_call shifted = *call;
    shifted.x = &next;
    out[0] = share(g, &shifted);
}

const ritz_function ritz_optim_warmup_factor = {
    .module = "optim",
    .name = "warmup_factor",
    .signature = "optim.warmup_factor(t, steps)",
    .summary = "A straight line up to 1: (t + 1) / steps.",
    .source = "Goyal et al. 2017, section 2.2",
    .example = "ritz.optim.warmup_factor(1, 4)  --> 0.5",
    .tensors = 1,
    .params = {STEPS},
    .build = build_warmup,
};

static void build_step(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *t = call->x[0];
    out[0] = NULL;
    if (t->shape.rank != 0) {
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "step_factor: t must be a scalar, got %s",
                        ritz_type_of(t).text);
        return;
    }
    ritz_node *stairs =
        ritz_floor(g, ritz_div(g, ritz_cast(g, t, RITZ_F32),
                               ritz_scalar(g, RITZ_F32, (double)call->v[0].i)));
    out[0] =
        ritz_pow(g, ritz_scalar_like(g, stairs, call->v[1].number), stairs);
}

const ritz_function ritz_optim_step_factor = {
    .module = "optim",
    .name = "step_factor",
    .signature = "optim.step_factor(t, every, factor)",
    .summary = "1, multiplied with `factor` after every so many steps.",
    .source = "elementary",
    .example = "ritz.optim.step_factor(25, 10, 0.5)  --> 0.25",
    .tensors = 1,
    .params = {{.name = "every",
                .kind = RITZ_PARAM_INT,
                .required = true,
                .low = 1,
                .high = 9e15,
                .doc = "steps between two factors"},
               {.name = "factor",
                .kind = RITZ_PARAM_NUMBER,
                .fallback = 0.1,
                .low = 0,
                .high = 1,
                .doc = "what the rate is multiplied with"}},
    .build = build_step,
};
