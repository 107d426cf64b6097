/* sort.c - the order of elements along the last axis.
 *
 * Sorted values, the largest few and whatever else follows an order are
 * gathers by these positions, whose derivative rules they then have.
 * attr: a[0] positions are kept, flags 1: from the largest down.
 */
#include "graph/primitives/linear.h"

static ritz_status infer_argsort(ritz_dtype *dtype, ritz_shape *shape,
                                 ritz_node *const *in, int nin,
                                 const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    const int last = in[0]->shape.rank - 1;
    if (last < 0)
        return ritz_fail(err, RITZ_ESHAPE,
                         "argsort: wants an axis, got a scalar");
    if (in[0]->dtype == RITZ_U8)
        return ritz_fail(err, RITZ_EDTYPE,
                         "argsort: u8 is for storage only: convert with "
                         ":to(\"f32\")");
    if (attr->a[0] < 0 || attr->a[0] > in[0]->shape.dim[last])
        return ritz_fail(
            err, RITZ_EVALUE, "argsort: wants 0 to %lld positions, got %lld",
            (long long)in[0]->shape.dim[last], (long long)attr->a[0]);
    *dtype = RITZ_I64;
    *shape = in[0]->shape;
    shape->dim[last] = attr->a[0];
    return RITZ_OK;
}

static void build_argsort(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    const int axis = ritz_call_axis(g, "argsort", call->v[0].i, x->shape.rank);
    out[0] = ritz_argsort(g, x, axis, call->v[1].i != 0);
}

const ritz_primitive ritz_primitive_argsort = {
    .function =
        {
            .module = "ritz",
            .name = "argsort",
            .signature = "ritz.argsort(x, axis, descending)",
            .summary = "The positions, from 1, that sort x along an axis.",
            .details = "Equal elements keep their order in either direction; "
                       "NaN comes last.",
            .source = "NumPy's argsort with kind=\"stable\", counted from 1",
            .example = "ritz.argsort(ritz.tensor{7, 5, 6})  --> {2, 3, 1}",
            .tensors = 1,
            .method = true,
            .params = {{.name = "axis",
                        .kind = RITZ_PARAM_AXIS,
                        .fallback = -1,
                        .doc = "from 1; from the end when negative"},
                       {.name = "descending",
                        .kind = RITZ_PARAM_BOOL,
                        .doc = "the largest first"}},
            .build = build_argsort,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_argsort,
    .batch = ritz_batch_leading,
    .no_derivative = "none, because it is constant almost everywhere",
    .domain = {-3, 3},
    .samples = {{"ritz.argsort(x)", {"3,4"}},
                {"ritz.argsort(x, 1, true)", {"3,4"}},
                {"ritz.argsort(x)", {"2,70"}},
                {"ritz.argsort(x)", {"2,0"}},
                {"ritz.argsort(x, 2)", {"0,4,2"}}},
    .refusals = {{"ritz.argsort(ritz.ones{2}, 2)", "axis must be 1 to 1"},
                 {"ritz.argsort(ritz.tensor(1))", "axis"}},
};
