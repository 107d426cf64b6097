/* worker.h - the thread that runs Lua and computes.
 *
 * The interface hands it one job at a time and is woken when the answer is
 * there. A job ends early when ritz_worker_interrupt is called, from the
 * handler of SIGINT for instance.
 */
#ifndef RITZ_UI_WORKER_H
#define RITZ_UI_WORKER_H

#include "base/status.h"
#include "base/text.h"
#include "script/script.h"

typedef struct ritz_worker ritz_worker;

typedef enum ritz_job_kind {
    RITZ_JOB_EVAL,     /* text: an input of the prompt */
    RITZ_JOB_TEXT,     /* text, called name */
    RITZ_JOB_FILE,     /* name: its path */
    RITZ_JOB_COMPLETE, /* text: a line; point: where the cursor is */
    RITZ_JOB_REFERENCE /* name: the folder */
} ritz_job_kind;

typedef struct ritz_job {
    ritz_job_kind kind;
    const char *name, *text; /* borrowed until the answer was taken */
    size_t length, point;    /* of text */
} ritz_job;

typedef struct ritz_answer {
    ritz_job_kind kind;
    ritz_verdict verdict;
    int exit_code;          /* of RITZ_EXIT */
    double seconds;         /* how long it took */
    ritz_text shown, error; /* owned */
    ritz_completions words; /* owned; of an input: all names there are now */
} ritz_answer;

/* Starts the thread and makes the script on it. */
ritz_status ritz_worker_start(ritz_worker **out, const ritz_script_options *opt,
                              ritz_error *err);
/* A job may be given when there is no other. */
void ritz_worker_submit(ritz_worker *worker, const ritz_job *job);
/* True when there is an answer, which the caller owns from then on. */
bool ritz_worker_answer(ritz_worker *worker, ritz_answer *out);
/* Waits for it; false after this many seconds. */
bool ritz_worker_wait(ritz_worker *worker, ritz_answer *out, double seconds);
bool ritz_worker_busy(void);      /* a job runs that can be interrupted */
void ritz_worker_interrupt(void); /* any thread, any handler */
/* Deletes the script and ends the thread; there must be no job. */
void ritz_worker_stop(ritz_worker *worker);

void ritz_answer_free(ritz_answer *answer);

#endif
