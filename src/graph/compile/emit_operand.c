/* emit_operand.c - where the operands of a chain's steps are.
 *
 * What lies in memory as the chain goes through it is read in place. Values
 * of rows are repeated along them, and a vector that all rows share is loaded
 * once for all blocks of a tile. Everything else is gathered into a register,
 * once for all its readers.
 */
#include "graph/build.h"
#include "graph/compile/chain.h"

#include <stdlib.h>
#include <string.h>

static int by_id(const void *a, const void *b)
{
    const ritz_node *x = *(const ritz_node *const *)a;
    const ritz_node *y = *(const ritz_node *const *)b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int find_member(const ritz_chain *c, const ritz_node *n)
{
    const ritz_node **found =
        bsearch(&n, c->u->member, (size_t)c->u->members, sizeof(void *), by_id);
    if (!found || ritz_value_of(c->l, n)->span == RITZ_SPAN_END)
        return -1;
    return (int)(found - c->u->member);
}

int ritz_chain_member(const ritz_chain *c, const ritz_node *x)
{
    return find_member(c, ritz_below_reshapes(x));
}

int ritz_chain_spread(const ritz_chain *c, const ritz_node *x)
{
    const ritz_lowered *v = ritz_value_of(c->l, x);
    if (v->role != RITZ_ROLE_VIEW)
        return -1;
    const int m = find_member(c, v->view.base);
    return m >= 0 && v->view.offset == 0 && ritz_spreads(&v->view, c->u->width)
               ? m
               : -1;
}

int ritz_take_register(ritz_chain *c)
{
    int r = 0;
    while (c->in_use[r])
        r++;
    c->in_use[r] = true;
    if (r >= c->f->registers)
        c->f->registers = r + 1;
    return r;
}

int ritz_keep_register(ritz_chain *c)
{
    c->in_use[c->f->registers] = true;
    return c->f->registers++;
}

static ritz_operand number_operand(ritz_chain *c, double value)
{
    unsigned char *to =
        (unsigned char *)c->f->numbers + (size_t)c->numbers * c->f->size;
    if (c->dtype == RITZ_F32)
        memcpy(to, &(float){(float)value}, sizeof(float));
    else if (c->dtype == RITZ_F64)
        memcpy(to, &value, sizeof value);
    else if (c->dtype == RITZ_I64)
        memcpy(to, &(int64_t){(int64_t)value}, sizeof(int64_t));
    else
        *to = (unsigned char)value;
    return (ritz_operand){.kind = RITZ_IN_NUMBERS,
                          .span = RITZ_SPAN_ONE,
                          .fixed = true,
                          .index = c->numbers++};
}

static void note_read(ritz_chain *c, int buffer)
{
    for (int i = 0; i < c->reads; i++)
        if (c->buffer[i] == buffer)
            return;
    c->buffer[c->reads++] = buffer;
}

static int last_reader(const ritz_chain *c, const ritz_node *x)
{
    int last = c->now;
    for (int i = c->now + 1; i < c->u->members; i++) {
        const ritz_node *in[3];
        ritz_op op;
        const int nin = ritz_chain_operands(c, c->u->member[i], in, &op);
        for (int k = 0; k < nin; k++)
            last = in[k] == x ? i : last;
    }
    return last;
}

/* A register that holds x until its last reader; one that is `kept` holds it
 * for all blocks. */
static ritz_operand loaded_operand(ritz_chain *c, const ritz_node *x, bool kept)
{
    const int r = kept ? ritz_keep_register(c) : ritz_take_register(c);
    c->loaded[c->loads++] =
        (ritz_loaded){x, r, kept ? c->u->members : last_reader(c, x)};
    return (ritz_operand){.kind = RITZ_IN_REGISTER, .index = r};
}

void ritz_release_loaded(ritz_chain *c)
{
    for (int i = 0; i < c->loads; i++)
        if (c->loaded[i].last == c->now)
            c->in_use[c->loaded[i].reg] = false;
}

static ritz_load *new_load(ritz_chain *c, const ritz_node *x,
                           const ritz_view *v)
{
    ritz_load *load = ritz_plan_alloc(c->l, 1, sizeof *load);
    if (!load)
        return NULL;
    *load = (ritz_load){.buffer = ritz_buffer_of(c->l, v->base),
                        .offset = v->offset,
                        .contiguous = v->contiguous && x->dtype != c->dtype,
                        .view = v->at,
                        .size = ritz_dtype_size(x->dtype)};
    if (x->dtype != c->dtype)
        load->cast = ritz_kernels_for(c->dtype)->cast[x->dtype];
    int64_t *const list[] = {load->view.stride};
    ritz_strided_simplify(&load->view.rank, load->view.dim, 1, list);
    note_read(c, load->buffer);
    return load;
}

void ritz_emit_load(ritz_chain *c, const ritz_node *x, const ritz_view *v,
                    ritz_span span, ritz_operand out)
{
    const ritz_load *load = new_load(c, x, v);
    c->f->step[c->f->steps++] = (ritz_step){
        .kind = RITZ_STEP_LOAD, .span = span, .load = load, .out = out};
    c->cost += 0.3;
}

/* Is the load of this view the same for every block? */
static bool is_shared(const ritz_chain *c, const ritz_view *v)
{
    ritz_strided s = v->at;
    int64_t *const list[] = {s.stride};
    ritz_strided_simplify(&s.rank, s.dim, 1, list);
    const int last = s.rank - 1;
    if (c->f->block < c->f->width)
        return false;
    if (s.rank == 1)
        return s.stride[0] == 0;
    return s.rank == 2 && s.stride[0] == 0 && c->f->width % s.dim[last] == 0;
}

static ritz_operand load_operand(ritz_chain *c, const ritz_node *x,
                                 const ritz_view *v, ritz_span span)
{
    const bool shared = span == RITZ_SPAN_WIDE && is_shared(c, v);
    const ritz_operand out = loaded_operand(c, x, shared);
    if (!shared) {
        ritz_emit_load(c, x, v, span, out);
        return out;
    }
    const ritz_load *load = new_load(c, x, v);
    c->f->once[c->f->onces++] =
        (ritz_step){.kind = RITZ_STEP_LOAD, .load = load, .out = out};
    return out;
}

static bool is_one_element(const ritz_view *v)
{
    for (int i = 0; i < v->at.rank; i++)
        if (v->at.dim[i] != 1 && v->at.stride[i] != 0)
            return false;
    return true;
}

/* Is a block one row, or a piece of one? Then a value of its row is a single
 * element. */
static bool blocks_are_rows(const ritz_chain *c)
{
    return c->f->width > 1 && c->f->block <= c->f->width;
}

static ritz_operand spread(ritz_chain *c, const ritz_node *x, ritz_operand row,
                           bool array)
{
    row.fixed = true;
    if (blocks_are_rows(c) && !array)
        return row;
    const ritz_operand out = loaded_operand(c, x, false);
    c->f->step[c->f->steps++] = (ritz_step){
        .kind = RITZ_STEP_SPREAD, .nin = 1, .in = {row}, .out = out};
    c->cost += 0.1;
    return out;
}

/* The elements after which the view begins again, 0 if it does not, or if
 * blocks may lie across that point. */
static int64_t period_of(const ritz_chain *c, const ritz_view *v)
{
    ritz_strided s = v->at;
    int64_t *const list[] = {s.stride};
    ritz_strided_simplify(&s.rank, s.dim, 1, list);
    if (s.rank != 2 || s.stride[0] != 0 || s.stride[1] != 1)
        return 0;
    const int64_t period = s.dim[1];
    const ritz_fused *f = c->f;
    const bool aligned = f->block <= f->width
                             ? period % f->width == 0
                             : period % f->block == 0 &&
                                   f->segment % f->block == 0 &&
                                   f->period % f->block == 0;
    return aligned ? period : 0;
}

/* The view with as few axes as can be, if each row of the chain lies in one
 * piece in it, or is one element repeated; else NULL. */
static ritz_strided *runs(const ritz_chain *c, const ritz_view *v)
{
    ritz_strided s = v->at;
    int64_t *const list[] = {s.stride};
    ritz_strided_simplify(&s.rank, s.dim, 1, list);
    const int last = s.rank - 1;
    if (!blocks_are_rows(c) || last < 1 || s.dim[last] % c->f->width != 0 ||
        (s.stride[last] != 0 && s.stride[last] != 1))
        return NULL;
    ritz_strided *copy = ritz_plan_alloc(c->l, 1, sizeof *copy);
    if (copy)
        *copy = s;
    return copy;
}

static ritz_operand in_memory(ritz_chain *c, const ritz_view *v, ritz_span span)
{
    const int buffer = ritz_buffer_of(c->l, v->base);
    note_read(c, buffer);
    return (ritz_operand){.kind = RITZ_IN_MEMORY,
                          .span = span,
                          .fixed = span == RITZ_SPAN_ONE,
                          .index = buffer,
                          .offset = v->offset};
}

static int64_t elements(const ritz_chain *c, ritz_span span)
{
    return span == RITZ_SPAN_ROW ? c->f->count / c->f->width : c->f->count;
}

static ritz_operand find_in_memory(ritz_chain *c, const ritz_node *x,
                                   ritz_span span, bool array)
{
    const ritz_view v = ritz_readable_view(c->l, x);
    if (x->dtype != c->dtype)
        return load_operand(c, x, &v, span);
    if (is_one_element(&v) && elements(c, span) > 1)
        return array ? load_operand(c, x, &v, span)
                     : in_memory(c, &v, RITZ_SPAN_ONE);
    if (v.contiguous)
        return in_memory(c, &v, span);
    if (span == RITZ_SPAN_WIDE) {
        if (ritz_spreads(&v, c->f->width))
            return spread(c, x, in_memory(c, &v, RITZ_SPAN_ROW), array);
        const int64_t period = period_of(c, &v);
        if (period > 0) {
            ritz_operand o = in_memory(c, &v, RITZ_SPAN_COLUMN);
            o.period = period;
            return o;
        }
        const ritz_strided *view = runs(c, &v);
        const bool fixed = view && view->stride[view->rank - 1] == 0;
        if (view && !(fixed && array)) {
            ritz_operand o = in_memory(c, &v, RITZ_SPAN_RUN);
            o.view = view;
            o.fixed = fixed;
            return o;
        }
    }
    return load_operand(c, x, &v, span);
}

ritz_operand ritz_find_operand(ritz_chain *c, const ritz_node *x,
                               ritz_span span, bool array)
{
    double value;
    int m = ritz_chain_member(c, x);
    if (m >= 0)
        return c->home[m];
    if (ritz_is_splat(x, &value))
        return number_operand(c, value);
    for (int i = 0; i < c->loads; i++)
        if (c->loaded[i].node == x)
            return (ritz_operand){.kind = RITZ_IN_REGISTER,
                                  .index = c->loaded[i].reg};
    m = ritz_chain_spread(c, x);
    return m >= 0 ? spread(c, x, c->home[m], array)
                  : find_in_memory(c, x, span, array);
}

bool ritz_is_single(const ritz_chain *c, const ritz_node *x, ritz_span span)
{
    if (ritz_chain_member(c, x) >= 0)
        return false;
    if (ritz_chain_spread(c, x) >= 0)
        return blocks_are_rows(c);
    const ritz_view v = ritz_readable_view(c->l, x);
    if (is_one_element(&v))
        return elements(c, span) > 1;
    if (span != RITZ_SPAN_WIDE || !blocks_are_rows(c) || v.contiguous)
        return false;
    const ritz_strided *view = runs(c, &v);
    return ritz_spreads(&v, c->f->width) ||
           (view && view->stride[view->rank - 1] == 0);
}

int64_t ritz_chain_width(const ritz_chain *c)
{
    if (c->u->width > 0)
        return c->u->width;
    for (int i = 0; i < c->u->members; i++) {
        const ritz_node *in[3];
        ritz_op op;
        const int nin = ritz_chain_operands(c, c->u->member[i], in, &op);
        for (int k = 0; k < nin; k++) {
            if (ritz_chain_member(c, in[k]) >= 0 || ritz_is_splat(in[k], NULL))
                continue;
            ritz_view v = ritz_readable_view(c->l, in[k]);
            int64_t *const list[] = {v.at.stride};
            ritz_strided_simplify(&v.at.rank, v.at.dim, 1, list);
            const int64_t *stride = v.at.stride;
            if (v.at.rank == 2 && v.at.dim[1] > 1 &&
                ((stride[0] == 0 && stride[1] == 1) ||
                 (stride[0] == 1 && stride[1] == 0)))
                return v.at.dim[1];
            const int last = v.at.rank - 1;
            if (last > 0 && v.at.dim[last] >= RITZ_BLOCK / 2 &&
                (stride[last] == 0 || stride[last] == 1))
                return v.at.dim[last];
        }
    }
    return 1;
}
