/* plan.c - running a compiled plan.
 *
 * One workspace serves whichever plan runs; it grows when a plan is compiled
 * (or meets more threads), so that running takes nothing but its outputs,
 * which come from a pool.
 */
#include "graph/plan.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "graph/compile/plan_internal.h"

#include <stdio.h>
#include <string.h>

static struct {
    unsigned char *memory;
    size_t bytes;
} workspace;

static size_t padded(size_t bytes)
{
    return (bytes + RITZ_ALIGN - 1) / RITZ_ALIGN * RITZ_ALIGN;
}

ritz_status ritz_workspace_reserve(const ritz_plan *plan, ritz_error *err)
{
    const size_t want = padded(plan->arena_bytes) +
                        (size_t)ritz_threads() * padded(plan->scratch_bytes);
    if (want <= workspace.bytes)
        return RITZ_OK;
    unsigned char *memory = ritz_new_aligned(want);
    if (!memory)
        return ritz_fail(err, RITZ_ENOMEM,
                         "plan: no memory for a workspace of %zu bytes", want);
    ritz_free_aligned(workspace.memory, workspace.bytes);
    workspace.memory = memory;
    workspace.bytes = want;
    return RITZ_OK;
}

void ritz_report_bad(ritz_runtime *rt, long long bad)
{
    long long seen = atomic_load(&rt->bad_index);
    while ((seen == RITZ_NO_INDEX || bad < seen) &&
           !atomic_compare_exchange_weak(&rt->bad_index, &seen, bad))
        ;
}

typedef struct job {
    const ritz_instruction *in;
    ritz_runtime *rt;
} job;

static void run_tile(void *context, size_t tile, int worker)
{
    const job *j = context;
    j->in->kind->tile(j->in, j->rt, tile, worker);
}

static bool run_tiles(const ritz_instruction *in, ritz_runtime *rt,
                      bool may_stop)
{
    job j = {in, rt};
    if (!in->shared || rt->watched) {
        for (size_t t = 0; t < in->tiles; t++) {
            if (may_stop && ritz_interrupted())
                return false;
            in->kind->tile(in, rt, t, 0);
        }
        return true;
    }
    if (may_stop)
        return ritz_parallel(in->tiles, run_tile, &j);
    ritz_parallel_whole(in->tiles, run_tile, &j);
    return true;
}

/* Adds where the instruction was traced: the line that fails now is the one
 * that called the plan. */
static void cite(const ritz_origin *from, ritz_error *err)
{
    const size_t n = strlen(err->text);
    if (!from->script)
        return;
    snprintf(err->text + n, sizeof err->text - n, " (traced at %s:%d%s%s)",
             from->script, from->line, from->layer ? ", in layer " : "",
             from->layer ? from->layer : "");
}

static ritz_status run_one(const ritz_instruction *in, ritz_runtime *rt,
                           bool may_stop, ritz_error *err)
{
    if (in->kind->run)
        return in->kind->run(in, rt, may_stop, err);
    if (in->kind->before)
        in->kind->before(in, rt);
    const bool finished =
        !(may_stop && ritz_interrupt_poll()) && run_tiles(in, rt, may_stop);
    const long long bad = atomic_load(&rt->bad_index);
    if (!finished || bad == RITZ_STOPPED)
        return ritz_fail(err, RITZ_EINTERRUPTED, "interrupted");
    if (in->kind->after)
        in->kind->after(in, rt);
    if (bad == RITZ_NO_INDEX)
        return RITZ_OK;
    in->kind->explain(in, bad, err);
    if (err)
        cite(&in->origin, err);
    return RITZ_EVALUE;
}

static ritz_runtime runtime_of(const ritz_plan *plan)
{
    ritz_runtime rt = {.base = plan->base,
                       .scratch = workspace.memory + padded(plan->arena_bytes),
                       .scratch_bytes = padded(plan->scratch_bytes)};
    atomic_init(&rt.bad_index, RITZ_NO_INDEX);
    return rt;
}

