/* emit.c - units, in the order of the schedule, become instructions. */
#include "base/memory.h"
#include "graph/build.h"
#include "graph/compile/lower.h"

#include <stdlib.h>
#include <string.h>

void *ritz_lower_alloc(ritz_lowering *l, size_t count, size_t size)
{
    void *p = ritz_arena_alloc(l->arena, count, size);
    if (!p)
        l->failed = true;
    return p;
}

void *ritz_plan_alloc(ritz_lowering *l, size_t count, size_t size)
{
    void *p = ritz_arena_alloc(l->plan->arena, count, size);
    if (!p)
        l->failed = true;
    return p;
}

int ritz_new_buffer(ritz_lowering *l, ritz_dtype dtype, int64_t count)
{
    ritz_plan *p = l->plan;
    if (!ritz_reserve(&p->buffer, &l->buffer_capacity, (size_t)p->buffers + 1,
                      sizeof *p->buffer)) {
        l->failed = true;
        return 0;
    }
    p->buffer[p->buffers] =
        (ritz_buffer){.dtype = dtype,
                      .count = count,
                      .bytes = (size_t)count * ritz_dtype_size(dtype),
                      .first = -1,
                      .last = -1};
    return p->buffers++;
}

int ritz_buffer_of(ritz_lowering *l, const ritz_node *n)
{
    ritz_lowered *v = ritz_value_of(l, n);
    if (v->role == RITZ_ROLE_VIEW) {
        n = v->view.base;
        v = ritz_value_of(l, n);
    }
    if (v->buffer < 0)
        v->buffer = ritz_new_buffer(l, n->dtype, ritz_shape_count(&n->shape));
    return v->buffer;
}

ritz_instruction *ritz_new_instruction(ritz_lowering *l, const ritz_node *n,
                                       int nin, int nout)
{
    ritz_plan *p = l->plan;
    int *in = ritz_plan_alloc(l, (size_t)nin, sizeof *in);
    int *out = ritz_plan_alloc(l, (size_t)nout, sizeof *out);
    if (!in || !out ||
        !ritz_reserve(&p->code, &l->code_capacity, (size_t)p->instructions + 1,
                      sizeof *p->code)) {
        l->failed = true;
        return NULL;
    }
    ritz_instruction *i = &p->code[p->instructions++];
    *i = (ritz_instruction){.in = in,
                            .out = out,
                            .nin = nin,
                            .nout = nout,
                            .results = 1,
                            .tiles = 1,
                            .label = n->prim->function.name};
    if (n->origin)
        i->origin = *n->origin;
    return i;
}

void ritz_need_scratch(ritz_lowering *l, size_t bytes)
{
    bytes = (bytes + 63) & ~(size_t)63;
    if (bytes > l->plan->scratch_bytes)
        l->plan->scratch_bytes = bytes;
}

typedef void emit_fn(ritz_lowering *l, const ritz_node *n);

static const struct {
    const ritz_primitive *prim;
    emit_fn *emit;
} emitters[] = {
    {&ritz_primitive_reduce_sum, ritz_emit_reduce},
    {&ritz_primitive_reduce_max, ritz_emit_reduce},
    {&ritz_primitive_share_max, ritz_emit_share},
    {&ritz_primitive_argmax, ritz_emit_argmax},
    {&ritz_primitive_cumsum, ritz_emit_cumsum},
    {&ritz_primitive_matmul, ritz_emit_matmul},
    {&ritz_primitive_pad, ritz_emit_pad},
    {&ritz_primitive_concatenate, ritz_emit_concatenate},
    {&ritz_primitive_take, ritz_emit_take},
    {&ritz_primitive_scatter_add, ritz_emit_scatter},
    {&ritz_primitive_unfold, ritz_emit_unfold},
    {&ritz_primitive_fold, ritz_emit_fold},
    {&ritz_primitive_uniform, ritz_emit_draw},
    {&ritz_primitive_normal, ritz_emit_draw},
    {&ritz_primitive_fold_in, ritz_emit_keys},
    {&ritz_primitive_split, ritz_emit_keys},
    {&ritz_primitive_iota, ritz_emit_iota},
    {&ritz_primitive_argsort, ritz_emit_argsort},
    {&ritz_primitive_scan, ritz_emit_scan},
    {&ritz_primitive_cholesky, ritz_emit_factor},
    {&ritz_primitive_triangular_solve, ritz_emit_factor},
    {&ritz_primitive_solve, ritz_emit_factor},
    {&ritz_primitive_lu, ritz_emit_factor},
    {&ritz_primitive_eigh, ritz_emit_factor},
    {&ritz_primitive_svd, ritz_emit_factor},
    {&ritz_primitive_qr, ritz_emit_factor},
    {&ritz_primitive_while_loop, ritz_emit_while},
    {&ritz_primitive_cond, ritz_emit_cond},
};

static void emit_single(ritz_lowering *l, const ritz_node *n)
{
    for (size_t i = 0; i < sizeof emitters / sizeof *emitters; i++)
        if (emitters[i].prim == n->prim) {
            emitters[i].emit(l, n);
            return;
        }
    ritz_emit_copy(l, n); /* views and numbers that must be stored */
}

static int by_order(const void *a, const void *b)
{
    const ritz_unit *x = *(const ritz_unit *const *)a;
    const ritz_unit *y = *(const ritz_unit *const *)b;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* A reduction that no other node joined is an instruction of its own. */
static bool is_chain(const ritz_unit *u)
{
    return u->fused &&
           (u->members > 1 || u->member[0]->prim->class != RITZ_CLASS_REDUCE);
}

bool ritz_emit_units(ritz_lowering *l)
{
    ritz_unit **list = ritz_lower_alloc(l, l->units, sizeof(void *));
    size_t n = 0;
    if (!list)
        return false;
    for (size_t i = 0; i < l->units; i++)
        if (l->unit[i].merged < 0)
            list[n++] = &l->unit[i];
    qsort(list, n, sizeof(void *), by_order);
    for (size_t i = 0; i < n && !l->failed; i++) {
        l->now = list[i]->order;
        if (is_chain(list[i]))
            ritz_emit_fused(l, list[i]);
        else
            emit_single(l, list[i]->member[0]);
    }
    l->now = l->orders; /* what comes after reads what was stored */
    return !l->failed;
}
