/* carry_over.c - values of a step that the step before has computed.
 *
 * A leapfrog step ends with the force at the new place, and the next one begins
 * with it: half of the work. Each node of the body has an image, the node that
 * computes the same of the new carries, if there is one. A value with an image
 * is carried over: in the first step it is computed outside, in the others it
 * is the image of the step before. The operations stay the same, so the bits
 * do.
 */
#include "graph/compile/loop_parts.h"

#include "base/memory.h"
#include "graph/build.h"
#include "graph/internal.h"

#include <string.h>

enum {
    LARGEST_BODY = 2000, /* nodes; each is compared with the others */
    MOST = 8             /* values carried over */
};

static bool same(const ritz_node *a, const ritz_node *like,
                 ritz_node *const *in)
{
    if (a->prim != like->prim || a->nin != like->nin ||
        memcmp(a->attr, like->attr, sizeof *a->attr) != 0)
        return false;
    for (int i = 0; i < a->nin; i++)
        if (a->in[i] != in[i])
            return false;
    return true;
}

static ritz_node *find_image(const ritz_graph *g, const ritz_node *n,
                             ritz_node *const *image)
{
    ritz_node *in[RITZ_MAX_OPERANDS];
    if (n->prim->many || n->prim == &ritz_primitive_part ||
        n->nin > RITZ_MAX_OPERANDS)
        return NULL;
    for (int i = 0; i < n->nin; i++) {
        in[i] = image[n->in[i]->id];
        if (!in[i])
            return NULL;
    }
    for (uint32_t id = 0; id < ritz_graph_size(g); id++)
        if (same(ritz_graph_node(g, id), n, in))
            return ritz_graph_node(g, id);
    return NULL;
}

static void find_images(const ritz_loop_parts *p, ritz_node **image)
{
    const ritz_graph *g = p->body.graph;
    for (int i = 0; i < p->spec.constants; i++)
        image[p->body.in[i]->id] = p->body.in[i];
    for (int k = 0; k < p->spec.carries; k++)
        image[p->body.in[p->spec.constants + k]->id] = p->body.out[k];
    for (uint32_t id = 0; id < ritz_graph_size(g); id++) {
        ritz_node *n = ritz_graph_node(g, id);
        if (n->prim != &ritz_primitive_input)
            image[id] = n->nin == 0 ? n : find_image(g, n, image);
    }
}

/* Marks what is worth carrying: some function, sum or product was computed. */
static bool is_work(const ritz_node *n)
{
    return n->prim->class == RITZ_CLASS_REDUCE ||
           n->prim->class == RITZ_CLASS_MATMUL ||
           n->prim->class == RITZ_CLASS_KERNEL ||
           (n->prim->class == RITZ_CLASS_ELEMENTWISE &&
            n->prim->op >= RITZ_OP_exp && n->prim->op <= RITZ_OP_erf);
}

static void mark_work(const ritz_graph *g, bool *work)
{
    for (uint32_t id = 0; id < ritz_graph_size(g); id++) {
        const ritz_node *n = ritz_graph_node(g, id);
        work[id] = is_work(n);
        for (int i = 0; i < n->nin && !work[id]; i++)
            work[id] = work[n->in[i]->id];
    }
}

static void add(ritz_loop_change *c, ritz_node *n, ritz_node *const *image,
                const bool *work)
{
    if (c->count == MOST || !image[n->id] || image[n->id] == n || !work[n->id])
        return;
    for (int i = 0; i < c->count; i++)
        if (c->node[i] == n)
            return;
    c->node[c->count] = n;
    c->next[c->count++] = image[n->id];
}

/* The values with an image that something without one reads. */
static void choose(const ritz_loop_parts *p, ritz_loop_change *c,
                   ritz_node *const *image, const bool *work)
{
    const ritz_graph *g = p->body.graph;
    for (uint32_t id = 0; id < ritz_graph_size(g); id++) {
        const ritz_node *n = ritz_graph_node(g, id);
        for (int i = 0; !image[id] && i < n->nin; i++)
            add(c, n->in[i], image, work);
    }
    for (int k = 0; k < p->body.nout; k++)
        add(c, p->body.out[k], image, work);
}

void ritz_loop_carry_over(ritz_loop_parts *p)
{
    const size_t size = ritz_graph_size(p->body.graph);
    ritz_node *node[MOST], *next[MOST], *outer[MOST];
    ritz_loop_change c = {
        .node = node, .next = next, .outer = outer, .carry = true};
    if (size > LARGEST_BODY || p->spec.carries == 0)
        return;
    ritz_node **image = ritz_new(size, sizeof *image);
    bool *work = ritz_new(size, sizeof *work);
    if (image && work) {
        find_images(p, image);
        mark_work(p->body.graph, work);
        choose(p, &c, image, work);
    } else {
        ritz_graph_fail(p->to, RITZ_ENOMEM, "compile: out of memory");
    }
    ritz_free(image);
    ritz_free(work);
    if (c.count > 0 && ritz_loop_outside(p, p->outer, node, c.count, outer))
        ritz_loop_apply(p, &c);
}
