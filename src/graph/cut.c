/* cut.c - what depends on certain nodes, and copies of it. */
#include "graph/cut.h"

#include "base/memory.h"
#include "graph/body.h"
#include "graph/build.h"

/* What costs nothing to have again where it is read. A variable is kept: what
 * is below it is another value to an outer derivative. */
static bool is_view(const ritz_node *n)
{
    return (n->prim->class == RITZ_CLASS_ALIAS &&
            n->prim != &ritz_primitive_variable) ||
           n->prim->class == RITZ_CLASS_BROADCAST ||
           n->prim == &ritz_primitive_permute;
}

static bool is_made_of_nothing(const ritz_node *n)
{
    return n->nin == 0 && n->prim != &ritz_primitive_input;
}

static void mark_needed(bool *needed, const ritz_graph *g,
                        ritz_node *const *output, int nout)
{
    for (int i = 0; i < nout; i++)
        needed[output[i]->id] = true;
    for (uint32_t id = ritz_graph_size(g); id-- > 0;) {
        const ritz_node *n = ritz_graph_node(g, id);
        for (int k = 0; needed[id] && k < ritz_value_inputs(n); k++)
            needed[n->in[k]->id] = true;
    }
}

static void mark_moves(const ritz_cut *c, const bool *needed,
                       const ritz_graph *g, ritz_node *const *moving,
                       int nmoving)
{
    for (int i = 0; i < nmoving; i++)
        c->moves[moving[i]->id] = needed[moving[i]->id];
    for (uint32_t id = 0; id < ritz_graph_size(g); id++) {
        const ritz_node *n = ritz_graph_node(g, id);
        for (int k = 0; needed[id] && !c->moves[id] && k < n->nin; k++)
            c->moves[id] = c->moves[n->in[k]->id];
    }
}

/* Marks in `read` what the second part reads; views, constants and what is
 * computed again become part of it, and what they are made of is read instead.
 */
static void mark_read(const ritz_cut *c, bool *read, const ritz_graph *g,
                      ritz_node *const *output, int nout, const bool *again)
{
    for (int i = 0; i < nout; i++)
        read[output[i]->id] = true;
    for (uint32_t id = ritz_graph_size(g); id-- > 0;) {
        const ritz_node *n = ritz_graph_node(g, id);
        const bool own =
            c->moves[id] || (read[id] && (is_view(n) || (again && again[id])));
        for (int k = 0; own && k < n->nin; k++)
            read[n->in[k]->id] = true;
        if (own || is_made_of_nothing(n))
            read[id] = false;
    }
}

static void list_kept(ritz_cut *c, const bool *read, const ritz_graph *g)
{
    c->count = 0;
    for (uint32_t id = 0; id < ritz_graph_size(g); id++)
        if (read[id])
            c->kept[c->count++] = ritz_graph_node(g, id);
}

ritz_status ritz_cut_find(ritz_cut *out, const ritz_graph *g,
                          ritz_node *const *moving, int nmoving,
                          ritz_node *const *output, int nout, ritz_error *err)
{
    const uint32_t size = ritz_graph_size(g);
    *out = (ritz_cut){.moves = ritz_new(size, sizeof(bool)),
                      .kept = ritz_new(size, sizeof(ritz_node *))};
    bool *seen = ritz_new(size, 2 * sizeof *seen);
    if (!out->moves || !out->kept || !seen) {
        ritz_free(seen);
        ritz_cut_free(out);
        return ritz_fail_memory(err, "a cut through a graph");
    }
    bool *needed = seen, *read = seen + size;
    mark_needed(needed, g, output, nout);
    mark_moves(out, needed, g, moving, nmoving);
    mark_read(out, read, g, output, nout, NULL);
    list_kept(out, read, g);
    ritz_free(seen);
    return RITZ_OK;
}

ritz_status ritz_cut_again(ritz_cut *cut, const ritz_graph *g,
                           ritz_node *const *output, int nout,
                           const bool *again, ritz_error *err)
{
    bool *read = ritz_new(ritz_graph_size(g), sizeof *read);
    if (!read)
        return ritz_fail_memory(err, "a cut through a graph");
    mark_read(cut, read, g, output, nout, again);
    list_kept(cut, read, g);
    ritz_free(read);
    return RITZ_OK;
}

void ritz_cut_free(ritz_cut *cut)
{
    ritz_free(cut->moves);
    ritz_free(cut->kept);
    *cut = (ritz_cut){0};
}

