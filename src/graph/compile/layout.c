/* layout.c - where every buffer lives: the caller's inputs and results, what
 * is computed once, and one arena in which storage is used again.
 *
 * Donated inputs are overwritten by the results that replace them; the
 * instructions that do so, and those that read what they wrote, come last, so
 * that everything that can fail or be interrupted is over when they start.
 */
#include "graph/compile/lower.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_CONSTANT = 4 << 20, ARENA_ALIGN = 64 };

int ritz_root_buffer(const ritz_plan *plan, int buffer)
{
    while (plan->buffer[buffer].place == RITZ_IN_BUFFER)
        buffer = plan->buffer[buffer].index;
    return buffer;
}

/* Inputs first, then what was captured. */
static void place_inputs(ritz_lowering *l, const ritz_plan_spec *spec)
{
    const int n = spec->nin + l->plan->captures;
    for (int i = 0; i < n; i++) {
        const int b = ritz_buffer_of(
            l, i < spec->nin ? spec->input[i]
                             : ritz_graph_captured(l->graph, i - spec->nin));
        if (l->failed)
            return; /* there may be no buffer at all */
        l->plan->buffer[b].place = RITZ_IN_INPUT;
        l->plan->buffer[b].index = i;
    }
}

/* Constants: what depends on nothing is computed once. */

static bool is_constant(const ritz_plan *p, const ritz_instruction *i)
{
    size_t bytes = 0;
    for (int k = 0; k < i->nin; k++)
        if (p->buffer[i->in[k]].place != RITZ_IN_CONSTANT)
            return false;
    for (int k = 0; k < i->nout; k++)
        bytes += p->buffer[i->out[k]].bytes;
    return bytes <= LARGEST_CONSTANT;
}

/* Moves the chosen instructions to the front or to the back, keeping order. */
static bool partition(ritz_lowering *l, const bool *chosen, bool to_front)
{
    ritz_plan *p = l->plan;
    const size_t n = (size_t)p->instructions;
    ritz_instruction *sorted = ritz_lower_alloc(l, n, sizeof *sorted);
    if (!sorted)
        return false;
    size_t at = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n; i++)
            if (chosen[i] == (to_front == (pass == 0)))
                sorted[at++] = p->code[i];
    if (n > 0)
        memcpy(p->code, sorted, n * sizeof *sorted);
    return true;
}

static bool place_constants(ritz_lowering *l)
{
    ritz_plan *p = l->plan;
    bool *chosen = ritz_lower_alloc(l, (size_t)p->instructions, 1);
    if (!chosen)
        return false;
    for (int i = 0; i < p->instructions; i++) {
        const ritz_instruction *in = &p->code[i];
        chosen[i] = is_constant(p, in);
        for (int k = 0; chosen[i] && k < in->nout; k++) {
            p->buffer[in->out[k]].place = RITZ_IN_CONSTANT;
            p->buffer[in->out[k]].index = p->constants++;
        }
        p->first += chosen[i];
    }
    return partition(l, chosen, true);
}

static void place_outputs(ritz_lowering *l, const ritz_plan_spec *spec)
{
    for (int j = 0; j < spec->nout && !l->failed; j++) {
        const ritz_node *n = spec->output[j];
        int b = ritz_buffer_of(l, n);
        if (l->failed)
            return;
        const ritz_buffer *at = &l->plan->buffer[b];
        if (at->place != RITZ_IN_ARENA ||
            at->count != ritz_shape_count(&n->shape)) {
            b = ritz_new_buffer(l, n->dtype, ritz_shape_count(&n->shape));
            ritz_emit_result(l, n, b);
        }
        l->plan->buffer[b].place = RITZ_IN_OUTPUT;
        l->plan->buffer[b].index = j;
    }
}

/* Donation. */

static bool reads(const ritz_instruction *i, int buffer)
{
    for (int k = 0; k < i->nin; k++)
        if (i->in[k] == buffer)
            return true;
    return false;
}