ritz_status ritz_run_range(const ritz_plan *plan, ritz_runtime *rt, int first,
                           int stop, bool may_stop, ritz_error *err)
{
    ritz_status status = RITZ_OK;
    for (int i = first; i < stop && status == RITZ_OK; i++)
        status = run_one(&plan->code[i], rt, may_stop, err);
    return status;
}

ritz_status ritz_run_instructions(const ritz_plan *plan, int first, int stop,
                                  bool may_stop, ritz_error *err)
{
    ritz_runtime rt = runtime_of(plan);
    return ritz_run_range(plan, &rt, first, stop, may_stop, err);
}

ritz_status ritz_run_watched(const ritz_plan *plan, int at,
                             const char **culprit, ritz_error *err)
{
    ritz_runtime rt = runtime_of(plan);
    rt.watched = true;
    const ritz_status status = ritz_run_range(plan, &rt, at, at + 1, true, err);
    *culprit = rt.culprit;
    return status;
}

/* Storage of a donated input can be taken when nothing else sees it. */
static bool can_take(const ritz_plan *plan, ritz_tensor *const *in, int i)
{
    if (!ritz_tensor_is_sole(in[i]))
        return false;
    for (int k = 0; k < plan->nin; k++)
        if (k != i && in[k] == in[i])
            return false;
    return true;
}

static void fill_bases(const ritz_plan *plan, ritz_tensor *const *in,
                       ritz_tensor *const *out)
{
    for (int b = 0; b < plan->buffers; b++) {
        const ritz_buffer *at = &plan->buffer[b];
        if (at->place == RITZ_IN_ARENA)
            plan->base[b] = workspace.memory + at->offset;
        else if (at->place == RITZ_IN_OUTPUT)
            plan->base[b] = ritz_tensor_data_mut(out[at->index]);
        else if (at->place == RITZ_IN_INPUT) {
            const int i = at->index;
            const int taker = i < plan->nin ? plan->taken_by[i] : -1;
            const ritz_tensor *t =
                i >= plan->nin ? plan->captured[i - plan->nin] : in[i];
            /* A donated input that somebody else holds was copied into the
             * result that replaces it. */
            plan->base[b] = taker >= 0 && out[taker]
                                ? ritz_tensor_data_mut(out[taker])
                                : (void *)ritz_tensor_data(t);
        }
    }
    for (int b = 0; b < plan->buffers; b++)
        if (plan->buffer[b].place == RITZ_IN_BUFFER)
            plan->base[b] = plan->base[ritz_root_buffer(plan, b)];
}

bool ritz_plan_takes(const ritz_plan *plan, int i, const ritz_tensor *t)
{
    const ritz_slot *s = &plan->input[i];
    return ritz_tensor_dtype(t) == s->dtype &&
           ritz_shape_equal(ritz_tensor_shape(t), &s->shape);
}

static ritz_status check_input(const ritz_plan *plan, ritz_tensor *const *in,
                               ritz_error *err)
{
    for (int i = 0; i < plan->nin; i++) {
        char want[RITZ_SHAPE_TEXT], got[RITZ_SHAPE_TEXT];
        const ritz_slot *s = &plan->input[i];
        if (!ritz_plan_takes(plan, i, in[i]))
            return ritz_fail(err, RITZ_ESHAPE,
                             "plan: input %d must be %s%s, got %s%s", i + 1,
                             ritz_dtype_name(s->dtype),
                             ritz_shape_text(want, &s->shape),
                             ritz_dtype_name(ritz_tensor_dtype(in[i])),
                             ritz_shape_text(got, ritz_tensor_shape(in[i])));
    }
    return RITZ_OK;
}

static void release_all(ritz_tensor **t, int n)
{
    for (int i = 0; i < n; i++) {
        ritz_tensor_release(t[i]);
        t[i] = NULL;
    }
}

