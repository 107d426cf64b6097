/* script.h - a Lua state with ritz in it, as the interface sees it.
 *
 * All functions but the two marked below are called on one thread, the worker,
 * which also made the script. What a script shows goes through the display, a
 * table of functions that the interface fills in, so that one script drives
 * panels, plain lines or a batch run. Texts are ready to be shown: an error is
 * its message, then one line "  file:line" for each frame.
 */
#ifndef RITZ_SCRIPT_SCRIPT_H
#define RITZ_SCRIPT_SCRIPT_H

#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ritz_script ritz_script;
struct lua_State;
struct ritz_figure; /* plot/figure.h */

/* How far the work is. All of it is borrowed for the call. */
typedef struct ritz_progress {
    const char *label;  /* "epoch 3/5  step 1422/2345" */
    const char *detail; /* "612 µs/step"; may be NULL */
    double fraction;    /* 0 to 1; below 0: unknown */
    double left;        /* seconds; below 0: unknown */
} ritz_progress;

/* Called on the worker. Any function may be NULL: then nothing is shown. A
 * figure that was opened stays alive until the script is deleted. */
typedef struct ritz_display {
    void *context;
    void (*write)(void *context, const char *bytes, size_t n);
    void (*figure_opened)(void *context, struct ritz_figure *figure);
    void (*figure_changed)(void *context, struct ritz_figure *figure);
    void (*progress)(void *context, const ritz_progress *progress);
    /* What runs, for the header line: "784-128-10  relu  adam 1e-3". */
    void (*subject)(void *context, const char *text);
} ritz_display;

/* Everything is borrowed and must live as long as the script. */
typedef struct ritz_script_options {
    uint64_t seed;
    int threads;            /* 0: as many as there are processors */
    const char *lua_dir;    /* where the Lua part of ritz lives */
    bool interactive;       /* a prompt, or -e: modules are globals too */
    const char *const *set; /* set_count texts "name=value" of --set */
    size_t set_count;
    const char *script;      /* arg[0]; NULL: "ritz" */
    const char *const *args; /* arg[1] to arg[arg_count] */
    size_t arg_count;
    const char *out; /* ritz batch: the run folder; NULL: none */
    ritz_display display;
} ritz_script_options;

ritz_status ritz_script_new(ritz_script **out, const ritz_script_options *opt,
                            ritz_error *err);
void ritz_script_delete(ritz_script *script); /* NULL is allowed */
struct lua_State *ritz_script_state(ritz_script *script);

typedef enum ritz_verdict {
    RITZ_DONE,
    RITZ_INCOMPLETE,  /* eval only: the input goes on on the next line */
    RITZ_FAILED,      /* `error` says why */
    RITZ_INTERRUPTED, /* Ctrl-C; `error` holds "interrupted" and where */
    RITZ_EXIT         /* os.exit was called: see ritz_script_exit_code */
} ritz_verdict;

/* With options.out set, run_file makes the run folder and completes it. */
ritz_verdict ritz_script_run_file(ritz_script *script, const char *path,
                                  ritz_text *error);
/* `name` is a chunk name as Lua's: "=stdin", "@file". */
ritz_verdict ritz_script_run_text(ritz_script *script, const char *name,
                                  const char *text, size_t n, ritz_text *error);
/* One input at the prompt: an expression (its values go to `shown` and the
 * first to `_`), statements, `?name` or `help`. */
ritz_verdict ritz_script_eval(ritz_script *script, const char *chunk,
                              ritz_text *shown, ritz_text *error);
int ritz_script_exit_code(const ritz_script *script);

/* Candidates that replace the bytes `start` to `point` of the line. */
typedef struct ritz_completions {
    size_t start, count, capacity;
    char **word; /* owned, each from base/memory.h */
} ritz_completions;

/* Evaluates nothing: no metamethod runs. No memory: fewer candidates. */
void ritz_script_complete(ritz_script *script, const char *line, size_t point,
                          ritz_completions *out);
void ritz_completions_free(ritz_completions *words); /* any thread */

/* For the handler of SIGUSR1 on the worker, after ritz_interrupt_raise:
 * installs the hook that ends the running chunk. Async-signal-safe. */
void ritz_script_interrupt_install(ritz_script *script);

/* Writes the reference manual, one file per module. */
ritz_status ritz_script_reference(ritz_script *script, const char *folder,
                                  ritz_error *err);

#endif
