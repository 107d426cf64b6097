/* lower.h - from a simplified graph to instructions: what the passes share.
 *
 * A value is a node of the simplified graph. It is stored (an instruction
 * writes it into a buffer), or a view of one that is (reshape, broadcast,
 * permute, slice: a base, an offset and strides), or a number that fills it,
 * or a member of a fused chain that never leaves the block, or folded into
 * the instruction that uses it (an unfolded image inside its product).
 *
 * A unit becomes one instruction: a fused chain of elementwise members, or
 * any other single node.
 */
#ifndef RITZ_GRAPH_COMPILE_LOWER_H
#define RITZ_GRAPH_COMPILE_LOWER_H

#include "graph/compile/plan_internal.h"
#include "graph/compile/simplify.h"
#include "graph/primitive.h"
#include "kernel/move.h"

typedef struct ritz_view {
    const ritz_node *base; /* a stored value */
    int64_t offset;        /* in elements */
    ritz_strided at;       /* dims as the node's, strides in the base */
    bool contiguous;       /* the elements lie one after the other */
} ritz_view;

typedef enum ritz_role {
    RITZ_ROLE_NONE,   /* not needed */
    RITZ_ROLE_NUMBER, /* filled by one number */
    RITZ_ROLE_VIEW,
    RITZ_ROLE_STORED, /* input, captured or written by its unit */
    RITZ_ROLE_MEMBER, /* in a fused chain, stored only where marked */
    RITZ_ROLE_FOLDED  /* part of the instruction of its user */
} ritz_role;

typedef struct ritz_lowered {
    ritz_role role;
    bool stored;    /* a member that somebody outside of its chain reads */
    bool kept;      /* it is, whatever chains do */
    ritz_span span; /* of a member: the chain's elements, its rows, or _END */
    int unit;       /* that computes it; -1 */
    int buffer;     /* -1 until it is given one */
    ritz_view view;
    const ritz_node *const *user; /* the nodes that read it */
    int users;
} ritz_lowered;

typedef struct ritz_unit {
    bool fused;
    bool read;  /* another unit reads what this one writes */
    int merged; /* into this unit; -1 */
    int order;  /* position in the schedule */
    int newest; /* the largest order of what it reads */
    int members;
    const ritz_node **member; /* in order of ids; one for a single node */
    int capacity;
    int64_t width;  /* of a chain's rows; 0: no member cares */
    int64_t period; /* elements over which its sums down columns go; 0 */
} ritz_unit;

typedef struct ritz_lowering {
    ritz_plan *plan;
    ritz_graph *graph;
    ritz_arena *arena; /* of the passes; what lasts is in plan->arena */
    ritz_error *err;
    ritz_lowered *value; /* by id */
    ritz_unit *unit;
    size_t units, unit_capacity;
    int orders; /* the last order given */
    int now;    /* order of the unit that is being emitted */
    size_t buffer_capacity, code_capacity;
    bool apart;  /* no chains */
    bool failed; /* out of memory, unless `status` says more */
    ritz_status status;
} ritz_lowering;

static inline ritz_lowered *ritz_value_of(const ritz_lowering *l,
                                          const ritz_node *n)
{
    return &l->value[n->id];
}

/* Memory for the passes and for the plan; on failure l->failed is set. */
void *ritz_lower_alloc(ritz_lowering *l, size_t count, size_t size);
void *ritz_plan_alloc(ritz_lowering *l, size_t count, size_t size);

/* views.c */
bool ritz_resolve_view(ritz_lowering *l, const ritz_node *n);
ritz_view ritz_whole_view(const ritz_node *n);
bool ritz_view_is_contiguous(const ritz_view *v);
/* Does each element of the base, in order, fill a row of this width? */
bool ritz_spreads(const ritz_view *v, int64_t width);
/* How the unit that is being emitted reads n: a view that was stored only
 * later is still read as a view. */
ritz_view ritz_readable_view(const ritz_lowering *l, const ritz_node *n);

/* The nearest node below reshapes: the same elements in the same order. */
const ritz_node *ritz_below_reshapes(const ritz_node *n);

