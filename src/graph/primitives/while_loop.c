/* while_loop.c - the primitive while_loop: a body is run while its last output
 * is true. How often is not known before, so that there is nowhere to keep
 * what reverse mode would need.
 */
#include "graph/batch.h"
#include "graph/build.h"
#include "graph/control.h"
#include "graph/infer.h"
#include "graph/internal.h"
#include "graph/primitives/linear.h"
#include "graph/scan.h"
#include "graph/transform.h"

#include <string.h>

/* attr: body; a[0] constants, a[1] carries. */

ritz_while_spec ritz_while_spec_of(const ritz_attr *attr)
{
    return (ritz_while_spec){.body = attr->body,
                             .constants = (int)attr->a[0],
                             .carries = (int)attr->a[1]};
}

ritz_node *ritz_while(ritz_graph *g, const ritz_while_spec *spec,
                      ritz_node *const *in)
{
    const ritz_attr attr = {.body = spec->body,
                            .a = {spec->constants, spec->carries}};
    ritz_graph_inherit(g, spec->body->graph);
    return ritz_apply(g, &ritz_primitive_while_loop, in, spec->body->nin,
                      &attr);
}

static int count_outputs(const ritz_attr *attr)
{
    return ritz_while_spec_of(attr).carries;
}

static bool same_type(const ritz_node *a, const ritz_node *b)
{
    return a->dtype == b->dtype && ritz_shape_equal(&a->shape, &b->shape);
}

static ritz_status infer(ritz_type *out, ritz_node *const *in, int nin,
                         const ritz_attr *attr, ritz_error *err)
{
    const ritz_while_spec s = ritz_while_spec_of(attr);
    const ritz_body *b = s.body;
    (void)nin;
    for (int k = 0; k < s.carries; k++) {
        const ritz_node *v = b->in[s.constants + k], *n = b->out[k];
        out[k] = (ritz_type){v->dtype, v->shape};
        if (!same_type(n, v) || !same_type(in[s.constants + k], v))
            return ritz_fail(err, RITZ_ESHAPE,
                             "while_loop: a carry must stay %s, got %s",
                             ritz_type_of(v).text, ritz_type_of(n).text);
    }
    if (b->out[s.carries]->shape.rank > 0)
        return ritz_fail(err, RITZ_ESHAPE,
                         "while_loop: the condition must be one number, got %s",
                         ritz_type_of(b->out[s.carries]).text);
    return RITZ_OK;
}

/* A body with further carries, or others, while it is put together. */
typedef struct growing {
    ritz_while_spec old;
    ritz_scan_spec as_scan; /* for marks */
    ritz_body body;
    ritz_node **outer, **variable, **direction;
    int count;
    bool *in, *out;
} growing;

static bool open_growing(growing *w, ritz_graph *g, const ritz_rule *at)
{
    *w = (growing){.old = ritz_while_spec_of(at->attr)};
    const ritz_body *b = w->old.body;
    const int most = 2 * (b->nin + b->nout);
    w->as_scan =
        (ritz_scan_spec){b, 1, w->old.constants, w->old.carries, false};
    w->body = (ritz_body){.graph = b->graph,
                          .in = ritz_graph_list(g, most, sizeof(ritz_node *)),
                          .out = ritz_graph_list(g, most, sizeof(ritz_node *))};
    w->outer = ritz_graph_list(g, most, sizeof(ritz_node *));
    w->variable = ritz_graph_list(g, most, sizeof(ritz_node *));
    w->direction = ritz_graph_list(g, most, sizeof(ritz_node *));
    w->in = ritz_graph_list(g, b->nin, sizeof *w->in);
    w->out = ritz_graph_list(g, b->nout, sizeof *w->out);
    return ritz_graph_status(g, NULL) == RITZ_OK;
}

static void add_input(growing *w, ritz_node *inner, ritz_node *outer)
{
    w->body.in[w->body.nin] = inner;
    w->outer[w->body.nin++] = outer;
}

static ritz_node *finish(growing *w, ritz_graph *g, int constants, int carries)
{
    ritz_body *body = ritz_graph_list(g, 1, sizeof *body);
    if (!body)
        return ritz_graph_node(g, 0);
    *body = w->body;
    const ritz_while_spec spec = {body, constants, carries};
    return ritz_while(g, &spec, w->outer);
}

/* Forward mode: the tangents are carried along with the values. Constants that
 * move have their tangents among the constants. */

static void add_tangents(growing *w, ritz_graph *g, const ritz_rule *at,
                         ritz_node *const *tangent, int from, int to)
{
    for (int i = from; i < to; i++) {
        ritz_node *x = w->old.body->in[i];
        if (!w->in[i])
            continue;
        ritz_node *d = ritz_input(w->body.graph, x->dtype, &x->shape);
        add_input(w, d,
                  tangent[i] ? tangent[i] : ritz_full_like(g, at->in[i], 0.0));
        w->variable[w->count] = x;
        w->direction[w->count++] = d;
    }
}

