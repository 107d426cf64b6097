/* units.c - which values are stored, and which nodes share one pass over
 * memory.
 *
 * Nodes are visited in order of ids. Elementwise nodes and reductions look
 * for a chain (join.c), views become strides where strides can say them, and
 * everything else is a unit of its own.
 */
#include "graph/compile/lower.h"

#include "base/memory.h"
#include "graph/build.h"

#include <string.h>

int ritz_find_unit(const ritz_lowering *l, int unit)
{
    while (unit >= 0 && l->unit[unit].merged >= 0)
        unit = l->unit[unit].merged;
    return unit;
}

static ritz_unit *unit_of(const ritz_lowering *l, const ritz_node *n)
{
    const int u = ritz_find_unit(l, ritz_value_of(l, n)->unit);
    return u < 0 ? NULL : &l->unit[u];
}

int ritz_new_unit(ritz_lowering *l, const ritz_node *n, bool fused)
{
    if (!ritz_reserve(&l->unit, &l->unit_capacity, l->units + 1,
                      sizeof *l->unit)) {
        l->failed = true;
        return -1;
    }
    ritz_unit *u = &l->unit[l->units];
    *u = (ritz_unit){.fused = fused, .merged = -1, .order = ++l->orders};
    u->member = ritz_lower_alloc(l, 4, sizeof(void *));
    if (!u->member)
        return -1;
    u->capacity = 4;
    u->member[u->members++] = n;
    ritz_lowered *v = ritz_value_of(l, n);
    v->unit = (int)l->units;
    return (int)l->units++;
}

/* The value whose storage holds n's elements. */
static const ritz_node *base_of(const ritz_lowering *l, const ritz_node *n)
{
    const ritz_lowered *v = ritz_value_of(l, n);
    return v->role == RITZ_ROLE_VIEW ? v->view.base : n;
}

int ritz_read_stored(ritz_lowering *l, const ritz_node *n)
{
    const ritz_lowered *v = ritz_value_of(l, n);
    if (v->role == RITZ_ROLE_NUMBER || v->role == RITZ_ROLE_FOLDED)
        return 0;
    const ritz_node *base = base_of(l, n);
    ritz_value_of(l, base)->stored = true;
    ritz_unit *u = unit_of(l, base);
    if (!u)
        return 0; /* an input */
    u->read = true;
    return u->order;
}

/* Gives a view storage of its own. */
static void store(ritz_lowering *l, const ritz_node *n)
{
    const ritz_lowered *v = ritz_value_of(l, n);
    const int order = v->role == RITZ_ROLE_VIEW ? ritz_read_stored(l, n)
                      : n->nin > 0              ? ritz_read_stored(l, n->in[0])
                                                : 0;
    const int u = ritz_new_unit(l, n, false);
    if (u < 0)
        return;
    l->unit[u].newest = order;
    ritz_lowered *w = ritz_value_of(l, n);
    w->role = RITZ_ROLE_STORED;
    w->stored = true;
}

static bool is_stored_contiguous(const ritz_lowering *l, const ritz_node *n)
{
    const ritz_lowered *v = ritz_value_of(l, n);
    return v->role == RITZ_ROLE_STORED || v->role == RITZ_ROLE_MEMBER ||
           v->role == RITZ_ROLE_FOLDED ||
           (v->role == RITZ_ROLE_VIEW && v->view.contiguous);
}

/* Products take any matrix whose rows or columns are contiguous. */
static bool is_matrix(const ritz_lowering *l, const ritz_node *n)
{
    const ritz_lowered *v = ritz_value_of(l, n);
    if (v->role != RITZ_ROLE_VIEW)
        return v->role != RITZ_ROLE_NUMBER;
    const ritz_strided *s = &v->view.at;
    const int r = s->rank;
    const int64_t rows = s->stride[r - 2], columns = s->stride[r - 1];
    return (columns == 1 && rows >= s->dim[r - 1]) ||
           (rows == 1 && columns >= s->dim[r - 2]);
}