/* units.c: decides roles and forms units. */
int ritz_find_unit(const ritz_lowering *l, int unit);
int ritz_new_unit(ritz_lowering *l, const ritz_node *n, bool fused);
/* Notes that n is read from memory; the order of what computes it. */
int ritz_read_stored(ritz_lowering *l, const ritz_node *n);
/* The same for an operand that n's instruction must find as it likes it. */
int ritz_read_operand(ritz_lowering *l, const ritz_node *n,
                      const ritz_node *operand);
void ritz_form_single(ritz_lowering *l, const ritz_node *n);
bool ritz_form_units(ritz_lowering *l, ritz_node *const *output, int nout);

/* join.c: into which chain. */
void ritz_join_elementwise(ritz_lowering *l, const ritz_node *n);
void ritz_join_reduction(ritz_lowering *l, const ritz_node *n);

/* windows.c: which unfolds and products vanish into a neighbour. */
bool ritz_folds_into_products(const ritz_lowering *l, const ritz_node *unfold);
bool ritz_folds_into_fold(const ritz_lowering *l, const ritz_node *matmul);
const ritz_node *ritz_unfolded_operand(const ritz_lowering *l,
                                       const ritz_node *matmul);

/* emit.c: turns units into instructions, in order. */
bool ritz_emit_units(ritz_lowering *l);
int ritz_new_buffer(ritz_lowering *l, ritz_dtype dtype, int64_t count);
int ritz_buffer_of(ritz_lowering *l, const ritz_node *n);
/* A copy in the plan with lists for the buffers. */
ritz_instruction *ritz_new_instruction(ritz_lowering *l, const ritz_node *n,
                                       int nin, int nout);
void ritz_need_scratch(ritz_lowering *l, size_t bytes);

/* The emitters, one a file. */
void ritz_emit_fused(ritz_lowering *l, ritz_unit *u);
void ritz_emit_reduce(ritz_lowering *l, const ritz_node *n);
void ritz_emit_share(ritz_lowering *l, const ritz_node *n);
void ritz_emit_argmax(ritz_lowering *l, const ritz_node *n);
void ritz_emit_cumsum(ritz_lowering *l, const ritz_node *n);
void ritz_emit_matmul(ritz_lowering *l, const ritz_node *n);
void ritz_emit_copy(ritz_lowering *l, const ritz_node *n);
void ritz_emit_result(ritz_lowering *l, const ritz_node *n, int buffer);
void ritz_emit_pad(ritz_lowering *l, const ritz_node *n);
void ritz_emit_concatenate(ritz_lowering *l, const ritz_node *n);
void ritz_emit_take(ritz_lowering *l, const ritz_node *n);
void ritz_emit_scatter(ritz_lowering *l, const ritz_node *n);
void ritz_emit_unfold(ritz_lowering *l, const ritz_node *n);
void ritz_emit_fold(ritz_lowering *l, const ritz_node *n);
void ritz_emit_draw(ritz_lowering *l, const ritz_node *n);
void ritz_emit_keys(ritz_lowering *l, const ritz_node *n);
void ritz_emit_iota(ritz_lowering *l, const ritz_node *n);
void ritz_emit_argsort(ritz_lowering *l, const ritz_node *n);
void ritz_emit_scan(ritz_lowering *l, const ritz_node *n);
void ritz_emit_while(ritz_lowering *l, const ritz_node *n);
void ritz_emit_cond(ritz_lowering *l, const ritz_node *n);

/* Compiles a body into a plan that belongs to the one being made; NULL, and
 * l->failed, when that failed. */
ritz_plan *ritz_compile_body(ritz_lowering *l, const ritz_body *body);
void ritz_emit_factor(ritz_lowering *l, const ritz_node *n);

/* What the layout must know about a fused instruction: may output `out`
 * (buffer) overwrite the storage of input `in`? */
bool ritz_fused_may_overwrite(const ritz_instruction *i, int in, int out);

/* layout.c */
bool ritz_lay_out(ritz_lowering *l, const ritz_plan_spec *spec);

#endif
