/* operand.h - a contiguous operand of an instruction: a buffer and where in
 * it. */
#ifndef RITZ_GRAPH_EXECUTE_OPERAND_H
#define RITZ_GRAPH_EXECUTE_OPERAND_H

#include "graph/compile/lower.h"

typedef struct ritz_at {
    int buffer;
    size_t offset; /* in bytes */
} ritz_at;

/* The operand for n, whose elements lie one after the other. */
ritz_at ritz_at_of(ritz_lowering *l, const ritz_node *n);
/* The view of n, and the buffer of its base. */
ritz_view ritz_view_of(ritz_lowering *l, const ritz_node *n, int *buffer);

static inline void *ritz_address(const ritz_runtime *rt, ritz_at at)
{
    return (unsigned char *)ritz_base(rt, at.buffer) + at.offset;
}

/* Elements that one tile should have, so that a thread on it pays. */
enum { RITZ_TILE_ELEMENTS = 16 * 1024 };

/* An instruction with these operands and a detail of `size` bytes. */
void *ritz_add_instruction(ritz_lowering *l, const ritz_node *n,
                           const ritz_instruction_kind *kind, size_t size,
                           ritz_instruction **out);
void ritz_set_operands(ritz_lowering *l, ritz_instruction *i, const int *in,
                       int nin, int out);

/* The newest instruction writes all outputs of n, in their order, whether they
 * are read or not, and has scratch memory of its own: `scratch`, or -1. */
void ritz_set_all_outputs(ritz_lowering *l, const ritz_node *n, int scratch);

/* Scratch memory of the newest instruction, live for it only. */
void ritz_set_two_outputs(ritz_lowering *l, int scratch);

#endif
