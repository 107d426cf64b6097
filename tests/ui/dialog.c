/* dialog.c - a program on a terminal of its own, and what it wrote there. */
#include "dialog.h"

#include "base/clock.h"

#include "tap.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

enum { ROWS = 24, COLUMNS = 80, WORDS = 16 };

bool pty_start(pty *p, const char *const argv[])
{
    const struct winsize size = {.ws_row = ROWS, .ws_col = COLUMNS};
    const char *word[WORDS] = {getenv("RITZ")};
    for (size_t i = 1; i < WORDS - 1 && argv[i]; i++)
        word[i] = argv[i];
    if (argv[0])
        word[0] = argv[0];
    *p = (pty){.fd = -1};
    int slave;
    if (openpty(&p->fd, &slave, NULL, NULL, &size) != 0)
        return ok(false, "a pseudo-terminal");
    tcgetattr(slave, &p->before);
    p->pid = fork();
    if (p->pid == 0) {
        close(p->fd);
        login_tty(slave);
        execv(word[0], (char *const *)word);
        _exit(127);
    }
    close(slave);
    return p->pid > 0;
}

void pty_type(pty *p, const char *bytes)
{
    const ssize_t n = write(p->fd, bytes, strlen(bytes));
    if (n != (ssize_t)strlen(bytes))
        ok(false, "typed %s", bytes);
}

/* False when nothing more can come. */
static bool read_some(pty *p, double seconds)
{
    struct pollfd fd = {.fd = p->fd, .events = POLLIN};
    char bytes[4096];
    if (poll(&fd, 1, (int)(seconds * 1e3) + 1) <= 0)
        return true;
    const ssize_t n = read(p->fd, bytes, sizeof bytes);
    if (n <= 0)
        return false;
    ritz_text_add(&p->seen, bytes, (size_t)n);
    return true;
}

double pty_time(pty *p, const char *text)
{
    const double start = ritz_seconds();
    bool more = true;
    for (;;) {
        const char *from = ritz_text_view(&p->seen) + p->at;
        const char *found = strstr(from, text);
        const double took = ritz_seconds() - start;
        if (found) {
            p->at += (size_t)(found - from) + strlen(text);
            return took;
        }
        if (!more || took > PTY_PATIENCE)
            break;
        more = read_some(p, PTY_PATIENCE - took);
    }
    note("waited for \"%s\", and saw: %s", text,
         ritz_text_view(&p->seen) + p->at);
    return -1;
}

bool pty_expect(pty *p, const char *text)
{
    return pty_time(p, text) >= 0;
}

int pty_end(pty *p)
{
    const double start = ritz_seconds();
    int status;
    for (;;) {
        const pid_t done = waitpid(p->pid, &status, WNOHANG);
        if (done == p->pid)
            break;
        if (ritz_seconds() - start > PTY_PATIENCE)
            return -1;
        read_some(p, 0.01);
    }
    struct pollfd fd = {.fd = p->fd, .events = POLLIN};
    while (poll(&fd, 1, 0) > 0 && fd.revents & POLLIN && read_some(p, 0))
        ;
    p->pid = 0;
    return status;
}

bool pty_is_restored(pty *p)
{
    struct termios now;
    return tcgetattr(p->fd, &now) == 0 && now.c_lflag == p->before.c_lflag &&
           now.c_iflag == p->before.c_iflag && now.c_oflag == p->before.c_oflag;
}

void pty_close(pty *p)
{
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    if (p->fd >= 0)
        close(p->fd);
    ritz_text_free(&p->seen);
}
