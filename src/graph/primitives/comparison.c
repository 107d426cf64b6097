/* comparison.c - rounding and comparing, elementwise: no derivatives.
 */
#include "graph/primitives/elementwise.h"

const ritz_primitive ritz_primitive_floor = {
    .function =
        {
            .module = "ritz",
            .name = "floor",
            .signature = "ritz.floor(x)",
            .summary = "The largest integer not above, for every element.",
            .source = "IEEE 754",
            .example = "ritz.floor(ritz.tensor{1.5, -1.5})  --> {1, -2}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_floor,
    .infer = ritz_infer_float,
    .no_derivative = "none, because it is constant almost everywhere",
    .batch = ritz_batch_elementwise,
    .domain = {0.55, 0.95},
    .flops = 1,
};

const ritz_primitive ritz_primitive_ceil = {
    .function =
        {
            .module = "ritz",
            .name = "ceil",
            .signature = "ritz.ceil(x)",
            .summary = "The smallest integer not below, for every element.",
            .source = "IEEE 754",
            .example = "ritz.ceil(ritz.tensor{1.5, -1.5})  --> {2, -1}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_ceil,
    .infer = ritz_infer_float,
    .no_derivative = "none, because it is constant almost everywhere",
    .batch = ritz_batch_elementwise,
    .domain = {0.55, 0.95},
    .flops = 1,
};

const ritz_primitive ritz_primitive_round = {
    .function =
        {
            .module = "ritz",
            .name = "round",
            .signature = "ritz.round(x)",
            .summary = "The nearest integer; halves go to the even one.",
            .source = "IEEE 754, roundTiesToEven",
            .example = "ritz.round(ritz.tensor{1.5, 2.5})  --> {2, 2}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_round,
    .infer = ritz_infer_float,
    .no_derivative = "none, because it is constant almost everywhere",
    .batch = ritz_batch_elementwise,
    .domain = {0.55, 0.95},
    .flops = 1,
};

const ritz_primitive ritz_primitive_is_finite = {
    .function =
        {
            .module = "ritz",
            .name = "is_finite",
            .signature = "ritz.is_finite(x)",
            .summary =
                "1 where the element is finite, 0 where it is NaN or infinite.",
            .source = "IEEE 754",
            .example =
                "ritz.is_finite(ritz.tensor{1, 1/0, 0/0})  --> {1, 0, 0}",
            .tensors = 1,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_is_finite,
    .infer = ritz_infer_float,
    .no_derivative = "none, because it is constant almost everywhere",
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .flops = 1,
};

const ritz_primitive ritz_primitive_less = {
    .function =
        {
            .module = "ritz",
            .name = "less",
            .signature = "ritz.less(x, y)",
            .summary = "1 where x < y, else 0, in the dtype of x.",
            .source = "IEEE 754",
            .example = "ritz.less(ritz.tensor{1, 2, 3}, 2)  --> {1, 0, 0}",
            .tensors = 2,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_less,
    .infer = ritz_infer_same,
    .no_derivative = "none, because it is constant almost everywhere",
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .refusals = {{"ritz.less(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.less(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};

const ritz_primitive ritz_primitive_less_equal = {
    .function =
        {
            .module = "ritz",
            .name = "less_equal",
            .signature = "ritz.less_equal(x, y)",
            .summary = "1 where x <= y, else 0, in the dtype of x.",
            .source = "IEEE 754",
            .example =
                "ritz.less_equal(ritz.tensor{1, 2, 3}, 2)  --> {1, 1, 0}",
            .tensors = 2,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_less_equal,
    .infer = ritz_infer_same,
    .no_derivative = "none, because it is constant almost everywhere",
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .refusals = {{"ritz.less_equal(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.less_equal(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};

const ritz_primitive ritz_primitive_equal = {
    .function =
        {
            .module = "ritz",
            .name = "equal",
            .signature = "ritz.equal(x, y)",
            .summary = "1 where x = y, else 0, in the dtype of x.",
            .source = "IEEE 754",
            .example = "ritz.equal(ritz.tensor{1, 2, 3}, 2)  --> {0, 1, 0}",
            .tensors = 2,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_equal,
    .infer = ritz_infer_same,
    .no_derivative = "none, because it is constant almost everywhere",
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .refusals = {{"ritz.equal(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.equal(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};

const ritz_primitive ritz_primitive_not_equal = {
    .function =
        {
            .module = "ritz",
            .name = "not_equal",
            .signature = "ritz.not_equal(x, y)",
            .summary = "0 where x = y, else 1, in the dtype of x.",
            .source = "IEEE 754",
            .example = "ritz.not_equal(ritz.tensor{1, 2, 3}, 2)  --> {1, 0, 1}",
            .tensors = 2,
            .method = true,
            .build = ritz_build_elementwise,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_not_equal,
    .infer = ritz_infer_same,
    .no_derivative = "none, because it is constant almost everywhere",
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .refusals = {{"ritz.not_equal(ritz.ones{2, 3}, ritz.ones{4})",
                  "shapes must broadcast, got f32[2,3] and f32[4]"},
                 {"ritz.not_equal(ritz.ones{2}, ritz.ones({2}, \"f64\"))",
                  "dtypes must agree"}},
    .flops = 1,
};

/* select: c != 0 ? x : y. */

static ritz_node *zeros_like(ritz_graph *g, const ritz_node *x)
{
    return ritz_full_like(g, x, 0.0);
}

static ritz_node *select_push(ritz_graph *g, const ritz_rule *at,
                              ritz_node *const *tangent)
{
    ritz_node *tx = tangent[1], *ty = tangent[2];
    if (!tx && !ty)
        return NULL;
    return ritz_where(g, at->in[0], tx ? tx : zeros_like(g, at->in[1]),
                      ty ? ty : zeros_like(g, at->in[2]));
}

static ritz_node *select_pull(ritz_graph *g, const ritz_rule *at, int i,
                              ritz_node *ct)
{
    ritz_node *zero = zeros_like(g, ct);
    if (i == 0)
        return NULL; /* the condition is constant almost everywhere */
    return i == 1 ? ritz_where(g, at->in[0], ct, zero)
                  : ritz_where(g, at->in[0], zero, ct);
}

static void build_select(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = ritz_where(g, call->x[0], call->x[1], call->x[2]);
}

const ritz_primitive ritz_primitive_select = {
    .function =
        {
            .module = "ritz",
            .name = "where",
            .signature = "ritz.where(condition, x, y)",
            .summary = "x where the condition is not 0, else y.",
            .details = "The three operands broadcast. No derivative passes "
                       "through the condition, none leaks from the side that "
                       "was not chosen.",
            .source = "NumPy's where",
            .example = "ritz.where(ritz.tensor{1, 0}, ritz.tensor{5, 6}, 0)"
                       "  --> {5, 0}",
            .tensors = 3,
            .build = build_select,
        },
    .class = RITZ_CLASS_ELEMENTWISE,
    .op = RITZ_OP_select,
    .infer = ritz_infer_same,
    .jvp = select_push,
    .vjp = select_pull,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .samples = {{"ritz.where(ritz.less(x, 0), y, z)", {"3,4", "4", ""}},
                {"ritz.where(ritz.less(x, 0), x, y)", {"0,4", "0,4"}}},
    .refusals = {{"ritz.where(ritz.ones{2, 3}, ritz.ones{4}, 0)",
                  "shapes must broadcast"}},
    .flops = 1,
};
