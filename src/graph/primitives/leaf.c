/* leaf.c - nodes that come from outside (input, constant, iota) and nodes
 * that pass a value on unchanged (variable, stop_gradient, cast).
 */
#include "graph/batch.h"
#include "graph/build.h"
#include "graph/infer.h"

static ritz_status infer_nothing(ritz_dtype *dtype, ritz_shape *shape,
                                 ritz_node *const *in, int nin,
                                 const ritz_attr *attr, ritz_error *err)
{
    (void)dtype, (void)shape, (void)in, (void)nin, (void)attr;
    return ritz_fail(err, RITZ_EVALUE, "input: made by ritz_input only");
}

const ritz_primitive ritz_primitive_input = {
    .function = {.name = "input", .summary = "An argument of a plan."},
    .class = RITZ_CLASS_LEAF,
    .infer = infer_nothing,
    .no_derivative = "none, because it depends on nothing",
};

/* constant. attr: dtype, value; shape is that of a scalar. */

const ritz_primitive ritz_primitive_constant = {
    .function = {.name = "constant", .summary = "A number."},
    .class = RITZ_CLASS_LEAF,
    .infer = ritz_infer_shape,
    .no_derivative = "none, because it depends on nothing",
};

/* iota. attr: a[0] elements from value upward by one. */

const ritz_primitive ritz_primitive_iota = {
    .function = {.name = "iota", .summary = "start, start + 1, ..."},
    .class = RITZ_CLASS_LEAF,
    .infer = ritz_infer_shape,
    .no_derivative = "none, because it depends on nothing",
};

/* part. attr: axis is which output of its input this is. Made together with
 * its main node, and done with it in every transform. */

static ritz_status infer_part(ritz_dtype *dtype, ritz_shape *shape,
                              ritz_node *const *in, int nin,
                              const ritz_attr *attr, ritz_error *err)
{
    (void)dtype, (void)shape, (void)in, (void)nin, (void)attr;
    return ritz_fail(err, RITZ_EVALUE, "part: made with its main node only");
}

const ritz_primitive ritz_primitive_part = {
    .function = {.name = "part", .summary = "A further output of a node."},
    .class = RITZ_CLASS_LEAF,
    .infer = infer_part,
    .no_derivative = "none, because its main node has all of them",
};

/* variable: the same value under a new name; derivatives are taken in it. */

static ritz_node *pass_push(ritz_graph *g, const ritz_rule *at,
                            ritz_node *const *tangent)
{
    (void)g, (void)at;
    return tangent[0];
}

static ritz_node *pass_pull(ritz_graph *g, const ritz_rule *at, int i,
                            ritz_node *ct)
{
    (void)g, (void)at, (void)i;
    return ct;
}

const ritz_primitive ritz_primitive_variable = {
    .function = {.name = "variable", .summary = "Where a derivative begins."},
    .class = RITZ_CLASS_ALIAS,
    .infer = ritz_infer_alias,
    .jvp = pass_push,
    .vjp = pass_pull,
    .batch = ritz_batch_elementwise,
};

static void build_stop(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = ritz_stop_gradient(g, call->x[0]);
}

const ritz_primitive ritz_primitive_stop_gradient = {
    .function =
        {
            .module = "ritz",
            .name = "stop_gradient",
            .signature = "ritz.stop_gradient(x)",
            .summary = "x, through which no derivative passes.",
            .source = "JAX's lax.stop_gradient",
            .example = "ritz.grad(function(x) return x * "
                       "ritz.stop_gradient(x) end)(ritz.tensor(3))  --> 3",
            .tensors = 1,
            .method = true,
            .build = build_stop,
        },
    .class = RITZ_CLASS_ALIAS,
    .infer = ritz_infer_alias,
    .no_derivative = "none, because stopping it is the purpose",
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
};

/* cast. attr: dtype. */

static ritz_status infer_cast(ritz_dtype *dtype, ritz_shape *shape,
                              ritz_node *const *in, int nin,
                              const ritz_attr *attr, ritz_error *err)
{
    (void)nin, (void)err;
    *dtype = (ritz_dtype)attr->dtype;
    *shape = in[0]->shape;
    return RITZ_OK;
}

static ritz_node *cast_push(ritz_graph *g, const ritz_rule *at,
                            ritz_node *const *tangent)
{
    return ritz_cast(g, tangent[0], at->out[0]->dtype);
}

static ritz_node *cast_pull(ritz_graph *g, const ritz_rule *at, int i,
                            ritz_node *ct)
{
    return ritz_cast(g, ct, at->in[i]->dtype);
}

static void build_cast(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    out[0] = ritz_cast(g, call->x[0], (ritz_dtype)call->v[0].i);
}

const ritz_primitive ritz_primitive_cast = {
    .function =
        {
            .module = "ritz",
            .name = "cast",
            .signature = "ritz.cast(x, dtype)",
            .summary = "x in another dtype; also x:to(dtype).",
            .details = "Floats become integers by truncation; what does not "
                       "fit takes the nearest value that does, NaN becomes 0.",
            .source = "C17, 6.3.1",
            .example =
                "ritz.cast(ritz.tensor{1.7, -1.7}, \"i64\")  --> {1, -1}",
            .tensors = 1,
            .method = true,
            .params = {{.name = "dtype",
                        .kind = RITZ_PARAM_DTYPE,
                        .required = true,
                        .doc = "\"f32\", \"f64\", \"i64\" or \"u8\""}},
            .build = build_cast,
        },
    .class = RITZ_CLASS_CAST,
    .infer = infer_cast,
    .jvp = cast_push,
    .vjp = cast_pull,
    .batch = ritz_batch_elementwise,
    .domain = {-3, 3},
    .samples = {{"ritz.cast(ritz.cast(x, \"f64\"), \"f64\")", {"2,3"}},
                {"ritz.cast(x, \"f64\")", {"0,3"}}},
    .refusals = {{"ritz.cast(ritz.ones{2}, \"f16\")", "f16"}},
};
