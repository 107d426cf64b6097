/* nested.c - plans that an instruction runs. */
#include "graph/execute/nested.h"

static int buffer_in_place(const ritz_plan *p, ritz_place place, int index)
{
    for (int b = 0; b < p->buffers; b++)
        if (p->buffer[b].place == place && p->buffer[b].index == index)
            return b;
    return 0; /* every input and output has one */
}

static ritz_port port_of(ritz_lowering *l, int inner, const ritz_node *inside,
                         const ritz_node *outside)
{
    return (ritz_port){.inner = inner,
                       .at = ritz_at_of(l, outside),
                       .bytes = (size_t)ritz_shape_count(&inside->shape) *
                                ritz_dtype_size(inside->dtype)};
}

ritz_port ritz_port_in(ritz_lowering *l, const ritz_plan *plan, int i,
                       const ritz_node *inside, const ritz_node *outside)
{
    return port_of(l, buffer_in_place(plan, RITZ_IN_INPUT, i), inside, outside);
}

ritz_port ritz_port_out(ritz_lowering *l, const ritz_plan *plan, int i,
                        const ritz_node *inside, const ritz_node *outside)
{
    return port_of(l, buffer_in_place(plan, RITZ_IN_OUTPUT, i), inside,
                   outside);
}

void ritz_nested_place(const ritz_plan *p, unsigned char *memory)
{
    for (int b = 0; b < p->buffers; b++)
        if (p->buffer[b].place == RITZ_IN_ARENA)
            p->base[b] = memory + p->buffer[b].offset;
    for (int b = 0; b < p->buffers; b++)
        if (p->buffer[b].place == RITZ_IN_BUFFER)
            p->base[b] = p->base[ritz_root_buffer(p, b)];
}

ritz_status ritz_nested_run(const ritz_plan *plan, const ritz_runtime *rt,
                            bool may_stop, ritz_error *err)
{
    ritz_runtime inner = {.base = plan->base,
                          .scratch = rt->scratch,
                          .scratch_bytes = rt->scratch_bytes};
    atomic_init(&inner.bad_index, RITZ_NO_INDEX);
    return ritz_run_range(plan, &inner, plan->first, plan->instructions,
                          may_stop, err);
}

ritz_at ritz_nested_operands(ritz_lowering *l, const ritz_node *n,
                             size_t memory)
{
    ritz_at at = {0};
    int *in = ritz_lower_alloc(l, (size_t)n->nin, sizeof *in);
    if (!in || l->failed)
        return at;
    for (int k = 0; k < n->nin; k++)
        in[k] = ritz_at_of(l, n->in[k]).buffer;
    at.buffer = ritz_new_buffer(l, RITZ_U8, (int64_t)memory);
    ritz_set_operands(l, &l->plan->code[l->plan->instructions - 1], in, n->nin,
                      0);
    ritz_set_all_outputs(l, n, at.buffer);
    return at;
}

bool ritz_is_true(const void *number, ritz_dtype dtype)
{
    switch (dtype) {
    case RITZ_F32:
        return *(const float *)number != 0.0F;
    case RITZ_F64:
        return *(const double *)number != 0.0;
    case RITZ_I64:
        return *(const int64_t *)number != 0;
    default:
        return *(const unsigned char *)number != 0;
    }
}
