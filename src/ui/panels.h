/* panels.h - figures that draw themselves while a script computes. */
#ifndef RITZ_UI_PANELS_H
#define RITZ_UI_PANELS_H

#include "ui/session.h"

#include <stdbool.h>

/* Opens the screen for the running job and its first figure, and returns when
 * the job has ended and the person has left. False, after one line that says
 * why, when this terminal cannot do it: then the job runs on. */
bool ritz_panels_run(ritz_session *session, ritz_answer *answer);

#endif
