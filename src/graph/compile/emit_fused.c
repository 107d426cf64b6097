/* emit_fused.c - a chain of elementwise nodes as steps over blocks.
 *
 * Products that are only added or subtracted are absorbed into one step (two
 * roundings, as before); operands that lie contiguous in memory are read in
 * place; everything else is loaded into a register, once for all its uses.
 */
#include "graph/build.h"
#include "graph/compile/lower.h"
#include "graph/execute/fused.h"

#include <stdlib.h>
#include <string.h>

/* Elements of a tile: large enough that starting a thread on it pays. */
enum { CHUNK = 16 * 1024, MOST_LOADS = 3 * 64 };

typedef struct builder {
    ritz_lowering *l;
    const ritz_unit *u;
    ritz_fused *f;
    ritz_dtype dtype;
    int unit;
    bool *absorbed;     /* by member */
    int *last;          /* the last member that reads member i, or -1 */
    ritz_operand *home; /* where member i's value is */
    bool *in_use;       /* registers */
    /* Loaded operands: the node and its register. */
    const ritz_node *loaded[MOST_LOADS];
    int loaded_register[MOST_LOADS], loaded_last[MOST_LOADS];
    int loads, steps_capacity, numbers;
    int *buffer; /* read and written, for the instruction */
    int reads, writes;
    int *write_buffer;
    double cost;
} builder;