static void while_jvp(ritz_graph *g, const ritz_rule *at,
                      ritz_node *const *tangent, ritz_node **result)
{
    growing w;
    if (!open_growing(&w, g, at))
        return;
    const ritz_body *b = w.old.body;
    const int nc = w.old.constants, carries = w.old.carries;
    for (int i = 0; i < b->nin; i++)
        w.in[i] = tangent[i] && ritz_dtype_is_float(b->in[i]->dtype);
    ritz_scan_spread(g, &w.as_scan, true, w.in, w.out);
    for (int i = 0; i < nc; i++)
        add_input(&w, b->in[i], at->in[i]);
    add_tangents(&w, g, at, tangent, 0, nc);
    const int constants = w.body.nin;
    for (int i = nc; i < b->nin; i++)
        add_input(&w, b->in[i], at->in[i]);
    add_tangents(&w, g, at, tangent, nc, b->nin);
    ritz_node **moved = ritz_graph_list(g, b->nout, sizeof *moved);
    int n = 0;
    for (int k = 0; moved && k < carries; k++)
        if (w.out[k])
            moved[n++] = b->out[k];
    if (n == 0)
        return;
    memcpy(w.body.out, b->out, (size_t)carries * sizeof *b->out);
    ritz_jvp(b->graph, w.variable, w.direction, w.count, moved, n,
             w.body.out + carries);
    w.body.out[carries + n] = b->out[carries];
    w.body.nout = carries + n + 1;
    ritz_node *loop = finish(&w, g, constants, carries + n);
    n = carries;
    for (int k = 0; k < carries; k++)
        if (w.out[k])
            result[k] = ritz_output(loop, n++);
}

static void while_vjp(ritz_graph *g, const ritz_rule *at, ritz_node *const *ct,
                      const bool *wanted, ritz_node **result)
{
    (void)at, (void)ct, (void)wanted, (void)result;
    ritz_graph_fail(g, RITZ_EVALUE,
                    "while_loop: has no reverse mode, because the number of "
                    "steps is not known: use ritz.scan with a length");
}

/* Batching. When the condition has a batch, elements that are done wait for
 * the others: they keep their carries. */

static ritz_node *truth(ritz_graph *g, ritz_node *x)
{
    return ritz_not_equal(g, x, ritz_scalar_like(g, x, 0.0));
}

static void wait_for_others(growing *w, ritz_graph *g)
{
    ritz_graph *inside = w->body.graph;
    ritz_node **out = w->body.out;
    const int carries = w->old.carries;
    ritz_node *going = truth(inside, out[carries]);
    for (int k = 0; k < carries; k++) {
        ritz_shape s = {.rank = out[k]->shape.rank,
                        .dim = {going->shape.dim[0]}};
        for (int i = 1; i < s.rank; i++)
            s.dim[i] = 1;
        out[k] = ritz_where(inside, ritz_reshape(inside, going, &s), out[k],
                            w->body.in[w->old.constants + k]);
    }
    out[carries] = ritz_reduce_max(inside, going, (int[]){0}, 1, false);
    ritz_graph_inherit(g, inside);
}

static void while_batch(ritz_graph *g, const ritz_rule *at,
                        ritz_node *const *in, const bool *batched, int64_t size,
                        ritz_node **result)
{
    growing w;
    if (!open_growing(&w, g, at))
        return;
    const ritz_body *b = w.old.body;
    const int nc = w.old.constants, carries = w.old.carries;
    memcpy(w.in, batched, (size_t)b->nin * sizeof *batched);
    ritz_scan_spread(g, &w.as_scan, false, w.in, w.out);
    const bool each = w.out[carries];
    for (int i = 0; i < b->nin; i++) {
        ritz_node *x = b->in[i];
        if (i >= nc && each)
            w.in[i] = w.out[i - nc] = true;
        if (!w.in[i]) {
            add_input(&w, x, in[i]);
            continue;
        }
        const ritz_shape s = ritz_shape_with_batch(&x->shape, size);
        ritz_node *with = ritz_input(b->graph, x->dtype, &s);
        add_input(&w, with, ritz_with_batch(g, in[i], batched[i], size));
        w.variable[w.count] = x;
        w.direction[w.count++] = with;
    }
    ritz_vmap(b->graph, w.variable, w.direction, w.count, size, b->out, b->nout,
              w.body.out);
    w.body.nout = b->nout;
    for (int k = 0; k < b->nout; k++)
        if (!w.out[k])
            w.body.out[k] = b->out[k];
    if (each)
        wait_for_others(&w, g);
    ritz_node *loop = finish(&w, g, nc, carries);
    for (int k = 0; k < carries; k++)
        result[k] = ritz_with_batch(g, ritz_output(loop, k), w.out[k], size);
}

static const ritz_many rules = {.outputs = count_outputs,
                                .infer = infer,
                                .jvp = while_jvp,
                                .vjp = while_vjp,
                                .batch = while_batch};

const ritz_primitive ritz_primitive_while_loop = {
    .function = {.name = "while_loop",
                 .summary = "A loop that ends when a value says so."},
    .class = RITZ_CLASS_KERNEL,
    .many = &rules,
};
