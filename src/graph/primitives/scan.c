/* scan.c - the primitive scan: its shapes, its batches, and how it grows. */
#include "graph/scan.h"

#include "base/memory.h"
#include "graph/batch.h"
#include "graph/build.h"
#include "graph/infer.h"
#include "graph/internal.h"
#include "graph/primitives/linear.h"
#include "graph/transform.h"

#include <string.h>

/* attr: body; a[0] length, a[1] constants, a[2] carries; flags: reversed. */

ritz_scan_spec ritz_scan_spec_of(const ritz_attr *attr)
{
    return (ritz_scan_spec){.body = attr->body,
                            .length = attr->a[0],
                            .constants = (int)attr->a[1],
                            .carries = (int)attr->a[2],
                            .reverse = attr->flags != 0};
}

ritz_node *ritz_scan(ritz_graph *g, const ritz_scan_spec *spec,
                     ritz_node *const *in)
{
    const ritz_attr attr = {.body = spec->body,
                            .a = {spec->length, spec->constants, spec->carries},
                            .flags = spec->reverse};
    ritz_graph_inherit(g, spec->body->graph);
    return ritz_apply(g, &ritz_primitive_scan, in, spec->body->nin, &attr);
}

static int count_outputs(const ritz_attr *attr)
{
    return attr->body->nout;
}

static bool same_type(const ritz_node *a, const ritz_node *b)
{
    return a->dtype == b->dtype && ritz_shape_equal(&a->shape, &b->shape);
}

static ritz_type stacked(const ritz_node *n, int64_t length)
{
    return (ritz_type){n->dtype, ritz_shape_with_batch(&n->shape, length)};
}

static ritz_status infer(ritz_type *out, ritz_node *const *in, int nin,
                         const ritz_attr *attr, ritz_error *err)
{
    const ritz_scan_spec s = ritz_scan_spec_of(attr);
    const ritz_body *b = s.body;
    const int fixed = s.constants + s.carries;
    for (int i = 0; i < nin; i++) {
        const ritz_type want =
            i < fixed ? (ritz_type){b->in[i]->dtype, b->in[i]->shape}
                      : stacked(b->in[i], s.length);
        if (in[i]->dtype != want.dtype ||
            !ritz_shape_equal(&in[i]->shape, &want.shape))
            return ritz_fail(err, RITZ_ESHAPE,
                             "scan: input %d must be %s, got %s", i + 1,
                             ritz_type_text_of(want.dtype, &want.shape).text,
                             ritz_type_of(in[i]).text);
    }
    for (int k = 0; k < b->nout; k++) {
        const ritz_node *n = b->out[k];
        out[k] = k < s.carries ? (ritz_type){n->dtype, n->shape}
                               : stacked(n, s.length);
        if (k < s.carries && !same_type(n, b->in[s.constants + k]))
            return ritz_fail(err, RITZ_ESHAPE,
                             "scan: a carry must stay %s, got %s",
                             ritz_type_of(b->in[s.constants + k]).text,
                             ritz_type_of(n).text);
    }
    return RITZ_OK;
}

ritz_node *ritz_scan_stack(ritz_node *scan, ritz_node *n)
{
    const ritz_scan_spec s = ritz_scan_spec_of(scan->attr);
    const ritz_body *old = s.body;
    for (int k = s.carries; k < old->nout; k++)
        if (old->out[k] == n)
            return ritz_output(scan, k);
    ritz_arena *arena = ritz_graph_arena(scan->graph);
    ritz_body *body = ritz_arena_alloc(arena, 1, sizeof *body);
    ritz_attr *attr = ritz_arena_alloc(arena, 1, sizeof *attr);
    ritz_node **out =
        ritz_arena_alloc(arena, (size_t)old->nout + 1, sizeof *out);
    if (!body || !attr || !out)
        return ritz_graph_fail(scan->graph, RITZ_ENOMEM,
                               "graph: out of memory");
    memcpy(out, old->out, (size_t)old->nout * sizeof *out);
    out[old->nout] = n;
    *body = *old;
    body->out = out;
    body->nout++;
    const ritz_type type = stacked(n, s.length);
    if (!ritz_graph_add_outputs(scan, &type, 1))
        return scan;
    *attr = *scan->attr;
    attr->body = body;
    scan->attr = attr;
    return ritz_output(scan, body->nout - 1);
}

/* Marks. */

static bool is_moving(const ritz_node *n, bool floats)
{
    return !floats || ritz_dtype_is_float(n->dtype);
}

