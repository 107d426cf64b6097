/* plan_internal.h - what a compiled plan is made of: buffers, instructions
 * over them, and how an instruction runs.
 */
#ifndef RITZ_GRAPH_COMPILE_PLAN_INTERNAL_H
#define RITZ_GRAPH_COMPILE_PLAN_INTERNAL_H

#include "base/arena.h"
#include "base/text.h"
#include "graph/plan.h"

#include <stdatomic.h>

/* What of a chain a value belongs to. */
typedef enum ritz_span {
    RITZ_SPAN_WIDE,   /* an element for each of the chain's */
    RITZ_SPAN_ROW,    /* one for each of its rows */
    RITZ_SPAN_COLUMN, /* one for each of a period, then from the start again */
    RITZ_SPAN_RUN,    /* wide, but in memory each row is elsewhere */
    RITZ_SPAN_ONE,    /* one for all */
    RITZ_SPAN_END     /* known only when the chain is through */
} ritz_span;

typedef enum ritz_place {
    RITZ_IN_ARENA,
    RITZ_IN_INPUT,    /* the storage of a tensor that the caller gave */
    RITZ_IN_OUTPUT,   /* the storage of a result */
    RITZ_IN_CONSTANT, /* computed once, when the plan was compiled */
    RITZ_IN_BUFFER    /* shares another buffer's storage, which died there */
} ritz_place;

typedef struct ritz_buffer {
    ritz_dtype dtype;
    int64_t count;
    size_t bytes;
    ritz_place place;
    int index;       /* of the input, output, constant or buffer */
    size_t offset;   /* in the arena */
    int first, last; /* instructions between which the storage is live */
} ritz_buffer;

/* Everything that one run shares. */
typedef struct ritz_runtime {
    void **base; /* the address of each buffer */
    unsigned char *scratch;
    size_t scratch_bytes;   /* for each worker */
    atomic_llong bad_index; /* an index out of range, RITZ_NO_INDEX if none */
    /* A search for values that are not finite, on one thread: what gave the
     * first of the instruction that runs, where the instruction can tell. */
    bool watched;
    const char *culprit;
} ritz_runtime;

#define RITZ_NO_INDEX INT64_MIN
/* In its place: an interrupt was obeyed inside of a tile. */
#define RITZ_STOPPED (INT64_MIN + 1)

/* The smallest is kept, so that the message does not depend on threads. */
void ritz_report_bad(ritz_runtime *rt, long long bad);

typedef struct ritz_instruction ritz_instruction;

typedef void ritz_phase_fn(const ritz_instruction *in, ritz_runtime *rt);
typedef void ritz_work_fn(const ritz_instruction *in, ritz_runtime *rt,
                          size_t tile, int worker);

typedef struct ritz_instruction_kind {
    const char *name;
    ritz_phase_fn *before; /* may be NULL */
    ritz_work_fn *tile;
    ritz_phase_fn *after; /* may be NULL */
    /* In the place of tiles: runs plans of its own. */
    ritz_status (*run)(const ritz_instruction *in, ritz_runtime *rt,
                       bool may_stop, ritz_error *err);
    /* The plans that it runs: number i, or NULL. */
    const ritz_plan *(*nested)(const ritz_instruction *in, int i);
    void (*describe)(const ritz_instruction *in, ritz_text *out);
    /* Of kinds that read indices: the error for one out of range. */
    void (*explain)(const ritz_instruction *in, long long bad, ritz_error *err);
} ritz_instruction_kind;

struct ritz_instruction {
    const ritz_instruction_kind *kind;
    const void *detail; /* what the kind needs, in the plan's arena */
    int *in, *out;      /* buffers read and written */
    int nin, nout;
    int results; /* the first of `out`; the others are scratch */
    size_t tiles;
    double work; /* an estimate in nanoseconds */
    bool shared; /* the threads share the tiles */
    double flops;
    const char *label; /* the primitive, or the fused operations */
    ritz_origin origin;
};

/* A plan that an instruction runs. */
typedef struct ritz_nested {
    ritz_plan *plan;
    struct ritz_nested *next;
} ritz_nested;

typedef struct ritz_slot {
    ritz_dtype dtype;
    ritz_shape shape;
} ritz_slot;

struct ritz_plan {
    ritz_arena *arena;
    ritz_slot *input, *output;
    int nin, nout;
    ritz_tensor **captured; /* the hidden inputs, after the nin */
    int captures;
    ritz_buffer *buffer;
    int buffers;
    ritz_instruction *code;
    int instructions;
    int first;     /* those before ran when the plan was compiled */
    int tail;      /* instructions from here on write into donated storage */
    int *taken_by; /* input -> output that takes its storage, or -1 */
    int *taken_of; /* output -> the input whose storage it takes, or -1 */
    ritz_tensor **constant;
    int constants;
    size_t arena_bytes, scratch_bytes;
    void **base;
    ritz_nested *nested;
};

/* The address of a buffer while a plan runs. */
static inline void *ritz_base(const ritz_runtime *rt, int buffer)
{
    return rt->base[buffer];
}

static inline void *ritz_scratch(const ritz_runtime *rt, int worker)
{
    return rt->scratch + (size_t)worker * rt->scratch_bytes;
}

/* Runs instructions first..stop-1; `may_stop`: an interrupt is obeyed. The
 * base table is filled. The result may be RITZ_EINTERRUPTED, or the error of
 * an index out of range. */
ritz_status ritz_run_instructions(const ritz_plan *plan, int first, int stop,
                                  bool may_stop, ritz_error *err);
/* Instruction `at`, watched. */
ritz_status ritz_run_watched(const ritz_plan *plan, int at,
                             const char **culprit, ritz_error *err);
/* The same with a runtime of the caller's, for a plan within a plan. */
ritz_status ritz_run_range(const ritz_plan *plan, ritz_runtime *rt, int first,
                           int stop, bool may_stop, ritz_error *err);
/* Prepares a run that leaves its inputs as they are, and calls `look` in the
 * place of it. */
typedef ritz_status ritz_look_fn(ritz_plan *plan, void *context,
                                 ritz_error *err);
ritz_status ritz_plan_look(ritz_plan *plan, ritz_tensor **in,
                           ritz_look_fn *look, void *context, ritz_error *err);
/* The name of a buffer to people (report.h), and what a chain computes. */
void ritz_plan_name(const ritz_plan *plan, int buffer, ritz_text *out);
void ritz_fused_formula(const ritz_plan *plan, const ritz_instruction *in,
                        ritz_text *out);
/* The buffer whose storage this one has. */
int ritz_root_buffer(const ritz_plan *plan, int buffer);
/* Memory for the arena and every worker's scratch. */
ritz_status ritz_workspace_reserve(const ritz_plan *plan, ritz_error *err);

#endif
