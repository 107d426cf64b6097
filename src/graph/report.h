/* report.h - what a plan does, instruction by instruction: for people.
 *
 * Values are named by where they are: in1, in2 are arguments, held1 a captured
 * tensor, out1 a result, const1 what was computed when the plan was compiled,
 * and t5 is what instruction 5 leaves for later ones.
 */
#ifndef RITZ_GRAPH_REPORT_H
#define RITZ_GRAPH_REPORT_H

#include "graph/plan.h"

typedef struct ritz_plan_row {
    const char *kind;  /* "matmul", "chain", ... */
    const char *label; /* the primitive that it began with */
    double flops;
    double bytes; /* of the buffers that it reads and writes, once each */
    double floor; /* seconds with one thread: see ritz_plan_row_at */
    size_t tiles;
    bool shared; /* among the threads, if there are several */
    bool tail;   /* writes into storage of donated inputs */
    ritz_origin origin;
} ritz_plan_row;

/* Instruction i of ritz_plan_instructions(plan). The floor is an estimate from
 * fixed rates, those of a processor with 512-bit vectors: products at 110
 * GFLOP/s in f32 and 55 in f64, elementwise functions as the compiler plans
 * them, memory at 28 GB/s where an instruction touches more than 1 MB. */
ritz_plan_row ritz_plan_row_at(const ritz_plan *plan, size_t i);

/* What it computes: "t2 = max(t1 + in2, 0)", lines ended but the last. */
void ritz_plan_row_formula(const ritz_plan *plan, size_t i, ritz_text *out);
/* Sizes: "128 x 128 x 784". */
void ritz_plan_row_sizes(const ritz_plan *plan, size_t i, ritz_text *out);

/* How much of the plan's memory is what. */
typedef struct ritz_plan_sizes {
    size_t arena, inputs, held, outputs, constants, scratch;
} ritz_plan_sizes;
ritz_plan_sizes ritz_plan_sizes_of(const ritz_plan *plan);

/* Runs the plan `runs` times without giving up its inputs: seconds[i] is the
 * least time of instruction i. */
ritz_status ritz_plan_profile(ritz_plan *plan, ritz_tensor **in, int runs,
                              double *seconds, ritz_error *err);

#endif
