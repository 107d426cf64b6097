/* dialog.h - a program on a terminal of its own, and what it wrote there.
 *
 * Tests type bytes and wait for text; nothing waits for a fixed time.
 */
#ifndef RITZ_TESTS_UI_DIALOG_H
#define RITZ_TESTS_UI_DIALOG_H

#include "base/text.h"

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

typedef struct pty {
    int fd;
    pid_t pid;
    ritz_text seen; /* all that came */
    size_t at;      /* behind what was expected last */
    struct termios before;
} pty;

/* The seconds that a text may take to come. */
#define PTY_PATIENCE 20.0

/* argv[0] NULL: the program under test, from the environment variable RITZ. */
bool pty_start(pty *p, const char *const argv[]);
void pty_type(pty *p, const char *bytes);
/* Waits for `text` behind what was expected before. */
bool pty_expect(pty *p, const char *text);
/* Seconds until it came; below 0: it did not. */
double pty_time(pty *p, const char *text);
/* Waits for the end; as waitpid says it, or -1 when it does not end. */
int pty_end(pty *p);
/* The terminal's modes are those that the program found. */
bool pty_is_restored(pty *p);
void pty_close(pty *p);

#endif
