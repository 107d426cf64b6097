/* loop.c - scan and while_loop: one instruction that runs a plan of its own
 * again and again.
 *
 * A step reads and writes in place: its elements and results are slices of
 * what is stacked. Carries go back and forth between two places each; the
 * first step reads the initial values where they are, and the last one of a
 * scan writes the result. Nothing is allocated or copied between steps.
 */
#include "base/parallel.h"
#include "graph/control.h"
#include "graph/execute/nested.h"
#include "graph/scan.h"

#include <string.h>

typedef struct loop {
    ritz_plan *plan, *test; /* of a step; whether there is one more */
    int64_t length;
    bool reverse;
    int constants, carries, elements, results;
    /* The constants, carries and elements; the new carries and results; the
     * constants and carries of the test, and what it gives. */
    ritz_port *in, *out, *test_in, test_out;
    ritz_dtype verdict;
    ritz_at memory;
    size_t test_memory, verdict_memory; /* where in the memory */
    size_t *spare;                      /* where a carry's second place is */
} loop;

static unsigned char *memory_of(const loop *d, const ritz_runtime *rt)
{
    return ritz_address(rt, d->memory);
}

/* Where carry k is, in the storage of the result or in its second place. */
static void *carry_place(const loop *d, const ritz_runtime *rt, int k,
                         bool second)
{
    return second ? memory_of(d, rt) + d->spare[k]
                  : ritz_address(rt, d->out[k].at);
}

static void place_constants(const loop *d, const ritz_runtime *rt)
{
    ritz_nested_place(d->plan, memory_of(d, rt));
    for (int i = 0; i < d->constants; i++)
        ritz_port_place(d->plan, &d->in[i], ritz_address(rt, d->in[i].at));
}

/* The carries of step i, which reads the initial ones if it is the first. */
static void place_carries(const loop *d, const ritz_runtime *rt, int64_t i,
                          bool second)
{
    const ritz_port *in = d->in + d->constants;
    for (int k = 0; k < d->carries; k++) {
        void *from = i == 0 ? ritz_address(rt, in[k].at)
                            : carry_place(d, rt, k, !second);
        ritz_port_place(d->plan, &in[k], from);
        ritz_port_place(d->plan, &d->out[k], carry_place(d, rt, k, second));
    }
}

static void place_slice(const ritz_plan *plan, const ritz_runtime *rt,
                        const ritz_port *p, size_t t)
{
    ritz_port_place(plan, p,
                    (unsigned char *)ritz_address(rt, p->at) + t * p->bytes);
}

static ritz_status interrupted(ritz_error *err)
{
    return ritz_fail(err, RITZ_EINTERRUPTED, "interrupted");
}

static ritz_status run_scan(const ritz_instruction *in, ritz_runtime *rt,
                            bool may_stop, ritz_error *err)
{
    const loop *d = in->detail;
    const ritz_port *element = d->in + d->constants + d->carries;
    const ritz_port *result = d->out + d->carries;
    ritz_status status = RITZ_OK;
    place_constants(d, rt);
    for (int64_t i = 0; i < d->length && status == RITZ_OK; i++) {
        const int64_t left = d->length - 1 - i;
        const size_t t = (size_t)(d->reverse ? left : i);
        place_carries(d, rt, i, left % 2 != 0);
        for (int k = 0; k < d->elements; k++)
            place_slice(d->plan, rt, &element[k], t);
        for (int k = 0; k < d->results; k++)
            place_slice(d->plan, rt, &result[k], t);
        if (may_stop && ritz_interrupt_poll())
            return interrupted(err);
        status = ritz_nested_run(d->plan, rt, may_stop, err);
    }
    for (int k = 0; d->length == 0 && k < d->carries; k++)
        memcpy(ritz_address(rt, d->out[k].at),
               ritz_address(rt, d->in[d->constants + k].at), d->out[k].bytes);
    return status;
}

/* Whether there is a step number i. */
static ritz_status test(const loop *d, ritz_runtime *rt, int64_t i,
                        bool may_stop, bool *more, ritz_error *err)
{
    unsigned char *memory = memory_of(d, rt);
    void *verdict = memory + d->verdict_memory;
    for (int k = 0; k < d->constants + d->carries; k++) {
        const int carry = k - d->constants;
        void *from = carry < 0 || i == 0
                         ? ritz_address(rt, d->in[k].at)
                         : carry_place(d, rt, carry, (i - 1) % 2 != 0);
        ritz_port_place(d->test, &d->test_in[k], from);
    }
    ritz_nested_place(d->test, memory + d->test_memory);
    ritz_port_place(d->test, &d->test_out, verdict);
    const ritz_status status = ritz_nested_run(d->test, rt, may_stop, err);
    *more = status == RITZ_OK && ritz_is_true(verdict, d->verdict);
    return status;
}