static bool takes_views(const ritz_node *n)
{
    return n->prim == &ritz_primitive_pad ||
           n->prim == &ritz_primitive_concatenate;
}

static bool fits_operand(const ritz_lowering *l, const ritz_node *n,
                         const ritz_node *operand)
{
    if (n->prim == &ritz_primitive_matmul)
        return is_matrix(l, operand);
    if (takes_views(n))
        return ritz_value_of(l, operand)->role != RITZ_ROLE_NUMBER;
    return is_stored_contiguous(l, operand);
}

int ritz_read_operand(ritz_lowering *l, const ritz_node *n,
                      const ritz_node *operand)
{
    const ritz_lowered *v = ritz_value_of(l, operand);
    if (v->role == RITZ_ROLE_FOLDED) {
        int newest = 0;
        for (int i = 0; i < operand->nin; i++) {
            const int order = ritz_read_operand(l, operand, operand->in[i]);
            newest = order > newest ? order : newest;
        }
        return newest;
    }
    if (!fits_operand(l, n, operand))
        store(l, operand);
    return l->failed ? 0 : ritz_read_stored(l, operand);
}

void ritz_form_single(ritz_lowering *l, const ritz_node *n)
{
    int newest = 0;
    for (int i = 0; i < n->nin; i++) {
        const int order = ritz_read_operand(l, n, n->in[i]);
        newest = order > newest ? order : newest;
    }
    const int u = ritz_new_unit(l, n, false);
    if (u < 0)
        return;
    l->unit[u].newest = newest;
    ritz_value_of(l, n)->role = RITZ_ROLE_STORED;
    ritz_value_of(l, n)->stored = true;
}

static bool is_view_primitive(const ritz_node *n)
{
    return n->prim == &ritz_primitive_reshape ||
           n->prim == &ritz_primitive_barrier ||
           n->prim == &ritz_primitive_broadcast ||
           n->prim == &ritz_primitive_permute ||
           n->prim == &ritz_primitive_slice;
}

static void form_view(ritz_lowering *l, const ritz_node *n)
{
    ritz_lowered *v = ritz_value_of(l, n);
    const ritz_lowered *from = ritz_value_of(l, n->in[0]);
    if (from->role == RITZ_ROLE_FOLDED) {
        v->role = RITZ_ROLE_FOLDED;
        return;
    }
    if (ritz_resolve_view(l, n)) {
        v->role = RITZ_ROLE_VIEW;
        return;
    }
    if (n->prim == &ritz_primitive_reshape && from->role == RITZ_ROLE_VIEW &&
        !from->view.contiguous) {
        store(l, n->in[0]); /* then the reshape is free */
        v->view = ritz_whole_view(n->in[0]);
        v->role = RITZ_ROLE_VIEW;
        ritz_resolve_view(l, n);
        return;
    }
    store(l, n);
}

/* The instruction of the main node writes all of its outputs. */
static void form_part(ritz_lowering *l, const ritz_node *n)
{
    ritz_lowered *v = ritz_value_of(l, n);
    v->role = RITZ_ROLE_STORED;
    v->stored = true;
    v->unit = ritz_value_of(l, n->in[0])->unit;
}

static void form(ritz_lowering *l, const ritz_node *n)
{
    ritz_lowered *v = ritz_value_of(l, n);
    if (n->prim == &ritz_primitive_input)
        v->role = RITZ_ROLE_STORED;
    else if (n->prim == &ritz_primitive_part)
        form_part(l, n);
    else if (ritz_is_splat(n, NULL))
        v->role = RITZ_ROLE_NUMBER;
    else if (is_view_primitive(n))
        form_view(l, n);
    else if (n->prim->class == RITZ_CLASS_ELEMENTWISE ||
             n->prim->class == RITZ_CLASS_CAST)
        ritz_join_elementwise(l, n);
    else if (n->prim->class == RITZ_CLASS_REDUCE)
        ritz_join_reduction(l, n);
    else if ((n->prim == &ritz_primitive_unfold &&
              ritz_folds_into_products(l, n)) ||
             (n->prim == &ritz_primitive_matmul && ritz_folds_into_fold(l, n)))
        v->role = RITZ_ROLE_FOLDED;
    else
        ritz_form_single(l, n);
}

