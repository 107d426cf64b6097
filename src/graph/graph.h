/* graph.h - nodes that stand for tensors which are not there yet.
 *
 * A graph is append-only and lives in an arena: node ids are a topological
 * order. The builder is sticky: it keeps its first error and turns further
 * calls into no-ops that return a harmless node, so that building code reads
 * like mathematics and is checked once at the end.
 *
 * While a trace is open every transform records into the same graph. A
 * transform makes a fresh variable node, runs the function, and appends nodes
 * for exactly those that depend on the variable; therefore levels nest in any
 * order and perturbations cannot mix.
 *
 * Every plain ritz_node pointer is a view that lives as long as the graph.
 */
#ifndef RITZ_GRAPH_GRAPH_H
#define RITZ_GRAPH_GRAPH_H

#include "base/arena.h"
#include "base/status.h"
#include "tensor/tensor.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ritz_graph ritz_graph;
typedef struct ritz_node ritz_node;
typedef struct ritz_primitive ritz_primitive;
typedef struct ritz_body ritz_body; /* graph/body.h */

/* What a primitive needs to know beside its inputs. Which fields it reads is
 * said at its record; the others are zero, so that attributes compare as
 * bytes. Axes count from 0. */
typedef struct ritz_attr {
    int32_t axis;
    int32_t flags;
    int32_t n; /* entries used in the lists */
    int32_t dtype;
    int64_t a[RITZ_MAX_RANK], b[RITZ_MAX_RANK], c[RITZ_MAX_RANK];
    double value;
    const ritz_body *body; /* of primitives that run one */
} ritz_attr;

/* Where in the user's script a node was made. */
typedef struct ritz_origin {
    const char *script;
    int line;
    const char *layer; /* NULL outside of layers */
} ritz_origin;

/* A node with several outputs is its own first one. The others are nodes of
 * the primitive `part`, whose one input is the main node. */
struct ritz_node {
    const ritz_primitive *prim;
    ritz_graph *graph;
    uint32_t id;
    int32_t nin;
    ritz_node **in;
    const ritz_attr *attr; /* never NULL */
    ritz_node **out;       /* itself, then its further outputs' part nodes */
    int32_t nout;
    ritz_node *self; /* what out points to where there is one output */
    ritz_dtype dtype;
    bool weak; /* a number argument: adopts the dtype it meets */
    ritz_shape shape;
    ritz_tensor *value; /* a captured tensor, held by the graph; else NULL */
    const ritz_origin *origin;
};

ritz_graph *ritz_graph_new(void); /* owned; NULL when out of memory */
void ritz_graph_delete(ritz_graph *g);
/* A new graph that is deleted together with g. NULL, and g has failed, when
 * out of memory. */
ritz_graph *ritz_graph_child(ritz_graph *g);
/* Makes the error of a child one of g. */
void ritz_graph_inherit(ritz_graph *g, const ritz_graph *child);

ritz_status ritz_graph_status(const ritz_graph *g, ritz_error *err);
/* Keeps the first error only. Returns the harmless node. */
ritz_node *ritz_graph_fail(ritz_graph *g, ritz_status status,
                           const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Forgets the error: the nodes that were made before it are whole. For a caller
 * that dropped what the failed calls returned. */
void ritz_graph_forgive(ritz_graph *g);

uint32_t ritz_graph_size(const ritz_graph *g); /* number of nodes */
ritz_node *ritz_graph_node(const ritz_graph *g, uint32_t id);
ritz_arena *ritz_graph_arena(ritz_graph *g);

/* The origin of the nodes made from now on; the texts are copied. */
void ritz_graph_set_origin(ritz_graph *g, const char *script, int line);
void ritz_graph_set_layer(ritz_graph *g, const char *layer);

/* Appends a node: infers its dtype and shape from the record, or fails. The
 * lists are copied. Building code calls the functions of build.h instead. */
ritz_node *ritz_apply(ritz_graph *g, const ritz_primitive *prim,
                      ritz_node *const *in, int nin, const ritz_attr *attr);

/* Output k of a node, which itself is output 0; the harmless node has any. */
ritz_node *ritz_output(ritz_node *n, int k);

/* An argument of the traced function. */
ritz_node *ritz_input(ritz_graph *g, ritz_dtype dtype, const ritz_shape *shape);
/* A concrete tensor that meets a tracer: a hidden input of the plan, never a
 * baked constant. The same tensor gives the same node, and so do small
 * tensors with the same values. */
ritz_node *ritz_capture(ritz_graph *g, ritz_tensor *tensor);
int ritz_graph_captures(const ritz_graph *g);
ritz_node *ritz_graph_captured(const ritz_graph *g, int i);

#endif
