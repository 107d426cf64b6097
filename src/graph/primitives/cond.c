/* cond.c - the primitive cond: one of two bodies.
 *
 * Its derivatives are a cond with the same condition, whose branches are the
 * derivatives of the branches: they compute again what they need of the branch
 * that was taken, because the other one has values of other shapes. When the
 * condition has a batch both branches are computed, and each element selects.
 */
#include "graph/control.h"

#include "graph/batch.h"
#include "graph/build.h"
#include "graph/infer.h"
#include "graph/internal.h"
#include "graph/primitives/linear.h"
#include "graph/transform.h"

#include <string.h>

/* attr: body. Inputs: the condition, then those of the body. */

ritz_node *ritz_cond(ritz_graph *g, ritz_node *condition,
                     const ritz_body *branches, ritz_node *const *in)
{
    const ritz_attr attr = {.body = branches};
    ritz_node **all = ritz_arena_alloc(ritz_graph_arena(g),
                                       (size_t)branches->nin + 1, sizeof *all);
    if (!all)
        return ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
    all[0] = condition;
    memcpy(all + 1, in, (size_t)branches->nin * sizeof *in);
    ritz_graph_inherit(g, branches->graph);
    return ritz_apply(g, &ritz_primitive_cond, all, branches->nin + 1, &attr);
}

static int count_outputs(const ritz_attr *attr)
{
    return attr->body->nout / 2;
}

static ritz_status infer(ritz_type *out, ritz_node *const *in, int nin,
                         const ritz_attr *attr, ritz_error *err)
{
    const ritz_body *b = attr->body;
    const int nout = b->nout / 2;
    (void)nin;
    if (in[0]->shape.rank > 0)
        return ritz_fail(err, RITZ_ESHAPE,
                         "cond: the condition must be one number, got %s",
                         ritz_type_of(in[0]).text);
    for (int k = 0; k < nout; k++) {
        const ritz_node *x = b->out[k], *y = b->out[nout + k];
        out[k] = (ritz_type){x->dtype, x->shape};
        if (y->dtype != x->dtype || !ritz_shape_equal(&y->shape, &x->shape))
            return ritz_fail(err, RITZ_ESHAPE,
                             "cond: both functions must return the same, got "
                             "%s and %s",
                             ritz_type_of(x).text, ritz_type_of(y).text);
    }
    return RITZ_OK;
}

/* The branches of a derivative: those of before, with `count` further inputs
 * that are directions. */
typedef struct branches {
    ritz_body body;
    ritz_node **variable, **direction; /* what moves, and along what */
    ritz_node **outer;                 /* the operands of the new node */
    int count, nout;
} branches;

static bool open_branches(branches *b, ritz_graph *g, const ritz_rule *at)
{
    const ritz_body *old = at->attr->body;
    const int most = old->nin + old->nout;
    b->body = *old;
    b->nout = old->nout / 2;
    b->body.in = ritz_graph_list(g, most, sizeof(ritz_node *));
    b->body.out = ritz_graph_list(g, 2 * most, sizeof(ritz_node *));
    b->variable = ritz_graph_list(g, most, sizeof(ritz_node *));
    b->direction = ritz_graph_list(g, most, sizeof(ritz_node *));
    b->outer = ritz_graph_list(g, most, sizeof(ritz_node *));
    if (ritz_graph_status(g, NULL) != RITZ_OK)
        return false;
    memcpy(b->body.in, old->in, (size_t)old->nin * sizeof *old->in);
    memcpy(b->outer, at->in + 1, (size_t)old->nin * sizeof *at->in);
    return true;
}

static ritz_node *add_direction(branches *b, const ritz_node *like,
                                ritz_node *outer)
{
    ritz_node *d = ritz_input(b->body.graph, like->dtype, &like->shape);
    b->outer[b->body.nin] = outer;
    b->body.in[b->body.nin++] = d;
    return d;
}

static ritz_node *finish(const branches *b, ritz_graph *g, const ritz_rule *at)
{
    ritz_body *body = ritz_graph_list(g, 1, sizeof *body);
    if (!body)
        return ritz_graph_node(g, 0);
    *body = b->body;
    return ritz_cond(g, at->in[0], body, b->outer);
}