static ritz_status run_while(const ritz_instruction *in, ritz_runtime *rt,
                             bool may_stop, ritz_error *err)
{
    const loop *d = in->detail;
    bool more = true;
    int64_t i = 0;
    place_constants(d, rt);
    for (;; i++) {
        ritz_status status = test(d, rt, i, may_stop, &more, err);
        if (status == RITZ_OK && may_stop && ritz_interrupt_poll())
            status = interrupted(err);
        if (status != RITZ_OK)
            return status;
        if (!more)
            break;
        place_carries(d, rt, i, i % 2 != 0);
        status = ritz_nested_run(d->plan, rt, may_stop, err);
        if (status != RITZ_OK)
            return status;
    }
    for (int k = 0; i % 2 == 0 && k < d->carries; k++)
        memcpy(ritz_address(rt, d->out[k].at),
               i == 0 ? ritz_address(rt, d->in[d->constants + k].at)
                      : carry_place(d, rt, k, true),
               d->out[k].bytes);
    return RITZ_OK;
}

static void describe_scan(const ritz_instruction *in, ritz_text *out)
{
    const loop *d = in->detail;
    ritz_text_printf(out, "%lld times %zu instructions", (long long)d->length,
                     ritz_plan_instructions(d->plan));
}

static void describe_while(const ritz_instruction *in, ritz_text *out)
{
    const loop *d = in->detail;
    ritz_text_printf(out, "%zu instructions, while %zu give true",
                     ritz_plan_instructions(d->plan),
                     ritz_plan_instructions(d->test));
}

static const ritz_plan *nested(const ritz_instruction *in, int i)
{
    const loop *d = in->detail;
    return i == 0 ? d->plan : i == 1 ? d->test : NULL;
}

static const ritz_instruction_kind scan_kind = {.name = "scan",
                                                .run = run_scan,
                                                .nested = nested,
                                                .describe = describe_scan};
static const ritz_instruction_kind while_kind = {.name = "while_loop",
                                                 .run = run_while,
                                                 .nested = nested,
                                                 .describe = describe_while};

/* Emission. */

static bool set_ports(ritz_lowering *l, loop *d, const ritz_node *n,
                      const ritz_body *b)
{
    const int nout = d->carries + d->results;
    d->in = ritz_plan_alloc(l, (size_t)b->nin, sizeof *d->in);
    d->out = ritz_plan_alloc(l, (size_t)nout, sizeof *d->out);
    d->spare = ritz_plan_alloc(l, (size_t)d->carries, sizeof *d->spare);
    for (int i = 0; i < b->nin && !l->failed; i++)
        d->in[i] = ritz_port_in(l, d->plan, i, b->in[i], n->in[i]);
    for (int k = 0; k < nout && !l->failed; k++)
        d->out[k] = ritz_port_out(l, d->plan, k, b->out[k], n->out[k]);
    return !l->failed;
}

/* The nested arenas and the carries' second places, one after the other. */
static void set_memory(ritz_lowering *l, loop *d, const ritz_node *n)
{
    size_t bytes = ritz_nested_padded(d->plan->arena_bytes);
    if (d->test) {
        d->test_memory = bytes;
        d->verdict_memory = bytes + ritz_nested_padded(d->test->arena_bytes);
        bytes = d->verdict_memory + RITZ_ALIGN;
    }
    for (int k = 0; k < d->carries; k++) {
        d->spare[k] = bytes;
        bytes += ritz_nested_padded(d->out[k].bytes);
    }
    d->memory = ritz_nested_operands(l, n, bytes);
}

static void finish(ritz_lowering *l, loop *d, const ritz_node *n,
                   const ritz_body *body)
{
    d->plan = l->failed ? NULL : ritz_compile_body(l, body);
    if (d->plan && set_ports(l, d, n, body))
        set_memory(l, d, n);
    if (!l->failed)
        l->plan->code[l->plan->instructions - 1].flops =
            (double)d->length * ritz_plan_flops(d->plan);
}

void ritz_emit_scan(ritz_lowering *l, const ritz_node *n)
{
    const ritz_scan_spec s = ritz_scan_spec_of(n->attr);
    ritz_instruction *i;
    loop *d = ritz_add_instruction(l, n, &scan_kind, sizeof *d, &i);
    if (!d)
        return;
    *d = (loop){.length = s.length,
                .reverse = s.reverse,
                .constants = s.constants,
                .carries = s.carries,
                .elements = s.body->nin - s.constants - s.carries,
                .results = s.body->nout - s.carries};
    finish(l, d, n, s.body);
}

void ritz_emit_while(ritz_lowering *l, const ritz_node *n)
{
    const ritz_while_spec s = ritz_while_spec_of(n->attr);
    ritz_instruction *i;
    loop *d = ritz_add_instruction(l, n, &while_kind, sizeof *d, &i);
    if (!d)
        return;
    ritz_body step = *s.body, verdict = *s.body;
    step.nout = s.carries;
    verdict.out += s.carries;
    verdict.nout = 1;
    *d = (loop){.test = ritz_compile_body(l, &verdict),
                .verdict = verdict.out[0]->dtype,
                .length = 1,
                .constants = s.constants,
                .carries = s.carries};
    d->test_in = ritz_plan_alloc(l, (size_t)n->nin, sizeof *d->test_in);
    if (l->failed)
        return;
    for (int k = 0; k < n->nin; k++)
        d->test_in[k] = ritz_port_in(l, d->test, k, verdict.in[k], n->in[k]);
    d->test_out.inner = ritz_port_out(l, d->test, 0, verdict.out[0], n).inner;
    finish(l, d, n, &step);
}
