/* capture.c - printed text, caught while the interface owns the screen. */
#include "ui/capture.h"

#include "ui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void redirect(ritz_capture *c, int fd, int to)
{
    c->saved[fd - 1] = -1;
    if (!isatty(fd))
        return;
    c->saved[fd - 1] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (c->saved[fd - 1] < 0)
        return;
    ritz_guard_descriptor(fd, c->saved[fd - 1]);
    dup2(to, fd);
}

static void restore(ritz_capture *c, int fd)
{
    if (c->saved[fd - 1] < 0)
        return;
    dup2(c->saved[fd - 1], fd);
    ritz_guard_descriptor(fd, -1);
    close(c->saved[fd - 1]);
}

ritz_status ritz_capture_begin(ritz_capture *out, ritz_error *err)
{
    int ends[2];
    const int terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    out->screen = terminal >= 0 ? fdopen(terminal, "w") : NULL;
    if (!out->screen || pipe2(ends, O_CLOEXEC) != 0) {
        const int code = errno;
        if (out->screen)
            fclose(out->screen);
        else if (terminal >= 0)
            close(terminal);
        return ritz_fail(err, RITZ_EIO, "the screen cannot be opened: %s",
                         strerror(code));
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    out->pipe = ends[0];
    fflush(stdout);
    redirect(out, STDOUT_FILENO, ends[1]);
    redirect(out, STDERR_FILENO, ends[1]);
    close(ends[1]);
    return RITZ_OK;
}

/* More than a pipe holds, so that one call takes all that an ended job left,
 * and an end, so that a job that never stops printing cannot keep us here. */
enum { AT_ONCE = 1 << 18 };

void ritz_capture_read(ritz_capture *capture, ritz_text *into)
{
    char bytes[4096];
    for (size_t taken = 0; taken < AT_ONCE;) {
        const ssize_t n = read(capture->pipe, bytes, sizeof bytes);
        if (n > 0) {
            ritz_text_add(into, bytes, (size_t)n);
            taken += (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            return;
        }
    }
}

void ritz_capture_end(ritz_capture *capture, ritz_text *into)
{
    fflush(stdout);
    fflush(capture->screen);
    restore(capture, STDOUT_FILENO);
    restore(capture, STDERR_FILENO);
    ritz_capture_read(capture, into);
    close(capture->pipe);
    fclose(capture->screen);
}
