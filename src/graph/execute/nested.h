/* nested.h - plans that an instruction runs: where their inputs, outputs and
 * intermediate values are in the memory of the plan around them.
 */
#ifndef RITZ_GRAPH_EXECUTE_NESTED_H
#define RITZ_GRAPH_EXECUTE_NESTED_H

#include "base/memory.h"
#include "graph/body.h"
#include "graph/execute/operand.h"

/* An input or output of a nested plan. */
typedef struct ritz_port {
    int inner;    /* its buffer in the nested plan */
    ritz_at at;   /* where it is in the plan around it */
    size_t bytes; /* of one run */
} ritz_port;

static inline void ritz_port_place(const ritz_plan *plan, const ritz_port *p,
                                   void *address)
{
    plan->base[p->inner] = address;
}

/* Ports of input and output `i` of the plan: `inside` is the body's node,
 * `outside` the operand, or the node that is the result. */
ritz_port ritz_port_in(ritz_lowering *l, const ritz_plan *plan, int i,
                       const ritz_node *inside, const ritz_node *outside);
ritz_port ritz_port_out(ritz_lowering *l, const ritz_plan *plan, int i,
                        const ritz_node *inside, const ritz_node *outside);

/* Sets the bases of what is in the nested plan's own memory. */
void ritz_nested_place(const ritz_plan *plan, unsigned char *memory);
/* Runs it once; all bases are set. */
ritz_status ritz_nested_run(const ritz_plan *plan, const ritz_runtime *rt,
                            bool may_stop, ritz_error *err);

/* The newest instruction, for n: it reads its inputs, writes all its outputs
 * and has `memory` bytes of its own. Gives where these are. */
ritz_at ritz_nested_operands(ritz_lowering *l, const ritz_node *n,
                             size_t memory);

/* Whether one number, of any dtype, is true: not zero. */
bool ritz_is_true(const void *number, ritz_dtype dtype);

static inline size_t ritz_nested_padded(size_t bytes)
{
    return (bytes + RITZ_ALIGN - 1) / RITZ_ALIGN * RITZ_ALIGN;
}

#endif
