/* infer.c - shared shape-and-dtype rules.
 *
 * The builder has already broadcast and cast, so that a disagreement here
 * means that a rule built something wrong, or that the user mixed dtypes.
 */
#include "graph/infer.h"

#include <stdio.h>
#include <string.h>

ritz_type_text ritz_type_text_of(ritz_dtype dtype, const ritz_shape *shape)
{
    ritz_type_text t;
    char s[RITZ_SHAPE_TEXT];
    snprintf(t.text, sizeof t.text, "%s%s", ritz_dtype_name(dtype),
             ritz_shape_text(s, shape));
    return t;
}

ritz_type_text ritz_type_of(const ritz_node *n)
{
    return ritz_type_text_of(n->dtype, &n->shape);
}

ritz_status ritz_infer_same(ritz_dtype *dtype, ritz_shape *shape,
                            ritz_node *const *in, int nin,
                            const ritz_attr *attr, ritz_error *err)
{
    (void)attr;
    *dtype = in[0]->dtype;
    *shape = in[0]->shape;
    if (*dtype == RITZ_U8)
        return ritz_fail(err, RITZ_EDTYPE,
                         "u8 is for storage only: convert with :to(\"f32\")");
    for (int i = 1; i < nin; i++) {
        if (in[i]->dtype != *dtype)
            return ritz_fail(err, RITZ_EDTYPE,
                             "dtypes must agree, got %s and %s: convert one "
                             "with :to",
                             ritz_type_of(in[0]).text,
                             ritz_type_of(in[i]).text);
        if (!ritz_shape_equal(&in[i]->shape, shape))
            return ritz_fail(err, RITZ_ESHAPE,
                             "shapes must agree, got %s "
                             "and %s",
                             ritz_type_of(in[0]).text,
                             ritz_type_of(in[i]).text);
    }
    return RITZ_OK;
}

ritz_status ritz_infer_float(ritz_dtype *dtype, ritz_shape *shape,
                             ritz_node *const *in, int nin,
                             const ritz_attr *attr, ritz_error *err)
{
    if (!ritz_dtype_is_float(in[0]->dtype))
        return ritz_fail(err, RITZ_EDTYPE,
                         "wants f32 or f64, got %s: convert with :to(\"f32\")",
                         ritz_type_of(in[0]).text);
    return ritz_infer_same(dtype, shape, in, nin, attr, err);
}

ritz_status ritz_infer_alias(ritz_dtype *dtype, ritz_shape *shape,
                             ritz_node *const *in, int nin,
                             const ritz_attr *attr, ritz_error *err)
{
    (void)nin, (void)attr, (void)err;
    *dtype = in[0]->dtype;
    *shape = in[0]->shape;
    return RITZ_OK;
}

ritz_shape ritz_attr_shape(const ritz_attr *attr)
{
    ritz_shape s = {.rank = attr->n};
    memcpy(s.dim, attr->a, (size_t)attr->n * sizeof *s.dim);
    return s;
}

void ritz_attr_set_shape(ritz_attr *attr, const ritz_shape *shape)
{
    attr->n = shape->rank;
    memcpy(attr->a, shape->dim, (size_t)shape->rank * sizeof *attr->a);
}

ritz_status ritz_infer_shape(ritz_dtype *dtype, ritz_shape *shape,
                             ritz_node *const *in, int nin,
                             const ritz_attr *attr, ritz_error *err)
{
    (void)in, (void)nin, (void)err;
    *dtype = (ritz_dtype)attr->dtype;
    *shape = ritz_attr_shape(attr);
    return RITZ_OK;
}

ritz_status ritz_infer_reduce(ritz_dtype *dtype, ritz_shape *shape,
                              ritz_node *const *in, int nin,
                              const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    *dtype = in[0]->dtype;
    *shape = (ritz_shape){0};
    if (*dtype == RITZ_U8)
        return ritz_fail(err, RITZ_EDTYPE,
                         "u8 is for storage only: convert with :to(\"f32\")");
    int next = 0;
    for (int i = 0; i < in[0]->shape.rank; i++) {
        if (next < attr->n && attr->a[next] == i)
            next++;
        else
            shape->dim[shape->rank++] = in[0]->shape.dim[i];
    }
    return RITZ_OK;
}

bool ritz_pool_of(const ritz_shape *shape, const ritz_attr *attr,
                  int64_t *outer, ritz_pool *p)
{
    int64_t *const at[] = {&p->inner, &p->r2, &p->mid, &p->r1, outer};
    int part = 0, next = attr->n - 1;
    *p = (ritz_pool){1, 1, 1, 1};
    *outer = 1;
    for (int i = shape->rank - 1; i >= 0; i--) {
        const bool reduced = next >= 0 && attr->a[next] == i;
        next -= reduced;
        if (reduced != part % 2)
            part++;
        if (part > 4)
            return false;
        *at[part] *= shape->dim[i];
    }
    /* A single place of axes: what is before them are windows of their own. */
    if (part == 2) {
        *outer = p->mid;
        p->mid = 1;
    }
    return true;
}
