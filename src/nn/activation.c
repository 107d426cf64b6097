/* activation.c - the bends between layers, elementwise.
 *
 * Each is written so that the branch not taken stays finite: a select passes
 * zero times the other branch's derivative, and zero times infinity is NaN.
 */
#include "nn/inside.h"

static ritz_node *zero(ritz_graph *g, const ritz_node *x)
{
    return ritz_scalar_like(g, x, 0.0);
}

ritz_node *ritz_relu(ritz_graph *g, ritz_node *x)
{
    return ritz_maximum(g, x, zero(g, x));
}

static void build_relu(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = ritz_relu(g, call->x[0]);
}

const ritz_function ritz_nn_relu = {
    .module = "ritz",
    .name = "relu",
    .signature = "ritz.relu(x)",
    .summary = "max(x, 0), elementwise.",
    .details = "The derivative at 0 is 0.",
    .source = "Nair and Hinton 2010",
    .example = "ritz.relu(ritz.tensor{-1, 2})  --> {0, 2}",
    .tensors = 1,
    .method = true,
    .build = build_relu,
};

static void build_leaky(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    out[0] = NULL;
    if (!ritz_nn_wants_float(g, "leaky_relu", x))
        return;
    out[0] = ritz_where(g, ritz_less(g, zero(g, x), x), x,
                        ritz_scale(g, x, call->v[0].number));
}

const ritz_function ritz_nn_leaky_relu = {
    .module = "ritz",
    .name = "leaky_relu",
    .signature = "ritz.leaky_relu(x, slope)",
    .summary = "x where it is positive, else slope * x.",
    .details = "The derivative at 0 is slope.",
    .source = "Maas, Hannun and Ng 2013",
    .example = "ritz.leaky_relu(ritz.tensor{-1, 2}, 0.5)  --> {-0.5, 2}",
    .tensors = 1,
    .method = true,
    .params = {{.name = "slope",
                .kind = RITZ_PARAM_NUMBER,
                .fallback = 0.01,
                .doc = "what negative elements are multiplied with"}},
    .build = build_leaky,
};

static void build_elu(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    out[0] = NULL;
    if (!ritz_nn_wants_float(g, "elu", x))
        return;
    ritz_node *low = ritz_expm1(g, ritz_minimum(g, x, zero(g, x)));
    out[0] = ritz_where(g, ritz_less(g, zero(g, x), x), x,
                        ritz_scale(g, low, call->v[0].number));
}

const ritz_function ritz_nn_elu = {
    .module = "ritz",
    .name = "elu",
    .signature = "ritz.elu(x, alpha)",
    .summary = "x where it is positive, else alpha * (exp(x) - 1).",
    .source = "Clevert, Unterthiner and Hochreiter 2016, equation 16",
    .example = "ritz.elu(ritz.tensor{0, 2})  --> {0, 2}",
    .tensors = 1,
    .method = true,
    .params = {{.name = "alpha",
                .kind = RITZ_PARAM_NUMBER,
                .fallback = 1.0,
                .doc = "minus the limit for very negative elements"}},
    .build = build_elu,
};

static ritz_node *gelu_exact(ritz_graph *g, ritz_node *x)
{
    const double half = 0.70710678118654752440; /* sqrt(1/2) */
    ritz_node *e = ritz_erf(g, ritz_scale(g, x, half));
    return ritz_mul(g, ritz_scale(g, x, 0.5), ritz_shift(g, e, 1.0));
}

static ritz_node *gelu_tanh(ritz_graph *g, ritz_node *x)
{
    const double s = 0.79788456080286535588; /* sqrt(2/pi) */
    /* s (x + 0.044715 x^3) */
    ritz_node *inner = ritz_mul(
        g, ritz_scale(g, x, s),
        ritz_shift(g, ritz_scale(g, ritz_square(g, x), 0.044715), 1.0));
    return ritz_mul(g, ritz_scale(g, x, 0.5),
                    ritz_shift(g, ritz_tanh(g, inner), 1.0));
}

static void build_gelu(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    out[0] = NULL;
    if (!ritz_nn_wants_float(g, "gelu", x))
        return;
    out[0] = call->v[0].text[0] == 't' ? gelu_tanh(g, x) : gelu_exact(g, x);
}

const ritz_function ritz_nn_gelu = {
    .module = "ritz",
    .name = "gelu",
    .signature = "ritz.gelu(x, approximate)",
    .summary = "x times the normal distribution function of x.",
    .details = "approximate = \"tanh\" takes the authors' formula with tanh, "
               "within 5e-4 of the exact one and several times as fast.",
    .source = "Hendrycks and Gimpel 2016, section 2",
    .example = "ritz.gelu(ritz.tensor{0, 10})  --> {0, 10}",
    .tensors = 1,
    .method = true,
    .params = {{.name = "approximate",
                .kind = RITZ_PARAM_TEXT,
                .text = "none|tanh",
                .doc = "the formula: exact, or with tanh"}},
    .build = build_gelu,
};

static void build_silu(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    out[0] = NULL;
    if (!ritz_nn_wants_float(g, "silu", x))
        return;
    out[0] = ritz_mul(g, x, ritz_sigmoid(g, x));
}

const ritz_function ritz_nn_silu = {
    .module = "ritz",
    .name = "silu",
    .signature = "ritz.silu(x)",
    .summary = "x times sigmoid(x), elementwise; also called swish.",
    .source = "Elfwing, Uchibe and Doya 2018, equation 4",
    .example = "ritz.silu(ritz.tensor{0, 1})  --> {0, 0.731059}",
    .tensors = 1,
    .method = true,
    .build = build_silu,
};
