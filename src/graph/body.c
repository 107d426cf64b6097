/* body.c - bodies out of graphs, and back into them. */
#include "graph/body.h"

#include "base/memory.h"
#include "graph/cut.h"
#include "graph/internal.h"
#include "graph/primitive.h"
#include "graph/residual.h"

#include <string.h>

static ritz_node **new_map(ritz_graph *g, const ritz_graph *from)
{
    ritz_node **map = ritz_new(ritz_graph_size(from), sizeof *map);
    if (!map)
        ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
    return map;
}

static ritz_node *input_like(ritz_graph *g, const ritz_node *n)
{
    ritz_graph_set_origin(g, n->origin->script, n->origin->line);
    ritz_graph_set_layer(g, n->origin->layer);
    ritz_node *in = ritz_input(g, n->dtype, &n->shape);
    if (ritz_graph_status(g, NULL) == RITZ_OK)
        in->weak = n->weak;
    return in;
}

/* Makes inputs of nodes of another graph. */
static void add_inputs(ritz_body *b, ritz_node **map, ritz_node *const *node,
                       int count)
{
    for (int i = 0; i < count; i++) {
        ritz_node *in = input_like(b->graph, node[i]);
        map[node[i]->id] = in;
        b->in[b->nin++] = in;
    }
}

/* A body with room for its lists, in a new child of g. */
static bool open_body(ritz_body *b, ritz_graph *g, int nin, int nout)
{
    *b = (ritz_body){.graph = ritz_graph_child(g), .nout = nout};
    b->in = ritz_graph_list(g, nin, sizeof(ritz_node *));
    b->out = ritz_graph_list(g, nout, sizeof(ritz_node *));
    return b->graph && b->in && b->out;
}

static ritz_status keep_less(ritz_cut *cut, const ritz_graph *g,
                             ritz_node *const *output, int nout,
                             const bool *given, ritz_error *err)
{
    bool *again = ritz_residual_again(g, cut, given);
    if (!again)
        return ritz_fail_memory(err, "a cut through a graph");
    const ritz_status status = ritz_cut_again(cut, g, output, nout, again, err);
    ritz_free(again);
    return status;
}

bool ritz_body_cut(ritz_excerpt *out, ritz_graph *home,
                   ritz_node *const *variable, int nvar,
                   ritz_node *const *output, int nout)
{
    const ritz_graph *from = variable[0]->graph;
    ritz_node **map = new_map(home, from);
    ritz_cut cut = {0};
    ritz_error err = {0};
    ritz_status status =
        ritz_cut_find(&cut, from, variable, nvar, output, nout, &err);
    if (status == RITZ_OK && out->given)
        status = keep_less(&cut, from, output, nout, out->given, &err);
    if (status != RITZ_OK)
        ritz_graph_fail(home, status, "%s", err.text);
    out->operands = cut.count;
    out->operand = ritz_graph_list(home, cut.count, sizeof(ritz_node *));
    if (ritz_graph_status(home, NULL) == RITZ_OK &&
        open_body(&out->body, home, nvar + cut.count, nout)) {
        memcpy(out->operand, cut.kept, (size_t)cut.count * sizeof *cut.kept);
        add_inputs(&out->body, map, variable, nvar);
        add_inputs(&out->body, map, cut.kept, cut.count);
        ritz_copy_nodes(out->body.graph, from, map, output, nout,
                        out->body.out);
        ritz_graph_inherit(home, out->body.graph);
    }
    ritz_cut_free(&cut);
    ritz_free(map);
    return ritz_graph_status(home, NULL) == RITZ_OK;
}

/* Marks in `read` the nodes from before `first`, and the leaves, that the
 * outputs need. Returns their number. */
static int mark_older(bool *read, const ritz_graph *from, uint32_t first,
                      ritz_node *const *output, int nout)
{
    int count = 0;
    for (int i = 0; i < nout; i++)
        read[output[i]->id] = true;
    for (uint32_t id = ritz_graph_size(from); id-- > 0;) {
        const ritz_node *n = ritz_graph_node(from, id);
        if (!read[id])
            continue;
        if (n->prim == &ritz_primitive_input || (id < first && n->nin > 0)) {
            count++;
            continue;
        }
        read[id] = false; /* it is new, or a number */
        for (int k = 0; k < n->nin; k++)
            read[n->in[k]->id] = true;
    }
    return count;
}

bool ritz_body_since(ritz_excerpt *out, ritz_graph *home, uint32_t first,
                     ritz_node *const *output, int nout)
{
    const ritz_graph *from = output[0]->graph;
    const uint32_t size = ritz_graph_size(from);
    ritz_node **map = new_map(home, from);
    bool *read = ritz_new(size, sizeof *read);
    *out = (ritz_excerpt){.given = NULL};
    if (!read)
        ritz_graph_fail(home, RITZ_ENOMEM, "graph: out of memory");
    const int count = read ? mark_older(read, from, first, output, nout) : 0;
    out->operand = ritz_graph_list(home, count, sizeof(ritz_node *));
    for (uint32_t id = 0; out->operand && id < size && read; id++)
        if (read[id])
            out->operand[out->operands++] = ritz_graph_node(from, id);
    if (ritz_graph_status(home, NULL) == RITZ_OK &&
        open_body(&out->body, home, count, nout)) {
        add_inputs(&out->body, map, out->operand, count);
        ritz_copy_nodes(out->body.graph, from, map, output, nout,
                        out->body.out);
        ritz_graph_inherit(home, out->body.graph);
    }
    ritz_free(read);
    ritz_free(map);
    return ritz_graph_status(home, NULL) == RITZ_OK;
}

void ritz_body_inline(ritz_graph *g, const ritz_body *body,
                      ritz_node *const *in, ritz_node **out)
{
    ritz_node **map = new_map(g, body->graph);
    for (int i = 0; i < body->nout; i++)
        out[i] = ritz_graph_node(g, 0);
    for (int i = 0; map && i < body->nin; i++)
        map[body->in[i]->id] = in[i];
    if (map)
        ritz_copy_nodes(g, body->graph, map, body->out, body->nout, out);
    ritz_free(map);
}

const ritz_body *ritz_body_copy(ritz_graph *g, const ritz_body *body)
{
    ritz_node **map = new_map(g, body->graph);
    ritz_body *copy = ritz_graph_list(g, 1, sizeof *copy);
    if (map && copy && open_body(copy, g, body->nin, body->nout)) {
        add_inputs(copy, map, body->in, body->nin);
        ritz_copy_nodes(copy->graph, body->graph, map, body->out, body->nout,
                        copy->out);
        ritz_graph_inherit(g, copy->graph);
    }
    ritz_free(map);
    return ritz_graph_status(g, NULL) == RITZ_OK ? copy : NULL;
}

bool *ritz_body_dependents(ritz_graph *g, const ritz_body *body, const bool *in)
{
    const uint32_t size = ritz_graph_size(body->graph);
    bool *depends = ritz_new(size, sizeof *depends);
    if (!depends) {
        ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
        return NULL;
    }
    for (int i = 0; i < body->nin; i++)
        depends[body->in[i]->id] = in[i];
    for (uint32_t id = 0; id < size; id++) {
        const ritz_node *n = ritz_graph_node(body->graph, id);
        for (int i = 0; i < n->nin && !depends[id]; i++)
            depends[id] = depends[n->in[i]->id];
    }
    return depends;
}
