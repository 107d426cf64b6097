/* join.c - which elementwise nodes and reductions share one pass over memory.
 *
 * A node joins the chain of an operand when both have the same number of
 * elements and dtype and the schedule stays possible: either nobody reads the
 * chain yet (then the chain moves to the end of the schedule), or all that the
 * node reads besides is computed before the chain. Chains meet in a node and
 * merge by the same rule.
 *
 * So do sums and maxima. Along short rows they give the chain rows: what is
 * computed of them alone has an element for each row, and may come back,
 * repeated along the rows, so that a softmax is one chain. Others end the
 * chain: their result is there when all elements were seen.
 *
 * A value of one chain that another one reads is stored, unless it is quicker
 * to compute it again from what is stored anyway: the derivative of an
 * activation reads the activation's argument, not a dozen steps of it.
 */
#include "graph/compile/lower.h"

#include "graph/build.h"
#include "graph/execute/fused.h"

#include <string.h>

enum { LONGEST_CHAIN = 64 };

/* A node that looks for a chain. */
typedef struct joiner {
    const ritz_node *n;
    int chain[3];          /* by operand: where it is to be had, or -1 */
    ritz_span span;        /* of the operands in these chains */
    int64_t width, period; /* what n asks of its chain; 0: nothing */
    int newest;            /* the largest order of what n reads from memory */
    int home;              /* the chosen chain, or -1 */
} joiner;

static const ritz_unit *home_of(const ritz_lowering *l, const joiner *j)
{
    return j->home < 0 ? NULL : &l->unit[j->home];
}

static bool is_member_of(const ritz_unit *u, const ritz_node *x)
{
    for (int i = 0; u && i < u->members; i++)
        if (u->member[i] == x)
            return true;
    return false;
}

static bool push_member(ritz_lowering *l, int unit, const ritz_node *n)
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
    return true;
}

/* The chain in which `operand` is at hand, as an element for each of the
 * chain's elements or rows; or -1. */
static int chain_of(const ritz_lowering *l, const ritz_node *n,
                    const ritz_node *operand, ritz_span *span)
{
    const ritz_lowered *v = ritz_value_of(l, ritz_below_reshapes(operand));
    if (l->apart || operand->dtype != n->dtype ||
        n->prim->class == RITZ_CLASS_CAST)
        return -1;
    *span = v->span;
    if (v->role == RITZ_ROLE_MEMBER)
        return v->span == RITZ_SPAN_END ? -1 : ritz_find_unit(l, v->unit);
    v = ritz_value_of(l, operand);
    if (v->role != RITZ_ROLE_VIEW)
        return -1;
    const ritz_lowered *base = ritz_value_of(l, v->view.base);
    const int unit = ritz_find_unit(l, base->unit);
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
        if (!is_member_of(a, b->member[i]) &&
            !push_member(l, into, b->member[i]))
            return false;
    b->merged = into;
    a->newest = a->newest > b->newest ? a->newest : b->newest;
    set_rows(a, b->width, b->period);
    if (!a->read)
        a->order = ++l->orders;
    return true;
}

static void read_from_memory(ritz_lowering *l, joiner *j,
                             const ritz_node *operand)
{
    const int order = ritz_read_stored(l, operand);
    j->newest = order > j->newest ? order : j->newest;
}

/* Values that are computed again. */

/* Is x a value of another chain that is in no memory, and will not be for
 * another reason than that the chosen chain reads it? */
static bool is_unstored(const ritz_lowering *l, const ritz_unit *home,
                        const ritz_node *x)
{
    const ritz_lowered *v = ritz_value_of(l, x);
    return v->role == RITZ_ROLE_MEMBER && v->span == RITZ_SPAN_WIDE &&
           !v->stored && !v->kept && !is_member_of(home, x);
}

/* What computing a value again may take: operations, arrays that are loaded,
 * and values that would be stored for it. */
typedef struct budget {
    int steps, loads, stores;
} budget;

static bool is_broadcast(const ritz_lowering *l, const ritz_node *x)
{
    const ritz_lowered *v = ritz_value_of(l, x);
    return v->role == RITZ_ROLE_NUMBER ||
           (v->role == RITZ_ROLE_VIEW &&
            ritz_shape_count(&v->view.base->shape) <
                ritz_shape_count(&x->shape));
}

static bool may_repeat(const ritz_lowering *l, const ritz_unit *home,
                       const ritz_node *operand, budget *left)
{
    const ritz_node *x = ritz_below_reshapes(operand);
    if (is_broadcast(l, operand) || is_member_of(home, x))
        return true;
    if (!is_unstored(l, home, x))
        return left->loads-- > 0;
    if (!ritz_is_cheap(x))
        return left->stores-- > 0 && left->loads-- > 0;
    if (left->steps-- <= 0)
        return false;
    for (int i = 0; i < x->nin; i++)
        if (!may_repeat(l, home, x->in[i], left))
            return false;
    return true;
}

