/* jit_inside.h - what a function of ritz.jit holds, for the files that make it.
 *
 * All memory hangs on a userdata of the closure, so that an error at any
 * point leaves nothing behind: what a failed call held is released by the
 * next one, or by the collector.
 */
#ifndef RITZ_SCRIPT_JIT_INSIDE_H
#define RITZ_SCRIPT_JIT_INSIDE_H

#include "graph/plan.h"
#include "script/arguments.h"
#include "script/form.h"
#include "script/jit.h"
#include "script/mould.h"

enum { RITZ_JIT_PLANS = 32 };
/* Upvalues of a jitted function. */
enum { RITZ_JIT_FUNCTION = 1, RITZ_JIT_STATE };

typedef struct ritz_jit_entry {
    ritz_text signature;
    ritz_plan *plan;
    int outputs;
    bool *number;     /* which outputs become Lua numbers */
    int results;      /* the table with what is returned, in the user value */
    ritz_form form;   /* of a call that it served */
    ritz_mould mould; /* of its results */
    unsigned unlike;  /* calls that were not of the form */
} ritz_jit_entry;

typedef struct ritz_jit {
    ritz_arguments arguments; /* of the call that runs */
    bool freeze; /* tensors from outside are constants of the plan */
    bool apart;  /* plans without chains, to look at values */
    ritz_inspect_fn *inspect; /* what the next call does with the plan */
    void *inspect_context;
    ritz_jit_entry plan[RITZ_JIT_PLANS]; /* the last used one first */
    int plans, next_table;
    ritz_tensor **out; /* of the call that runs: owned until in handles */
    size_t out_room;
    int outputs; /* filled entries of out */
    /* Of the newest plan, until they are complete: an error may come first. */
    ritz_form form;
    ritz_mould mould;
} ritz_jit;

/* Traces the function with the `n` arguments of this call, and puts a plan for
 * them at the front. What it leaves on the stack keeps the inputs of the call
 * alive. */
void ritz_jit_trace(lua_State *L, ritz_jit *j, int n);

void ritz_jit_drop_call(ritz_jit *j); /* releases what a call holds */
void ritz_jit_free_entry(ritz_jit_entry *e);

#endif