/* Results must be stored, contiguous and not an input. */
static void form_output(ritz_lowering *l, const ritz_node *n)
{
    if (!is_stored_contiguous(l, n))
        store(l, n);
    else
        ritz_read_stored(l, n);
}

static bool list_users(ritz_lowering *l, const bool *needed)
{
    const uint32_t size = ritz_graph_size(l->graph);
    for (uint32_t id = 0; id < size; id++) {
        const ritz_node *n = ritz_graph_node(l->graph, id);
        for (int i = 0; needed[id] && i < n->nin; i++)
            ritz_value_of(l, n->in[i])->users++;
    }
    for (uint32_t id = 0; id < size; id++) {
        ritz_lowered *v = &l->value[id];
        v->user = ritz_lower_alloc(l, (size_t)v->users, sizeof(void *));
        if (!v->user)
            return false;
        v->users = 0;
    }
    for (uint32_t id = 0; id < size; id++) {
        const ritz_node *n = ritz_graph_node(l->graph, id);
        for (int i = 0; needed[id] && i < n->nin; i++) {
            ritz_lowered *v = ritz_value_of(l, n->in[i]);
            ((const ritz_node **)v->user)[v->users++] = n;
        }
    }
    return true;
}

static bool *mark_needed(ritz_lowering *l, ritz_node *const *output, int nout)
{
    const uint32_t size = ritz_graph_size(l->graph);
    bool *needed = ritz_lower_alloc(l, size, sizeof *needed);
    if (!needed)
        return NULL;
    for (int i = 0; i < nout; i++)
        needed[output[i]->id] = true;
    for (uint32_t id = size; id-- > 0;) {
        const ritz_node *n = ritz_graph_node(l->graph, id);
        for (int i = 0; needed[id] && i < n->nin; i++)
            needed[n->in[i]->id] = true;
    }
    return needed;
}

/* Which values are stored whatever their chain does: results, and what is
 * read by other nodes than those of chains, perhaps through views. */
static void mark_kept(ritz_lowering *l, ritz_node *const *output, int nout)
{
    for (int i = 0; i < nout; i++)
        ritz_value_of(l, output[i])->kept = true;
    for (uint32_t id = ritz_graph_size(l->graph); id-- > 0;) {
        ritz_lowered *v = &l->value[id];
        for (int i = 0; i < v->users && !v->kept; i++) {
            const ritz_node *u = v->user[i];
            v->kept = is_view_primitive(u)
                          ? ritz_value_of(l, u)->kept
                          : u->prim->class != RITZ_CLASS_ELEMENTWISE &&
                                u->prim->class != RITZ_CLASS_REDUCE;
        }
    }
}

bool ritz_form_units(ritz_lowering *l, ritz_node *const *output, int nout)
{
    const uint32_t size = ritz_graph_size(l->graph);
    l->value = ritz_lower_alloc(l, size, sizeof *l->value);
    bool *needed = l->value ? mark_needed(l, output, nout) : NULL;
    if (!needed)
        return false;
    for (uint32_t id = 0; id < size; id++) {
        l->value[id].unit = -1;
        l->value[id].buffer = -1;
    }
    if (!list_users(l, needed))
        return false;
    mark_kept(l, output, nout);
    for (uint32_t id = 0; id < size && !l->failed; id++)
        if (needed[id])
            form(l, ritz_graph_node(l->graph, id));
    for (int i = 0; i < nout && !l->failed; i++)
        form_output(l, output[i]);
    return !l->failed;
}
