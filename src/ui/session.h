/* session.h - one run of the program: what its parts share. */
#ifndef RITZ_UI_SESSION_H
#define RITZ_UI_SESSION_H

#include "ui/look.h"
#include "ui/options.h"
#include "ui/stage.h"
#include "ui/worker.h"

typedef struct ritz_session {
    const ritz_options *opt;
    ritz_look look;
    ritz_stage *stage;
    ritz_worker *worker;
} ritz_session;

/* How the program ends: an exit code, or 128 + n for signal n. */
enum { RITZ_EXIT_OK = 0, RITZ_EXIT_FAILED = 1, RITZ_EXIT_USAGE = 2 };

/* A job that a signal asked to end gets this long, in seconds, to do so. */
#define RITZ_PATIENCE 2.0

/* "epoch 3/5  61 %  612 µs/step  left 0.6 s" */
void ritz_progress_line(ritz_text *out, const ritz_stage_view *view);
/* Writes "error: ..." and the frames to standard error. */
void ritz_tell_error(const ritz_session *session, const char *text);
/* Tells what the answer says beyond the values shown; the exit code. */
int ritz_tell_answer(const ritz_session *session, const ritz_answer *answer);

#endif
