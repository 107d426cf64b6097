/* gather.c - take and scatter_add, each the other's transpose.
 *
 * attr: axis, n leading axes that both operands share one to one, and for
 * scatter_add a[0], the length of the axis that it restores. Indices count
 * from 1 and are checked when the plan runs.
 */
#include "graph/batch.h"
#include "graph/build.h"
#include "graph/cost.h"
#include "graph/infer.h"

#include <string.h>

/* `axes` of x must be there: scatter_add at the end of x by a single index
 * makes the axis that it adds along. */
static ritz_status check_index(const char *who, ritz_node *const *in,
                               const ritz_attr *attr, int axes, ritz_error *err)
{
    const ritz_shape *x = &in[0]->shape, *index = &in[1]->shape;
    if (in[1]->dtype != RITZ_I64)
        return ritz_fail(err, RITZ_EDTYPE, "%s: indices must be i64, got %s",
                         who, ritz_type_of(in[1]).text);
    if (x->rank < axes)
        return ritz_fail(err, RITZ_ESHAPE, "%s: wants an axis, got %s", who,
                         ritz_type_of(in[0]).text);
    for (int i = 0; i < attr->n; i++)
        if (i >= index->rank || x->dim[i] != index->dim[i])
            return ritz_fail(err, RITZ_ESHAPE,
                             "%s: the first %d axes must agree, got %s and %s",
                             who, attr->n, ritz_type_of(in[0]).text,
                             ritz_type_of(in[1]).text);
    return RITZ_OK;
}

/* take: x [B.., A.., length, T..], index [B.., I..] -> [B.., A.., I.., T..] */

static ritz_status infer_take(ritz_dtype *dtype, ritz_shape *shape,
                              ritz_node *const *in, int nin,
                              const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    const ritz_status status =
        check_index("take", in, attr, attr->axis + 1, err);
    if (status != RITZ_OK)
        return status;
    const ritz_shape *x = &in[0]->shape, *index = &in[1]->shape;
    const int extra = index->rank - attr->n;
    if (x->rank - 1 + extra > RITZ_MAX_RANK)
        return ritz_fail(err, RITZ_ESHAPE, "take: wants at most %d axes",
                         RITZ_MAX_RANK);
    *dtype = in[0]->dtype;
    *shape = (ritz_shape){0};
    for (int i = 0; i < attr->axis; i++)
        shape->dim[shape->rank++] = x->dim[i];
    for (int i = attr->n; i < index->rank; i++)
        shape->dim[shape->rank++] = index->dim[i];
    for (int i = attr->axis + 1; i < x->rank; i++)
        shape->dim[shape->rank++] = x->dim[i];
    return RITZ_OK;
}

static ritz_node *take_push(ritz_graph *g, const ritz_rule *at,
                            ritz_node *const *tangent)
{
    return tangent[0] ? ritz_take_axis(g, tangent[0], at->in[1], at->attr->axis,
                                       at->attr->n)
                      : NULL;
}

static ritz_node *take_pull(ritz_graph *g, const ritz_rule *at, int i,
                            ritz_node *ct)
{
    if (i != 0)
        return NULL;
    return ritz_scatter_add_axis(g, ct, at->in[1], at->attr->axis, at->attr->n,
                                 at->in[0]->shape.dim[at->attr->axis]);
}

/* With a batch in both, one more leading axis is shared; in the index alone,
 * its axes simply grow when none is shared yet. */
static ritz_node *gather_batch(ritz_graph *g, const ritz_rule *at,
                               ritz_node *const *in, const bool *batched,
                               int64_t size)
{
    ritz_attr attr = *at->attr;
    ritz_node *with[2] = {in[0], in[1]};
    attr.axis++;
    if (batched[0] && !batched[1] && attr.n == 0)
        return ritz_apply(g, at->out[0]->prim, with, 2, &attr);
    attr.n++;
    for (int i = 0; i < 2; i++)
        with[i] = ritz_with_batch(g, in[i], batched[i], size);
    return ritz_apply(g, at->out[0]->prim, with, 2, &attr);
}

static void build_take(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    out[0] = ritz_take_axis(
        g, x, call->x[1],
        ritz_call_axis(g, "take", call->v[0].i, x->shape.rank), 0);
}

