/* views.c - reshape, broadcast, permute and slice as strides over a stored
 * value, so that a chain or a product reads them without a copy.
 */
#include "graph/compile/lower.h"

#include "graph/infer.h"

#include <string.h>

/* A permutation that leaves no long runs is copied once, in blocks, instead
 * of being gathered element by element in every block of a chain. */
enum { LARGEST_GATHERED = 4096 };

ritz_view ritz_whole_view(const ritz_node *n)
{
    ritz_view v = {.base = n, .contiguous = true};
    v.at.rank = n->shape.rank;
    memcpy(v.at.dim, n->shape.dim, sizeof v.at.dim);
    ritz_shape_strides(v.at.stride, &n->shape);
    return v;
}

bool ritz_view_is_contiguous(const ritz_view *v)
{
    int64_t run = 1;
    for (int i = v->at.rank - 1; i >= 0; i--) {
        if (v->at.dim[i] != 1 && v->at.stride[i] != run)
            return false;
        run *= v->at.dim[i];
    }
    return true;
}

ritz_view ritz_readable_view(const ritz_lowering *l, const ritz_node *n)
{
    const ritz_lowered *v = ritz_value_of(l, n);
    const bool later = v->role == RITZ_ROLE_STORED && v->view.base &&
                       v->unit >= 0 && l->unit[v->unit].order > l->now;
    return v->role == RITZ_ROLE_VIEW || later ? v->view : ritz_whole_view(n);
}

const ritz_node *ritz_below_reshapes(const ritz_node *n)
{
    while (n->prim == &ritz_primitive_reshape)
        n = n->in[0];
    return n;
}

bool ritz_spreads(const ritz_view *v, int64_t width)
{
    ritz_strided s = v->at;
    int64_t *const list[] = {s.stride};
    ritz_strided_simplify(&s.rank, s.dim, 1, list);
    if (width < 2 || s.rank < 1 || s.dim[s.rank - 1] != width ||
        s.stride[s.rank - 1] != 0)
        return false;
    return s.rank == 1 || (s.rank == 2 && s.stride[0] == 1);
}

static void view_broadcast(ritz_view *v, const ritz_node *n)
{
    const int gap = n->shape.rank - v->at.rank;
    ritz_strided to = {.rank = n->shape.rank};
    for (int i = 0; i < to.rank; i++) {
        to.dim[i] = n->shape.dim[i];
        const bool own = i >= gap && v->at.dim[i - gap] == to.dim[i];
        to.stride[i] = own ? v->at.stride[i - gap] : 0;
    }
    v->at = to;
}

static void view_permute(ritz_view *v, const ritz_node *n)
{
    ritz_strided to = {.rank = v->at.rank};
    for (int i = 0; i < to.rank; i++) {
        to.dim[i] = v->at.dim[n->attr->a[i]];
        to.stride[i] = v->at.stride[n->attr->a[i]];
    }
    v->at = to;
}

static void view_slice(ritz_view *v, const ritz_node *n)
{
    for (int i = 0; i < v->at.rank; i++) {
        v->offset += n->attr->a[i] * v->at.stride[i];
        v->at.stride[i] *= n->attr->c[i];
        v->at.dim[i] = n->shape.dim[i];
    }
}

/* Gives each axis of the new shape a stride, by matching groups of old and
 * new axes of equal size; a group of several old axes must be contiguous. */
static bool view_reshape(ritz_view *v, const ritz_node *n)
{
    ritz_strided from = v->at, to = {.rank = n->shape.rank};
    memcpy(to.dim, n->shape.dim, sizeof to.dim);
    if (v->contiguous) {
        ritz_shape_strides(to.stride, &n->shape);
        v->at = to;
        return true;
    }
    int64_t *const list[] = {from.stride};
    ritz_strided_simplify(&from.rank, from.dim, 1, list);
    int i = from.rank - 1, k = to.rank - 1;
    while (k >= 0) {
        if (to.dim[k] == 1) {
            to.stride[k--] = 0;
            continue;
        }
        if (i < 0)
            return false;
        int64_t left = from.dim[i], stride = from.stride[i];
        for (; k >= 0 && left % to.dim[k] == 0 && left > 1; k--) {
            to.stride[k] = stride;
            stride *= to.dim[k];
            left /= to.dim[k];
        }
        if (left != 1)
            return false;
        i--;
    }
    v->at = to;
    return true;
}

static bool gathers_badly(const ritz_view *v, const ritz_node *n)
{
    int last = v->at.rank - 1;
    while (last >= 0 && v->at.dim[last] == 1)
        last--;
    return last >= 0 && v->at.stride[last] > 1 &&
           ritz_shape_count(&n->shape) > LARGEST_GATHERED;
}

/* Fills the view of n from that of its operand. False when strides cannot
 * say it, or should not: then n must be stored. */
bool ritz_resolve_view(ritz_lowering *l, const ritz_node *n)
{
    const ritz_lowered *from = ritz_value_of(l, n->in[0]);
    ritz_view v =
        from->role == RITZ_ROLE_VIEW ? from->view : ritz_whole_view(n->in[0]);
    if (ritz_shape_count(&n->shape) == 0)
        return false;
    if (n->prim == &ritz_primitive_broadcast)
        view_broadcast(&v, n);
    else if (n->prim == &ritz_primitive_permute)
        view_permute(&v, n);
    else if (n->prim == &ritz_primitive_slice)
        view_slice(&v, n);
    else if (!view_reshape(&v, n))
        return false;
    v.contiguous = ritz_view_is_contiguous(&v);
    ritz_value_of(l, n)->view = v;
    return n->prim != &ritz_primitive_permute || !gathers_badly(&v, n);
}