ritz_node **ritz_read_outside(ritz_graph *g, uint32_t first,
                              ritz_node *const *output, int nout, int *count)
{
    const uint32_t size = ritz_graph_size(g);
    ritz_node **list =
        ritz_arena_alloc(ritz_graph_arena(g), (size_t)first + 1, sizeof *list);
    bool *needed = ritz_new(size, sizeof *needed);
    *count = 0;
    if (!list || !needed) {
        ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
        ritz_free(needed);
        return NULL;
    }
    for (int i = 0; i < nout; i++)
        needed[output[i]->id] = true;
    for (uint32_t id = size; id-- > first;) {
        const ritz_node *n = ritz_graph_node(g, id);
        for (int k = 0; needed[id] && k < n->nin; k++)
            needed[n->in[k]->id] = true;
    }
    for (uint32_t id = 0; id < first && id < size; id++) {
        ritz_node *n = ritz_graph_node(g, id);
        if (needed[id] && !is_made_of_nothing(n) && !n->value)
            list[(*count)++] = n;
    }
    ritz_free(needed);
    return list;
}

/* Copying. */

static ritz_node *copy_leaf(ritz_graph *to, const ritz_graph *from,
                            ritz_node *n)
{
    if (to == from)
        return n;
    if (n->value)
        return ritz_capture(to, n->value);
    return ritz_graph_fail(to, RITZ_EVALUE,
                           "a tracer outlived its trace: it was made at %s:%d "
                           "and used outside of the function that it was "
                           "passed to",
                           n->origin->script ? n->origin->script : "?",
                           n->origin->line);
}

static ritz_node *copy_weakness(ritz_node *made, const ritz_node *n)
{
    if (ritz_graph_status(made->graph, NULL) == RITZ_OK)
        made->weak = n->weak;
    return made;
}

static ritz_node *copy(ritz_graph *to, const ritz_graph *from, ritz_node *n,
                       ritz_node *const *map)
{
    if (n->prim == &ritz_primitive_input)
        return copy_leaf(to, from, n);
    if (n->prim == &ritz_primitive_part)
        return copy_weakness(ritz_output(map[n->in[0]->id], n->attr->axis), n);
    bool same = to == from;
    ritz_node **in =
        ritz_arena_alloc(ritz_graph_arena(to), (size_t)n->nin, sizeof *in);
    if (!in)
        return ritz_graph_fail(to, RITZ_ENOMEM, "graph: out of memory");
    for (int k = 0; k < n->nin; k++) {
        in[k] = map[n->in[k]->id];
        same = same && in[k] == n->in[k];
    }
    if (same)
        return n;
    ritz_graph_set_origin(to, n->origin->script, n->origin->line);
    ritz_graph_set_layer(to, n->origin->layer);
    ritz_attr attr = *n->attr;
    if (attr.body && to != from)
        attr.body = ritz_body_copy(to, attr.body);
    if (!attr.body != !n->attr->body)
        return ritz_graph_fail(to, RITZ_ENOMEM, "graph: out of memory");
    return copy_weakness(ritz_apply(to, n->prim, in, n->nin, &attr), n);
}

/* Marks what must be copied: what the outputs need, up to what is given. */
static bool *mark_missing(ritz_graph *to, const ritz_graph *from, uint32_t size,
                          ritz_node *const *map, ritz_node *const *output,
                          int nout)
{
    bool *missing = ritz_arena_alloc(ritz_graph_arena(to), size, 1);
    if (!missing)
        return NULL;
    for (int i = 0; i < nout; i++)
        missing[output[i]->id] = !map[output[i]->id];
    for (uint32_t id = size; id-- > 0;) {
        const ritz_node *n = ritz_graph_node(from, id);
        for (int k = 0; missing[id] && k < n->nin; k++)
            missing[n->in[k]->id] = !map[n->in[k]->id];
    }
    return missing;
}

void ritz_copy_nodes(ritz_graph *to, const ritz_graph *from, ritz_node **map,
                     ritz_node *const *output, int nout, ritz_node **result)
{
    const uint32_t size = ritz_graph_size(from); /* `to` may be the same */
    const bool *missing = mark_missing(to, from, size, map, output, nout);
    ritz_node *harmless = NULL;
    if (!missing)
        harmless = ritz_graph_fail(to, RITZ_ENOMEM, "graph: out of memory");
    for (uint32_t id = 0; missing && id < size; id++)
        if (missing[id])
            map[id] = copy(to, from, ritz_graph_node(from, id), map);
    for (int i = 0; i < nout; i++)
        result[i] = missing ? map[output[i]->id] : harmless;
}
