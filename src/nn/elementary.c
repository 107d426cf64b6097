/* elementary.c - elementwise functions made of others. */
#include "nn/inside.h"

#include <math.h>

static ritz_node *zero(ritz_graph *g, const ritz_node *x)
{
    return ritz_scalar_like(g, x, 0.0);
}

static void build_clip(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    out[0] = ritz_minimum(
        g, ritz_maximum(g, x, ritz_weak_scalar(g, call->v[0].number)),
        ritz_weak_scalar(g, call->v[1].number));
}

const ritz_function ritz_nn_clip = {
    .module = "ritz",
    .name = "clip",
    .signature = "ritz.clip(x, low, high)",
    .summary = "Elements below low or above high replaced by these.",
    .details = "The derivative is 1 inside and 0 from the bounds on. NaN stays "
               "NaN. Bounds that are tensors: ritz.maximum and ritz.minimum.",
    .source = "NumPy's clip",
    .example = "ritz.clip(ritz.tensor{-1, 0.5, 3}, 0, 1)  --> {0, 0.5, 1}",
    .tensors = 1,
    .method = true,
    .params = {{.name = "low",
                .kind = RITZ_PARAM_NUMBER,
                .required = true,
                .doc = "the smallest value"},
               {.name = "high",
                .kind = RITZ_PARAM_NUMBER,
                .required = true,
                .doc = "the largest value"}},
    .build = build_clip,
};

static void build_scaled_log(ritz_graph *g, const ritz_call *call, double base,
                             ritz_node **out)
{
    ritz_node *x = call->x[0];
    out[0] = NULL;
    if (ritz_nn_wants_float(g, call->function->name, x))
        out[0] = ritz_scale(g, ritz_log(g, x), 1.0 / log(base));
}

static void build_log2(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    build_scaled_log(g, call, 2.0, out);
}

static void build_log10(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    build_scaled_log(g, call, 10.0, out);
}

const ritz_function ritz_nn_log2 = {
    .module = "ritz",
    .name = "log2",
    .signature = "ritz.log2(x)",
    .summary = "The logarithm to base 2 of every element.",
    .details = "ritz.log times a constant, with one more rounding.",
    .source = "elementary",
    .example = "ritz.log2(ritz.tensor{1, 8})  --> {0, 3}",
    .tensors = 1,
    .method = true,
    .build = build_log2,
};

const ritz_function ritz_nn_log10 = {
    .module = "ritz",
    .name = "log10",
    .signature = "ritz.log10(x)",
    .summary = "The logarithm to base 10 of every element.",
    .details = "ritz.log times a constant, with one more rounding.",
    .source = "elementary",
    .example = "ritz.log10(ritz.tensor{1, 1000})  --> {0, 3}",
    .tensors = 1,
    .method = true,
    .build = build_log10,
};

static void build_exp2(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    out[0] = NULL;
    if (ritz_nn_wants_float(g, "exp2", x))
        out[0] = ritz_pow(g, ritz_scalar_like(g, x, 2.0), x);
}

const ritz_function ritz_nn_exp2 = {
    .module = "ritz",
    .name = "exp2",
    .signature = "ritz.exp2(x)",
    .summary = "2 to the power of every element.",
    .source = "elementary",
    .example = "ritz.exp2(ritz.tensor{-1, 3})  --> {0.5, 8}",
    .tensors = 1,
    .method = true,
    .build = build_exp2,
};

static void build_logaddexp(ritz_graph *g, const ritz_call *call,
                            ritz_node **out)
{
    ritz_node *x = call->x[0], *y = call->x[1];
    ritz_node *d = ritz_sub(g, x, y);
    out[0] = NULL;
    if (!ritz_nn_wants_float(g, "logaddexp", d))
        return;
    /* max(x, y) + log(1 + exp(-|x - y|)) as a softplus of the difference:
     * smooth where x = y. Two equal infinities have no difference. */
    ritz_node *same = ritz_equal(g, x, y);
    ritz_node *safe = ritz_where(g, same, zero(g, d), d);
    out[0] = ritz_add(g, y, ritz_softplus(g, safe));
}

const ritz_function ritz_nn_logaddexp = {
    .module = "ritz",
    .name = "logaddexp",
    .signature = "ritz.logaddexp(x, y)",
    .summary = "log(exp(x) + exp(y)) without overflow.",
    .source = "NumPy's logaddexp",
    .example = "ritz.logaddexp(ritz.tensor{0}, ritz.tensor{0})  --> {0.693147}",
    .tensors = 2,
    .build = build_logaddexp,
};

static void build_greater(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = ritz_less(g, call->x[1], call->x[0]);
}

static void build_greater_equal(ritz_graph *g, const ritz_call *call,
                                ritz_node **out)
{
    out[0] = ritz_less_equal(g, call->x[1], call->x[0]);
}

const ritz_function ritz_nn_greater = {
    .module = "ritz",
    .name = "greater",
    .signature = "ritz.greater(x, y)",
    .summary = "1 where x > y, else 0, in the operands' dtype.",
    .source = "elementary",
    .example = "ritz.greater(ritz.tensor{1, 3}, 2)  --> {0, 1}",
    .tensors = 2,
    .method = true,
    .build = build_greater,
};

