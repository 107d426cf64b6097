/* history.h - what was typed, kept from session to session.
 *
 * The file is $XDG_STATE_HOME/ritz/history, or ~/.local/state/ritz/history. It
 * is appended to and never rewritten, so that two sessions at once lose
 * nothing. An entry is a line "#time" and then its lines as they were typed,
 * which is how readline reads several lines as one entry.
 */
#ifndef RITZ_UI_HISTORY_H
#define RITZ_UI_HISTORY_H

#include "base/status.h"

typedef struct ritz_history ritz_history;

/* Loads the file into readline. When it cannot be used, *out keeps the
 * session's history only, and the status says why. */
ritz_status ritz_history_open(ritz_history **out, ritz_error *err);
/* An input that ran; one that repeats the last is not added. */
ritz_status ritz_history_add(ritz_history *history, const char *text,
                             ritz_error *err);
void ritz_history_close(ritz_history *history);

#endif
