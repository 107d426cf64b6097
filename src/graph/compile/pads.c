/* pads.c - sums of padded pieces that lie side by side as one concatenation.
 *
 * The derivative of a slice is its cotangent between zeros; where slices cut a
 * value into pieces, as the gates of a recurrent cell do, the sum of their
 * derivatives is the pieces, one behind the other. Adding zero makes -0 into 0,
 * which the sums did, so that every bit stays.
 */
#include "graph/build.h"
#include "graph/compile/simplify.h"

#include <string.h>

enum { MOST_PIECES = 8 };

typedef struct pieces {
    const ritz_node *pad[MOST_PIECES]; /* in the order of their places */
    int count, axis;
} pieces;

/* The one axis along which the pad has zeros before or behind, and nothing
 * between; -1 if it is none of these. */
static int padded_axis(const ritz_node *pad)
{
    int axis = -1;
    for (int i = 0; i < pad->shape.rank; i++) {
        const int64_t low = pad->attr->a[i], high = pad->attr->b[i];
        if (low < 0 || high < 0 || pad->attr->c[i] != 0)
            return -1;
        if (low == 0 && high == 0)
            continue;
        if (axis >= 0)
            return -1;
        axis = i;
    }
    return axis;
}

static bool add_piece(pieces *p, const ritz_node *pad)
{
    const int axis = padded_axis(pad);
    int at = p->count;
    if (axis < 0 || at == MOST_PIECES || (at > 0 && axis != p->axis))
        return false;
    p->axis = axis;
    for (; at > 0 && p->pad[at - 1]->attr->a[axis] > pad->attr->a[axis]; at--)
        p->pad[at] = p->pad[at - 1];
    p->pad[at] = pad;
    p->count++;
    return true;
}

static bool collect(pieces *p, const ritz_node *x)
{
    if (x->prim == &ritz_primitive_pad)
        return add_piece(p, x);
    return x->prim == &ritz_primitive_add && collect(p, x->in[0]) &&
           collect(p, x->in[1]);
}

/* Does each piece begin where the one before ends, up to the last? */
static bool fill(const pieces *p)
{
    const int axis = p->axis;
    int64_t end = 0;
    for (int i = 0; i < p->count; i++) {
        if (p->pad[i]->attr->a[axis] != end)
            return false;
        end += p->pad[i]->in[0]->shape.dim[axis];
    }
    return end == p->pad[0]->shape.dim[axis];
}

static ritz_node *plus_zero(ritz_simplifier *s, ritz_node *x)
{
    const ritz_attr number = {.dtype = (int32_t)x->dtype};
    ritz_node *zero =
        ritz_intern(s, &ritz_primitive_constant, NULL, 0, &number);
    if (x->shape.rank > 0) {
        ritz_attr wide = {.n = x->shape.rank};
        memcpy(wide.a, x->shape.dim, (size_t)x->shape.rank * sizeof *wide.a);
        zero = ritz_intern(s, &ritz_primitive_broadcast, &zero, 1, &wide);
    }
    return ritz_intern(s, &ritz_primitive_add, (ritz_node *[]){x, zero}, 2,
                       &(ritz_attr){0});
}

ritz_node *ritz_join_pads(ritz_simplifier *s, ritz_node *const *in)
{
    pieces p = {.count = 0};
    ritz_node *x[MOST_PIECES];
    bool in_chains = true; /* where one more addition costs next to nothing */
    if (!collect(&p, in[0]) || !collect(&p, in[1]) || !fill(&p))
        return NULL;
    for (int i = 0; i < p.count; i++)
        in_chains =
            in_chains && p.pad[i]->in[0]->prim->class == RITZ_CLASS_ELEMENTWISE;
    for (int i = 0; i < p.count; i++)
        x[i] = in_chains ? plus_zero(s, p.pad[i]->in[0]) : p.pad[i]->in[0];
    ritz_node *y = ritz_intern(s, &ritz_primitive_concatenate, x, p.count,
                               &(ritz_attr){.axis = p.axis});
    return in_chains ? y : plus_zero(s, y);
}
