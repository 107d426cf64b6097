/* compile.c - from a graph to a plan: simplify, form units, emit, lay out,
 * compute what never changes.
 */
#include "base/memory.h"
#include "graph/body.h"
#include "graph/build.h"
#include "graph/compile/lower.h"

#include <string.h>

static ritz_status out_of_memory(ritz_error *err)
{
    return ritz_fail_memory(err, "compile");
}

static bool copy_slots(ritz_plan *p, const ritz_plan_spec *spec)
{
    p->nin = spec->nin;
    p->nout = spec->nout;
    p->input = ritz_arena_alloc(p->arena, (size_t)p->nin, sizeof *p->input);
    p->output = ritz_arena_alloc(p->arena, (size_t)p->nout, sizeof *p->output);
    p->taken_by =
        ritz_arena_alloc(p->arena, (size_t)p->nin, sizeof *p->taken_by);
    p->taken_of =
        ritz_arena_alloc(p->arena, (size_t)p->nout, sizeof *p->taken_of);
    if (!p->input || !p->output || !p->taken_by || !p->taken_of)
        return false;
    for (int i = 0; i < p->nin; i++) {
        p->input[i] = (ritz_slot){spec->input[i]->dtype, spec->input[i]->shape};
        p->taken_by[i] = -1;
    }
    for (int i = 0; i < p->nout; i++) {
        p->output[i] =
            (ritz_slot){spec->output[i]->dtype, spec->output[i]->shape};
        p->taken_of[i] = -1;
    }
    return true;
}

static bool hold_captures(ritz_plan *p, const ritz_graph *g)
{
    const int n = ritz_graph_captures(g);
    p->captured = ritz_arena_alloc(p->arena, (size_t)n, sizeof *p->captured);
    if (!p->captured)
        return false;
    for (int i = 0; i < n; i++)
        p->captured[p->captures++] =
            ritz_tensor_retain(ritz_graph_captured(g, i)->value);
    return true;
}

/* Every leaf must be an argument, or captured: what else is there was made
 * for a trace that has ended. */
static ritz_status check_leaves(const ritz_graph *g, const ritz_plan_spec *spec,
                                ritz_node *const *map, ritz_error *err)
{
    for (uint32_t id = 0; id < ritz_graph_size(g); id++) {
        const ritz_node *n = ritz_graph_node(g, id);
        bool known = n->prim != &ritz_primitive_input || n->value || !map[id];
        for (int i = 0; !known && i < spec->nin; i++)
            known = spec->input[i] == n;
        if (!known)
            return ritz_fail(err, RITZ_EVALUE,
                             "a tracer outlived its trace: it was made at "
                             "%s:%d and used outside of the function that it "
                             "was passed to",
                             n->origin->script ? n->origin->script : "?",
                             n->origin->line);
    }
    return RITZ_OK;
}

static ritz_plan *new_plan(void)
{
    ritz_plan *p = ritz_new(1, sizeof *p);
    if (!p)
        return NULL;
    p->arena = ritz_arena_new();
    if (!p->arena) {
        ritz_free(p);
        return NULL;
    }
    return p;
}

static ritz_status copy_origins(ritz_plan *p, ritz_error *err)
{
    const char *last = NULL, *copy = NULL;
    for (int i = 0; i < p->instructions; i++) {
        ritz_origin *o = &p->code[i].origin;
        if (o->script && o->script != last) {
            last = o->script;
            copy = ritz_arena_text(p->arena, last);
        }
        if (o->script)
            o->script = copy;
        if (o->layer)
            o->layer = ritz_arena_text(p->arena, o->layer);
        if ((last && !copy))
            return out_of_memory(err);
    }
    return RITZ_OK;
}

/* Runs what depends on nothing, into tensors that the plan keeps. */
static ritz_status compute_constants(ritz_plan *p, ritz_error *err)
{
    const size_t n = (size_t)p->constants;
    p->constant = ritz_arena_alloc(p->arena, n, sizeof *p->constant);
    p->base = ritz_arena_alloc(p->arena, (size_t)p->buffers, sizeof *p->base);
    if (!p->constant || !p->base)
        return out_of_memory(err);
    ritz_status status = ritz_workspace_reserve(p, err);
    for (int b = 0; b < p->buffers && status == RITZ_OK; b++) {
        if (p->buffer[b].place != RITZ_IN_CONSTANT)
            continue;
        const ritz_shape flat = ritz_shape_of(1, &p->buffer[b].count);
        ritz_tensor **t = &p->constant[p->buffer[b].index];
        status = ritz_tensor_new(t, p->buffer[b].dtype, &flat, err);
        if (status == RITZ_OK)
            p->base[b] = ritz_tensor_data_mut(*t);
    }
    return status == RITZ_OK ? ritz_run_instructions(p, 0, p->first, true, err)
                             : status;
}

ritz_plan *ritz_compile_body(ritz_lowering *l, const ritz_body *body)
{
    const ritz_plan_spec spec = {.input = body->in,
                                 .nin = body->nin,
                                 .output = body->out,
                                 .nout = body->nout};
    ritz_nested *nested = ritz_plan_alloc(l, 1, sizeof *nested);
    if (nested)
        l->status =
            ritz_plan_compile(&nested->plan, body->graph, &spec, l->err);
    if (!nested || l->status != RITZ_OK) {
        l->failed = true;
        return NULL;
    }
    nested->next = l->plan->nested;
    l->plan->nested = nested;
    ritz_need_scratch(l, nested->plan->scratch_bytes);
    return nested->plan;
}

