/* lines.h - work that shows itself in plain lines. */
#ifndef RITZ_UI_LINES_H
#define RITZ_UI_LINES_H

#include "ui/session.h"

/* Runs a job; opens panels for its first figure where that is wanted. Returns
 * the exit code. */
int ritz_lines_run(ritz_session *session, const ritz_job *job, bool panels);
/* A prompt without a line editor: for a dumb terminal, or `-i` in a pipe. */
int ritz_lines_prompt(ritz_session *session);

#endif
