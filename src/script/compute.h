/* compute.h - one function of tensors, called from Lua.
 *
 * When an operand is traced, the function's nodes go into the open trace;
 * else they are computed at once in a graph of their own. Either way the
 * order is: all checks, then the handles of the results, then the work, which
 * cannot raise, and the error last. So no jump leaves memory behind.
 */
#ifndef RITZ_SCRIPT_COMPUTE_H
#define RITZ_SCRIPT_COMPUTE_H

#include "graph/function.h"
#include "script/handle.h"

typedef struct ritz_operand {
    const ritz_handle *handle; /* NULL: a number, or not given */
    double number;
    bool given;
} ritz_operand;

/* The operand at `index`. Raises for what is neither tensor nor number. */
ritz_operand ritz_operand_at(lua_State *L, int index, const char *who, int nth);

/* Appends nodes and writes the results to out; x[i] is NULL for an operand
 * that was not given. */
typedef void ritz_compute_fn(ritz_graph *g, ritz_node *const *x,
                             const void *context, ritz_node **out);

typedef struct ritz_computation {
    const ritz_operand *operand;
    ritz_node **x; /* room for one node per operand */
    int operands, results;
    ritz_compute_fn *build;
    const void *context;
} ritz_computation;

/* Pushes the results and returns their number. */
int ritz_compute(lua_State *L, const ritz_computation *c);

#endif
