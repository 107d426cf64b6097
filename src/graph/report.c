/* report.c - what a plan does, and what its values and times are, instruction
 * by instruction.
 */
#include "graph/report.h"

#include "base/clock.h"
#include "base/memory.h"
#include "graph/compile/plan_internal.h"
#include "graph/execute/finite.h"
#include "graph/execute/fused.h"

#include <math.h>
#include <string.h>

/* Per nanosecond, of one thread. */
static const double product_rate[] = {[RITZ_F32] = 110.0, [RITZ_F64] = 55.0};
static const double memory_rate = 28.0;
static const double in_cache = 1e6; /* bytes */

static const ritz_instruction *instruction(const ritz_plan *plan, size_t i)
{
    return &plan->code[(size_t)plan->first + i];
}

/* Names. */

/* The instruction that writes into a buffer, counted from 1. */
static int writer_of(const ritz_plan *plan, int buffer)
{
    for (int i = plan->first; i < plan->instructions; i++)
        for (int k = 0; k < plan->code[i].nout; k++)
            if (plan->code[i].out[k] == buffer)
                return i - plan->first + 1;
    return 0;
}

/* "t3", and "t3b" for the second result of instruction 3. */
static void name_temporary(const ritz_plan *plan, int buffer, ritz_text *out)
{
    const int at = writer_of(plan, buffer);
    ritz_text_printf(out, "t%d", at);
    if (at == 0)
        return;
    const ritz_instruction *in = instruction(plan, (size_t)at - 1);
    for (int k = 1; k < in->nout; k++)
        if (in->out[k] == buffer)
            ritz_text_printf(out, "%c", 'a' + k % 26);
}

void ritz_plan_name(const ritz_plan *plan, int buffer, ritz_text *out)
{
    const ritz_buffer *b = &plan->buffer[buffer];
    const ritz_buffer *root = &plan->buffer[ritz_root_buffer(plan, buffer)];
    if (b->place == RITZ_IN_BUFFER && root->place == RITZ_IN_INPUT)
        ritz_text_printf(out, "out%d", plan->taken_by[root->index] + 1);
    else if (b->place == RITZ_IN_INPUT && b->index < plan->nin)
        ritz_text_printf(out, "in%d", b->index + 1);
    else if (b->place == RITZ_IN_INPUT)
        ritz_text_printf(out, "held%d", b->index - plan->nin + 1);
    else if (b->place == RITZ_IN_OUTPUT)
        ritz_text_printf(out, "out%d", b->index + 1);
    else if (b->place == RITZ_IN_CONSTANT)
        ritz_text_printf(out, "const%d", b->index + 1);
    else
        name_temporary(plan, buffer, out);
}

static void name_list(const ritz_plan *plan, const int *buffer, int n,
                      ritz_text *out)
{
    for (int k = 0; k < n; k++) {
        ritz_text_puts(out, k > 0 ? ", " : "");
        ritz_plan_name(plan, buffer[k], out);
    }
}

void ritz_plan_row_formula(const ritz_plan *plan, size_t i, ritz_text *out)
{
    const ritz_instruction *in = instruction(plan, i);
    if (in->kind == &ritz_kind_fused) {
        ritz_fused_formula(plan, in, out);
        return;
    }
    name_list(plan, in->out, in->results, out);
    ritz_text_printf(out, " = %s(", in->label);
    name_list(plan, in->in, in->nin, out);
    ritz_text_puts(out, ")");
}

void ritz_plan_row_sizes(const ritz_plan *plan, size_t i, ritz_text *out)
{
    const ritz_instruction *in = instruction(plan, i);
    in->kind->describe(in, out);
}

/* Plans that an instruction runs stand below it, further to the right. */
static void print_code(const ritz_plan *plan, int indent, ritz_text *out)
{
    for (size_t i = 0; i < ritz_plan_instructions(plan); i++) {
        const ritz_plan_row r = ritz_plan_row_at(plan, i);
        const ritz_instruction *in = instruction(plan, i);
        const ritz_plan *inner;
        if ((int)i == plan->tail - plan->first)
            ritz_text_puts(out, "  -- from here donated inputs are written\n");
        ritz_text_printf(out, "%*zu  %-15s %-12s ", indent + 4, i + 1, r.kind,
                         r.label);
        ritz_plan_row_sizes(plan, i, out);
        if (r.origin.script)
            ritz_text_printf(out, "   (%s:%d)", r.origin.script, r.origin.line);
        ritz_text_puts(out, "\n");
        for (int k = 0; in->kind->nested && (inner = in->kind->nested(in, k));
             k++)
            print_code(inner, indent + 6, out);
    }
}

void ritz_plan_print(const ritz_plan *plan, ritz_text *out)
{
    ritz_text_printf(out, "%zu instructions, %zu bytes of arena\n",
                     ritz_plan_instructions(plan), plan->arena_bytes);
    print_code(plan, 0, out);
}

