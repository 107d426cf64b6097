/* loop_parts.c - inputs of a loop's body in the places of its nodes. */
#include "graph/compile/loop_parts.h"

#include "base/memory.h"
#include "graph/compile/simplify.h"
#include "graph/cut.h"
#include "graph/internal.h"

#include <string.h>

bool ritz_loop_outside(ritz_loop_parts *p, ritz_node *const *in,
                       ritz_node *const *node, int count, ritz_node **result)
{
    ritz_node **map = ritz_new(ritz_graph_size(p->body.graph), sizeof *map);
    ritz_error err = {0};
    if (!map) {
        ritz_graph_fail(p->to, RITZ_ENOMEM, "compile: out of memory");
        return false;
    }
    for (int i = 0; i < p->body.nin; i++)
        map[p->body.in[i]->id] = in[i];
    const ritz_status status =
        ritz_simplify(p->to, p->body.graph, node, count, result, map, &err);
    if (status != RITZ_OK)
        ritz_graph_fail(p->to, status, "%s", err.text);
    ritz_free(map);
    return status == RITZ_OK;
}

/* The new inputs stand behind the others of their class. */
static void insert_inputs(const ritz_loop_parts *p, ritz_body *b,
                          ritz_node **outer, const ritz_loop_change *c,
                          ritz_node **map)
{
    const int at = c->carry ? p->spec.constants + p->spec.carries : p->body.nin;
    for (int i = 0; i < p->body.nin + c->count; i++) {
        const int added = i - at;
        const bool fresh = added >= 0 && added < c->count;
        const int old = i < at ? i : i - c->count;
        ritz_node *like = fresh ? c->node[added] : p->body.in[old];
        b->in[i] = ritz_input(b->graph, like->dtype, &like->shape);
        outer[i] = fresh ? c->outer[added] : p->outer[old];
        map[like->id] = b->in[i];
    }
}

/* The outputs in their new order: further carries stand behind the others. */
static void order_outputs(const ritz_loop_parts *p, const ritz_loop_change *c,
                          ritz_node **out)
{
    const int carries = p->spec.carries;
    const int added = c->carry ? c->count : 0;
    for (int k = 0; k < p->body.nout + added; k++)
        out[k] = k < carries           ? p->body.out[k]
                 : k < carries + added ? c->next[k - carries]
                                       : p->body.out[k - added];
}

void ritz_loop_apply(ritz_loop_parts *p, const ritz_loop_change *c)
{
    ritz_body b = {.graph = ritz_graph_child(p->to),
                   .nin = p->body.nin + c->count,
                   .nout = p->body.nout + (c->carry ? c->count : 0)};
    b.in = ritz_graph_list(p->to, b.nin, sizeof *b.in);
    b.out = ritz_graph_list(p->to, b.nout, sizeof *b.out);
    ritz_node **outer = ritz_graph_list(p->to, b.nin, sizeof *outer);
    ritz_node **out = ritz_graph_list(p->to, b.nout, sizeof *out);
    ritz_node **map = ritz_new(ritz_graph_size(p->body.graph), sizeof *map);
    if (!map)
        ritz_graph_fail(p->to, RITZ_ENOMEM, "compile: out of memory");
    if (ritz_graph_status(p->to, NULL) == RITZ_OK) {
        insert_inputs(p, &b, outer, c, map);
        order_outputs(p, c, out);
        ritz_copy_nodes(b.graph, p->body.graph, map, out, b.nout, b.out);
        ritz_graph_inherit(p->to, b.graph);
        p->spec.carries += c->carry ? c->count : 0;
        p->body = b;
        p->outer = outer;
    }
    ritz_free(map);
}