static int buffer_in_place(const ritz_plan *p, ritz_place place, int index)
{
    for (int b = 0; b < p->buffers; b++)
        if (p->buffer[b].place == place && p->buffer[b].index == index)
            return b;
    return -1;
}

/* The result that may overwrite input buffer `in`: written by the last
 * instruction that reads it, element by element. */
static int taker(const ritz_plan *p, int in, const ritz_slot *slot)
{
    int last = -1;
    for (int i = p->first; i < p->instructions; i++)
        if (reads(&p->code[i], in))
            last = i;
    if (last < 0)
        return -1;
    const ritz_instruction *i = &p->code[last];
    for (int k = 0; k < i->nout; k++) {
        const ritz_buffer *b = &p->buffer[i->out[k]];
        if (b->place == RITZ_IN_OUTPUT &&
            p->output[b->index].dtype == slot->dtype &&
            ritz_shape_equal(&p->output[b->index].shape, &slot->shape) &&
            ritz_fused_may_overwrite(i, in, i->out[k]))
            return i->out[k];
    }
    return -1;
}

static bool tail_of(const ritz_plan *p, int i, const bool *late)
{
    const ritz_instruction *in = &p->code[i];
    for (int k = 0; k < in->nout; k++)
        if (p->buffer[in->out[k]].place == RITZ_IN_BUFFER)
            return true;
    for (int e = p->first; e < i; e++)
        for (int k = 0; late[e] && k < p->code[e].nout; k++)
            if (reads(in, p->code[e].out[k]))
                return true;
    return false;
}

static void undo_donation(ritz_plan *p)
{
    for (int b = 0; b < p->buffers; b++)
        if (p->buffer[b].place == RITZ_IN_BUFFER) {
            const int in = p->buffer[p->buffer[b].index].index;
            p->buffer[b].place = RITZ_IN_OUTPUT;
            p->buffer[b].index = p->taken_by[in];
            p->taken_of[p->taken_by[in]] = -1;
            p->taken_by[in] = -1;
        }
}

static bool place_donated(ritz_lowering *l, const ritz_plan_spec *spec)
{
    ritz_plan *p = l->plan;
    bool *late = ritz_lower_alloc(l, (size_t)p->instructions, 1);
    if (!late)
        return false;
    for (int i = 0; spec->donate && i < spec->nin; i++) {
        const int in = buffer_in_place(p, RITZ_IN_INPUT, i);
        const int out =
            spec->donate[i] && in >= 0 ? taker(p, in, &p->input[i]) : -1;
        if (out < 0)
            continue;
        p->taken_by[i] = p->buffer[out].index;
        p->taken_of[p->taken_by[i]] = i;
        p->buffer[out].place = RITZ_IN_BUFFER;
        p->buffer[out].index = in;
    }
    p->tail = p->instructions;
    bool safe = true;
    for (int i = p->first; i < p->instructions; i++) {
        late[i] = tail_of(p, i, late);
        safe = safe &&
               !(late[i] && (p->code[i].kind->explain || p->code[i].kind->run));
        p->tail -= late[i];
    }
    if (!safe) {
        undo_donation(p);
        p->tail = p->instructions;
        return true;
    }
    return partition(l, late, false);
}

/* The arena. */

static void touch(ritz_plan *p, int buffer, int at)
{
    ritz_buffer *b = &p->buffer[ritz_root_buffer(p, buffer)];
    if (b->first < 0)
        b->first = at;
    b->last = at;
}

static void find_lifetimes(ritz_plan *p)
{
    /* The passes before see to it that nothing is read before it is written:
     * a plan that broke this would compute with what was there. */
    for (int i = p->first; i < p->instructions; i++) {
        const ritz_instruction *in = &p->code[i];
        for (int k = 0; k < in->nin; k++) {
            const ritz_buffer *b = &p->buffer[in->in[k]];
            assert(b->place != RITZ_IN_ARENA || b->first >= 0);
            (void)b;
            touch(p, in->in[k], i);
        }
        for (int k = 0; k < in->nout; k++)
            touch(p, in->out[k], i);
    }
}