/* Figures. */

static bool occurs(const int *buffer, int n, int what)
{
    for (int k = 0; k < n; k++)
        if (buffer[k] == what)
            return true;
    return false;
}

static double bytes_of(const ritz_plan *plan, const ritz_instruction *in)
{
    /* All that a chain writes are values; other instructions have scratch. */
    const int nout = in->kind == &ritz_kind_fused ? in->nout : in->results;
    double sum = 0.0;
    for (int k = 0; k < in->nin; k++)
        if (!occurs(in->in, k, in->in[k]))
            sum += (double)plan->buffer[in->in[k]].bytes;
    for (int k = 0; k < nout; k++)
        sum += (double)plan->buffer[in->out[k]].bytes;
    return sum;
}

/* Only products do two operations for each thing they read. */
static double floor_of(const ritz_plan *plan, const ritz_instruction *in,
                       double bytes)
{
    const ritz_dtype dtype = plan->buffer[in->out[0]].dtype;
    const bool product = in->flops > 0.0 && in->kind != &ritz_kind_fused &&
                         ritz_dtype_is_float(dtype);
    const double work = product ? in->flops / product_rate[dtype] : in->work;
    const double move = bytes > in_cache ? bytes / memory_rate : 0.0;
    return 1e-9 * fmax(work, move);
}

ritz_plan_row ritz_plan_row_at(const ritz_plan *plan, size_t i)
{
    const ritz_instruction *in = instruction(plan, i);
    const double bytes = bytes_of(plan, in);
    return (ritz_plan_row){.kind = in->kind->name,
                           .label = in->label,
                           .flops = in->flops,
                           .bytes = bytes,
                           .floor = floor_of(plan, in, bytes),
                           .tiles = in->tiles,
                           .shared = in->shared,
                           .tail = (int)i >= plan->tail - plan->first,
                           .origin = in->origin};
}

ritz_plan_sizes ritz_plan_sizes_of(const ritz_plan *plan)
{
    ritz_plan_sizes s = {.arena = plan->arena_bytes,
                         .scratch = plan->scratch_bytes};
    for (int b = 0; b < plan->buffers; b++) {
        const ritz_buffer *at = &plan->buffer[b];
        if (at->place == RITZ_IN_INPUT)
            *(at->index < plan->nin ? &s.inputs : &s.held) += at->bytes;
        else if (at->place == RITZ_IN_CONSTANT)
            s.constants += at->bytes;
    }
    for (int j = 0; j < plan->nout; j++)
        s.outputs += (size_t)ritz_shape_count(&plan->output[j].shape) *
                     ritz_dtype_size(plan->output[j].dtype);
    return s;
}

/* Times. */

typedef struct profile {
    int runs;
    double *seconds;
} profile;

static ritz_status time_all(ritz_plan *plan, void *context, ritz_error *err)
{
    const profile *p = context;
    for (int r = 0; r < p->runs; r++)
        for (int i = plan->first; i < plan->instructions; i++) {
            const double start = ritz_seconds();
            const ritz_status status =
                ritz_run_instructions(plan, i, i + 1, true, err);
            const double took = ritz_seconds() - start;
            double *least = &p->seconds[i - plan->first];
            if (status != RITZ_OK)
                return status;
            *least = r == 0 ? took : fmin(*least, took);
        }
    return RITZ_OK;
}

ritz_status ritz_plan_profile(ritz_plan *plan, ritz_tensor **in, int runs,
                              double *seconds, ritz_error *err)
{
    profile p = {runs, seconds};
    return ritz_plan_look(plan, in, time_all, &p, err);
}

/* Looking for the first value that is not finite. */

typedef struct search {
    const ritz_origin **where;
    const char **primitive;
} search;

static ritz_status find(ritz_plan *plan, void *context, ritz_error *err)
{
    const search *s = context;
    for (int i = plan->first; i < plan->instructions; i++) {
        const ritz_instruction *in = &plan->code[i];
        const char *culprit;
        const ritz_status status = ritz_run_watched(plan, i, &culprit, err);
        if (status != RITZ_OK)
            return status;
        for (int k = 0; k < in->results; k++) {
            const int out = in->out[k];
            const ritz_buffer *b = &plan->buffer[out];
            if (ritz_all_finite(b->dtype, plan->base[out], b->count))
                continue;
            *s->where = &in->origin;
            *s->primitive = culprit ? culprit : in->label;
            return RITZ_OK;
        }
    }
    return RITZ_OK;
}

ritz_status ritz_plan_find_nonfinite(ritz_plan *plan, ritz_tensor **in,
                                     const ritz_origin **where,
                                     const char **primitive, ritz_error *err)
{
    search s = {where, primitive};
    *where = NULL;
    *primitive = NULL;
    return ritz_plan_look(plan, in, find, &s, err);
}
