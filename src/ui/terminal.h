/* terminal.h - signals, and a terminal that is left as it was found.
 *
 * One self-pipe wakes the interface: signals and the worker write to it, the
 * interface polls it. What must be undone on a terminal (modes, bytes such as
 * "leave the second screen", redirected descriptors) is kept where a handler
 * of a deadly signal can reach it.
 */
#ifndef RITZ_UI_TERMINAL_H
#define RITZ_UI_TERMINAL_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* What happened since the last look; several may be set. */
typedef enum ritz_event {
    RITZ_EVENT_INTERRUPT = 1, /* Ctrl-C */
    RITZ_EVENT_RESIZE = 2,
    RITZ_EVENT_SUSPEND = 4, /* Ctrl-Z */
    RITZ_EVENT_LEAVE = 8    /* the terminal went away, or somebody ends us */
} ritz_event;

/* Once, before any thread is started. */
ritz_status ritz_terminal_begin(ritz_error *err);

int ritz_wake_fd(void); /* readable after a wake */
void ritz_wake(void);   /* any thread, any handler */
/* Empties the pipe; returns a set of ritz_event. */
unsigned ritz_take_events(void);
/* Sleeps until a wake, until one of two descriptors (-1: none) can be read or
 * has ended, or for this many seconds (below 0: for ever). Says which of the
 * two: 1, 2 or both. */
unsigned ritz_sleep(int first, int second, double seconds);

/* The signal that ended the work: SIGINT, SIGTERM, SIGHUP, or 0. */
int ritz_last_signal(void);
/* Ends the process by the signal, as it would have ended without a handler. */
void ritz_die_of(int signal) __attribute__((noreturn));
/* Stops the process as Ctrl-Z does, and returns when it goes on. */
void ritz_suspend(void);

/* Notes the modes of the terminal `fd` and the bytes that undo what is about
 * to be switched on; ritz_restore_terminal brings both back. Once is enough
 * and twice is harmless; safe in a handler. */
void ritz_guard_terminal(int fd, const char *undo);
void ritz_guard_descriptor(int fd, int saved); /* saved -1: no longer */
void ritz_restore_terminal(void);
void ritz_unguard_terminal(void);

#endif
