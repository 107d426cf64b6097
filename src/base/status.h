/* status.h - how a function of ritz says that it could not do its work.
 *
 * A function that can fail returns a ritz_status, takes its results through
 * out-parameters first and an error object last. The error is a struct by
 * value with inline text, so nothing leaks when a caller jumps over it.
 * The text is one line, written where the failure is known: thing, wanted,
 * got. Callers pass it up unchanged.
 */
#ifndef RITZ_BASE_STATUS_H
#define RITZ_BASE_STATUS_H

typedef enum ritz_status {
    RITZ_OK = 0,
    RITZ_EVALUE,       /* a value out of its range */
    RITZ_ESHAPE,       /* shapes that do not fit */
    RITZ_EDTYPE,       /* a dtype that does not serve */
    RITZ_ENOMEM,       /* no memory */
    RITZ_EIO,          /* the operating system said no */
    RITZ_EFORMAT,      /* a file that is not what it should be */
    RITZ_EINTERRUPTED, /* the user pressed Ctrl-C: a result, not a fault */
    RITZ_ECALLBACK     /* a callback failed and keeps its own error object */
} ritz_status;

enum { RITZ_ERROR_TEXT = 480 };

typedef struct ritz_error {
    ritz_status status;
    char text[RITZ_ERROR_TEXT];
} ritz_error;

/* Writes the text (cut at the end of the buffer) and returns `status`. A NULL
 * `err` is allowed: the caller only wants the status. */
ritz_status ritz_fail(ritz_error *err, ritz_status status, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));

/* The status for "no memory", with a text that needs none. */
ritz_status ritz_fail_memory(ritz_error *err, const char *thing);

#endif