const ritz_primitive ritz_primitive_take = {
    .function =
        {
            .module = "ritz",
            .name = "take",
            .signature = "ritz.take(x, index, axis)",
            .summary = "The elements of x at the given positions of an axis.",
            .details = "index is i64, counted from 1, of any shape; its axes "
                       "replace the axis. A position outside is an error.",
            .source = "NumPy's take, counted from 1",
            .example = "ritz.take(ritz.tensor{5, 6, 7}, "
                       "ritz.tensor({3, 1}, \"i64\"))  --> {7, 5}",
            .tensors = 2,
            .method = true,
            .params = {{.name = "axis",
                        .kind = RITZ_PARAM_AXIS,
                        .fallback = 1,
                        .doc = "from 1; from the end when negative"}},
            .build = build_take,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_take,
    .jvp = take_push,
    .vjp = take_pull,
    .batch = gather_batch,
    .domain = {-3, 3},
    .integer_second = true,
    .samples = {{"ritz.take(x, ritz.tensor({2, 3, 2}, \"i64\"))", {"3,2"}},
                {"ritz.take(x, ritz.tensor({{1, 2}, {4, 4}}, \"i64\"), 2)",
                 {"2,4,3"}},
                {"ritz.take(x, ritz.tensor(2, \"i64\"), -1)", {"2,3"}},
                {"ritz.take(x, ritz.tensor({1}, \"i64\"), 2)", {"0,2"}}},
    .refusals = {{"ritz.take(ritz.ones{3}, ritz.tensor({4}, \"i64\"))",
                  "got 4"},
                 {"ritz.take(ritz.ones{3}, ritz.tensor({0}, \"i64\"))",
                  "got 0"},
                 {"ritz.take(ritz.ones{3}, ritz.ones{2})",
                  "indices must be i64, got f32[2]"}},
};

/* scatter_add: the transpose. */

static ritz_status infer_scatter(ritz_dtype *dtype, ritz_shape *shape,
                                 ritz_node *const *in, int nin,
                                 const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    const ritz_status status =
        check_index("scatter_add", in, attr, attr->axis, err);
    if (status != RITZ_OK)
        return status;
    const ritz_shape *x = &in[0]->shape, *index = &in[1]->shape;
    const int extra = index->rank - attr->n;
    bool fits = x->rank >= attr->axis + extra;
    for (int i = 0; fits && i < extra; i++)
        fits = x->dim[attr->axis + i] == index->dim[attr->n + i];
    if (!fits)
        return ritz_fail(err, RITZ_ESHAPE,
                         "scatter_add: wants the index's axes at axis %d, got "
                         "%s and %s",
                         attr->axis + 1, ritz_type_of(in[0]).text,
                         ritz_type_of(in[1]).text);
    if (in[0]->dtype == RITZ_U8)
        return ritz_fail(err, RITZ_EDTYPE,
                         "scatter_add: u8 is for storage only");
    *dtype = in[0]->dtype;
    *shape = (ritz_shape){0};
    for (int i = 0; i < attr->axis; i++)
        shape->dim[shape->rank++] = x->dim[i];
    shape->dim[shape->rank++] = attr->a[0];
    for (int i = attr->axis + extra; i < x->rank; i++)
        shape->dim[shape->rank++] = x->dim[i];
    return RITZ_OK;
}

static ritz_node *scatter_push(ritz_graph *g, const ritz_rule *at,
                               ritz_node *const *tangent)
{
    return tangent[0]
               ? ritz_scatter_add_axis(g, tangent[0], at->in[1], at->attr->axis,
                                       at->attr->n, at->attr->a[0])
               : NULL;
}

static ritz_node *scatter_pull(ritz_graph *g, const ritz_rule *at, int i,
                               ritz_node *ct)
{
    return i == 0
               ? ritz_take_axis(g, ct, at->in[1], at->attr->axis, at->attr->n)
               : NULL;
}

static void build_scatter(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0];
    const int axis =
        ritz_call_axis(g, "scatter_add", call->v[1].i, x->shape.rank);
    if (call->v[0].i < 0)
        out[0] = ritz_graph_fail(g, RITZ_EVALUE,
                                 "scatter_add: length must be 0 or more, got "
                                 "%lld",
                                 (long long)call->v[0].i);
    else
        out[0] = ritz_scatter_add_axis(g, x, call->x[1], axis, 0, call->v[0].i);
}

const ritz_primitive ritz_primitive_scatter_add = {
    .function =
        {
            .module = "ritz",
            .name = "scatter_add",
            .signature = "ritz.scatter_add(x, index, length, axis)",
            .summary = "Zeros of the given length along an axis, with x added "
                       "at the positions of the index.",
            .details = "The transpose of take. Repeated positions add in "
                       "order.",
            .source = "JAX's x.at[index].add",
            .example = "ritz.scatter_add(ritz.tensor{5, 6}, "
                       "ritz.tensor({3, 3}, \"i64\"), 3)  --> {0, 0, 11}",
            .tensors = 2,
            .params = {{.name = "length",
                        .kind = RITZ_PARAM_INT,
                        .required = true,
                        .doc = "the size of the axis in the result"},
                       {.name = "axis",
                        .kind = RITZ_PARAM_AXIS,
                        .fallback = 1,
                        .doc = "from 1; from the end when negative"}},
            .build = build_scatter,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_scatter,
    .jvp = scatter_push,
    .vjp = scatter_pull,
    .batch = gather_batch,
    .domain = {-3, 3},
    .integer_second = true,
    .samples =
        {{"ritz.scatter_add(x, ritz.tensor({2, 4, 2}, \"i64\"), 4)", {"3,2"}},
         {"ritz.scatter_add(x, ritz.tensor({1, 1}, \"i64\"), 3, 2)", {"2,2,3"}},
         {"ritz.scatter_add(x, ritz.tensor({1, 2}, \"i64\"), 3)", {"2,0"}}},
    .refusals = {{"ritz.scatter_add(ritz.ones{1}, ritz.tensor({4}, \"i64\"), "
                  "3)",
                  "got 4"},
                 {"ritz.scatter_add(ritz.ones{2}, ritz.tensor({1}, \"i64\"), "
                  "3)",
                  "wants the index's axes"}},
    .flops_of = ritz_flops_read,
};
