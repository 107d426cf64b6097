/* completion.h - Tab at the prompt. */
#ifndef RITZ_UI_COMPLETION_H
#define RITZ_UI_COMPLETION_H

#include "ui/worker.h"

#include <stdbool.h>

/* Tells readline to ask the worker. While *running is true the worker computes
 * and the names known before are offered; an answer that comes too late sets
 * it. */
void ritz_completion_begin(ritz_worker *worker, bool *running);
/* All names there are when no work runs; takes them over. */
void ritz_completion_know(ritz_completions *names);
void ritz_completion_end(void);

#endif
