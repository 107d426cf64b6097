/* choice.c - cond: one instruction that runs one of two plans of its own. */
#include "graph/control.h"
#include "graph/execute/nested.h"

typedef struct choice {
    ritz_plan *plan[2]; /* when it is not true, when it is */
    ritz_port *in[2], *out[2];
    int nin, nout;
    ritz_at condition, memory;
    ritz_dtype dtype;
} choice;

static ritz_status run(const ritz_instruction *in, ritz_runtime *rt,
                       bool may_stop, ritz_error *err)
{
    const choice *d = in->detail;
    const int b = ritz_is_true(ritz_address(rt, d->condition), d->dtype);
    const ritz_plan *plan = d->plan[b];
    ritz_nested_place(plan, ritz_address(rt, d->memory));
    for (int i = 0; i < d->nin; i++)
        ritz_port_place(plan, &d->in[b][i], ritz_address(rt, d->in[b][i].at));
    for (int k = 0; k < d->nout; k++)
        ritz_port_place(plan, &d->out[b][k], ritz_address(rt, d->out[b][k].at));
    return ritz_nested_run(plan, rt, may_stop, err);
}

static void describe(const ritz_instruction *in, ritz_text *out)
{
    const choice *d = in->detail;
    ritz_text_printf(out, "%zu instructions, or %zu",
                     ritz_plan_instructions(d->plan[1]),
                     ritz_plan_instructions(d->plan[0]));
}

static const ritz_plan *nested(const ritz_instruction *in, int i)
{
    const choice *d = in->detail;
    return i < 2 ? d->plan[1 - i] : NULL;
}

static const ritz_instruction_kind kind = {
    .name = "cond", .run = run, .nested = nested, .describe = describe};

static void set_branch(ritz_lowering *l, choice *d, const ritz_node *n, int b)
{
    ritz_body body = *n->attr->body;
    body.nout = d->nout;
    if (b == 0)
        body.out += d->nout; /* the second half */
    d->plan[b] = ritz_compile_body(l, &body);
    d->in[b] = ritz_plan_alloc(l, (size_t)d->nin, sizeof(ritz_port));
    d->out[b] = ritz_plan_alloc(l, (size_t)d->nout, sizeof(ritz_port));
    if (l->failed)
        return;
    for (int i = 0; i < d->nin; i++)
        d->in[b][i] = ritz_port_in(l, d->plan[b], i, body.in[i], n->in[i + 1]);
    for (int k = 0; k < d->nout; k++)
        d->out[b][k] = ritz_port_out(l, d->plan[b], k, body.out[k], n->out[k]);
}

void ritz_emit_cond(ritz_lowering *l, const ritz_node *n)
{
    ritz_instruction *i;
    choice *d = ritz_add_instruction(l, n, &kind, sizeof *d, &i);
    if (!d)
        return;
    *d = (choice){.nin = n->nin - 1,
                  .nout = n->nout,
                  .condition = ritz_at_of(l, n->in[0]),
                  .dtype = n->in[0]->dtype};
    size_t bytes = 0;
    for (int b = 0; b < 2 && !l->failed; b++) {
        set_branch(l, d, n, b);
        if (!l->failed && d->plan[b]->arena_bytes > bytes)
            bytes = d->plan[b]->arena_bytes;
    }
    d->memory = ritz_nested_operands(l, n, bytes);
}
