/* fused.h - a chain of elementwise operations as one instruction.
 *
 * The chain is a list of steps over blocks of RITZ_BLOCK elements. A step
 * reads operands and writes one: an array in memory at the block's place, a
 * single element, or a register, a block that stays in L1.
 */
#ifndef RITZ_GRAPH_EXECUTE_FUSED_H
#define RITZ_GRAPH_EXECUTE_FUSED_H

#include "graph/compile/plan_internal.h"
#include "kernel/kernel.h"
#include "kernel/move.h"

typedef enum ritz_where_kind {
    RITZ_IN_MEMORY, /* index: buffer */
    RITZ_IN_REGISTER,
    RITZ_IN_NUMBERS
} ritz_where_kind;

typedef struct ritz_operand {
    ritz_where_kind kind;
    bool fixed; /* one element for all */
    int index;
    int64_t offset; /* in elements, of arrays in memory */
} ritz_operand;

/* Brings elements into a register: gathered by strides, converted, or both. */
typedef struct ritz_load {
    int buffer;
    int64_t offset;
    bool contiguous;
    ritz_strided view;
    size_t size; /* bytes of an element in memory */
    void (*cast)(void *y, const void *x, size_t n); /* NULL: same dtype */
} ritz_load;

typedef struct ritz_step {
    ritz_block_fn *fn; /* NULL: a load */
    const ritz_load *load;
    ritz_op op;
    ritz_operand out, in[3];
    int nin;
} ritz_step;

typedef struct ritz_fused {
    int64_t count; /* elements */
    int64_t chunk; /* elements of a tile, a multiple of RITZ_BLOCK */
    size_t size;   /* bytes of an element */
    ritz_step *step;
    int steps;
    int registers;
    void *numbers; /* elements of `size` bytes */
} ritz_fused;

enum { RITZ_REGISTER_BYTES = RITZ_BLOCK * 8 };

extern const ritz_instruction_kind ritz_kind_fused;

#endif
