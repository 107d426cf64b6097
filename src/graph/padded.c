/* padded.c - sums of pads.
 *
 * The cotangent of a slice is a pad. A value that is read slice by slice (the
 * gates of a recurrent net, the steps of an unrolled loop) has a sum of them,
 * mostly of zeros: where two lie beside each other one joined pad is the same.
 */
#include "graph/build.h"
#include "graph/internal.h"

#include <string.h>

/* The only axis along which a pad adds zeros; -1 when it is not so simple. */
static int padded_axis(const ritz_node *x)
{
    int axis = -1;
    if (x->prim != &ritz_primitive_pad)
        return -1;
    for (int i = 0; i < x->attr->n; i++) {
        const int64_t low = x->attr->a[i], high = x->attr->b[i];
        if (x->attr->c[i] != 0 || low < 0 || high < 0)
            return -1;
        if ((low > 0 || high > 0) && axis >= 0)
            return -1;
        if (low > 0 || high > 0)
            axis = i;
    }
    return axis;
}

/* The operands of n, if it joins along the axis, else n itself. */
static int joined(ritz_node *const *n, int axis, ritz_node *const **list)
{
    const bool join =
        (*n)->prim == &ritz_primitive_concatenate && (*n)->attr->axis == axis;
    *list = join ? (*n)->in : n;
    return join ? (*n)->nin : 1;
}

/* One pad of what two that are neighbours hold. */
static ritz_node *join(ritz_graph *g, const ritz_node *first,
                       const ritz_node *second, int axis)
{
    ritz_node *const *a, *const *b;
    const int na = joined(first->in, axis, &a);
    const int nb = joined(second->in, axis, &b);
    ritz_node **all = ritz_graph_list(g, na + nb, sizeof *all);
    if (!all)
        return ritz_graph_node(g, 0);
    memcpy(all, a, (size_t)na * sizeof *all);
    memcpy(all + na, b, (size_t)nb * sizeof *all);
    return ritz_pad(g, ritz_concatenate(g, all, na + nb, axis), first->attr->a,
                    second->attr->b, NULL);
}

/* Where the elements of a pad end along the axis. */
static int64_t end_of(const ritz_node *x, int axis)
{
    return x->shape.dim[axis] - x->attr->b[axis];
}

/* One pad in the place of two that are neighbours, or NULL. */
static ritz_node *join_neighbours(ritz_graph *g, const ritz_node *x,
                                  const ritz_node *y)
{
    const int axis = padded_axis(x);
    if (axis < 0 || padded_axis(y) != axis || x->dtype != y->dtype ||
        !ritz_shape_equal(&x->shape, &y->shape))
        return NULL;
    if (end_of(x, axis) == y->attr->a[axis])
        return join(g, x, y, axis);
    return end_of(y, axis) == x->attr->a[axis] ? join(g, y, x, axis) : NULL;
}

enum { MOST_TERMS = 8 }; /* that are looked at, one behind the other */

/* The sum x with the pad y joined to one of its terms, or NULL. Elsewhere y is
 * zero, so that nothing is rounded otherwise. */
static ritz_node *join_to_term(ritz_graph *g, ritz_node *x, const ritz_node *y,
                               int depth)
{
    ritz_node *joined = join_neighbours(g, x, y);
    if (joined || depth == MOST_TERMS || x->prim != &ritz_primitive_add)
        return joined;
    for (int i = 0; i < 2; i++) {
        joined = join_to_term(g, x->in[i], y, depth + 1);
        if (joined)
            return ritz_add_padded(g, joined, x->in[1 - i]);
    }
    return NULL;
}

ritz_node *ritz_add_padded(ritz_graph *g, ritz_node *x, ritz_node *y)
{
    ritz_node *sum = padded_axis(y) < 0 ? NULL : join_to_term(g, x, y, 0);
    return sum ? sum : ritz_add(g, x, y);
}