/* A chain writes over an operand that dies in it. */
static void share_storage(ritz_plan *p, int at)
{
    const ritz_instruction *i = &p->code[at];
    for (int k = 0; k < i->nout; k++) {
        ritz_buffer *out = &p->buffer[i->out[k]];
        if (out->place != RITZ_IN_ARENA || out->first != at)
            continue;
        for (int m = 0; m < i->nin; m++) {
            const int root = ritz_root_buffer(p, i->in[m]);
            ritz_buffer *in = &p->buffer[root];
            if (in->place == RITZ_IN_ARENA && in->last == at &&
                in->first < at && in->bytes == out->bytes &&
                ritz_fused_may_overwrite(i, i->in[m], i->out[k])) {
                in->last = out->last;
                out->place = RITZ_IN_BUFFER;
                out->index = root;
                break;
            }
        }
    }
}

static const ritz_plan *sorting; /* qsort has no context */

static int by_size(const void *a, const void *b)
{
    const ritz_buffer *x = &sorting->buffer[*(const int *)a];
    const ritz_buffer *y = &sorting->buffer[*(const int *)b];
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return x->first != y->first ? (x->first < y->first ? -1 : 1)
                                : *(const int *)a - *(const int *)b;
}

static int by_offset(const void *a, const void *b)
{
    const size_t x = sorting->buffer[*(const int *)a].offset;
    const size_t y = sorting->buffer[*(const int *)b].offset;
    return x < y ? -1 : x > y;
}

static size_t padded(size_t bytes)
{
    return (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

/* The lowest gap beside the buffers that are live at the same time. */
static size_t lowest_gap(ritz_plan *p, const ritz_buffer *b, int *rival,
                         const int *placed, int count)
{
    int rivals = 0;
    for (int i = 0; i < count; i++) {
        const ritz_buffer *o = &p->buffer[placed[i]];
        if (o->first <= b->last && b->first <= o->last)
            rival[rivals++] = placed[i];
    }
    qsort(rival, (size_t)rivals, sizeof *rival, by_offset);
    size_t at = 0;
    for (int i = 0; i < rivals; i++) {
        const ritz_buffer *o = &p->buffer[rival[i]];
        if (o->offset >= at + padded(b->bytes))
            break;
        const size_t end = o->offset + padded(o->bytes);
        at = end > at ? end : at;
    }
    return at;
}

static bool place_arena(ritz_lowering *l)
{
    ritz_plan *p = l->plan;
    int *list = ritz_lower_alloc(l, (size_t)p->buffers, sizeof *list);
    int *rival = ritz_lower_alloc(l, (size_t)p->buffers, sizeof *rival);
    int n = 0;
    if (!list || !rival)
        return false;
    find_lifetimes(p);
    for (int i = p->first; i < p->instructions; i++)
        share_storage(p, i);
    for (int b = 0; b < p->buffers; b++)
        if (p->buffer[b].place == RITZ_IN_ARENA && p->buffer[b].first >= 0)
            list[n++] = b;
    sorting = p;
    qsort(list, (size_t)n, sizeof *list, by_size);
    for (int i = 0; i < n; i++) {
        ritz_buffer *b = &p->buffer[list[i]];
        b->offset = lowest_gap(p, b, rival, list, i);
        const size_t end = b->offset + padded(b->bytes);
        p->arena_bytes = end > p->arena_bytes ? end : p->arena_bytes;
    }
    sorting = NULL;
    return true;
}

bool ritz_lay_out(ritz_lowering *l, const ritz_plan_spec *spec)
{
    place_inputs(l, spec);
    if (l->failed || !place_constants(l))
        return false;
    place_outputs(l, spec);
    return !l->failed && place_donated(l, spec) && place_arena(l);
}
