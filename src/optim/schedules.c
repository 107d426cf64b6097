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

/* t in f32. NULL on an error. */
static ritz_node *time_of(ritz_graph *g, const ritz_call *call)
{
    ritz_node *t = call->x[0];
    if (t->shape.rank != 0) {
        ritz_graph_fail(g, RITZ_ESHAPE, "%s: t must be a scalar, got %s",
                        call->function->name, ritz_type_of(t).text);
        return NULL;
    }
    return ritz_cast(g, t, RITZ_F32);
}

/* t / steps, at most 1, in f32. NULL on an error. */
static ritz_node *share(ritz_graph *g, const ritz_call *call)
{
    ritz_node *t = time_of(g, call);
    if (!t)
        return NULL;
    ritz_node *x = ritz_scale(g, t, 1.0 / (double)call->v[0].i);
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

#define EVERY                                                                \
    {                                                                        \
        .name = "every", .kind = RITZ_PARAM_INT, .required = true, .low = 1, \
        .high = 9e15, .doc = "steps from one factor to the next"             \
    }
#define FACTOR                                                        \
    {                                                                 \
        .name = "factor", .kind = RITZ_PARAM_NUMBER, .fallback = 0.1, \
        .high = 1, .doc = "what the rate is multiplied with"          \
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

/* t / every. NULL on an error. */
static ritz_node *times(ritz_graph *g, const ritz_call *call)
{
    ritz_node *t = time_of(g, call);
    return t ? ritz_div(g, t, ritz_scalar(g, RITZ_F32, (double)call->v[0].i))
             : NULL;
}

static void build_step(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = times(g, call);
    out[0] = NULL;
    if (x)
        out[0] = ritz_pow(g, ritz_scalar_like(g, x, call->v[1].number),
                          ritz_floor(g, x));
}

const ritz_function ritz_optim_step_factor = {
    .module = "optim",
    .name = "step_factor",
    .signature = "optim.step_factor(t, every, factor)",
    .summary = "1, multiplied with `factor` after every so many steps.",
    .source = "elementary",
    .example = "ritz.optim.step_factor(25, 10, 0.5)  --> 0.25",
    .tensors = 1,
    .params = {EVERY, FACTOR},
    .build = build_step,
};

static void build_exponential(ritz_graph *g, const ritz_call *call,
                              ritz_node **out)
{
    ritz_node *x = times(g, call);
    out[0] = NULL;
    if (x)
        out[0] = ritz_pow(g, ritz_scalar_like(g, x, call->v[1].number), x);
}

const ritz_function ritz_optim_exponential_factor = {
    .module = "optim",
    .name = "exponential_factor",
    .signature = "optim.exponential_factor(t, every, factor)",
    .summary = "factor^(t / every).",
    .source = "elementary",
    .example = "ritz.optim.exponential_factor(20, 10, 0.5)  --> 0.25",
    .tensors = 1,
    .params = {EVERY, FACTOR},
    .build = build_exponential,
};

static void build_polynomial(ritz_graph *g, const ritz_call *call,
                             ritz_node **out)
{
    const double final = call->v[2].number;
    ritz_node *x = share(g, call);
    out[0] = NULL;
    if (!x)
        return;
    ritz_node *left = ritz_shift(g, ritz_neg(g, x), 1.0);
    ritz_node *y = ritz_pow(g, left, ritz_scalar_like(g, x, call->v[1].number));
    out[0] = ritz_shift(g, ritz_scale(g, y, 1.0 - final), final);
}

const ritz_function ritz_optim_polynomial_factor = {
    .module = "optim",
    .name = "polynomial_factor",
    .signature = "optim.polynomial_factor(t, steps, power, final)",
    .summary = "(1 - t / steps)^power, drawn together to end at `final`.",
    .source = "elementary",
    .example = "ritz.optim.polynomial_factor(5, 10, 2)  --> 0.25",
    .tensors = 1,
    .params = {STEPS,
               {.name = "power",
                .kind = RITZ_PARAM_NUMBER,
                .fallback = 2,
                .high = 1000,
                .doc = "of what is left"},
               FINAL},
    .build = build_polynomial,
};

static void build_inverse_sqrt(ritz_graph *g, const ritz_call *call,
                               ritz_node **out)
{
    ritz_node *t = time_of(g, call);
    out[0] = NULL;
    if (!t)
        return;
    ritz_node *x =
        ritz_scale(g, ritz_shift(g, t, 1.0), 1.0 / (double)call->v[0].i);
    out[0] = ritz_minimum(g, x, ritz_rsqrt(g, x));
}

const ritz_function ritz_optim_inverse_sqrt_factor = {
    .module = "optim",
    .name = "inverse_sqrt_factor",
    .signature = "optim.inverse_sqrt_factor(t, steps)",
    .summary = "A straight line up to 1, then sqrt(steps / (t + 1)).",
    .source = "Vaswani et al. 2017, equation 3, with the peak as 1",
    .example = "ritz.optim.inverse_sqrt_factor(15, 4)  --> 0.5",
    .tensors = 1,
    .params = {STEPS},
    .build = build_inverse_sqrt,
};
