/* units.c - which values are stored, and which nodes share one pass over
 * memory.
 *
 * Nodes are visited in order of ids. An elementwise node joins the chain of
 * an operand when both have the same number of elements and dtype and the
 * schedule stays possible: either nobody reads the chain yet (then the chain
 * moves to the end of the schedule), or all that the node reads besides is
 * computed before the chain. Chains meet in a node and merge by the same rule.
 *
 * So do sums and maxima. Along short rows they give the chain rows: what is
 * computed of them alone has an element for each row, and may come back,
 * repeated along the rows, so that a softmax is one chain. Others end the
 * chain: their result is there when all elements were seen.
 */
#include "graph/compile/lower.h"

#include "base/memory.h"
#include "graph/build.h"
#include "graph/execute/fused.h"

#include <string.h>

enum { LONGEST_CHAIN = 48 };

static int find_unit(const ritz_lowering *l, int unit)
{
    while (unit >= 0 && l->unit[unit].merged >= 0)
        unit = l->unit[unit].merged;
    return unit;
}

static ritz_unit *unit_of(const ritz_lowering *l, const ritz_node *n)
{
    const int u = find_unit(l, ritz_value_of(l, n)->unit);
    return u < 0 ? NULL : &l->unit[u];
}

static int new_unit(ritz_lowering *l, const ritz_node *n, bool fused)
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

static bool add_member(ritz_lowering *l, int unit, const ritz_node *n)
{
    ritz_unit *u = &l->unit[unit];
    if (u->members == u->capacity) {
        const ritz_node **grown =
            ritz_lower_alloc(l, (size_t)u->capacity * 2, sizeof(void *));
        if (!grown)
            return false;
        memcpy(grown, u->member, (size_t)u->members * sizeof(void *));
        u->member = grown;
        u->capacity *= 2;
    }
    u->member[u->members++] = n;
    ritz_value_of(l, n)->unit = unit;
    return true;
}

/* The value whose storage holds n's elements. */
static const ritz_node *base_of(const ritz_lowering *l, const ritz_node *n)
{
    const ritz_lowered *v = ritz_value_of(l, n);
    return v->role == RITZ_ROLE_VIEW ? v->view.base : n;
}

/* Notes that unit `reader` reads n from memory; returns the order of what
 * computes it. */
static int read_stored(ritz_lowering *l, const ritz_node *n)
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
    const int order = v->role == RITZ_ROLE_VIEW ? read_stored(l, n)
                      : n->nin > 0              ? read_stored(l, n->in[0])
                                                : 0;
    const int u = new_unit(l, n, false);
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

static int read_operand(ritz_lowering *l, const ritz_node *n,
                        const ritz_node *operand)
{
    const ritz_lowered *v = ritz_value_of(l, operand);
    if (v->role == RITZ_ROLE_FOLDED) {
        int newest = 0;
        for (int i = 0; i < operand->nin; i++) {
            const int order = read_operand(l, operand, operand->in[i]);
            newest = order > newest ? order : newest;
        }
        return newest;
    }
    if (!fits_operand(l, n, operand))
        store(l, operand);
    return l->failed ? 0 : read_stored(l, operand);
}

static void form_single(ritz_lowering *l, const ritz_node *n)
{
    int newest = 0;
    for (int i = 0; i < n->nin; i++) {
        const int order = read_operand(l, n, n->in[i]);
        newest = order > newest ? order : newest;
    }
    const int u = new_unit(l, n, false);
    if (u < 0)
        return;
    l->unit[u].newest = newest;
    ritz_value_of(l, n)->role = RITZ_ROLE_STORED;
    ritz_value_of(l, n)->stored = true;
}

/* A node that looks for a chain. */
typedef struct joiner {
    const ritz_node *n;
    int chain[3];          /* by operand: where it is to be had, or -1 */
    ritz_span span;        /* of the operands in these chains */
    int64_t width, period; /* what n asks of its chain; 0: nothing */
    int newest;            /* the largest order of what n reads from memory */
    int home;              /* the chosen chain, or -1 */
} joiner;

/* The chain in which `operand` is at hand, as an element for each of the
 * chain's elements or rows; or -1. */
static int chain_of(const ritz_lowering *l, const ritz_node *n,
                    const ritz_node *operand, ritz_span *span)
{
    const ritz_lowered *v = ritz_value_of(l, ritz_below_reshapes(operand));
    if (operand->dtype != n->dtype || n->prim->class == RITZ_CLASS_CAST)
        return -1;
    *span = v->span;
    if (v->role == RITZ_ROLE_MEMBER)
        return v->span == RITZ_SPAN_END ? -1 : find_unit(l, v->unit);
    v = ritz_value_of(l, operand);
    if (v->role != RITZ_ROLE_VIEW)
        return -1;
    const ritz_lowered *base = ritz_value_of(l, v->view.base);
    const int unit = find_unit(l, base->unit);
    *span = RITZ_SPAN_WIDE;
    return base->role == RITZ_ROLE_MEMBER && base->span == RITZ_SPAN_ROW &&
                   v->view.offset == 0 &&
                   ritz_spreads(&v->view, l->unit[unit].width)
               ? unit
               : -1;
}

static bool fits(const ritz_unit *u, int64_t width, int64_t period)
{
    return (!width || !u->width || width == u->width) &&
           (!period || !u->period || period == u->period);
}

static bool may_join(const ritz_unit *u, const joiner *j)
{
    return u->members < LONGEST_CHAIN && (!u->read || j->newest < u->order) &&
           fits(u, j->width, j->period);
}

static void set_rows(ritz_unit *u, int64_t width, int64_t period)
{
    u->width = u->width ? u->width : width;
    u->period = u->period ? u->period : period;
}

