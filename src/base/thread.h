/* thread.h - threads that nobody joins, and work that its caller may leave. */
#ifndef RITZ_BASE_THREAD_H
#define RITZ_BASE_THREAD_H

#include <stdbool.h>

/* Starts a detached thread that gets no signals: they belong to the threads
 * that the program made for them. False when there is none to be had. */
bool ritz_thread_start(void *(*run)(void *), void *arg);

/* A long call that cannot be stopped, on memory of its own. */
typedef struct ritz_errand {
    void (*run)(void *context);
    void (*drop)(void *context); /* frees the context */
    void *context;
} ritz_errand;

/* Runs the errand on a thread of its own and waits, asking `stop` every few
 * milliseconds. True: it has run, and the context is the caller's as before.
 * False: the caller was told to stop; the context is dropped when the call
 * ends, whenever that is. Where there is no thread it runs here. */
bool ritz_errand_run(const ritz_errand *e, bool (*stop)(void));

#endif
