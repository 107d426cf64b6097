/* operand.c - operands of instructions. */
#include "graph/execute/operand.h"

ritz_view ritz_view_of(ritz_lowering *l, const ritz_node *n, int *buffer)
{
    const ritz_view view = ritz_readable_view(l, n);
    *buffer = ritz_buffer_of(l, view.base);
    return view;
}

ritz_at ritz_at_of(ritz_lowering *l, const ritz_node *n)
{
    ritz_at at;
    const ritz_view v = ritz_view_of(l, n, &at.buffer);
    at.offset = (size_t)v.offset * ritz_dtype_size(n->dtype);
    return at;
}

void *ritz_add_instruction(ritz_lowering *l, const ritz_node *n,
                           const ritz_instruction_kind *kind, size_t size,
                           ritz_instruction **out)
{
    void *detail = ritz_plan_alloc(l, 1, size);
    ritz_instruction *i = ritz_new_instruction(l, n, 4, 1);
    if (l->failed)
        return NULL;
    i->kind = kind;
    i->detail = detail;
    i->nin = 0;
    *out = i;
    return detail;
}

void ritz_set_operands(ritz_lowering *l, ritz_instruction *i, const int *in,
                       int nin, int out)
{
    if (nin > 4)
        i->in = ritz_plan_alloc(l, (size_t)nin, sizeof *in);
    if (!i->in)
        return;
    for (int k = 0; k < nin; k++)
        i->in[k] = in[k];
    i->nin = nin;
    i->out[0] = out;
}

void ritz_set_all_outputs(ritz_lowering *l, const ritz_node *n, int scratch)
{
    int *out = ritz_plan_alloc(l, (size_t)n->nout + 1, sizeof *out);
    if (!out)
        return;
    for (int k = 0; k < n->nout; k++)
        out[k] = ritz_buffer_of(l, n->out[k]);
    out[n->nout] = scratch;
    ritz_instruction *i = &l->plan->code[l->plan->instructions - 1];
    i->out = out;
    i->results = n->nout;
    i->nout = n->nout + (scratch >= 0);
}

void ritz_set_two_outputs(ritz_lowering *l, int scratch)
{
    ritz_instruction *i = &l->plan->code[l->plan->instructions - 1];
    int *both = ritz_plan_alloc(l, 2, sizeof *both);
    if (!both)
        return;
    both[0] = i->out[0];
    both[1] = scratch;
    i->out = both;
    i->nout = 2;
}
