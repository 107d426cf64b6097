/* form.h - the arguments of a call, recognised.
 *
 * Reading arguments in order and writing their signature (arguments.h) sorts
 * the keys of every table. A training step passes tables of the same making
 * each time, and Lua walks those in the same order: so the walk of one call is
 * recorded, step by step, and the next one is only compared with it. A walk
 * that differs anywhere is read again, in order.
 */
#ifndef RITZ_SCRIPT_FORM_H
#define RITZ_SCRIPT_FORM_H

#include "graph/plan.h"
#include "script/arguments.h"

typedef struct ritz_form_step ritz_form_step;

typedef struct ritz_form { /* start from {0}, which recognises nothing */
    ritz_form_step *step;
    size_t steps, room;
    size_t leaves;
    int arguments, depth;
    bool failed; /* no memory to record it */
} ritz_form;

/* Records the call of `function` with arguments 1 to n. `kept` is the table of
 * their templates (tree.h), by argument. Pushes a table of what must live as
 * long as the form. */
void ritz_form_record(lua_State *L, ritz_form *f, const ritz_arguments *a,
                      int n, int function, int kept);

/* True: the signature is that of the recorded call, and `a` has the arguments.
 * False: it may be another one; nothing is held. */
bool ritz_form_read(lua_State *L, const ritz_form *f, const ritz_plan *plan,
                    ritz_arguments *a, int n, int function);

void ritz_form_free(ritz_form *f);

#endif
