/* unroll.c - sums and maxima along two to four elements as additions.
 *
 * Coordinates in the plane, pairs of particles: a loop over such an axis is
 * mostly overhead. The reduction becomes operations between slices of its
 * operand, and the slices move through elementwise operations down to what is
 * stored, where they are views. All is then elementwise along the long axes,
 * and goes on in the same chain. The order is that of the kernels
 * (loops_reduce.h), and + 0 makes -0 into 0 as there.
 */
#include "graph/build.h"
#include "graph/compile/simplify.h"
#include "graph/execute/reduce.h"

#include <string.h>

enum { LONGEST = 4, MOST_STEPS = 8 };

bool ritz_is_cheap(const ritz_node *x)
{
    const ritz_op op = x->prim->op;
    return x->prim->class == RITZ_CLASS_ELEMENTWISE &&
           !(op >= RITZ_OP_exp && op <= RITZ_OP_erf) && op != RITZ_OP_pow &&
           op != RITZ_OP_mod && op != RITZ_OP_atan2;
}

/* The axis of reshape's operand that its axis is, if the two shapes differ in
 * axes of size 1 only; else -1. */
static int axis_below(const ritz_node *reshape, int axis)
{
    const ritz_shape *to = &reshape->shape, *from = &reshape->in[0]->shape;
    int k = 0, found = -1;
    for (int i = 0; i < to->rank; i++) {
        if (to->dim[i] == 1)
            continue;
        while (k < from->rank && from->dim[k] == 1)
            k++;
        if (k == from->rank || from->dim[k] != to->dim[i])
            return -1;
        found = i == axis ? k : found;
        k++;
    }
    return found;
}

/* Can slices of x be had from cheap operations on slices of what is stored?
 * Below a broadcast there are fewer elements: they are stored. */
static bool is_sliceable(const ritz_node *x, int axis, int *steps)
{
    if (x->prim->class == RITZ_CLASS_CAST)
        return false;
    if (x->prim == &ritz_primitive_permute)
        return is_sliceable(x->in[0], (int)x->attr->a[axis], steps);
    if (x->prim == &ritz_primitive_reshape && axis_below(x, axis) >= 0)
        return is_sliceable(x->in[0], axis_below(x, axis), steps);
    if (x->prim->class != RITZ_CLASS_ELEMENTWISE)
        return true;
    if (!ritz_is_cheap(x) || (*steps)-- <= 0)
        return false;
    for (int i = 0; i < x->nin; i++)
        if (!is_sliceable(x->in[i], axis, steps))
            return false;
    return true;
}

typedef struct unroll {
    ritz_simplifier *s;
    int64_t at; /* the place along the axis */
    bool below; /* a broadcast: what is elementwise there stays */
} unroll;

static ritz_node *with_dims(ritz_simplifier *s, const ritz_primitive *p,
                            ritz_node *x, const ritz_shape *shape)
{
    ritz_attr attr = {.n = shape->rank};
    memcpy(attr.a, shape->dim, (size_t)shape->rank * sizeof *attr.a);
    return ritz_shape_equal(&x->shape, shape) ? x
                                              : ritz_intern(s, p, &x, 1, &attr);
}

static ritz_node *plain_slice(const unroll *u, ritz_node *x, int axis)
{
    ritz_attr attr = {.n = x->shape.rank};
    for (int i = 0; i < x->shape.rank; i++) {
        attr.a[i] = i == axis ? u->at : 0;
        attr.b[i] = i == axis ? u->at + 1 : x->shape.dim[i];
        attr.c[i] = 1;
    }
    return ritz_intern(u->s, &ritz_primitive_slice, &x, 1, &attr);
}

static ritz_node *slice(unroll u, ritz_node *x, int axis);

static ritz_node *slice_broadcast(unroll u, ritz_node *x, int axis)
{
    ritz_node *y = x->in[0];
    ritz_shape shape = x->shape;
    const int k = axis - (x->shape.rank - y->shape.rank);
    u.below = true;
    if (k >= 0 && y->shape.dim[k] != 1)
        y = slice(u, y, k);
    shape.dim[axis] = 1;
    return with_dims(u.s, &ritz_primitive_broadcast, y, &shape);
}

/* x at one place along the axis, which stays with size 1. */
static ritz_node *slice(unroll u, ritz_node *x, int axis)
{
    ritz_shape shape = x->shape;
    shape.dim[axis] = 1;
    if (x->prim == &ritz_primitive_broadcast)
        return slice_broadcast(u, x, axis);
    if (x->prim == &ritz_primitive_permute) {
        ritz_node *y = slice(u, x->in[0], (int)x->attr->a[axis]);
        return ritz_intern(u.s, x->prim, &y, 1, x->attr);
    }
    if (x->prim == &ritz_primitive_reshape && axis_below(x, axis) >= 0)
        return with_dims(u.s, x->prim, slice(u, x->in[0], axis_below(x, axis)),
                         &shape);
    if (x->prim->class != RITZ_CLASS_ELEMENTWISE || u.below)
        return plain_slice(&u, x, axis);
    ritz_node *in[3];
    for (int i = 0; i < x->nin; i++)
        in[i] = slice(u, x->in[i], axis);
    return ritz_intern(u.s, x->prim, in, x->nin, x->attr);
}

static ritz_node *pair(const unroll *u, bool is_max, ritz_node *a, ritz_node *b)
{
    return ritz_intern(u->s,
                       is_max ? &ritz_primitive_maximum : &ritz_primitive_add,
                       (ritz_node *[]){a, b}, 2, &(ritz_attr){0});
}

/* Down columns one after the other; along a row, lanes fold in half. */
static ritz_node *combine(const unroll *u, const ritz_reduction *d,
                          ritz_node **v)
{
    const bool is_max = d->is_max;
    if (d->inner == 1 && d->r > 2) {
        v[0] = pair(u, is_max, v[0], v[2]);
        if (d->r == 4)
            v[1] = pair(u, is_max, v[1], v[3]);
        return pair(u, is_max, v[0], v[1]);
    }
    for (int64_t i = 1; i < d->r; i++)
        v[0] = pair(u, is_max, v[0], v[i]);
    return v[0];
}

ritz_node *ritz_unroll_reduction(ritz_simplifier *s, const ritz_node *n,
                                 ritz_node *x)
{
    ritz_reduction d;
    ritz_node *v[LONGEST] = {NULL};
    const int axis = (int)n->attr->a[0];
    int steps = MOST_STEPS;
    if (x->prim->class != RITZ_CLASS_ELEMENTWISE || n->attr->n != 1 ||
        !ritz_reduction_of(&d, n) || d.r < 2 || d.r > LONGEST ||
        ritz_shape_count(&x->shape) == 0 || !is_sliceable(x, axis, &steps))
        return NULL;
    unroll u = {.s = s};
    for (; u.at < d.r; u.at++)
        v[u.at] = slice(u, x, axis);
    ritz_node *y = combine(&u, &d, v);
    if (!d.is_max) {
        const ritz_attr zero = {.dtype = (int32_t)n->dtype};
        ritz_node *c = ritz_intern(s, &ritz_primitive_constant, NULL, 0, &zero);
        y = pair(&u, false, y,
                 with_dims(s, &ritz_primitive_broadcast, c, &y->shape));
    }
    return with_dims(s, &ritz_primitive_reshape, y, &n->shape);
}
