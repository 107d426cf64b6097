/* capture.h - printed text, caught while the interface owns the screen.
 *
 * Descriptors 1 and 2, where they are terminals, lead into a pipe that the
 * interface reads: print, io.write, a child's output and a library's warning
 * alike. One that was redirected to a file stays so.
 */
#ifndef RITZ_UI_CAPTURE_H
#define RITZ_UI_CAPTURE_H

#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>

typedef struct ritz_capture {
    int pipe;     /* readable when text came */
    int saved[2]; /* what 1 and 2 were; -1: left alone */
    FILE *screen; /* the terminal itself */
} ritz_capture;

/* Standard output must be a terminal. */
ritz_status ritz_capture_begin(ritz_capture *out, ritz_error *err);
/* Appends what is there, up to a limit, without waiting. */
void ritz_capture_read(ritz_capture *capture, ritz_text *into);
/* Undoes all; what was still in the pipe is appended. */
void ritz_capture_end(ritz_capture *capture, ritz_text *into);

#endif
