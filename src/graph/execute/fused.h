/* fused.h - a chain of elementwise operations and reductions as one
 * instruction.
 *
 * The chain is a list of steps over blocks. A chain has `count` elements, in
 * rows of `width`; a block is some whole rows, or a piece of a row where rows
 * are long. A step computes on the block's elements, or on its rows (one value
 * each: what a sum along a row gives), from operands in memory or in
 * registers, which are arrays that stay in L1.
 *
 * Reductions along a row of a block are steps whose result later steps use.
 * Those over more than a block, down the columns or along a long row, gather
 * over a segment, and their results leave the chain.
 */
#ifndef RITZ_GRAPH_EXECUTE_FUSED_H
#define RITZ_GRAPH_EXECUTE_FUSED_H

#include "graph/compile/plan_internal.h"
#include "graph/execute/reduce.h"
#include "kernel/kernel.h"
#include "kernel/move.h"

/* Elements of a row that is still kept whole in a block. */
enum { RITZ_LONGEST_ROW = 1024 };

typedef enum ritz_where_kind {
    RITZ_IN_MEMORY, /* index: buffer */
    RITZ_IN_REGISTER,
    RITZ_IN_NUMBERS
} ritz_where_kind;

typedef struct ritz_operand {
    ritz_where_kind kind;
    ritz_span span; /* how it moves through memory from block to block */
    bool fixed;     /* one element for all */
    int index;
    int64_t offset; /* in elements, of arrays in memory */
    int64_t period; /* of RITZ_SPAN_COLUMN: elements until it begins again */
    const ritz_strided *view; /* of RITZ_SPAN_RUN */
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

typedef enum ritz_step_kind {
    RITZ_STEP_OPERATION,
    RITZ_STEP_LOAD,
    RITZ_STEP_SPREAD,  /* an element for each row, repeated along it */
    RITZ_STEP_ROWS,    /* each row of the block to one element */
    RITZ_STEP_COLUMNS, /* the rows of a segment, added up */
    RITZ_STEP_LANES    /* a long row, in RITZ_LANES lanes in register `out` */
} ritz_step_kind;

typedef struct ritz_step {
    ritz_step_kind kind;
    ritz_span span; /* RITZ_SPAN_WIDE or _ROW: how many elements it has */
    ritz_block_fn *fn;
    const ritz_load *load;
    const ritz_reduction *reduction;
    ritz_op op;
    const char *label; /* the primitive, of what computes */
    ritz_operand out, in[3];
    int nin;
} ritz_step;

typedef struct ritz_fused {
    const ritz_kernels *k;
    int64_t count;   /* elements */
    int64_t width;   /* of a row */
    int64_t block;   /* most elements of a block */
    int64_t period;  /* elements that are cut into `parts` segments */
    int64_t segment; /* elements that no block crosses */
    int64_t parts;   /* segments of a period; each is a tile, unless 1 */
    int64_t group;   /* periods of a tile, where parts is 1 */
    size_t size;     /* bytes of an element */
    size_t stride;   /* bytes of a register */
    ritz_step *once; /* of every tile: loads that all blocks share */
    ritz_step *step;
    int onces, steps;
    int registers;
    void *numbers; /* elements of `size` bytes */
} ritz_fused;

extern const ritz_instruction_kind ritz_kind_fused;

#endif
