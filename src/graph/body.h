/* body.h - functions of nodes, which scan, cond and their like run.
 *
 * A body is a child graph with a list of inputs, which are leaves of it, and a
 * list of outputs. It captures nothing: values from outside are inputs too.
 * The child graph is append-only like any other, so that several bodies may
 * share one: the derivative of a body appends to it.
 */
#ifndef RITZ_GRAPH_BODY_H
#define RITZ_GRAPH_BODY_H

#include "graph/graph.h"

struct ritz_body {
    ritz_graph *graph;
    ritz_node **in, **out;
    int nin, nout;
};

/* A part of a graph as a body, and what it reads of the rest. */
typedef struct ritz_excerpt {
    const bool *given;   /* asked: see residual.h; NULL: nothing is computed
                            again */
    ritz_body body;      /* its inputs: the variables, then the operands */
    ritz_node **operand; /* in the graph that was cut */
    int operands;
} ritz_excerpt;

/* Cuts out (cut.h) what depends on the variables and leads to the outputs, into
 * a new child of `home`. False, and `home` has failed, when out of memory. */
bool ritz_body_cut(ritz_excerpt *out, ritz_graph *home,
                   ritz_node *const *variable, int nvar,
                   ritz_node *const *output, int nout);

/* The same for what was appended to the outputs' graph since it had `first`
 * nodes: there are no variables. */
bool ritz_body_since(ritz_excerpt *out, ritz_graph *home, uint32_t first,
                     ritz_node *const *output, int nout);

/* Appends a copy of the body to `g`, with `in` for its inputs. */
void ritz_body_inline(ritz_graph *g, const ritz_body *body,
                      ritz_node *const *in, ritz_node **out);

/* A copy that lives as long as `g`. NULL, and g has failed, when out of memory.
 */
const ritz_body *ritz_body_copy(ritz_graph *g, const ritz_body *body);

/* Which nodes depend on the inputs with in[i] set, by id, for as many nodes as
 * the body's graph has. Owned; NULL, and g has failed, when out of memory. */
bool *ritz_body_dependents(ritz_graph *g, const ritz_body *body,
                           const bool *in);

#endif
