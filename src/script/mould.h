/* mould.h - the results of a call, made of their leaves.
 *
 * The templates of results (tree.h) are turned into a list of steps once, so
 * that no table of them is walked and counted for every call.
 */
#ifndef RITZ_SCRIPT_MOULD_H
#define RITZ_SCRIPT_MOULD_H

#include "script/tree.h"

typedef struct ritz_mould_step ritz_mould_step;

typedef struct ritz_mould { /* start from {0} */
    ritz_mould_step *step;
    size_t steps, room;
    int results, depth;
    bool failed; /* no memory */
} ritz_mould;

/* Reads the templates 1 to `count` of the table at `index`. Pushes a table of
 * what the steps name. */
void ritz_mould_read(lua_State *L, ritz_mould *m, int index, int count);

/* Pushes the results; `parts` is the index of that table. May raise. */
void ritz_mould_pour(lua_State *L, const ritz_mould *m, int parts,
                     ritz_tree_leaf *leaf, void *context);

void ritz_mould_free(ritz_mould *m);

#endif