const ritz_function ritz_nn_greater_equal = {
    .module = "ritz",
    .name = "greater_equal",
    .signature = "ritz.greater_equal(x, y)",
    .summary = "1 where x >= y, else 0, in the operands' dtype.",
    .source = "elementary",
    .example = "ritz.greater_equal(ritz.tensor{1, 2}, 2)  --> {0, 1}",
    .tensors = 2,
    .method = true,
    .build = build_greater_equal,
};

static ritz_node *truth(ritz_graph *g, ritz_node *x)
{
    return ritz_not_equal(g, x, zero(g, x));
}

static void build_not(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = ritz_equal(g, call->x[0], zero(g, call->x[0]));
}

static void build_and(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = ritz_mul(g, truth(g, call->x[0]), truth(g, call->x[1]));
}

static void build_or(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = ritz_maximum(g, truth(g, call->x[0]), truth(g, call->x[1]));
}

const ritz_function ritz_nn_logical_not = {
    .module = "ritz",
    .name = "logical_not",
    .signature = "ritz.logical_not(x)",
    .summary = "1 where x is 0, else 0.",
    .source = "NumPy's logical_not",
    .example = "ritz.logical_not(ritz.tensor{0, 2})  --> {1, 0}",
    .tensors = 1,
    .build = build_not,
};

const ritz_function ritz_nn_logical_and = {
    .module = "ritz",
    .name = "logical_and",
    .signature = "ritz.logical_and(x, y)",
    .summary = "1 where neither x nor y is 0, else 0.",
    .source = "NumPy's logical_and",
    .example = "ritz.logical_and(ritz.tensor{0, 2}, ritz.tensor{1, 1})"
               "  --> {0, 1}",
    .tensors = 2,
    .build = build_and,
};

const ritz_function ritz_nn_logical_or = {
    .module = "ritz",
    .name = "logical_or",
    .signature = "ritz.logical_or(x, y)",
    .summary = "1 where x or y is not 0, else 0.",
    .source = "NumPy's logical_or",
    .example = "ritz.logical_or(ritz.tensor{0, 2}, ritz.tensor{0, 0})"
               "  --> {0, 1}",
    .tensors = 2,
    .build = build_or,
};

static void build_is_nan(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = ritz_not_equal(g, call->x[0], call->x[0]);
}

const ritz_function ritz_nn_is_nan = {
    .module = "ritz",
    .name = "is_nan",
    .signature = "ritz.is_nan(x)",
    .summary = "1 where an element is NaN, else 0.",
    .source = "IEEE 754",
    .example = "ritz.is_nan(ritz.tensor{0/0, 1})  --> {1, 0}",
    .tensors = 1,
    .method = true,
    .build = build_is_nan,
};

static void build_nan_to_num(ritz_graph *g, const ritz_call *call,
                             ritz_node **out)
{
    ritz_node *x = call->x[0];
    out[0] = NULL;
    if (ritz_nn_wants_float(g, "nan_to_num", x))
        out[0] = ritz_where(g, ritz_is_finite(g, x), x,
                            ritz_scalar_like(g, x, call->v[0].number));
}

const ritz_function ritz_nn_nan_to_num = {
    .module = "ritz",
    .name = "nan_to_num",
    .signature = "ritz.nan_to_num(x, value)",
    .summary = "Elements that are NaN or infinite replaced by a number.",
    .details = "The derivative of what is replaced is 0.",
    .source = "NumPy's nan_to_num, with one number for all",
    .example = "ritz.nan_to_num(ritz.tensor{1, 0/0})  --> {1, 0}",
    .tensors = 1,
    .method = true,
    .params = {{.name = "value",
                .kind = RITZ_PARAM_NUMBER,
                .doc = "what they become"}},
    .build = build_nan_to_num,
};

/* |x - y| <= atol + rtol |y| everywhere; equal infinities are close. */
static void build_allclose(ritz_graph *g, const ritz_call *call,
                           ritz_node **out)
{
    ritz_node *x = call->x[0], *y = call->x[1];
    ritz_node *most = ritz_shift(
        g, ritz_scale(g, ritz_abs(g, y), call->v[0].number), call->v[1].number);
    ritz_node *near = ritz_less_equal(g, ritz_abs(g, ritz_sub(g, x, y)), most);
    near = ritz_mul(g, near, ritz_is_finite(g, most));
    near = ritz_maximum(g, near, ritz_equal(g, x, y));
    ritz_node *far = ritz_sum_all(g, ritz_equal(g, near, zero(g, near)));
    out[0] = ritz_equal(g, far, zero(g, far));
}

const ritz_function ritz_nn_allclose = {
    .module = "ritz",
    .name = "allclose",
    .signature = "ritz.allclose(x, y, {rtol, atol})",
    .summary = "1 if every |x - y| is at most atol + rtol |y|, else 0.",
    .details = "Equal infinities are close, NaN is close to nothing.",
    .source = "NumPy's allclose",
    .example = "ritz.allclose(ritz.tensor{1}, ritz.tensor{1.000001})  --> 1",
    .tensors = 2,
    .params = {{.name = "rtol",
                .kind = RITZ_PARAM_NUMBER,
                .fallback = 1e-5,
                .doc = "relative to y"},
               {.name = "atol",
                .kind = RITZ_PARAM_NUMBER,
                .fallback = 1e-8,
                .doc = "absolute"}},
    .build = build_allclose,
};
