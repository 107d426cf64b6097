/* random.c - draws from counter-based streams, and the keys that name them.
 *
 * A key is i64[2]; an array of keys has it as its last axis, and every
 * primitive here works on each key alike. attr: a[0..n-1] is the shape drawn
 * for a key, dtype its dtype. Source: base/random.h.
 */
#include "graph/primitives/linear.h"

static ritz_status check_key(const char *who, const ritz_node *key,
                             ritz_error *err)
{
    const ritz_shape *s = &key->shape;
    if (key->dtype == RITZ_I64 && s->rank > 0 && s->dim[s->rank - 1] == 2)
        return RITZ_OK;
    return ritz_fail(err, RITZ_EDTYPE,
                     "%s: wants a key, i64[2] as from ritz.key(seed), got %s",
                     who, ritz_type_of(key).text);
}

static ritz_status append_shape(ritz_shape *shape, const ritz_shape *keys,
                                const ritz_attr *attr, ritz_error *err)
{
    *shape = *keys;
    shape->rank--;
    if (shape->rank + attr->n > RITZ_MAX_RANK)
        return ritz_fail(err, RITZ_ESHAPE, "draw: wants at most %d axes",
                         RITZ_MAX_RANK);
    for (int i = 0; i < attr->n; i++)
        shape->dim[shape->rank++] = attr->a[i];
    return RITZ_OK;
}

static ritz_status infer_draw(ritz_dtype *dtype, ritz_shape *shape,
                              ritz_node *const *in, int nin,
                              const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    const ritz_status status = check_key("draw", in[0], err);
    if (status != RITZ_OK)
        return status;
    *dtype = (ritz_dtype)attr->dtype;
    if (!ritz_dtype_is_float(*dtype))
        return ritz_fail(err, RITZ_EDTYPE, "draw: wants f32 or f64, got %s",
                         ritz_dtype_name(*dtype));
    return append_shape(shape, &in[0]->shape, attr, err);
}

static void build_draw(ritz_graph *g, const ritz_call *call,
                       const ritz_primitive *p, ritz_node **out)
{
    const ritz_shape s = ritz_shape_of_list(&call->v[0]);
    const ritz_dtype dtype =
        call->v[1].given ? (ritz_dtype)call->v[1].i : RITZ_F32;
    out[0] = ritz_draw(g, p, call->x[0], &s, dtype);
}

static void build_uniform(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    build_draw(g, call, &ritz_primitive_uniform, out);
}

static void build_normal(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    build_draw(g, call, &ritz_primitive_normal, out);
}

/* The functions of these names at the prompt make their key from the run's
 * stream when none is given; they call these records, which want one. */

/* Mapped keys draw differently; keys that are not mapped draw alike. */

#define SHAPE_AND_DTYPE                            \
    {.name = "shape",                              \
     .kind = RITZ_PARAM_SHAPE,                     \
     .required = true,                             \
     .doc = "the sizes drawn for each key"},       \
    {                                              \
        .name = "dtype", .kind = RITZ_PARAM_DTYPE, \
        .doc = "\"f32\" when left out, or \"f64\"" \
    }

