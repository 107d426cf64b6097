/* trigonometric.c - circular and hyperbolic functions, elementwise.
 */
#include "graph/primitives/elementwise.h"

#include <math.h>

static ritz_node *sin_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_cos(g, at->in[0]);
}

const ritz_primitive ritz_primitive_sin = {
    .function =
        {
            .module = "ritz",
            .name = "sin",
            .signature = "ritz.sin(x)",
            .summary = "The sine of every element (radians).",
            .source = "DLMF 4.14",
            .example = "ritz.sin(ritz.tensor{0, 1})  --> {0, 0.841471}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_sin,
    .infer = ritz_infer_float,
    .partial = sin_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

static ritz_node *cos_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_neg(g, ritz_sin(g, at->in[0]));
}

const ritz_primitive ritz_primitive_cos = {
    .function =
        {
            .module = "ritz",
            .name = "cos",
            .signature = "ritz.cos(x)",
            .summary = "The cosine of every element (radians).",
            .source = "DLMF 4.14",
            .example = "ritz.cos(ritz.tensor{0, 1})  --> {1, 0.540302}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_cos,
    .infer = ritz_infer_float,
    .partial = cos_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

static ritz_node *tan_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_shift(g, ritz_square(g, at->out[0]), 1.0);
}

const ritz_primitive ritz_primitive_tan = {
    .function =
        {
            .module = "ritz",
            .name = "tan",
            .signature = "ritz.tan(x)",
            .summary = "The tangent of every element (radians).",
            .source = "DLMF 4.14",
            .example = "ritz.tan(ritz.tensor{0, 1})  --> {0, 1.55741}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_tan,
    .infer = ritz_infer_float,
    .partial = tan_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-1.1, 1.1},
    .flops = 1,
};

static ritz_node *asin_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_rsqrt(
        g, ritz_sub(g, ritz_slope_one(g, at), ritz_square(g, at->in[0])));
}

const ritz_primitive ritz_primitive_asin = {
    .function =
        {
            .module = "ritz",
            .name = "asin",
            .signature = "ritz.asin(x)",
            .summary = "The inverse sine, in radians.",
            .source = "DLMF 4.23",
            .example = "ritz.asin(ritz.tensor{0, 1})  --> {0, 1.5708}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_asin,
    .infer = ritz_infer_float,
    .partial = asin_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-0.8, 0.8},
    .flops = 1,
};

static ritz_node *acos_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_neg(g, ritz_rsqrt(g, ritz_sub(g, ritz_slope_one(g, at),
                                              ritz_square(g, at->in[0]))));
}

const ritz_primitive ritz_primitive_acos = {
    .function =
        {
            .module = "ritz",
            .name = "acos",
            .signature = "ritz.acos(x)",
            .summary = "The inverse cosine, in radians.",
            .source = "DLMF 4.23",
            .example = "ritz.acos(ritz.tensor{0, 1})  --> {1.5708, 0}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_acos,
    .infer = ritz_infer_float,
    .partial = acos_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-0.8, 0.8},
    .flops = 1,
};

static ritz_node *atan_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_reciprocal(g, ritz_shift(g, ritz_square(g, at->in[0]), 1.0));
}

const ritz_primitive ritz_primitive_atan = {
    .function =
        {
            .module = "ritz",
            .name = "atan",
            .signature = "ritz.atan(x)",
            .summary = "The inverse tangent, in radians.",
            .source = "DLMF 4.23",
            .example = "ritz.atan(ritz.tensor{0, 1})  --> {0, 0.785398}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_atan,
    .infer = ritz_infer_float,
    .partial = atan_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

static ritz_node *sinh_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_cosh(g, at->in[0]);
}

const ritz_primitive ritz_primitive_sinh = {
    .function =
        {
            .module = "ritz",
            .name = "sinh",
            .signature = "ritz.sinh(x)",
            .summary = "The hyperbolic sine of every element.",
            .source = "DLMF 4.28.1",
            .example = "ritz.sinh(ritz.tensor{0, 1})  --> {0, 1.1752}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_sinh,
    .infer = ritz_infer_float,
    .partial = sinh_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

static ritz_node *cosh_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_sinh(g, at->in[0]);
}

const ritz_primitive ritz_primitive_cosh = {
    .function =
        {
            .module = "ritz",
            .name = "cosh",
            .signature = "ritz.cosh(x)",
            .summary = "The hyperbolic cosine of every element.",
            .source = "DLMF 4.28.2",
            .example = "ritz.cosh(ritz.tensor{0, 1})  --> {1, 1.54308}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_cosh,
    .infer = ritz_infer_float,
    .partial = cosh_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

static ritz_node *tanh_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    /* y instead of x: 1 - y*y costs no second tanh. */
    (void)i;
    return ritz_sub(g, ritz_slope_one(g, at), ritz_square(g, at->out[0]));
}

const ritz_primitive ritz_primitive_tanh = {
    .function =
        {
            .module = "ritz",
            .name = "tanh",
            .signature = "ritz.tanh(x)",
            .summary = "The hyperbolic tangent of every element.",
            .source = "DLMF 4.28.5",
            .example = "ritz.tanh(ritz.tensor{0, 1})  --> {0, 0.761594}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_tanh,
    .infer = ritz_infer_float,
    .partial = tanh_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

static ritz_node *atan2_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    ritz_node *y = at->in[0], *x = at->in[1];
    ritz_node *r2 = ritz_add(g, ritz_square(g, x), ritz_square(g, y));
    return i == 0 ? ritz_div(g, x, r2) : ritz_neg(g, ritz_div(g, y, r2));
}

const ritz_primitive ritz_primitive_atan2 = {
    .function =
        {
            .module = "ritz",
            .name = "atan2",
            .signature = "ritz.atan2(y, x)",
            .summary = "The angle of the point (x, y), in radians.",
            .source = "IEEE 754",
            .example =
                "ritz.atan2(ritz.tensor{1, 0}, ritz.tensor{0, -1})  --> {1.5708, 3.14159}",
            .tensors = 2,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_atan2,
    .infer = ritz_infer_float,
    .partial = atan2_slope,
    .batch = ritz_batch_elementwise,
    .domain = {0.4, 3},
    .refusals = {{"ritz.atan2(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.atan2(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};