/* Joins unit `from` to unit `into`, if the schedule allows. */
static bool merge(ritz_lowering *l, int into, int from)
{
    ritz_unit *a = &l->unit[into], *b = &l->unit[from];
    if (a->members + b->members >= LONGEST_CHAIN || b->read ||
        !fits(a, b->width, b->period) || (a->read && b->newest >= a->order))
        return false;
    for (int i = 0; i < b->members; i++)
        if (!add_member(l, into, b->member[i]))
            return false;
    a = &l->unit[into];
    b = &l->unit[from];
    b->merged = into;
    a->newest = a->newest > b->newest ? a->newest : b->newest;
    set_rows(a, b->width, b->period);
    if (!a->read)
        a->order = ++l->orders;
    return true;
}

static void read_from_memory(ritz_lowering *l, joiner *j, int i)
{
    const int order = read_stored(l, j->n->in[i]);
    j->newest = order > j->newest ? order : j->newest;
    j->chain[i] = -1;
}

/* Which operands are in chains; the others are read from memory. */
static void find_chains(ritz_lowering *l, joiner *j)
{
    bool found = false;
    for (int i = 0; i < j->n->nin; i++) {
        ritz_span span = RITZ_SPAN_WIDE;
        j->chain[i] = chain_of(l, j->n, j->n->in[i], &span);
        if (j->chain[i] >= 0 && !found) {
            j->span = span;
            found = true;
        }
        if (j->chain[i] < 0 || span != j->span)
            read_from_memory(l, j, i);
    }
}

/* Chooses a chain and joins the operands' others to it. */
static void choose_home(ritz_lowering *l, joiner *j)
{
    for (int i = 0; i < j->n->nin; i++) {
        if (j->chain[i] < 0)
            continue;
        const int unit = find_unit(l, j->chain[i]);
        if (j->home < 0 && may_join(&l->unit[unit], j))
            j->home = unit;
        else if (j->home >= 0 && unit != j->home && !merge(l, j->home, unit) &&
                 merge(l, unit, j->home))
            j->home = unit;
    }
    /* Operands in chains that were not joined are read from memory, which
     * may in turn rule the chosen one out. */
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < j->n->nin; i++)
            if (j->chain[i] >= 0 && find_unit(l, j->chain[i]) != j->home)
                read_from_memory(l, j, i);
        if (j->home >= 0 && !may_join(&l->unit[j->home], j))
            j->home = -1;
    }
}

static void become_member(ritz_lowering *l, const joiner *j, ritz_span span)
{
    ritz_value_of(l, j->n)->role = RITZ_ROLE_MEMBER;
    ritz_value_of(l, j->n)->span = span;
    const int home = j->home < 0 ? new_unit(l, j->n, true) : j->home;
    if (home < 0 || (j->home >= 0 && !add_member(l, home, j->n)))
        return;
    ritz_unit *u = &l->unit[home];
    u->newest = u->newest > j->newest ? u->newest : j->newest;
    set_rows(u, j->width, j->period);
    if (j->home >= 0 && !u->read)
        u->order = ++l->orders;
}

static void form_member(ritz_lowering *l, const ritz_node *n)
{
    joiner j = {.n = n, .home = -1};
    find_chains(l, &j);
    choose_home(l, &j);
    become_member(l, &j, j.home < 0 ? RITZ_SPAN_WIDE : j.span);
}

/* Fills what a reduction asks of its chain; false if it can be in none. */
static bool asks(joiner *j, ritz_span *span)
{
    ritz_reduction d;
    if (ritz_shape_count(&j->n->in[0]->shape) == 0 ||
        !ritz_reduction_of(&d, j->n) || d.r < 2 || d.strips > 1)
        return false;
    *span = RITZ_SPAN_END;
    j->width = d.inner > 1 ? d.inner : d.r;
    if (d.inner > 1 || d.parts > 1)
        j->period = d.r * d.inner;
    if (d.inner == 1 && d.r <= RITZ_LONGEST_ROW)
        *span = RITZ_SPAN_ROW;
    return true;
}

/* A reduction whose operand is in no chain may begin one, if the chain can go
 * on with its result. */
static void form_reduction(ritz_lowering *l, const ritz_node *n)
{
    joiner j = {.n = n, .home = -1, .chain = {-1}};
    ritz_span span;
    if (!asks(&j, &span)) {
        form_single(l, n);
        return;
    }
    j.chain[0] = chain_of(l, n, n->in[0], &j.span);
    if (j.span == RITZ_SPAN_WIDE)
        choose_home(l, &j);
    if (j.home < 0 && span != RITZ_SPAN_ROW) {
        form_single(l, n);
        return;
    }
    if (j.home < 0)
        j.newest = read_operand(l, n, n->in[0]);
    become_member(l, &j, span);
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
        form_member(l, n);
    else if (n->prim->class == RITZ_CLASS_REDUCE)
        form_reduction(l, n);
    else if ((n->prim == &ritz_primitive_unfold &&
              ritz_folds_into_products(l, n)) ||
             (n->prim == &ritz_primitive_matmul && ritz_folds_into_fold(l, n)))
        v->role = RITZ_ROLE_FOLDED;
    else
        form_single(l, n);
}

/* Results must be stored, contiguous and not an input. */
static void form_output(ritz_lowering *l, const ritz_node *n)
{
    if (!is_stored_contiguous(l, n))
        store(l, n);
    else
        read_stored(l, n);
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
    for (uint32_t id = 0; id < size && !l->failed; id++)
        if (needed[id])
            form(l, ritz_graph_node(l->graph, id));
    for (int i = 0; i < nout && !l->failed; i++)
        form_output(l, output[i]);
    return !l->failed;
}
