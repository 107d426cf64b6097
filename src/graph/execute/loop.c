/* loop.c - a scan as one instruction that runs a plan of its own again and
 * again.
 *
 * A step reads and writes in place: its elements and results are slices of
 * what is stacked. Carries go back and forth between two places each, so that
 * the last step writes the result; the first step reads the initial values
 * where they are. Nothing is allocated or copied between steps.
 */
#include "base/memory.h"
#include "graph/execute/operand.h"
#include "graph/scan.h"

#include <string.h>

/* Where the body's input or output is in step t, which runs as number i. */
typedef struct port {
    int inner;    /* buffer of the nested plan */
    ritz_at at;   /* outside; of a carry: its initial, or last, value */
    size_t bytes; /* of one step */
    int carry;    /* which one, or -1 */
} port;

typedef struct loop {
    ritz_plan *plan;
    int64_t length;
    bool reverse;
    port *fixed, *carry, *element, *result; /* constants, inputs, outputs */
    int constants, carries, elements, results;
    port *next; /* the carries as outputs */
    ritz_at memory;
    size_t *spare; /* where in the memory a carry's second place is */
} loop;

static size_t padded(size_t bytes)
{
    return (bytes + RITZ_ALIGN - 1) / RITZ_ALIGN * RITZ_ALIGN;
}

/* What never moves. */
static void place_fixed(const loop *d, const ritz_runtime *rt)
{
    const ritz_plan *p = d->plan;
    unsigned char *memory = ritz_address(rt, d->memory);
    for (int b = 0; b < p->buffers; b++)
        if (p->buffer[b].place == RITZ_IN_ARENA)
            p->base[b] = memory + p->buffer[b].offset;
    for (int i = 0; i < d->constants; i++)
        p->base[d->fixed[i].inner] = ritz_address(rt, d->fixed[i].at);
    for (int b = 0; b < p->buffers; b++)
        if (p->buffer[b].place == RITZ_IN_BUFFER)
            p->base[b] = p->base[ritz_root_buffer(p, b)];
}

/* Where carry k is after `left` further steps have yet to run. */
static void *carry_place(const loop *d, const ritz_runtime *rt, int k,
                         int64_t left)
{
    if (left % 2 == 0)
        return ritz_address(rt, d->next[k].at);
    return (unsigned char *)ritz_address(rt, d->memory) + d->spare[k];
}

static void place_step(const loop *d, const ritz_runtime *rt, int64_t i)
{
    void **base = d->plan->base;
    const int64_t left = d->length - 1 - i;
    const size_t t = (size_t)(d->reverse ? left : i);
    for (int k = 0; k < d->carries; k++) {
        base[d->carry[k].inner] = i == 0 ? ritz_address(rt, d->carry[k].at)
                                         : carry_place(d, rt, k, left + 1);
        base[d->next[k].inner] = carry_place(d, rt, k, left);
    }
    for (int k = 0; k < d->elements; k++)
        base[d->element[k].inner] =
            (unsigned char *)ritz_address(rt, d->element[k].at) +
            t * d->element[k].bytes;
    for (int k = 0; k < d->results; k++)
        base[d->result[k].inner] =
            (unsigned char *)ritz_address(rt, d->result[k].at) +
            t * d->result[k].bytes;
}

static ritz_status run(const ritz_instruction *in, ritz_runtime *rt,
                       bool may_stop, ritz_error *err)
{
    const loop *d = in->detail;
    ritz_runtime inner = {.base = d->plan->base,
                          .scratch = rt->scratch,
                          .scratch_bytes = rt->scratch_bytes};
    atomic_init(&inner.bad_index, RITZ_NO_INDEX);
    ritz_status status = RITZ_OK;
    place_fixed(d, rt);
    for (int64_t i = 0; i < d->length && status == RITZ_OK; i++) {
        place_step(d, rt, i);
        status = ritz_run_nested(d->plan, &inner, may_stop, err);
    }
    for (int k = 0; d->length == 0 && k < d->carries; k++)
        memcpy(ritz_address(rt, d->next[k].at),
               ritz_address(rt, d->carry[k].at), d->carry[k].bytes);
    return status;
}

