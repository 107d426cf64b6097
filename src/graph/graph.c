/* graph.c - appending nodes to a graph, and its first error. */
#include "graph/graph.h"

#include "base/memory.h"
#include "graph/internal.h"
#include "graph/primitive.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LARGEST_COMPARED = 1024 }; /* bytes of a captured tensor */

struct ritz_graph {
    ritz_arena *arena;
    ritz_node **node;
    size_t size, capacity;
    ritz_node **captured;
    size_t captures, capture_capacity;
    const ritz_origin *origin;
    ritz_node *harmless;      /* what failed calls return */
    ritz_graph *child, *next; /* the newest child; the one before this */
    ritz_error error;
};

static const ritz_attr no_attr;
static const ritz_origin no_origin;

static ritz_node *append(ritz_graph *g, const ritz_primitive *prim, int nin)
{
    ritz_node *n = ritz_arena_alloc(g->arena, 1, sizeof *n);
    ritz_node **in = ritz_arena_alloc(g->arena, (size_t)nin, sizeof(void *));
    if (!n || !in ||
        !ritz_reserve(&g->node, &g->capacity, g->size + 1, sizeof(void *)))
        return NULL;
    n->prim = prim;
    n->graph = g;
    n->in = in;
    n->nin = nin;
    n->self = n;
    n->out = &n->self;
    n->nout = 1;
    n->attr = &no_attr;
    n->origin = g->origin;
    n->id = (uint32_t)g->size;
    g->node[g->size++] = n;
    return n;
}

ritz_graph *ritz_graph_new(void)
{
    ritz_graph *g = ritz_new(1, sizeof *g);
    if (!g)
        return NULL;
    g->arena = ritz_arena_new();
    g->origin = &no_origin;
    g->harmless = g->arena ? append(g, &ritz_primitive_input, 0) : NULL;
    if (!g->harmless) {
        ritz_graph_delete(g);
        return NULL;
    }
    return g;
}

void ritz_graph_delete(ritz_graph *g)
{
    if (!g)
        return;
    while (g->child) {
        ritz_graph *child = g->child;
        g->child = child->next;
        ritz_graph_delete(child);
    }
    for (size_t i = 0; i < g->captures; i++)
        ritz_tensor_release(g->captured[i]->value);
    ritz_free(g->captured);
    ritz_free(g->node);
    ritz_arena_delete(g->arena);
    ritz_free(g);
}

ritz_graph *ritz_graph_child(ritz_graph *g)
{
    ritz_graph *child = ritz_graph_new();
    if (!child) {
        ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
        return NULL;
    }
    child->next = g->child;
    g->child = child;
    return child;
}

void ritz_graph_inherit(ritz_graph *g, const ritz_graph *child)
{
    if (g->error.status == RITZ_OK)
        g->error = child->error;
}

ritz_status ritz_graph_status(const ritz_graph *g, ritz_error *err)
{
    if (g->error.status != RITZ_OK && err)
        *err = g->error;
    return g->error.status;
}

ritz_node *ritz_graph_fail(ritz_graph *g, ritz_status status,
                           const char *format, ...)
{
    if (g->error.status == RITZ_OK) {
        g->error.status = status;
        va_list args;
        va_start(args, format);
        vsnprintf(g->error.text, sizeof g->error.text, format, args);
        va_end(args);
    }
    return g->harmless;
}

void ritz_graph_forgive(ritz_graph *g)
{
    g->error = (ritz_error){0};
}

static ritz_node *out_of_memory(ritz_graph *g)
{
    return ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
}

void *ritz_graph_list(ritz_graph *g, int count, size_t size)
{
    void *p = ritz_arena_alloc(g->arena, (size_t)count, size);
    if (!p)
        out_of_memory(g);
    return p;
}

uint32_t ritz_graph_size(const ritz_graph *g)
{
    return (uint32_t)g->size;
}

ritz_node *ritz_graph_node(const ritz_graph *g, uint32_t id)
{
    return g->node[id];
}

