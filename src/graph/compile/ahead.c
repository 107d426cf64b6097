/* ahead.c - what a loop can compute of its elements for all steps at once.
 *
 * The product of every x_t with one matrix is a single large product ahead of
 * the loop. A row has the same bits in either (engine.md E5).
 */
#include "graph/compile/loop_parts.h"

#include "base/memory.h"
#include "graph/build.h"
#include "graph/internal.h"
#include "graph/transform.h"

#include <string.h>

enum { MOST = 8 };                         /* values that enter */
static const double most_bytes = 64 << 20; /* of one of them, stacked */

typedef struct ahead {
    ritz_loop_parts *p;
    bool *element, *late, *product; /* by id: what it depends on or has */
    ritz_node *node[MOST], *outer[MOST];
    int count;
} ahead;

static void mark(ahead *a)
{
    const ritz_loop_parts *p = a->p;
    const int fixed = p->spec.constants + p->spec.carries;
    for (int i = p->spec.constants; i < p->body.nin; i++)
        (i < fixed ? a->late : a->element)[p->body.in[i]->id] = true;
    for (uint32_t id = 0; id < ritz_graph_size(p->body.graph); id++) {
        const ritz_node *n = ritz_graph_node(p->body.graph, id);
        for (int i = 0; i < n->nin; i++) {
            const uint32_t in = n->in[i]->id;
            a->element[id] = a->element[id] || a->element[in];
            a->late[id] = a->late[id] || a->late[in];
            a->product[id] = a->product[id] || a->product[in];
        }
        a->product[id] = a->product[id] || n->prim->class == RITZ_CLASS_MATMUL;
    }
}

static bool is_early(const ahead *a, const ritz_node *n)
{
    return a->element[n->id] && !a->late[n->id] && a->product[n->id];
}

static bool is_view(const ritz_node *n)
{
    return n->prim == &ritz_primitive_reshape ||
           n->prim == &ritz_primitive_broadcast ||
           n->prim == &ritz_primitive_permute ||
           n->prim == &ritz_primitive_slice;
}

static void add(ahead *a, ritz_node *n)
{
    while (is_view(n))
        n = n->in[0];
    const double bytes = (double)ritz_shape_count(&n->shape) *
                         (double)ritz_dtype_size(n->dtype) *
                         (double)a->p->spec.length;
    if (a->count == MOST || !is_early(a, n) || bytes > most_bytes)
        return;
    for (int i = 0; i < a->count; i++)
        if (a->node[i] == n)
            return;
    a->node[a->count++] = n;
}

/* The early values that something late, or the loop's end, reads. */
static void choose(ahead *a)
{
    const ritz_body *b = &a->p->body;
    for (uint32_t id = 0; id < ritz_graph_size(b->graph); id++) {
        const ritz_node *n = ritz_graph_node(b->graph, id);
        for (int i = 0; a->late[id] && i < n->nin; i++)
            add(a, n->in[i]);
    }
    for (int k = 0; k < b->nout; k++)
        add(a, b->out[k]);
}

/* One step outside, then all of them: vmap along the steps. */
static void compute_outside(ahead *a)
{
    ritz_loop_parts *p = a->p;
    const int fixed = p->spec.constants + p->spec.carries;
    const int elements = p->body.nin - fixed;
    ritz_node **in = ritz_graph_list(p->to, p->body.nin, sizeof *in);
    ritz_node *step[MOST];
    if (!in)
        return;
    memcpy(in, p->outer, (size_t)fixed * sizeof *in);
    for (int i = fixed; i < p->body.nin; i++) {
        const ritz_node *x = p->body.in[i];
        in[i] = ritz_input(p->to, x->dtype, &x->shape);
    }
    if (ritz_loop_outside(p, in, a->node, a->count, step))
        ritz_vmap(p->to, in + fixed, p->outer + fixed, elements, p->spec.length,
                  step, a->count, a->outer);
}

void ritz_loop_ahead(ritz_loop_parts *p)
{
    const size_t size = ritz_graph_size(p->body.graph);
    bool *marks = ritz_new(size, 3 * sizeof *marks);
    ahead a = {.p = p, .element = marks};
    if (!marks) {
        ritz_graph_fail(p->to, RITZ_ENOMEM, "compile: out of memory");
        return;
    }
    a.late = marks + size;
    a.product = marks + 2 * size;
    mark(&a);
    choose(&a);
    ritz_free(marks);
    if (a.count == 0)
        return;
    compute_outside(&a);
    const ritz_loop_change c = {
        .node = a.node, .outer = a.outer, .count = a.count};
    if (ritz_graph_status(p->to, NULL) == RITZ_OK)
        ritz_loop_apply(p, &c);
}