const ritz_primitive ritz_primitive_uniform = {
    .function =
        {
            .module = "random",
            .name = "uniform",
            .signature = "ritz.random.uniform(key, shape, dtype)",
            .summary = "Uniform draws in [0, 1) from a key.",
            .details = "Multiples of 2^-24 in f32 and 2^-53 in f64.",
            .source = "Salmon et al. 2011, Philox4x32-10",
            .example = "ritz.random.uniform(ritz.key(1), {2, 3}).shape"
                       "  --> {2, 3}",
            .tensors = 1,
            .params = {SHAPE_AND_DTYPE},
            .build = build_uniform,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_draw,
    .batch = ritz_batch_leading,
    .no_derivative = "none, because keys are integers",
    .flops = 4, /* logarithm, root, angle, product */
    .samples = {{"ritz.random.uniform(ritz.key(3), {2, 3}, \"f64\")", {NULL}},
                {"ritz.random.uniform(ritz.key(3), {0})", {NULL}}},
    .refusals = {{"ritz.random.uniform(ritz.ones{2}, {3})", "wants a key"},
                 {"ritz.random.uniform(ritz.key(1), {3}, \"i64\")",
                  "wants f32 or f64"}},
};

const ritz_primitive ritz_primitive_normal = {
    .function =
        {
            .module = "random",
            .name = "normal",
            .signature = "ritz.random.normal(key, shape, dtype)",
            .summary = "Standard normal draws from a key.",
            .source = "Box and Muller 1958, on Philox4x32-10",
            .example = "ritz.random.normal(ritz.key(1), {2, 3}).shape"
                       "  --> {2, 3}",
            .tensors = 1,
            .params = {SHAPE_AND_DTYPE},
            .build = build_normal,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_draw,
    .batch = ritz_batch_leading,
    .no_derivative = "none, because keys are integers",
    .samples = {{"ritz.random.normal(ritz.key(3), {2, 3}, \"f64\")", {NULL}},
                {"ritz.random.normal(ritz.key(3), {0})", {NULL}}},
    .refusals = {{"ritz.random.normal(ritz.ones{2}, {3})", "wants a key"}},
};

/* fold_in(key, data): a key for each of the data; both [..] broadcast. */

static ritz_status infer_fold_in(ritz_dtype *dtype, ritz_shape *shape,
                                 ritz_node *const *in, int nin,
                                 const ritz_attr *attr, ritz_error *err)
{
    (void)nin, (void)attr;
    const ritz_status status = check_key("fold_in", in[0], err);
    if (status != RITZ_OK)
        return status;
    ritz_shape keys = in[0]->shape;
    keys.rank--;
    if (in[1]->dtype != RITZ_I64 || !ritz_shape_equal(&keys, &in[1]->shape))
        return ritz_fail(err, RITZ_ESHAPE,
                         "fold_in: wants one i64 for each key, got %s for %s",
                         ritz_type_of(in[1]).text, ritz_type_of(in[0]).text);
    *dtype = RITZ_I64;
    *shape = in[0]->shape;
    return RITZ_OK;
}

static void build_fold_in(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *in[2] = {call->x[0], call->x[1]};
    if (in[1]->weak) /* a number */
        in[1] = ritz_cast(g, in[1], RITZ_I64);
    out[0] = ritz_apply(g, &ritz_primitive_fold_in, in, 2, NULL);
}

const ritz_primitive ritz_primitive_fold_in = {
    .function =
        {
            .module = "ritz",
            .name = "fold_in",
            .signature = "ritz.fold_in(key, data)",
            .summary = "A new key from a key and an integer.",
            .details = "Different integers give independent streams.",
            .source = "JAX's random.fold_in",
            .example = "ritz.fold_in(ritz.key(1), 7).shape  --> {2}",
            .tensors = 2,
            .build = build_fold_in,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_fold_in,
    .batch = ritz_batch_elementwise,
    .no_derivative = "none, because keys are integers",
    .samples =
        {{"ritz.fold_in(ritz.key(1), 2)", {NULL}},
         {"ritz.fold_in(ritz.split(ritz.key(1), 0), ritz.zeros({0}, \"i64\"))",
          {NULL}}},
    .refusals = {{"ritz.fold_in(ritz.ones{2}, 1)", "wants a key"}},
};

/* split. attr: a[0] keys from each. */

static ritz_status infer_split(ritz_dtype *dtype, ritz_shape *shape,
                               ritz_node *const *in, int nin,
                               const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    ritz_status status = check_key("split", in[0], err);
    if (status == RITZ_OK && attr->a[0] < 0)
        status =
            ritz_fail(err, RITZ_EVALUE, "split: wants 0 keys or more, got %lld",
                      (long long)attr->a[0]);
    if (status == RITZ_OK)
        status = append_shape(shape, &in[0]->shape, attr, err);
    if (status == RITZ_OK)
        shape->dim[shape->rank++] = 2;
    *dtype = RITZ_I64;
    return status;
}

static void build_split(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    const ritz_attr attr = {.n = 1, .a = {call->v[0].i}};
    out[0] = ritz_apply(g, &ritz_primitive_split, call->x, 1, &attr);
}

const ritz_primitive ritz_primitive_split = {
    .function =
        {
            .module = "ritz",
            .name = "split",
            .signature = "ritz.split(key, n)",
            .summary = "n independent keys from one.",
            .details = "Row i is fold_in(key, i), i from 1.",
            .source = "JAX's random.split",
            .example = "ritz.split(ritz.key(1), 3).shape  --> {3, 2}",
            .tensors = 1,
            .params = {{.name = "n",
                        .kind = RITZ_PARAM_INT,
                        .fallback = 2,
                        .doc = "how many"}},
            .build = build_split,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_split,
    .batch = ritz_batch_leading,
    .no_derivative = "none, because keys are integers",
    .samples = {{"ritz.split(ritz.key(1), 3)", {NULL}},
                {"ritz.split(ritz.key(1), 0)", {NULL}}},
    .refusals = {{"ritz.split(ritz.ones{2})", "wants a key"},
                 {"ritz.split(ritz.key(1), -1)", "got -1"}},
};
