/* factor.c - the instructions that call LAPACK: a tile is one matrix.
 *
 * What a matrix cannot be is found while the plan runs, so the complaint names
 * the matrix in its batch. A call that takes long goes on an errand, with
 * copies of its operands: an interrupt leaves it behind.
 */
#include "kernel/factor.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/thread.h"
#include "graph/cost.h"
#include "graph/execute/operand.h"
#include "graph/primitives/factor.h"

#include <stdio.h>
#include <string.h>

typedef struct factor {
    const ritz_factor_kind *kind;
    ritz_factor f;
    ritz_at in[2], out[RITZ_FACTOR_OPERANDS];
    size_t in_bytes[2], out_bytes[RITZ_FACTOR_OPERANDS]; /* of one matrix */
    size_t scratch;
    double flops; /* of one matrix */
} factor;

/* LAPACK's rate on matrices that take long, at the least; what comes quicker
 * than 50 ms is waited for. */
static const double flops_per_second = 4e9, long_call = 0.05;

static int run_here(const factor *d, void *const *out, const void *const *in,
                    void *scratch)
{
    return d->kind->run[d->f.dtype == RITZ_F64](&d->f, out, in, scratch);
}

/* Operands, results and scratch memory of a call that may outlive its plan,
 * in one block. */
typedef struct errand {
    factor d;
    size_t bytes;
    const void *in[2];
    void *out[RITZ_FACTOR_OPERANDS], *scratch;
    int result;
} errand;

static void run_errand(void *context)
{
    errand *e = context;
    e->result = run_here(&e->d, e->out, e->in, e->scratch);
}

static void drop_errand(void *context)
{
    errand *e = context;
    ritz_free_aligned(e, e->bytes);
}

static size_t padded(size_t bytes)
{
    return (bytes + RITZ_ALIGN - 1) / RITZ_ALIGN * RITZ_ALIGN;
}

static errand *new_errand(const factor *d, const void *const *in)
{
    size_t bytes = padded(sizeof(errand)) + padded(d->scratch);
    for (int i = 0; i < d->kind->nin; i++)
        bytes += padded(d->in_bytes[i]);
    for (int i = 0; i < d->kind->nout; i++)
        bytes += padded(d->out_bytes[i]);
    errand *e = ritz_new_aligned(bytes);
    if (!e)
        return NULL;
    unsigned char *next = (unsigned char *)e + padded(sizeof *e);
    *e = (errand){.d = *d, .bytes = bytes};
    for (int i = 0; i < d->kind->nin; i++) {
        e->in[i] = memcpy(next, in[i], d->in_bytes[i]);
        next += padded(d->in_bytes[i]);
    }
    for (int i = 0; i < d->kind->nout; i++) {
        e->out[i] = next;
        next += padded(d->out_bytes[i]);
    }
    e->scratch = next;
    return e;
}

enum { LEFT_BEHIND = -2 };

static int run_apart(const factor *d, void *const *out, const void *const *in,
                     void *scratch, bool (*stop)(void))
{
    errand *e = new_errand(d, in);
    if (!e)
        return run_here(d, out, in, scratch);
    const ritz_errand call = {run_errand, drop_errand, e};
    if (!ritz_errand_run(&call, stop))
        return LEFT_BEHIND;
    const int result = e->result;
    for (int i = 0; i < d->kind->nout; i++)
        memcpy(out[i], e->out[i], d->out_bytes[i]);
    drop_errand(e);
    return result;
}

/* A result that is none and the matrix whose it is, in one number of which
 * the smallest is reported. */
enum { RESULT_BITS = 20, MOST = (1 << RESULT_BITS) - 2 };

static void report(ritz_runtime *rt, size_t tile, int result)
{
    if (result == LEFT_BEHIND)
        ritz_report_bad(rt, RITZ_STOPPED);
    else if (result != 0)
        ritz_report_bad(rt, (long long)tile << RESULT_BITS |
                                ((result < MOST ? result : MOST) + 1));
}

