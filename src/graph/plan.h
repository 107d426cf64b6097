/* plan.h - a graph compiled: instructions over buffers laid out by liveness.
 *
 * A compiled plan has no dispatch by name and takes no memory while it runs:
 * intermediate results live in one arena, elementwise chains are fused and
 * evaluated in blocks, transposes fold into product flags, inputs that the
 * caller gives up are updated in place. The bits of a result depend on
 * neither the number of threads nor on what was fused.
 */
#ifndef RITZ_GRAPH_PLAN_H
#define RITZ_GRAPH_PLAN_H

#include "base/text.h"
#include "graph/graph.h"

typedef struct ritz_plan ritz_plan;

/* The plan computes `output` from `input` (nodes made by ritz_input, in the
 * order in which tensors will be given) and from what the graph captured.
 * donate[i]: the storage of input i may be overwritten; NULL: none. The plan
 * keeps nothing of the graph but the captured tensors. */
typedef struct ritz_plan_spec {
    ritz_node *const *input;
    int nin;
    ritz_node *const *output;
    int nout;
    const bool *donate;
    bool apart; /* each value is made by an instruction of its own */
} ritz_plan_spec;

ritz_status ritz_plan_compile(ritz_plan **out, ritz_graph *g,
                              const ritz_plan_spec *spec, ritz_error *err);
void ritz_plan_delete(ritz_plan *plan);

/* Whether the tensor has the dtype and the shape of input `i`. */
bool ritz_plan_takes(const ritz_plan *plan, int i, const ritz_tensor *t);

/* Runs the plan. `in` is borrowed, but for donated inputs: in[i] is set to
 * NULL when its storage was taken (which happens only when nothing else holds
 * it and only after everything that can fail). `out` receives owned tensors.
 * On an error or an interrupt nothing was taken and out is untouched. */
ritz_status ritz_plan_run(ritz_plan *plan, ritz_tensor **in, ritz_tensor **out,
                          ritz_error *err);

/* Compiles and runs once; every argument was captured. */
ritz_status ritz_evaluate(ritz_graph *g, ritz_node *const *output, int nout,
                          ritz_tensor **out, ritz_error *err);

size_t ritz_plan_bytes(const ritz_plan *plan);        /* of the arena */
size_t ritz_plan_instructions(const ritz_plan *plan); /* their number */
double ritz_plan_flops(const ritz_plan *plan);
/* One line an instruction: what, shapes, fused operations. */
void ritz_plan_print(const ritz_plan *plan, ritz_text *out);

/* The first output element that is not finite has passed here: names the
 * instruction's origin. For reports on NaN after the fact: runs the plan and
 * looks at every intermediate value. NULL when all is finite. */
ritz_status ritz_plan_find_nonfinite(ritz_plan *plan, ritz_tensor **in,
                                     const ritz_origin **where,
                                     const char **primitive, ritz_error *err);

#endif
