/* emit_fused.c - a chain of elementwise nodes and reductions as steps over
 * blocks.
 *
 * Products that are only added or subtracted are absorbed into one step (two
 * roundings, as before). Blocks are whole rows, where the chain has rows, so
 * that a sum along a row and what is computed with it stay in L1.
 */
#include "graph/build.h"
#include "graph/compile/chain.h"

#include <stdlib.h>
#include <string.h>

/* A chain has at least TILES tiles, for any number of threads to share evenly,
 * but none so small that taking it costs more than running it. */
enum { TILES = 8, SMALLEST_TILE = 1024 };

static int by_id(const void *a, const void *b)
{
    const ritz_node *x = *(const ritz_node *const *)a;
    const ritz_node *y = *(const ritz_node *const *)b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Is the member stored, and not computed again here? */
static bool is_stored_here(const ritz_chain *c, int member)
{
    const ritz_lowered *v = ritz_value_of(c->l, c->u->member[member]);
    return v->stored && &c->l->unit[ritz_find_unit(c->l, v->unit)] == c->u;
}

static bool can_absorb(const ritz_chain *c, const ritz_node *n, int i)
{
    const int product = ritz_chain_member(c, n->in[i]);
    if (product < 0)
        return false;
    return c->u->member[product]->prim == &ritz_primitive_mul &&
           c->readers[product] == 1 && !is_stored_here(c, product);
}

/* Which product, if any, member n takes in: its operand number, or -1. */
static int absorbed_operand(const ritz_chain *c, const ritz_node *n)
{
    if (n->prim == &ritz_primitive_add) {
        for (int i = 0; i < 2; i++)
            if (n->in[i]->prim == &ritz_primitive_mul && can_absorb(c, n, i))
                return i;
    } else if (n->prim == &ritz_primitive_sub &&
               n->in[1]->prim == &ritz_primitive_mul && can_absorb(c, n, 1)) {
        return 1;
    }
    return -1;
}

int ritz_chain_operands(const ritz_chain *c, const ritz_node *n,
                        const ritz_node *in[3], ritz_op *op)
{
    /* A cast's operand is read from memory even if it is in the chain. */
    if (n->prim->class == RITZ_CLASS_CAST)
        return 0;
    const int at = absorbed_operand(c, n);
    *op = n->prim->op;
    if (at < 0) {
        for (int i = 0; i < n->nin; i++)
            in[i] = n->in[i];
        return n->nin;
    }
    *op = n->prim == &ritz_primitive_add ? RITZ_OP_muladd : RITZ_OP_submul;
    in[0] = n->in[at]->in[0];
    in[1] = n->in[at]->in[1];
    in[2] = n->in[1 - at];
    return 3;
}

/* The member that n's operand i is, or repeats; or -1. */
static int member_read(const ritz_chain *c, const ritz_node *operand)
{
    const int m = ritz_chain_member(c, operand);
    return m >= 0 ? m : ritz_chain_spread(c, operand);
}

/* Takes out of the unit what only other chains read, which computed it again;
 * counts the readers of what is left. */
static void count_readers(ritz_chain *c, ritz_unit *u)
{
    for (int i = u->members - 1; i >= 0; i--) {
        const ritz_node *n = u->member[i];
        const bool end = ritz_value_of(c->l, n)->span == RITZ_SPAN_END;
        if (c->readers[i] == 0 && !end && !is_stored_here(c, i)) {
            c->absorbed[i] = true;
            continue;
        }
        for (int k = 0; n->prim->class != RITZ_CLASS_CAST && k < n->nin; k++) {
            const int m = member_read(c, n->in[k]);
            if (m >= 0)
                c->readers[m]++;
        }
    }
    int kept = 0;
    for (int i = 0; i < u->members; i++) {
        const bool unread = c->absorbed[i];
        c->absorbed[i] = false;
        if (unread)
            continue;
        c->readers[kept] = c->readers[i];
        u->member[kept++] = u->member[i];
    }
    u->members = kept;
}

static void find_lifetimes(ritz_chain *c)
{
    for (int i = 0; i < c->u->members; i++) {
        const ritz_node *n = c->u->member[i];
        const int at = absorbed_operand(c, n);
        c->last[i] = -1;
        if (at >= 0)
            c->absorbed[ritz_chain_member(c, n->in[at])] = true;
    }
    for (int i = 0; i < c->u->members; i++) {
        const ritz_node *in[3];
        ritz_op op;
        if (c->absorbed[i])
            continue;
        const int nin = ritz_chain_operands(c, c->u->member[i], in, &op);
        for (int k = 0; k < nin; k++) {
            const int m = member_read(c, in[k]);
            if (m >= 0)
                c->last[m] = i;
        }
    }
}

static void release_registers(ritz_chain *c)
{
    for (int i = 0; i < c->now; i++)
        if (c->last[i] == c->now && c->home[i].kind == RITZ_IN_REGISTER)
            c->in_use[c->home[i].index] = false;
    ritz_release_loaded(c);
}

static ritz_operand member_home(ritz_chain *c)
{
    const ritz_node *n = c->u->member[c->now];
    if (!is_stored_here(c, c->now))
        return (ritz_operand){.kind = RITZ_IN_REGISTER,
                              .index = ritz_take_register(c)};
    const int buffer = ritz_buffer_of(c->l, n);
    c->write_buffer[c->writes++] = buffer;
    return (ritz_operand){.kind = RITZ_IN_MEMORY,
                          .span = ritz_value_of(c->l, n)->span,
                          .index = buffer};
}

static void emit_cast(ritz_chain *c)
{
    const ritz_node *n = c->u->member[c->now];
    const ritz_view v = ritz_readable_view(c->l, n->in[0]);
    c->home[c->now] = member_home(c);
    ritz_emit_load(c, n->in[0], &v, ritz_value_of(c->l, n)->span,
                   c->home[c->now]);
}

/* Sums down the columns and along long rows: the result leaves the chain. */
static void emit_end(ritz_chain *c, const ritz_node *n, ritz_reduction *d,
                     ritz_step s)
{
    d->y.buffer = ritz_buffer_of(c->l, n);
    c->write_buffer[c->writes++] = d->y.buffer;
    if (d->parts > 1) {
        d->partial.buffer =
            ritz_new_buffer(c->l, n->dtype, d->outer * d->parts * d->inner);
        c->write_buffer[c->writes++] = d->partial.buffer;
    }
    s.kind = d->inner > 1 ? RITZ_STEP_COLUMNS : RITZ_STEP_LANES;
    if (s.kind == RITZ_STEP_LANES)
        s.out = (ritz_operand){.kind = RITZ_IN_REGISTER,
                               .index = ritz_keep_register(c)};
    release_registers(c);
    c->f->step[c->f->steps++] = s;
}

static void emit_reduction(ritz_chain *c)
{
    const ritz_node *n = c->u->member[c->now];
    ritz_reduction *d = ritz_plan_alloc(c->l, 1, sizeof *d);
    if (!d)
        return;
    ritz_reduction_of(d, n);
    ritz_step s = {.kind = RITZ_STEP_ROWS,
                   .reduction = d,
                   .label = n->prim->function.name,
                   .nin = 1};
    s.in[0] = ritz_find_operand(c, n->in[0], RITZ_SPAN_WIDE, true);
    c->cost += 0.15;
    if (ritz_value_of(c->l, n)->span == RITZ_SPAN_END) {
        emit_end(c, n, d, s);
        return;
    }
    /* Not over the rows that it reads: their values move. */
    c->home[c->now] = s.out = member_home(c);
    release_registers(c);
    c->f->step[c->f->steps++] = s;
}

static double op_cost(ritz_op op)
{
    return op >= RITZ_OP_exp && op <= RITZ_OP_erf ? 0.7 : 0.1;
}

/* A step needs one operand that is an array. If all are single elements,
 * this one is repeated into a register (numbers alone were folded before). */
static int operand_to_spread(const ritz_chain *c, const ritz_node *const *in,
                             int nin, ritz_span span)
{
    int first = -1;
    for (int k = 0; k < nin; k++) {
        if (ritz_is_splat(in[k], NULL))
            continue;
        if (!ritz_is_single(c, in[k], span))
            return -1;
        if (first < 0)
            first = k;
    }
    return first;
}

static void emit_operation(ritz_chain *c)
{
    const ritz_node *n = c->u->member[c->now], *in[3];
    ritz_step s = {.kind = RITZ_STEP_OPERATION,
                   .span = ritz_value_of(c->l, n)->span,
                   .label = n->prim->function.name};
    s.nin = ritz_chain_operands(c, n, in, &s.op);
    unsigned mask = 0;
    const int array = operand_to_spread(c, in, s.nin, s.span);
    for (int k = 0; k < s.nin; k++) {
        s.in[k] = ritz_find_operand(c, in[k], s.span, k == array);
        mask |= s.in[k].fixed ? 1u << k : 0;
    }
    release_registers(c);
    c->home[c->now] = s.out = member_home(c);
    s.fn = c->f->k->block[s.op][mask];
    c->f->step[c->f->steps++] = s;
    c->cost += s.span == RITZ_SPAN_WIDE ? op_cost(s.op) : 0.0;
}

static bool open_chain(ritz_chain *c)
{
    const size_t n = (size_t)c->u->members;
    c->absorbed = ritz_lower_alloc(c->l, n, sizeof *c->absorbed);
    c->readers = ritz_lower_alloc(c->l, n, sizeof *c->readers);
    c->last = ritz_lower_alloc(c->l, n, sizeof *c->last);
    c->home = ritz_lower_alloc(c->l, n, sizeof *c->home);
    c->in_use = ritz_lower_alloc(c->l, 4 * n + 4, sizeof *c->in_use);
    c->loaded = ritz_lower_alloc(c->l, 3 * n, sizeof *c->loaded);
    c->buffer = ritz_lower_alloc(c->l, 3 * n, sizeof *c->buffer);
    c->write_buffer = ritz_lower_alloc(c->l, 2 * n, sizeof *c->write_buffer);
    c->f = ritz_plan_alloc(c->l, 1, sizeof *c->f);
    if (c->l->failed)
        return false;
    c->f->step = ritz_plan_alloc(c->l, 4 * n, sizeof *c->f->step);
    c->f->once = ritz_plan_alloc(c->l, 3 * n, sizeof *c->f->once);
    c->f->numbers = ritz_plan_alloc(c->l, 3 * n, 8);
    c->f->k = ritz_kernels_for(c->dtype);
    c->f->size = ritz_dtype_size(c->dtype);
    return !c->l->failed;
}

static int64_t count_of(const ritz_chain *c)
{
    const ritz_node *n = c->u->member[0];
    for (int i = 0; i < c->u->members; i++)
        if (ritz_value_of(c->l, c->u->member[i])->span == RITZ_SPAN_WIDE)
            return ritz_shape_count(&c->u->member[i]->shape);
    return ritz_shape_count(&n->in[0]->shape); /* reductions only */
}

/* Tiles and segments: as a reduction over several blocks wants them, or as
 * many blocks as make a tile. */
static void cut(ritz_chain *c)
{
    ritz_fused *f = c->f;
    int64_t whole = f->block;
    f->parts = f->group = 1;
    for (int i = 0; i < c->u->members; i++) {
        const ritz_node *n = c->u->member[i];
        ritz_reduction d;
        if (ritz_value_of(c->l, n)->span != RITZ_SPAN_END)
            continue;
        ritz_reduction_of(&d, n);
        if (d.inner == 1 && d.parts == 1) {
            whole = f->width;
            continue;
        }
        f->period = d.r * d.inner;
        f->segment = d.part * d.inner;
        f->parts = d.parts;
        f->group = d.group;
        return;
    }
    const int64_t even = f->count / TILES, least = SMALLEST_TILE;
    const int64_t wanted = even > RITZ_TILE_ELEMENTS ? RITZ_TILE_ELEMENTS
                           : even > least            ? even
                                                     : least;
    f->period = whole < wanted ? wanted / whole * whole : whole;
    f->segment = f->period;
}

static bool has_row_values(const ritz_chain *c)
{
    for (int i = 0; i < c->u->members; i++)
        if (ritz_value_of(c->l, c->u->member[i])->span == RITZ_SPAN_ROW)
            return true;
    return false;
}

static void shape_blocks(ritz_chain *c)
{
    ritz_fused *f = c->f;
    f->count = count_of(c);
    f->width = ritz_chain_width(c);
    f->block = RITZ_BLOCK;
    if (f->width < RITZ_BLOCK)
        f->block = RITZ_BLOCK / f->width * f->width;
    else if (has_row_values(c))
        f->block = f->width;
    f->stride = (((size_t)f->block * f->size + 63) & ~(size_t)63) + 320;
    cut(c);
}

static size_t tiles_of(const ritz_fused *f)
{
    const int64_t each = f->period * f->group;
    return (size_t)((f->count + each - 1) / each * f->parts);
}

static void finish(ritz_chain *c)
{
    const ritz_fused *f = c->f;
    const ritz_node *last = c->u->member[c->u->members - 1];
    ritz_instruction *i = ritz_new_instruction(c->l, last, c->reads, c->writes);
    if (!i)
        return;
    memcpy(i->in, c->buffer, (size_t)c->reads * sizeof *i->in);
    memcpy(i->out, c->write_buffer, (size_t)c->writes * sizeof *i->out);
    i->kind = &ritz_kind_fused;
    i->detail = f;
    i->tiles = tiles_of(f);
    i->work = c->cost * (double)f->count;
    for (int k = 0; k < f->steps; k++)
        if (f->step[k].fn && f->step[k].span == RITZ_SPAN_WIDE)
            i->flops += (double)f->count;
    /* One more, for elements before a cast. */
    ritz_need_scratch(c->l,
                      (size_t)f->registers * f->stride + (size_t)f->block * 8);
}

void ritz_emit_fused(ritz_lowering *l, ritz_unit *u)
{
    qsort(u->member, (size_t)u->members, sizeof(void *), by_id);
    ritz_chain *c = ritz_lower_alloc(l, 1, sizeof *c);
    if (!c)
        return;
    c->l = l;
    c->u = u;
    c->dtype = u->member[0]->dtype;
    if (!open_chain(c))
        return;
    count_readers(c, u);
    if (u->members == 0)
        return;
    shape_blocks(c);
    find_lifetimes(c);
    for (c->now = 0; c->now < u->members && !l->failed; c->now++) {
        const ritz_class class = u->member[c->now]->prim->class;
        if (c->absorbed[c->now])
            continue;
        if (class == RITZ_CLASS_CAST)
            emit_cast(c);
        else if (class == RITZ_CLASS_REDUCE)
            emit_reduction(c);
        else
            emit_operation(c);
    }
    if (!l->failed)
        finish(c);
}

static bool touches(const ritz_operand *o, int buffer)
{
    return o->kind == RITZ_IN_MEMORY && o->index == buffer;
}

/* Does the step write the buffer at the place, and only there, where the
 * block is? */
static bool writes_in_place(const ritz_step *s, int out)
{
    return touches(&s->out, out) && s->kind != RITZ_STEP_LANES;
}

bool ritz_fused_may_overwrite(const ritz_instruction *i, int in, int out)
{
    if (i->kind != &ritz_kind_fused)
        return false;
    const ritz_fused *f = i->detail;
    const ritz_step *writer = NULL;
    for (int k = 0; k < f->onces; k++)
        if (f->once[k].load->buffer == in)
            return false;
    for (int k = 0; k < f->steps && !writer; k++)
        if (writes_in_place(&f->step[k], out))
            writer = &f->step[k];
    if (!writer)
        return false;
    bool written = false;
    for (int k = 0; k < f->steps; k++) {
        const ritz_step *s = &f->step[k];
        if (s->load && s->load->buffer == in)
            return false;
        for (int m = 0; m < s->nin; m++)
            if (touches(&s->in[m], in) &&
                (written || s->in[m].fixed || s->in[m].offset != 0 ||
                 s->in[m].span != writer->out.span))
                return false;
        written = written || s == writer;
    }
    return true;
}
