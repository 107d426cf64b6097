/* chain.h - a chain of nodes while it becomes steps: what emit_fused.c and
 * emit_operand.c share.
 */
#ifndef RITZ_GRAPH_COMPILE_CHAIN_H
#define RITZ_GRAPH_COMPILE_CHAIN_H

#include "graph/compile/lower.h"
#include "graph/execute/fused.h"

/* An operand in a register: until member `last` has read it. */
typedef struct ritz_loaded {
    const ritz_node *node;
    int reg, last;
} ritz_loaded;

typedef struct ritz_chain {
    ritz_lowering *l;
    const ritz_unit *u;
    ritz_fused *f;
    ritz_dtype dtype;
    bool *absorbed;     /* by member: a product inside of its reader's step */
    int *readers;       /* in the chain, of member i */
    int *last;          /* the last member that reads member i, or -1 */
    ritz_operand *home; /* where member i's value is */
    bool *in_use;       /* registers */
    ritz_loaded *loaded;
    int loads, numbers, now; /* now: the member that is being emitted */
    int *buffer;             /* read and written, for the instruction */
    int reads, writes;
    int *write_buffer;
    double cost;
} ritz_chain;

/* emit_fused.c */

/* The operands of the step for a member, after absorbing a product. */
int ritz_chain_operands(const ritz_chain *c, const ritz_node *n,
                        const ritz_node *in[3], ritz_op *op);

/* emit_operand.c */

/* The member whose elements x has, as they are; or -1. */
int ritz_chain_member(const ritz_chain *c, const ritz_node *x);
/* The member that x repeats along every row, or -1. */
int ritz_chain_spread(const ritz_chain *c, const ritz_node *x);
/* A chain without reductions is cut into rows as its operands repeat. */
int64_t ritz_chain_width(const ritz_chain *c);
/* A free register; or one that no other step of any block ever writes. */
int ritz_take_register(ritz_chain *c);
int ritz_keep_register(ritz_chain *c);
/* Where x is for a step of this span. `array`: it must not be one element
 * for all. */
ritz_operand ritz_find_operand(ritz_chain *c, const ritz_node *x,
                               ritz_span span, bool array);
/* Would x be one element for all, if it may? */
bool ritz_is_single(const ritz_chain *c, const ritz_node *x, ritz_span span);
/* Loads x, of any dtype, into `out`. */
void ritz_emit_load(ritz_chain *c, const ritz_node *x, const ritz_view *v,
                    ritz_span span, ritz_operand out);
void ritz_release_loaded(ritz_chain *c);

#endif