void ritz_scan_spread(ritz_graph *g, const ritz_scan_spec *spec, bool floats,
                      bool *in, bool *out)
{
    const ritz_body *b = spec->body;
    for (bool grew = true; grew;) {
        grew = false;
        bool *depends = ritz_body_dependents(g, b, in);
        for (int k = 0; depends && k < b->nout; k++) {
            out[k] = depends[b->out[k]->id] && is_moving(b->out[k], floats);
            bool *carry = k < spec->carries ? &in[spec->constants + k] : NULL;
            if (carry && out[k] && !*carry)
                *carry = grew = true;
            else if (carry && *carry)
                out[k] = true;
        }
        ritz_free(depends);
    }
}

/* Batching: the batch is axis 0 of a step, so axis 1 of what is stacked. */

typedef struct batching {
    ritz_scan_spec spec;
    bool *in, *out;
    ritz_node **inner, **outer, **result;
    ritz_node **variable, **batch;
    int count; /* of the variables */
} batching;

static bool open_batching(batching *b, ritz_graph *g)
{
    ritz_arena *arena = ritz_graph_arena(g);
    const size_t nin = (size_t)b->spec.body->nin;
    const size_t nout = (size_t)b->spec.body->nout;
    b->in = ritz_arena_alloc(arena, nin, sizeof *b->in);
    b->out = ritz_arena_alloc(arena, nout, sizeof *b->out);
    b->inner = ritz_arena_alloc(arena, nin, sizeof *b->inner);
    b->outer = ritz_arena_alloc(arena, nin, sizeof *b->outer);
    b->variable = ritz_arena_alloc(arena, nin, sizeof *b->variable);
    b->batch = ritz_arena_alloc(arena, nin, sizeof *b->batch);
    b->result = ritz_arena_alloc(arena, nout, sizeof *b->result);
    if (b->in && b->out && b->inner && b->outer && b->variable && b->batch &&
        b->result)
        return true;
    ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
    return false;
}

static void batch_inputs(batching *b, ritz_graph *g, ritz_node *const *in,
                         const bool *batched, int64_t size)
{
    const ritz_body *body = b->spec.body;
    for (int i = 0; i < body->nin; i++) {
        ritz_node *x = body->in[i];
        const bool element = i >= b->spec.constants + b->spec.carries;
        b->inner[i] = x;
        b->outer[i] = in[i];
        if (!b->in[i])
            continue;
        const ritz_shape s = ritz_shape_with_batch(&x->shape, size);
        b->inner[i] = ritz_input(body->graph, x->dtype, &s);
        b->outer[i] = element ? ritz_move_axis(g, in[i], 0, 1)
                              : ritz_with_batch(g, in[i], batched[i], size);
        b->variable[b->count] = x;
        b->batch[b->count++] = b->inner[i];
    }
}

static void batch_scan(ritz_graph *g, const ritz_rule *at, ritz_node *const *in,
                       const bool *batched, int64_t size, ritz_node **result)
{
    batching b = {.spec = ritz_scan_spec_of(at->attr)};
    const ritz_body *old = b.spec.body;
    ritz_body *body = ritz_arena_alloc(ritz_graph_arena(g), 1, sizeof *body);
    if (!open_batching(&b, g) || !body)
        return;
    memcpy(b.in, batched, (size_t)old->nin * sizeof *batched);
    ritz_scan_spread(g, &b.spec, false, b.in, b.out);
    batch_inputs(&b, g, in, batched, size);
    ritz_vmap(old->graph, b.variable, b.batch, b.count, size, old->out,
              old->nout, b.result);
    for (int k = 0; k < old->nout; k++)
        if (!b.out[k])
            b.result[k] = old->out[k];
    *body = (ritz_body){old->graph, b.inner, b.result, old->nin, old->nout};
    b.spec.body = body;
    ritz_node *scan = ritz_scan(g, &b.spec, b.outer);
    for (int k = 0; k < old->nout; k++) {
        ritz_node *y = ritz_output(scan, k);
        result[k] = !b.out[k]            ? ritz_with_batch(g, y, false, size)
                    : k < b.spec.carries ? y
                                         : ritz_move_axis(g, y, 1, 0);
    }
}

static const ritz_many rules = {.outputs = count_outputs,
                                .infer = infer,
                                .jvp = ritz_scan_jvp,
                                .vjp = ritz_scan_vjp,
                                .batch = batch_scan};

const ritz_primitive ritz_primitive_scan = {
    .function = {.name = "scan", .summary = "A loop that carries state."},
    .class = RITZ_CLASS_KERNEL,
    .many = &rules,
};
