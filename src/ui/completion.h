/* completion.h - Tab at the prompt. */
#ifndef RITZ_UI_COMPLETION_H
#define RITZ_UI_COMPLETION_H

#include "ui/worker.h"

#include <stdbool.h>

/* Tells readline to ask the worker. While *running is true the worker computes
 * and nothing is offered; an answer that comes too late sets it. */
void ritz_completion_begin(ritz_worker *worker, bool *running);

#endif