static void explain(const ritz_instruction *in, long long bad, ritz_error *err)
{
    const factor *d = in->detail;
    char which[64] = "", what[128];
    const int result = (int)(bad & ((1 << RESULT_BITS) - 1)) - 1;
    if (in->tiles > 1)
        snprintf(which, sizeof which,
                 "matrix %lld of %zu: ", (bad >> RESULT_BITS) + 1, in->tiles);
    if (result == RITZ_FACTOR_NOT_FINITE)
        snprintf(what, sizeof what,
                 "wants finite numbers, got NaN or infinity");
    else
        snprintf(what, sizeof what, d->kind->complaint, result);
    ritz_fail(err, RITZ_EVALUE, "%s: %s%s", d->kind->name, which, what);
}

static void run_factor(const ritz_instruction *in, ritz_runtime *rt,
                       size_t tile, int worker)
{
    const factor *d = in->detail;
    const void *x[2];
    void *y[RITZ_FACTOR_OPERANDS], *scratch = ritz_scratch(rt, worker);
    for (int i = 0; i < d->kind->nin; i++)
        x[i] = (const unsigned char *)ritz_address(rt, d->in[i]) +
               tile * d->in_bytes[i];
    for (int i = 0; i < d->kind->nout; i++)
        y[i] = (unsigned char *)ritz_address(rt, d->out[i]) +
               tile * d->out_bytes[i];
    /* A host's own flag can be asked on the calling thread only. */
    report(
        rt, tile,
        d->flops < long_call * flops_per_second
            ? run_here(d, y, x, scratch)
            : run_apart(d, y, x, scratch,
                        worker == 0 ? ritz_interrupt_poll : ritz_interrupted));
}

static void describe(const ritz_instruction *in, ritz_text *out)
{
    const factor *d = in->detail;
    ritz_text_printf(out, "%d x %d", d->f.m, d->f.n);
    if (d->kind->nin > 1)
        ritz_text_printf(out, ", %d right sides", d->f.k);
    ritz_text_printf(out, ", %zu times", in->tiles);
}

static const ritz_instruction_kind factor_kind = {.name = "lapack",
                                                  .tile = run_factor,
                                                  .describe = describe,
                                                  .explain = explain};

static size_t bytes_of_one(const ritz_node *n, size_t matrices)
{
    return matrices == 0 ? 0
                         : (size_t)ritz_shape_count(&n->shape) / matrices *
                               ritz_dtype_size(n->dtype);
}

void ritz_emit_factor(ritz_lowering *l, const ritz_node *n)
{
    ritz_instruction *i;
    factor *d = ritz_add_instruction(l, n, &factor_kind, sizeof *d, &i);
    if (!d)
        return;
    *d = (factor){.kind = ritz_factor_kind_of(n->prim),
                  .f = ritz_factor_sizes(n)};
    i->tiles = 1;
    for (int k = 0; k < n->in[0]->shape.rank - 2; k++)
        i->tiles *= (size_t)n->in[0]->shape.dim[k];
    int buffers[2];
    for (int k = 0; k < n->nin; k++) {
        d->in[k] = ritz_at_of(l, n->in[k]);
        d->in_bytes[k] = bytes_of_one(n->in[k], i->tiles);
        buffers[k] = d->in[k].buffer;
    }
    for (int k = 0; k < n->nout; k++) {
        d->out[k] = ritz_at_of(l, n->out[k]);
        d->out_bytes[k] = bytes_of_one(n->out[k], i->tiles);
    }
    d->scratch = d->kind->scratch(&d->f);
    d->flops = d->kind->flops(&d->f);
    ritz_need_scratch(l, d->scratch);
    ritz_set_operands(l, i, buffers, n->nin, d->out[0].buffer);
    ritz_set_all_outputs(l, n, -1);
    i->flops = ritz_cost_of(n).flops;
    i->work = i->flops / flops_per_second * 1e9;
}