/* Marks what is read from memory where x is computed again. */
static void read_for(ritz_lowering *l, joiner *j, const ritz_node *operand)
{
    const ritz_unit *home = home_of(l, j);
    const ritz_node *x = ritz_below_reshapes(operand);
    if (is_member_of(home, x))
        return;
    if (!is_unstored(l, home, x) || !ritz_is_cheap(x)) {
        read_from_memory(l, j, operand);
        return;
    }
    for (int i = 0; i < x->nin; i++)
        read_for(l, j, x->in[i]);
}

static void repeat(ritz_lowering *l, int unit, const ritz_node *operand)
{
    const ritz_node *x = ritz_below_reshapes(operand);
    if (!is_unstored(l, &l->unit[unit], x) || !ritz_is_cheap(x) ||
        !push_member(l, unit, x))
        return;
    for (int i = 0; i < x->nin; i++)
        repeat(l, unit, x->in[i]);
}

/* Operand i is in a chain that n does not join. */
static void obtain(ritz_lowering *l, joiner *j, int i)
{
    const ritz_node *x = j->n->in[i];
    budget left = {.steps = 6, .loads = 2, .stores = 1};
    if ((j->home < 0 || j->span == RITZ_SPAN_WIDE) &&
        may_repeat(l, home_of(l, j), x, &left))
        read_for(l, j, x);
    else
        read_from_memory(l, j, x);
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
        if (j->chain[i] >= 0 && span != j->span)
            j->chain[i] = -1;
        if (j->chain[i] < 0)
            read_from_memory(l, j, j->n->in[i]);
    }
}

static bool is_elsewhere(const ritz_lowering *l, const joiner *j, int i)
{
    return j->chain[i] >= 0 && ritz_find_unit(l, j->chain[i]) != j->home;
}

/* The chain that is computed last is before nothing that n reads, and the
 * most likely to take it. */
static int latest_chain(const ritz_lowering *l, const joiner *j)
{
    int latest = -1;
    for (int i = 0; i < j->n->nin; i++) {
        const int unit = j->chain[i] < 0 ? -1 : ritz_find_unit(l, j->chain[i]);
        if (unit >= 0 && may_join(&l->unit[unit], j) &&
            (latest < 0 || l->unit[unit].order > l->unit[latest].order))
            latest = unit;
    }
    return latest;
}

/* Chooses a chain and joins the operands' others to it. */
static void choose_home(ritz_lowering *l, joiner *j)
{
    j->home = latest_chain(l, j);
    for (int i = 0; i < j->n->nin && j->home >= 0; i++) {
        if (j->chain[i] < 0)
            continue;
        const int unit = ritz_find_unit(l, j->chain[i]);
        if (unit != j->home && !merge(l, j->home, unit) &&
            merge(l, unit, j->home))
            j->home = unit;
    }
    /* What operands in other chains take may in turn rule the chosen one
     * out. */
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < j->n->nin; i++)
            if (is_elsewhere(l, j, i))
                obtain(l, j, i);
        if (j->home >= 0 && !may_join(&l->unit[j->home], j))
            j->home = -1;
    }
}

static void become_member(ritz_lowering *l, joiner *j, ritz_span span)
{
    const bool fresh = j->home < 0;
    ritz_value_of(l, j->n)->role = RITZ_ROLE_MEMBER;
    ritz_value_of(l, j->n)->span = span;
    if (fresh)
        j->home = ritz_new_unit(l, j->n, true);
    if (j->home < 0 || (!fresh && !push_member(l, j->home, j->n)))
        return;
    ritz_value_of(l, j->n)->unit = j->home;
    for (int i = 0; i < j->n->nin; i++)
        if (is_elsewhere(l, j, i))
            repeat(l, j->home, j->n->in[i]);
    ritz_unit *u = &l->unit[j->home];
    u->newest = u->newest > j->newest ? u->newest : j->newest;
    set_rows(u, j->width, j->period);
    if (!fresh && !u->read)
        u->order = ++l->orders;
}

void ritz_join_elementwise(ritz_lowering *l, const ritz_node *n)
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
void ritz_join_reduction(ritz_lowering *l, const ritz_node *n)
{
    joiner j = {.n = n, .home = -1, .chain = {-1}};
    ritz_span span;
    if (!asks(&j, &span)) {
        ritz_form_single(l, n);
        return;
    }
    j.chain[0] = chain_of(l, n, n->in[0], &j.span);
    if (j.span == RITZ_SPAN_WIDE)
        choose_home(l, &j);
    if (j.home < 0 && span != RITZ_SPAN_ROW) {
        ritz_form_single(l, n);
        return;
    }
    if (j.home < 0)
        j.newest = ritz_read_operand(l, n, n->in[0]);
    become_member(l, &j, span);
}