static int by_id(const void *a, const void *b)
{
    const ritz_node *x = *(const ritz_node *const *)a;
    const ritz_node *y = *(const ritz_node *const *)b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* The position of n in the chain, or -1. */
static int member_index(const builder *b, const ritz_node *n)
{
    n = ritz_below_reshapes(n);
    const ritz_node **found =
        bsearch(&n, b->u->member, (size_t)b->u->members, sizeof(void *), by_id);
    return found ? (int)(found - b->u->member) : -1;
}

/* A cast's operand is read from memory even if it is in the chain. */
static int chain_operand(const builder *b, const ritz_node *n, int i)
{
    return n->prim->class == RITZ_CLASS_CAST ? -1 : member_index(b, n->in[i]);
}

static bool can_absorb(const builder *b, int product)
{
    if (product < 0)
        return false;
    const ritz_node *m = b->u->member[product];
    const ritz_lowered *v = ritz_value_of(b->l, m);
    return m->prim == &ritz_primitive_mul && !v->stored && v->users == 1;
}

/* Which product, if any, member i takes in: its operand number, or -1. */
static int absorbed_operand(const builder *b, const ritz_node *n)
{
    if (n->prim == &ritz_primitive_add) {
        for (int i = 0; i < 2; i++)
            if (n->in[i]->prim == &ritz_primitive_mul &&
                can_absorb(b, chain_operand(b, n, i)))
                return i;
    } else if (n->prim == &ritz_primitive_sub &&
               n->in[1]->prim == &ritz_primitive_mul &&
               can_absorb(b, chain_operand(b, n, 1))) {
        return 1;
    }
    return -1;
}

/* The operands of the step for a member, after absorbing. */
static int step_operands(const builder *b, const ritz_node *n,
                         const ritz_node *in[3], ritz_op *op)
{
    const int at = absorbed_operand(b, n);
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

static void find_lifetimes(builder *b)
{
    for (int i = 0; i < b->u->members; i++)
        b->last[i] = -1;
    for (int i = 0; i < b->u->members; i++) {
        const ritz_node *n = b->u->member[i];
        const int at = absorbed_operand(b, n);
        if (at >= 0)
            b->absorbed[chain_operand(b, n, at)] = true;
    }
    for (int i = 0; i < b->u->members; i++) {
        const ritz_node *n = b->u->member[i], *in[3];
        ritz_op op;
        if (b->absorbed[i] || n->prim->class == RITZ_CLASS_CAST)
            continue;
        const int nin = step_operands(b, n, in, &op);
        for (int k = 0; k < nin; k++) {
            const int m = member_index(b, in[k]);
            if (m >= 0)
                b->last[m] = i;
        }
    }
}

static int take_register(builder *b)
{
    int r = 0;
    while (b->in_use[r])
        r++;
    b->in_use[r] = true;
    if (r >= b->f->registers)
        b->f->registers = r + 1;
    return r;
}

static ritz_step *new_step(builder *b)
{
    return &b->f->step[b->f->steps++];
}

static ritz_operand number_operand(builder *b, double value)
{
    unsigned char *to =
        (unsigned char *)b->f->numbers + (size_t)b->numbers * b->f->size;
    if (b->dtype == RITZ_F32)
        memcpy(to, &(float){(float)value}, sizeof(float));
    else if (b->dtype == RITZ_F64)
        memcpy(to, &value, sizeof value);
    else if (b->dtype == RITZ_I64)
        memcpy(to, &(int64_t){(int64_t)value}, sizeof(int64_t));
    else
        *to = (unsigned char)value;
    return (ritz_operand){RITZ_IN_NUMBERS, true, b->numbers++, 0};
}

static void note_read(builder *b, int buffer)
{
    for (int i = 0; i < b->reads; i++)
        if (b->buffer[i] == buffer)
            return;
    b->buffer[b->reads++] = buffer;
}

/* Appends a step that loads x into a register. */
static ritz_operand load_operand(builder *b, const ritz_node *x,
                                 const ritz_view *v)
{
    ritz_load *load = ritz_plan_alloc(b->l, 1, sizeof *load);
    const int r = take_register(b);
    const ritz_operand out = {RITZ_IN_REGISTER, false, r, 0};
    if (!load)
        return out;
    load->buffer = ritz_buffer_of(b->l, v->base);
    load->offset = v->offset;
    load->contiguous = v->contiguous && x->dtype != b->dtype;
    load->view = v->at;
    load->size = ritz_dtype_size(x->dtype);
    if (x->dtype != b->dtype)
        load->cast = ritz_kernels_for(b->dtype)->cast[x->dtype];
    int64_t *const list[] = {load->view.stride};
    ritz_strided_simplify(&load->view.rank, load->view.dim, 1, list);
    note_read(b, load->buffer);
    *new_step(b) = (ritz_step){.load = load, .out = out};
    b->loaded[b->loads] = x;
    b->loaded_register[b->loads++] = r;
    b->cost += 0.5;
    return out;
}

static bool is_one_element(const ritz_view *v)
{
    for (int i = 0; i < v->at.rank; i++)
        if (v->at.dim[i] != 1 && v->at.stride[i] != 0)
            return false;
    return true;
}

/* Where an operand is: in the chain, a number, in memory, or loaded now.
 * `single` says whether one element for all may stay one. */
static ritz_operand find_operand(builder *b, const ritz_node *x, int member,
                                 bool single)
{
    double value;
    if (member >= 0)
        return b->home[member];
    if (ritz_is_splat(x, &value))
        return number_operand(b, value);
    for (int i = 0; i < b->loads; i++)
        if (b->loaded[i] == x)
            return (ritz_operand){RITZ_IN_REGISTER, false,
                                  b->loaded_register[i], 0};
    const ritz_view v = ritz_readable_view(b->l, x);
    if (x->dtype != b->dtype)
        return load_operand(b, x, &v);
    const bool one = is_one_element(&v) && b->f->count > 1;
    if (one ? !single : !v.contiguous)
        return load_operand(b, x, &v);
    const int buffer = ritz_buffer_of(b->l, v.base);
    note_read(b, buffer);
    return (ritz_operand){RITZ_IN_MEMORY, one, buffer, v.offset};
}

static void release_registers(builder *b, int member)
{
    for (int i = 0; i < member; i++)
        if (b->last[i] == member && b->home[i].kind == RITZ_IN_REGISTER)
            b->in_use[b->home[i].index] = false;
}

static ritz_operand member_home(builder *b, int i)
{
    const ritz_node *n = b->u->member[i];
    if (!ritz_value_of(b->l, n)->stored)
        return (ritz_operand){RITZ_IN_REGISTER, false, take_register(b), 0};
    const int buffer = ritz_buffer_of(b->l, n);
    b->write_buffer[b->writes++] = buffer;
    return (ritz_operand){RITZ_IN_MEMORY, false, buffer, 0};
}

static void emit_cast(builder *b, int i)
{
    const ritz_node *n = b->u->member[i], *x = n->in[0];
    const ritz_view v = ritz_readable_view(b->l, x);
    ritz_load *load = ritz_plan_alloc(b->l, 1, sizeof *load);
    if (!load)
        return;
    *load = (ritz_load){.buffer = ritz_buffer_of(b->l, v.base),
                        .offset = v.offset,
                        .contiguous = v.contiguous,
                        .view = v.at,
                        .size = ritz_dtype_size(x->dtype),
                        .cast = ritz_kernels_for(b->dtype)->cast[x->dtype]};
    int64_t *const list[] = {load->view.stride};
    ritz_strided_simplify(&load->view.rank, load->view.dim, 1, list);
    note_read(b, load->buffer);
    b->home[i] = member_home(b, i);
    *new_step(b) = (ritz_step){.load = load, .out = b->home[i]};
    b->cost += 0.3;
}

static double op_cost(ritz_op op)
{
    return op >= RITZ_OP_exp && op <= RITZ_OP_erf ? 0.7 : 0.1;
}

/* A step needs one operand that is an array. If all are single elements,
 * this one is repeated into a register (numbers alone were folded before). */
static int operand_to_spread(const builder *b, const ritz_node *const *in,
                             int nin)
{
    int first = -1;
    for (int k = 0; k < nin; k++) {
        if (member_index(b, in[k]) >= 0)
            return -1;
        if (ritz_is_splat(in[k], NULL))
            continue;
        const ritz_view v = ritz_readable_view(b->l, in[k]);
        if (!is_one_element(&v) || b->f->count <= 1)
            return -1;
        if (first < 0)
            first = k;
    }
    return first;
}

static void emit_operation(builder *b, int i)
{
    const ritz_node *n = b->u->member[i], *in[3];
    ritz_step s = {.op = RITZ_OP_copy};
    s.nin = step_operands(b, n, in, &s.op);
    unsigned mask = 0;
    const int spread = operand_to_spread(b, in, s.nin);
    for (int k = 0; k < s.nin; k++) {
        s.in[k] = find_operand(b, in[k], member_index(b, in[k]), k != spread);
        mask |= s.in[k].fixed ? 1u << k : 0;
    }
    release_registers(b, i);
    b->home[i] = s.out = member_home(b, i);
    s.fn = ritz_kernels_for(b->dtype)->block[s.op][mask];
    *new_step(b) = s;
    b->cost += op_cost(s.op);
}

static bool open_builder(builder *b)
{
    const size_t n = (size_t)b->u->members;
    b->absorbed = ritz_lower_alloc(b->l, n, sizeof *b->absorbed);
    b->last = ritz_lower_alloc(b->l, n, sizeof *b->last);
    b->home = ritz_lower_alloc(b->l, n, sizeof *b->home);
    b->in_use = ritz_lower_alloc(b->l, 4 * n + 4, sizeof *b->in_use);
    b->buffer = ritz_lower_alloc(b->l, 3 * n, sizeof *b->buffer);
    b->write_buffer = ritz_lower_alloc(b->l, n, sizeof *b->write_buffer);
    b->f = ritz_plan_alloc(b->l, 1, sizeof *b->f);
    if (b->l->failed)
        return false;
    b->f->step = ritz_plan_alloc(b->l, 4 * n, sizeof *b->f->step);
    b->f->numbers = ritz_plan_alloc(b->l, 3 * n, 8);
    b->f->count = ritz_shape_count(&b->u->member[0]->shape);
    b->f->size = ritz_dtype_size(b->dtype);
    b->f->chunk = CHUNK;
    return !b->l->failed;
}

static const char *label_of(builder *b)
{
    const ritz_node *last = b->u->member[b->u->members - 1];
    return last->prim->function.name;
}

static void finish(builder *b)
{
    const ritz_node *last = b->u->member[b->u->members - 1];
    ritz_instruction *i = ritz_new_instruction(b->l, last, b->reads, b->writes);
    if (!i)
        return;
    memcpy(i->in, b->buffer, (size_t)b->reads * sizeof *i->in);
    memcpy(i->out, b->write_buffer, (size_t)b->writes * sizeof *i->out);
    i->kind = &ritz_kind_fused;
    i->detail = b->f;
    i->label = label_of(b);
    i->tiles = (size_t)((b->f->count + CHUNK - 1) / CHUNK);
    i->work = b->cost * (double)b->f->count;
    for (int k = 0; k < b->f->steps; k++)
        i->flops += b->f->step[k].fn ? (double)b->f->count : 0.0;
    ritz_need_scratch(b->l,
                      (size_t)(b->f->registers + 1) * RITZ_REGISTER_BYTES);
}

void ritz_emit_fused(ritz_lowering *l, const ritz_unit *u)
{
    qsort(u->member, (size_t)u->members, sizeof(void *), by_id);
    builder *b = ritz_lower_alloc(l, 1, sizeof *b);
    if (!b)
        return;
    b->l = l;
    b->u = u;
    b->dtype = u->member[0]->dtype;
    if (!open_builder(b))
        return;
    find_lifetimes(b);
    for (int i = 0; i < u->members && !l->failed; i++) {
        if (b->absorbed[i])
            continue;
        if (u->member[i]->prim->class == RITZ_CLASS_CAST)
            emit_cast(b, i);
        else
            emit_operation(b, i);
    }
    if (!l->failed)
        finish(b);
}

static bool reads(const ritz_operand *o, int buffer)
{
    return o->kind == RITZ_IN_MEMORY && o->index == buffer;
}

bool ritz_fused_may_overwrite(const ritz_instruction *i, int in, int out)
{
    if (i->kind != &ritz_kind_fused)
        return false;
    const ritz_fused *f = i->detail;
    bool written = false;
    for (int k = 0; k < f->steps; k++) {
        const ritz_step *s = &f->step[k];
        if (!s->fn && s->load->buffer == in)
            return false;
        for (int m = 0; m < s->nin; m++)
            if (reads(&s->in[m], in) &&
                (written || s->in[m].fixed || s->in[m].offset != 0))
                return false;
        written = written || reads(&s->out, out);
    }
    return true;
}
