/* arithmetic.c - the primitives of arithmetic, elementwise.
 */
#include "graph/primitives/elementwise.h"

static ritz_node *neg_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_scalar_like(g, at->out[0], -1.0);
}

const ritz_primitive ritz_primitive_neg = {
    .function =
        {
            .module = "ritz",
            .name = "neg",
            .signature = "ritz.neg(x)",
            .summary = "Each element with its sign changed.",
            .source = "IEEE 754",
            .example = "ritz.neg(ritz.tensor{1, -2})  --> {-1, 2}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_neg,
    .infer = ritz_infer_same,
    .partial = neg_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

static ritz_node *abs_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_sign(g, at->in[0]);
}

const ritz_primitive ritz_primitive_abs = {
    .function =
        {
            .module = "ritz",
            .name = "abs",
            .signature = "ritz.abs(x)",
            .summary = "The absolute value of every element.",
            .details = "The derivative at 0 is 0.",
            .source = "IEEE 754",
            .example = "ritz.abs(ritz.tensor{1, -2})  --> {1, 2}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_abs,
    .infer = ritz_infer_same,
    .partial = abs_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .kinks = {0},
    .kink_count = 1,
    .flops = 1,
};

const ritz_primitive ritz_primitive_sign = {
    .function =
        {
            .module = "ritz",
            .name = "sign",
            .signature = "ritz.sign(x)",
            .summary = "-1, 0 or 1: the sign of every element.",
            .source = "IEEE 754",
            .example = "ritz.sign(ritz.tensor{3, 0, -2})  --> {1, 0, -1}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_sign,
    .infer = ritz_infer_same,
    .no_derivative = "none, because it is constant almost everywhere",
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .kinks = {0},
    .kink_count = 1,
    .flops = 1,
};

static ritz_node *square_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_scale(g, at->in[0], 2.0);
}

const ritz_primitive ritz_primitive_square = {
    .function =
        {
            .module = "ritz",
            .name = "square",
            .signature = "ritz.square(x)",
            .summary = "The square of every element.",
            .source = "elementary",
            .example = "ritz.square(ritz.tensor{3, -2})  --> {9, 4}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_square,
    .infer = ritz_infer_same,
    .partial = square_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

static ritz_node *reciprocal_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_neg(g, ritz_square(g, at->out[0]));
}

const ritz_primitive ritz_primitive_reciprocal = {
    .function =
        {
            .module = "ritz",
            .name = "reciprocal",
            .signature = "ritz.reciprocal(x)",
            .summary = "1 / x for every element.",
            .source = "elementary",
            .example = "ritz.reciprocal(ritz.tensor{2, 4})  --> {0.5, 0.25}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_reciprocal,
    .infer = ritz_infer_float,
    .partial = reciprocal_slope,
    .batch = ritz_batch_elementwise,
    .domain = {0.5, 3},
    .flops = 1,
};

static ritz_node *add_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)i;
    return ritz_slope_one(g, at);
}

const ritz_primitive ritz_primitive_add = {
    .function =
        {
            .module = "ritz",
            .name = "add",
            .signature = "ritz.add(x, y)",
            .summary = "The sum, elementwise; also x + y.",
            .source = "IEEE 754",
            .example = "ritz.add(ritz.tensor{1, 2}, 10)  --> {11, 12}",
            .tensors = 2,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_add,
    .infer = ritz_infer_same,
    .partial = add_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .refusals = {{"ritz.add(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.add(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};

static ritz_node *sub_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    return ritz_scalar_like(g, at->out[0], i == 0 ? 1.0 : -1.0);
}

const ritz_primitive ritz_primitive_sub = {
    .function =
        {
            .module = "ritz",
            .name = "sub",
            .signature = "ritz.sub(x, y)",
            .summary = "The difference, elementwise; also x - y.",
            .source = "IEEE 754",
            .example = "ritz.sub(ritz.tensor{1, 2}, 10)  --> {-9, -8}",
            .tensors = 2,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_sub,
    .infer = ritz_infer_same,
    .partial = sub_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .refusals = {{"ritz.sub(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.sub(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};

static ritz_node *mul_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    (void)g;
    return at->in[1 - i];
}

const ritz_primitive ritz_primitive_mul = {
    .function =
        {
            .module = "ritz",
            .name = "mul",
            .signature = "ritz.mul(x, y)",
            .summary = "The product, elementwise; also x * y.",
            .source = "IEEE 754",
            .example = "ritz.mul(ritz.tensor{1, 2}, 10)  --> {10, 20}",
            .tensors = 2,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_mul,
    .infer = ritz_infer_same,
    .partial = mul_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .refusals = {{"ritz.mul(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.mul(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};

static ritz_node *div_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    if (i == 0)
        return ritz_reciprocal(g, at->in[1]);
    return ritz_neg(g, ritz_div(g, at->out[0], at->in[1]));
}

const ritz_primitive ritz_primitive_div = {
    .function =
        {
            .module = "ritz",
            .name = "div",
            .signature = "ritz.div(x, y)",
            .summary = "The quotient, elementwise; also x / y.",
            .source = "IEEE 754",
            .example = "ritz.div(ritz.tensor{1, 2}, 4)  --> {0.25, 0.5}",
            .tensors = 2,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_div,
    .infer = ritz_infer_float,
    .partial = div_slope,
    .batch = ritz_batch_elementwise,
    .domain = {0.5, 3},
    .refusals = {{"ritz.div(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.div(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};

static ritz_node *mod_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    if (i == 0)
        return ritz_slope_one(g, at);
    return ritz_neg(g, ritz_floor(g, ritz_div(g, at->in[0], at->in[1])));
}

const ritz_primitive ritz_primitive_mod = {
    .function =
        {
            .module = "ritz",
            .name = "mod",
            .signature = "ritz.mod(x, y)",
            .summary =
                "The remainder with the sign of y, elementwise; also x % y.",
            .details =
                "Kinks where x / y is an integer. With y = 0 NaN, and x itself in i64.",
            .source = "Lua 5.4 manual, 3.4.1",
            .example = "ritz.mod(ritz.tensor{5, -5}, 3)  --> {2, 1}",
            .tensors = 2,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_mod,
    .infer = ritz_infer_same,
    .partial = mod_slope,
    .batch = ritz_batch_elementwise,
    .domain = {3.1, 3.9},
    .refusals = {{"ritz.mod(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.mod(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};

static ritz_node *maximum_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    /* Where both are equal, the whole slope is y's: relu, which is
     * maximum(x, 0), then has slope 0 at 0, as everywhere in the field. The
     * result exceeds y where x does, and is kept more often than x. */
    return i == 0 ? ritz_less(g, at->in[1], at->out[0])
                  : ritz_less_equal(g, at->in[0], at->in[1]);
}

const ritz_primitive ritz_primitive_maximum = {
    .function =
        {
            .module = "ritz",
            .name = "maximum",
            .signature = "ritz.maximum(x, y)",
            .summary = "The larger of two elements.",
            .details =
                "NaN if either is NaN. Where x = y the derivative is y's.",
            .source = "elementary",
            .example = "ritz.maximum(ritz.tensor{1, 5}, 3)  --> {3, 5}",
            .tensors = 2,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_max,
    .infer = ritz_infer_same,
    .partial = maximum_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .refusals = {{"ritz.maximum(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.maximum(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};

static ritz_node *minimum_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    return i == 0 ? ritz_less(g, at->out[0], at->in[1])
                  : ritz_less_equal(g, at->in[1], at->in[0]);
}

const ritz_primitive ritz_primitive_minimum = {
    .function =
        {
            .module = "ritz",
            .name = "minimum",
            .signature = "ritz.minimum(x, y)",
            .summary = "The smaller of two elements.",
            .details =
                "NaN if either is NaN. Where x = y the derivative is y's.",
            .source = "elementary",
            .example = "ritz.minimum(ritz.tensor{1, 5}, 3)  --> {1, 3}",
            .tensors = 2,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_min,
    .infer = ritz_infer_same,
    .partial = minimum_slope,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .refusals = {{"ritz.minimum(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.minimum(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};

static ritz_node *pow_slope(ritz_graph *g, const ritz_rule *at, int i)
{
    ritz_node *x = at->in[0], *y = at->in[1];
    if (i == 0)
        return ritz_mul(g, y, ritz_pow(g, x, ritz_shift(g, y, -1.0)));
    /* At x = 0 the product 0 log 0 is 0. */
    ritz_node *zero = ritz_scalar_like(g, x, 0.0);
    ritz_node *safe =
        ritz_where(g, ritz_equal(g, x, zero), ritz_scalar_like(g, x, 1.0), x);
    return ritz_mul(g, at->out[0], ritz_log(g, safe));
}

/* The powers that people write most are cheaper and more accurate as what
 * they are; eager and compiled code meet the same rewriting here. */
static void build_pow(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0], *y = call->x[1];
    const bool number = y->prim == &ritz_primitive_constant;
    if (number && y->attr->value == 2.0)
        out[0] = ritz_square(g, x);
    else if (number && y->attr->value == 0.5)
        out[0] = ritz_sqrt(g, x);
    else if (number && y->attr->value == -1.0)
        out[0] = ritz_reciprocal(g, x);
    else
        out[0] = ritz_pow(g, x, y);
}

const ritz_primitive ritz_primitive_pow = {
    .function =
        {
            .module = "ritz",
            .name = "pow",
            .signature = "ritz.pow(x, y)",
            .summary = "x to the power y, elementwise; also x ^ y.",
            .details =
                "Exponents 2, 0.5 and -1 given as numbers are computed as square, sqrt and reciprocal.",
            .source = "DLMF 4.2(iv)",
            .example = "ritz.pow(ritz.tensor{2, 3}, 2)  --> {4, 9}",
            .tensors = 2,
            .method = true,
            .build = build_pow,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_pow,
    .infer = ritz_infer_float,
    .partial = pow_slope,
    .batch = ritz_batch_elementwise,
    .domain = {0.5, 2.5},
    .refusals = {{"ritz.pow(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.pow(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};