/* Decides, from shapes, what runs on several threads. Handing tiles over costs
 * half a microsecond, but lines that one core wrote and another writes next
 * take some 40 ns each on their way: so work of few microseconds is not
 * shared, and in a plan with little work nothing is, which leaves all of its
 * memory with one core. A step of 2-64-64-2 at batch 128 takes 76 us with one
 * thread, and with its three larger products shared 70 us on a good day and
 * 115 on most. */
static void share_work(ritz_plan *p)
{
    const double worth_sharing = 12000.0, worth_a_team = 100000.0; /* ns */
    double sum = 0.0;
    for (int i = p->first; i < p->instructions; i++) {
        ritz_instruction *in = &p->code[i];
        in->shared = in->work >= worth_sharing && in->tiles > 1;
        sum += in->shared ? in->work : 0.0;
    }
    for (int i = p->first; i < p->instructions; i++)
        p->code[i].shared &= sum >= worth_a_team;
}

static ritz_status lower(ritz_plan *p, ritz_graph *g,
                         const ritz_plan_spec *spec, ritz_error *err)
{
    ritz_lowering l = {.plan = p, .graph = g, .err = err, .apart = spec->apart};
    l.arena = ritz_arena_new();
    if (!l.arena)
        return out_of_memory(err);
    const bool done = copy_slots(p, spec) && hold_captures(p, g) &&
                      ritz_form_units(&l, spec->output, spec->nout) &&
                      ritz_emit_units(&l) && ritz_lay_out(&l, spec);
    ritz_free(l.unit);
    ritz_arena_delete(l.arena);
    if (done) {
        share_work(p);
        return copy_origins(p, err);
    }
    return l.status != RITZ_OK ? l.status : out_of_memory(err);
}

/* Libraries are loaded now: nothing may fail when the plan runs. */
static ritz_status prepare(const ritz_graph *g, ritz_error *err)
{
    ritz_status status = RITZ_OK;
    for (uint32_t i = 0; i < ritz_graph_size(g) && status == RITZ_OK; i++) {
        const ritz_primitive *prim = ritz_graph_node(g, i)->prim;
        if (prim->prepare)
            status = prim->prepare(err);
    }
    return status;
}

/* The spec in terms of the simplified graph. */
typedef struct scratch {
    ritz_node **map, **input, **output;
} scratch;

static ritz_status compile(ritz_plan *p, ritz_graph *small, ritz_graph *g,
                           const ritz_plan_spec *spec, scratch *s,
                           ritz_error *err)
{
    ritz_status status = ritz_simplify(small, g, spec->output, spec->nout,
                                       s->output, s->map, err);
    if (status == RITZ_OK)
        status = check_leaves(g, spec, s->map, err);
    if (status != RITZ_OK)
        return status;
    for (int i = 0; i < spec->nin; i++) {
        const ritz_node *n = spec->input[i];
        s->input[i] = s->map[n->id] ? s->map[n->id]
                                    : ritz_input(small, n->dtype, &n->shape);
    }
    status = ritz_graph_status(small, err);
    if (status != RITZ_OK)
        return status;
    const ritz_plan_spec inner = {s->input,   spec->nin,    s->output,
                                  spec->nout, spec->donate, spec->apart};
    status = prepare(small, err);
    if (status == RITZ_OK)
        status = lower(p, small, &inner, err);
    return status == RITZ_OK ? compute_constants(p, err) : status;
}

ritz_status ritz_plan_compile(ritz_plan **out, ritz_graph *g,
                              const ritz_plan_spec *spec, ritz_error *err)
{
    *out = NULL;
    ritz_status status = ritz_graph_status(g, err);
    if (status != RITZ_OK)
        return status;
    ritz_plan *p = new_plan();
    ritz_graph *small = ritz_graph_new();
    const size_t nin = (size_t)spec->nin, nout = (size_t)spec->nout;
    scratch s = {ritz_new(ritz_graph_size(g), sizeof(void *)),
                 ritz_new(nin, sizeof(void *)), ritz_new(nout, sizeof(void *))};
    if (p && small && s.map && s.input && s.output)
        status = compile(p, small, g, spec, &s, err);
    else
        status = out_of_memory(err);
    ritz_free(s.map);
    ritz_free(s.input);
    ritz_free(s.output);
    ritz_graph_delete(small);
    if (status != RITZ_OK) {
        ritz_plan_delete(p);
        return status;
    }
    *out = p;
    return RITZ_OK;
}

void ritz_plan_delete(ritz_plan *p)
{
    if (!p)
        return;
    for (int i = 0; i < p->captures; i++)
        ritz_tensor_release(p->captured[i]);
    for (int i = 0; p->constant && i < p->constants; i++)
        ritz_tensor_release(p->constant[i]);
    for (const ritz_nested *n = p->nested; n; n = n->next)
        ritz_plan_delete(n->plan);
    ritz_free(p->buffer);
    ritz_free(p->code);
    ritz_arena_delete(p->arena);
    ritz_free(p);
}
