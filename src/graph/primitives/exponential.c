/* exponential.c - roots, exponentials, logarithms and their kin, elementwise.
 *
 * Where a rule can use the output instead of computing a second function, it
 * does; near saturation that loses relative, never absolute accuracy.
 */
#include "graph/primitives/elementwise.h"

#include <math.h>

static ritz_node *sqrt_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_div(g, ritz_scalar_like(g, at->out[0], 0.5), at->out[0]);
}

const ritz_primitive ritz_primitive_sqrt = {
    .function =
        {
            .module = "ritz",
            .name = "sqrt",
            .signature = "ritz.sqrt(x)",
            .summary = "The square root of every element.",
            .source = "IEEE 754",
            .example = "ritz.sqrt(ritz.tensor{4, 9})  --> {2, 3}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_sqrt,
    .infer = ritz_infer_float,
    .partial = sqrt_slope,
    .batch = ritz_batch_elementwise,
    .domain = {0.3, 3},
    .flops = 1,
};

static ritz_node *rsqrt_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_scale(g, ritz_mul(g, at->out[0], ritz_square(g, at->out[0])),
                      -0.5);
}

const ritz_primitive ritz_primitive_rsqrt = {
    .function =
        {
            .module = "ritz",
            .name = "rsqrt",
            .signature = "ritz.rsqrt(x)",
            .summary = "1 / sqrt(x) for every element.",
            .source = "elementary",
            .example = "ritz.rsqrt(ritz.tensor{4, 16})  --> {0.5, 0.25}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_rsqrt,
    .infer = ritz_infer_float,
    .partial = rsqrt_slope,
    .batch = ritz_batch_elementwise,
    .domain = {0.3, 3},
    .flops = 1,
};

static ritz_node *exp_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i, (void)g;
    return at->out[0];
}

const ritz_primitive ritz_primitive_exp = {
    .function =
        {
            .module = "ritz",
            .name = "exp",
            .signature = "ritz.exp(x)",
            .summary = "The exponential of every element.",
            .source = "DLMF 4.2",
            .example = "ritz.exp(ritz.tensor{0, 1})  --> {1, 2.71828}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_exp,
    .infer = ritz_infer_float,
    .partial = exp_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

static ritz_node *expm1_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_exp(g, at->in[0]);
}

const ritz_primitive ritz_primitive_expm1 = {
    .function =
        {
            .module = "ritz",
            .name = "expm1",
            .signature = "ritz.expm1(x)",
            .summary = "exp(x) - 1, accurate near 0.",
            .source = "DLMF 4.2",
            .example = "ritz.expm1(ritz.tensor{0, 1})  --> {0, 1.71828}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_expm1,
    .infer = ritz_infer_float,
    .partial = expm1_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

static ritz_node *log_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_reciprocal(g, at->in[0]);
}

const ritz_primitive ritz_primitive_log = {
    .function =
        {
            .module = "ritz",
            .name = "log",
            .signature = "ritz.log(x)",
            .summary = "The natural logarithm of every element.",
            .source = "DLMF 4.2",
            .example = "ritz.log(ritz.tensor{1, 10})  --> {0, 2.30259}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_log,
    .infer = ritz_infer_float,
    .partial = log_slope,
    .batch = ritz_batch_elementwise,
    .domain = {0.3, 3},
    .flops = 1,
};

static ritz_node *log1p_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_reciprocal(g, ritz_shift(g, at->in[0], 1.0));
}

const ritz_primitive ritz_primitive_log1p = {
    .function =
        {
            .module = "ritz",
            .name = "log1p",
            .signature = "ritz.log1p(x)",
            .summary = "log(1 + x), accurate near 0.",
            .source = "DLMF 4.2",
            .example = "ritz.log1p(ritz.tensor{0, 1})  --> {0, 0.693147}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_log1p,
    .infer = ritz_infer_float,
    .partial = log1p_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-0.6, 3},
    .flops = 1,
};

static ritz_node *sigmoid_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_mul(g, at->out[0],
                    ritz_sub(g, ritz_slope_one(g, at), at->out[0]));
}

const ritz_primitive ritz_primitive_sigmoid = {
    .function =
        {
            .module = "ritz",
            .name = "sigmoid",
            .signature = "ritz.sigmoid(x)",
            .summary = "1 / (1 + exp(-x)), without overflow.",
            .source = "Bishop 2006, eq. 4.59",
            .example = "ritz.sigmoid(ritz.tensor{0, 2})  --> {0.5, 0.880797}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_sigmoid,
    .infer = ritz_infer_float,
    .partial = sigmoid_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

static ritz_node *softplus_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_sigmoid(g, at->in[0]);
}

const ritz_primitive ritz_primitive_softplus = {
    .function =
        {
            .module = "ritz",
            .name = "softplus",
            .signature = "ritz.softplus(x)",
            .summary = "log(1 + exp(x)), without overflow.",
            .source = "Dugas et al. 2001",
            .example =
                "ritz.softplus(ritz.tensor{0, 2})  --> {0.693147, 2.12693}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_softplus,
    .infer = ritz_infer_float,
    .partial = softplus_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

static ritz_node *erf_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_scale(g, ritz_exp(g, ritz_neg(g, ritz_square(g, at->in[0]))),
                      2.0 / sqrt(M_PI));
}

const ritz_primitive ritz_primitive_erf = {
    .function =
        {
            .module = "ritz",
            .name = "erf",
            .signature = "ritz.erf(x)",
            .summary = "The error function of every element.",
            .source = "DLMF 7.2.1",
            .example = "ritz.erf(ritz.tensor{0, 1})  --> {0, 0.842701}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_erf,
    .infer = ritz_infer_float,
    .partial = erf_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};