ritz_arena *ritz_graph_arena(ritz_graph *g)
{
    return g->arena;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Origins are shared by the nodes of one line. */
static void set_origin(ritz_graph *g, const char *script, int line,
                       const char *layer)
{
    const ritz_origin *old = g->origin;
    if (old->line == line && same_text(old->script, script) &&
        same_text(old->layer, layer))
        return;
    ritz_origin *o = ritz_arena_alloc(g->arena, 1, sizeof *o);
    if (!o) {
        out_of_memory(g);
        return;
    }
    o->line = line;
    o->script = same_text(old->script, script) ? old->script
                : script ? ritz_arena_text(g->arena, script)
                         : NULL;
    o->layer = same_text(old->layer, layer) ? old->layer
               : layer                      ? ritz_arena_text(g->arena, layer)
                                            : NULL;
    g->origin = o;
}

void ritz_graph_borrow_origin(ritz_graph *g, const ritz_origin *origin)
{
    g->origin = origin;
}

void ritz_graph_set_origin(ritz_graph *g, const char *script, int line)
{
    set_origin(g, script, line, g->origin->layer);
}

void ritz_graph_set_layer(ritz_graph *g, const char *layer)
{
    set_origin(g, g->origin->script, g->origin->line, layer);
}

static bool all_weak(ritz_node *const *in, int nin)
{
    for (int i = 0; i < nin; i++)
        if (!in[i]->weak)
            return false;
    return nin > 0;
}

/* A shape rule that serves several primitives does not know which one failed:
 * its text has no "name: " in front. */
static ritz_node *refuse(ritz_graph *g, const ritz_primitive *prim,
                         ritz_status status, const char *text)
{
    const size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789");
    if (text[n] == ':')
        return ritz_graph_fail(g, status, "%s", text);
    return ritz_graph_fail(g, status, "%s: %s", prim->function.name, text);
}

/* The application of a primitive before it is a node. */
typedef struct application {
    const ritz_primitive *prim;
    ritz_node *const *in;
    int nin;
    const ritz_attr *attr;
    ritz_type one, *type; /* of the outputs */
    int outputs;
} application;

static ritz_status infer(ritz_graph *g, application *a, ritz_error *err)
{
    const ritz_many *many = a->prim->many;
    a->outputs = many ? many->outputs(a->attr) : 1;
    a->one.dtype = RITZ_F32;
    a->type = &a->one;
    if (a->outputs > 1)
        a->type =
            ritz_arena_alloc(g->arena, (size_t)a->outputs, sizeof *a->type);
    if (!a->type)
        return ritz_fail_memory(err, "graph");
    ritz_status status = many
                             ? many->infer(a->type, a->in, a->nin, a->attr, err)
                             : a->prim->infer(&a->one.dtype, &a->one.shape,
                                              a->in, a->nin, a->attr, err);
    for (int k = 0; k < a->outputs && status == RITZ_OK; k++)
        status = ritz_shape_check(&a->type[k].shape, err);
    return status;
}

static void set_type(ritz_node *n, const ritz_type *type)
{
    n->dtype = type->dtype;
    n->shape = type->shape;
}

static bool keep_attr(ritz_graph *g, ritz_node *n, const ritz_attr *attr)
{
    if (attr == &no_attr)
        return true;
    ritz_attr *copy = ritz_arena_alloc(g->arena, 1, sizeof *copy);
    if (!copy)
        return false;
    *copy = *attr;
    n->attr = copy;
    return true;
}

/* Output k of a node: its part. */
static ritz_node *append_part(ritz_graph *g, ritz_node *main, int k,
                              const ritz_type *type)
{
    const ritz_attr attr = {.axis = k};
    ritz_node *part = append(g, &ritz_primitive_part, 1);
    if (!part || !keep_attr(g, part, &attr))
        return NULL;
    part->in[0] = main;
    set_type(part, type);
    return part;
}

bool ritz_graph_add_outputs(ritz_node *n, const ritz_type *type, int count)
{
    ritz_graph *g = n->graph;
    const int total = n->nout + count;
    ritz_node **out = ritz_arena_alloc(g->arena, (size_t)total, sizeof *out);
    for (int k = 0; out && k < total; k++) {
        out[k] =
            k < n->nout ? n->out[k] : append_part(g, n, k, &type[k - n->nout]);
        if (!out[k])
            out = NULL;
    }
    if (!out) {
        out_of_memory(g);
        return false;
    }
    n->out = out;
    n->nout = total;
    return true;
}

ritz_node *ritz_apply(ritz_graph *g, const ritz_primitive *prim,
                      ritz_node *const *in, int nin, const ritz_attr *attr)
{
    if (g->error.status != RITZ_OK)
        return g->harmless;
    application a = {
        .prim = prim, .in = in, .nin = nin, .attr = attr ? attr : &no_attr};
    ritz_error err = {0};
    const ritz_status status = infer(g, &a, &err);
    if (status != RITZ_OK)
        return refuse(g, prim, status, err.text);
    ritz_node *n = append(g, prim, nin);
    if (!n || !keep_attr(g, n, a.attr))
        return out_of_memory(g);
    if (nin > 0)
        memcpy(n->in, in, (size_t)nin * sizeof *in);
    set_type(n, &a.type[0]);
    n->weak = !prim->many && all_weak(in, nin);
    if (a.outputs > 1 && !ritz_graph_add_outputs(n, a.type + 1, a.outputs - 1))
        return g->harmless;
    return n;
}

ritz_node *ritz_output(ritz_node *n, int k)
{
    return k < n->nout ? n->out[k] : n->graph->harmless;
}

ritz_node *ritz_input(ritz_graph *g, ritz_dtype dtype, const ritz_shape *shape)
{
    if (g->error.status != RITZ_OK)
        return g->harmless;
    ritz_node *n = append(g, &ritz_primitive_input, 0);
    if (!n)
        return out_of_memory(g);
    n->dtype = dtype;
    n->shape = *shape;
    return n;
}

/* Tensors never change, so that equal ones are one: a function that makes a
 * small constant gives the same node at every call. */
static bool same_value(const ritz_tensor *a, const ritz_tensor *b)
{
    return a == b ||
           (ritz_tensor_bytes(a) <= LARGEST_COMPARED &&
            ritz_tensor_dtype(a) == ritz_tensor_dtype(b) &&
            ritz_shape_equal(ritz_tensor_shape(a), ritz_tensor_shape(b)) &&
            memcmp(ritz_tensor_data(a), ritz_tensor_data(b),
                   ritz_tensor_bytes(a)) == 0);
}

ritz_node *ritz_capture(ritz_graph *g, ritz_tensor *tensor)
{
    for (size_t i = 0; i < g->captures; i++)
        if (same_value(g->captured[i]->value, tensor))
            return g->captured[i];
    ritz_node *n =
        ritz_input(g, ritz_tensor_dtype(tensor), ritz_tensor_shape(tensor));
    if (g->error.status != RITZ_OK)
        return n;
    if (!ritz_reserve(&g->captured, &g->capture_capacity, g->captures + 1,
                      sizeof(void *)))
        return out_of_memory(g);
    n->value = ritz_tensor_retain(tensor);
    g->captured[g->captures++] = n;
    return n;
}

int ritz_graph_captures(const ritz_graph *g)
{
    return (int)g->captures;
}

ritz_node *ritz_graph_captured(const ritz_graph *g, int i)
{
    return g->captured[i];
}