static void cond_jvp(ritz_graph *g, const ritz_rule *at,
                     ritz_node *const *tangent, ritz_node **result)
{
    const ritz_body *old = at->attr->body;
    branches b;
    if (!open_branches(&b, g, at))
        return;
    b.count = 0;
    for (int i = 0; i < old->nin; i++)
        if (tangent[i + 1]) {
            b.variable[b.count] = old->in[i];
            b.direction[b.count++] =
                add_direction(&b, old->in[i], tangent[i + 1]);
        }
    if (b.count == 0)
        return; /* the condition alone moves */
    ritz_jvp(old->graph, b.variable, b.direction, b.count, old->out, old->nout,
             b.body.out);
    ritz_node *n = finish(&b, g, at);
    for (int k = 0; k < b.nout; k++)
        result[k] = ritz_output(n, k);
}

static void cond_vjp(ritz_graph *g, const ritz_rule *at, ritz_node *const *ct,
                     const bool *wanted, ritz_node **result)
{
    const ritz_body *old = at->attr->body;
    branches b;
    if (!open_branches(&b, g, at))
        return;
    b.count = 0;
    for (int i = 0; i < old->nin; i++)
        if (wanted[i + 1])
            b.variable[b.count++] = old->in[i];
    for (int k = 0; k < b.nout; k++)
        b.direction[k] = ct[k] ? add_direction(&b, old->out[k], ct[k]) : NULL;
    if (b.count == 0)
        return;
    for (int f = 0; f < 2; f++)
        ritz_vjp(old->graph, old->out + f * b.nout, b.direction, b.nout,
                 b.variable, b.count, b.body.out + f * b.count);
    b.body.nout = 2 * b.count;
    ritz_node *n = finish(&b, g, at);
    for (int i = 0, k = 0; i < old->nin; i++)
        if (wanted[i + 1])
            result[i + 1] = ritz_output(n, k++);
}

/* Both results, and for each element the one that its condition says. */
static void select_each(ritz_graph *g, const branches *b, ritz_node *condition,
                        ritz_node **result)
{
    ritz_node **both = ritz_graph_list(g, 2 * b->nout, sizeof *both);
    if (!both)
        return;
    ritz_body_inline(g, &b->body, b->outer, both);
    for (int k = 0; k < b->nout; k++) {
        ritz_shape s = {.rank = both[k]->shape.rank,
                        .dim = {condition->shape.dim[0]}};
        for (int i = 1; i < s.rank; i++)
            s.dim[i] = 1;
        ritz_node *c = ritz_reshape(g, condition, &s);
        c = ritz_not_equal(g, c, ritz_scalar_like(g, c, 0.0));
        result[k] = ritz_where(g, c, both[k], both[b->nout + k]);
    }
}

static void cond_batch(ritz_graph *g, const ritz_rule *at, ritz_node *const *in,
                       const bool *batched, int64_t size, ritz_node **result)
{
    const ritz_body *old = at->attr->body;
    branches b;
    if (!open_branches(&b, g, at))
        return;
    b.count = 0;
    for (int i = 0; i < old->nin; i++) {
        b.outer[i] = in[i + 1];
        if (!batched[i + 1])
            continue;
        const ritz_shape s = ritz_shape_with_batch(&old->in[i]->shape, size);
        b.variable[b.count] = old->in[i];
        b.body.in[i] = ritz_input(old->graph, old->in[i]->dtype, &s);
        b.direction[b.count++] = b.body.in[i];
    }
    ritz_vmap(old->graph, b.variable, b.direction, b.count, size, old->out,
              old->nout, b.body.out);
    if (batched[0]) {
        ritz_graph_inherit(g, old->graph);
        select_each(g, &b, in[0], result);
        return;
    }
    ritz_rule moved = *at;
    moved.in = in;
    ritz_node *n = finish(&b, g, &moved);
    for (int k = 0; k < b.nout; k++)
        result[k] = ritz_output(n, k);
}

static const ritz_many rules = {.outputs = count_outputs,
                                .infer = infer,
                                .jvp = cond_jvp,
                                .vjp = cond_vjp,
                                .batch = cond_batch};

const ritz_primitive ritz_primitive_cond = {
    .function = {.name = "cond", .summary = "One of two bodies."},
    .class = RITZ_CLASS_KERNEL,
    .many = &rules,
};