static void describe(const ritz_instruction *in, ritz_text *out)
{
    const loop *d = in->detail;
    ritz_text_printf(out, "%lld times %zu instructions", (long long)d->length,
                     ritz_plan_instructions(d->plan));
}

static const ritz_instruction_kind kind = {
    .name = "scan", .run = run, .describe = describe};

/* Emission. */

static port port_of(ritz_lowering *l, int inner, const ritz_node *step,
                    const ritz_node *outside)
{
    return (port){.inner = inner,
                  .at = ritz_at_of(l, outside),
                  .bytes = (size_t)ritz_shape_count(&step->shape) *
                           ritz_dtype_size(step->dtype)};
}

static int buffer_in_place(const ritz_plan *p, ritz_place place, int index)
{
    for (int b = 0; b < p->buffers; b++)
        if (p->buffer[b].place == place && p->buffer[b].index == index)
            return b;
    return 0; /* every input and output has one */
}

static bool allocate_ports(ritz_lowering *l, loop *d)
{
    d->fixed = ritz_plan_alloc(l, (size_t)d->constants, sizeof(port));
    d->carry = ritz_plan_alloc(l, (size_t)d->carries, sizeof(port));
    d->next = ritz_plan_alloc(l, (size_t)d->carries, sizeof(port));
    d->spare = ritz_plan_alloc(l, (size_t)d->carries, sizeof *d->spare);
    d->element = ritz_plan_alloc(l, (size_t)d->elements, sizeof(port));
    d->result = ritz_plan_alloc(l, (size_t)d->results, sizeof(port));
    return !l->failed;
}

static void set_ports(ritz_lowering *l, loop *d, const ritz_node *n,
                      const ritz_body *b)
{
    for (int i = 0; i < b->nin; i++) {
        const int inner = buffer_in_place(d->plan, RITZ_IN_INPUT, i);
        const port p = port_of(l, inner, b->in[i], n->in[i]);
        if (i < d->constants)
            d->fixed[i] = p;
        else if (i < d->constants + d->carries)
            d->carry[i - d->constants] = p;
        else
            d->element[i - d->constants - d->carries] = p;
    }
    for (int k = 0; k < b->nout; k++) {
        const int inner = buffer_in_place(d->plan, RITZ_IN_OUTPUT, k);
        const port p = port_of(l, inner, b->out[k], n->out[k]);
        if (k < d->carries)
            d->next[k] = p;
        else
            d->result[k - d->carries] = p;
    }
}

/* One piece of memory for the nested arena and the second places. */
static int reserve(ritz_lowering *l, loop *d)
{
    size_t bytes = padded(d->plan->arena_bytes);
    for (int k = 0; k < d->carries; k++) {
        d->spare[k] = bytes;
        bytes += padded(d->carry[k].bytes);
    }
    d->memory = (ritz_at){ritz_new_buffer(l, RITZ_U8, (int64_t)bytes), 0};
    return d->memory.buffer;
}

void ritz_emit_scan(ritz_lowering *l, const ritz_node *n)
{
    const ritz_scan_spec s = ritz_scan_spec_of(n->attr);
    ritz_instruction *i;
    loop *d = ritz_add_instruction(l, n, &kind, sizeof *d, &i);
    if (!d)
        return;
    *d = (loop){.plan = ritz_compile_body(l, s.body),
                .length = s.length,
                .reverse = s.reverse,
                .constants = s.constants,
                .carries = s.carries,
                .elements = s.body->nin - s.constants - s.carries,
                .results = s.body->nout - s.carries};
    int *in = ritz_lower_alloc(l, (size_t)n->nin, sizeof *in);
    if (l->failed || !allocate_ports(l, d))
        return;
    set_ports(l, d, n, s.body);
    for (int k = 0; k < n->nin; k++)
        in[k] = ritz_buffer_of(l, ritz_readable_view(l, n->in[k]).base);
    ritz_set_operands(l, i, in, n->nin, 0);
    ritz_set_all_outputs(l, n, reserve(l, d));
    i = &l->plan->code[l->plan->instructions - 1];
    i->flops = (double)s.length * ritz_plan_flops(d->plan);
}
