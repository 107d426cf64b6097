/* prompt.h - the prompt: a line editor that stays alive while work runs. */
#ifndef RITZ_UI_PROMPT_H
#define RITZ_UI_PROMPT_H

#include "ui/session.h"

/* `first`, when not NULL, runs before the first input. Returns the exit code.
 * Standard input and output must be terminals. */
int ritz_prompt_run(ritz_session *session, const ritz_job *first);

#endif