/* Takes the outputs; those that will be donated storage stay NULL. */
static ritz_status take_outputs(const ritz_plan *plan, ritz_tensor *const *in,
                                ritz_tensor **out, bool keep_inputs,
                                ritz_error *err)
{
    ritz_status status = RITZ_OK;
    memset(out, 0, (size_t)plan->nout * sizeof *out);
    for (int j = 0; j < plan->nout && status == RITZ_OK; j++) {
        const int i = plan->taken_of[j];
        if (i >= 0 && !keep_inputs && can_take(plan, in, i))
            continue;
        status = ritz_tensor_new(&out[j], plan->output[j].dtype,
                                 &plan->output[j].shape, err);
        if (status == RITZ_OK && i >= 0)
            memcpy(ritz_tensor_data_mut(out[j]), ritz_tensor_data(in[i]),
                   ritz_tensor_bytes(in[i]));
    }
    if (status != RITZ_OK)
        release_all(out, plan->nout);
    return status;
}

static void give_donated(const ritz_plan *plan, ritz_tensor **in,
                         ritz_tensor **out)
{
    for (int i = 0; i < plan->nin; i++) {
        const int j = plan->taken_by[i];
        if (j >= 0 && !out[j]) {
            out[j] = in[i];
            in[i] = NULL;
        }
    }
}

ritz_status ritz_plan_run(ritz_plan *plan, ritz_tensor **in, ritz_tensor **out,
                          ritz_error *err)
{
    ritz_status status = check_input(plan, in, err);
    if (status == RITZ_OK)
        status = ritz_workspace_reserve(plan, err);
    if (status == RITZ_OK)
        status = take_outputs(plan, in, out, false, err);
    if (status != RITZ_OK)
        return status;
    fill_bases(plan, in, out);
    status = ritz_run_instructions(plan, plan->first, plan->tail, true, err);
    /* The tail cannot stop: a plan that is all tail is asked here. */
    if (status == RITZ_OK && ritz_interrupt_poll())
        status = ritz_fail(err, RITZ_EINTERRUPTED, "interrupted");
    if (status != RITZ_OK) {
        release_all(out, plan->nout);
        return status;
    }
    ritz_run_instructions(plan, plan->tail, plan->instructions, false, NULL);
    give_donated(plan, in, out);
    return RITZ_OK;
}

ritz_status ritz_evaluate(ritz_graph *g, ritz_node *const *output, int nout,
                          ritz_tensor **out, ritz_error *err)
{
    ritz_plan *plan;
    const ritz_plan_spec spec = {.output = output, .nout = nout};
    ritz_status status = ritz_plan_compile(&plan, g, &spec, err);
    if (status == RITZ_OK) {
        status = ritz_plan_run(plan, NULL, out, err);
        ritz_plan_delete(plan);
    }
    return status;
}

size_t ritz_plan_bytes(const ritz_plan *plan)
{
    return plan->arena_bytes;
}

size_t ritz_plan_instructions(const ritz_plan *plan)
{
    return (size_t)(plan->instructions - plan->first);
}

double ritz_plan_flops(const ritz_plan *plan)
{
    double sum = 0.0;
    for (int i = plan->first; i < plan->instructions; i++)
        sum += plan->code[i].flops;
    return sum;
}

ritz_status ritz_plan_look(ritz_plan *plan, ritz_tensor **in,
                           ritz_look_fn *look, void *context, ritz_error *err)
{
    ritz_tensor **out = ritz_new((size_t)plan->nout, sizeof *out);
    if (!out)
        return ritz_fail_memory(err, "plan");
    ritz_status status = check_input(plan, in, err);
    if (status == RITZ_OK)
        status = ritz_workspace_reserve(plan, err);
    if (status == RITZ_OK)
        status = take_outputs(plan, in, out, true, err);
    if (status == RITZ_OK) {
        fill_bases(plan, in, out);
        status = look(plan, context, err);
        release_all(out, plan->nout);
    }
    ritz_free(out);
    return status;
}
