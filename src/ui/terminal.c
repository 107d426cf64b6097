/* terminal.c - signals, and a terminal that is left as it was found.
 *
 * Handlers only set flags and write one byte: everything else is done by the
 * interface's loop. Deadly signals are different, because there is no loop any
 * more: their handler restores the terminal itself, on a stack of its own, and
 * then lets the signal do what it would have done.
 */
#include "ui/terminal.h"

#include "base/clock.h"
#include "ui/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int wake_pipe[2] = {-1, -1};
static atomic_uint events;
static volatile sig_atomic_t last_signal;

enum { UNDO_LENGTH = 256, DEADLY_STACK = 64 * 1024 };

static struct {
    atomic_bool on;
    int fd;
    bool has_modes;
    struct termios modes;
    char undo[UNDO_LENGTH];
    size_t undo_length;
    int descriptor[2]; /* what 1 and 2 were; -1: not redirected */
} guard = {.descriptor = {-1, -1}};

int ritz_wake_fd(void)
{
    return wake_pipe[0];
}

void ritz_wake(void)
{
    const int saved = errno;
    const ssize_t n = write(wake_pipe[1], "", 1);
    (void)n; /* a full pipe wakes as well */
    errno = saved;
}

unsigned ritz_take_events(void)
{
    char bytes[64];
    while (read(wake_pipe[0], bytes, sizeof bytes) > 0)
        ;
    return atomic_exchange(&events, 0);
}

unsigned ritz_sleep(int first, int second, double seconds)
{
    struct pollfd fds[] = {{.fd = wake_pipe[0], .events = POLLIN},
                           {.fd = first, .events = POLLIN},
                           {.fd = second, .events = POLLIN}};
    const int milliseconds = seconds < 0 ? -1 : (int)(seconds * 1e3 + 0.999);
    if (poll(fds, 3, milliseconds) <= 0)
        return 0;
    return (fds[1].revents != 0) | (unsigned)(fds[2].revents != 0) << 1;
}

int ritz_last_signal(void)
{
    return last_signal;
}

static void on_signal(int signal)
{
    switch (signal) {
    case SIGINT:
        last_signal = signal;
        ritz_worker_interrupt();
        atomic_fetch_or(&events, RITZ_EVENT_INTERRUPT);
        break;
    case SIGWINCH:
        atomic_fetch_or(&events, RITZ_EVENT_RESIZE);
        break;
    case SIGTSTP:
        atomic_fetch_or(&events, RITZ_EVENT_SUSPEND);
        break;
    default: /* SIGTERM, SIGHUP */
        last_signal = signal;
        ritz_worker_interrupt();
        atomic_fetch_or(&events, RITZ_EVENT_LEAVE);
    }
    ritz_wake();
}

static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};

enum { DEADLY = sizeof deadly / sizeof deadly[0] };

static struct sigaction before[DEADLY]; /* a sanitizer's, perhaps */

static void on_deadly_signal(int signal)
{
    ritz_restore_terminal();
    for (size_t i = 0; i < DEADLY; i++)
        if (deadly[i] == signal)
            sigaction(signal, &before[i], NULL);
    raise(signal); /* taken when this handler returns */
}

static void catch (int signal, void (*handler)(int), int flags,
                   struct sigaction *old)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, old);
}

/* A signal that was ignored when we started, as nohup does with SIGHUP, stays
 * ignored. */
static void catch_unless_ignored(int signal)
{
    struct sigaction now;
    if (sigaction(signal, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
        return;
    catch (signal, on_signal, SA_RESTART, NULL);
}

/* Whoever started us may have closed 0, 1 or 2. The next file opened would get
 * that number, and messages would end in a pipe or in somebody's data. Opened
 * the wrong way round, reading and writing fail as they did when closed. */
static void hold_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
            return;
}

ritz_status ritz_terminal_begin(ritz_error *err)
{
    hold_standard_descriptors();
    if (pipe2(wake_pipe, O_NONBLOCK | O_CLOEXEC) != 0)
        return ritz_fail(err, RITZ_EIO, "no pipe for signals: %s",
                         strerror(errno));
    static char stack[DEADLY_STACK];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    catch_unless_ignored(SIGINT);
    catch_unless_ignored(SIGTERM);
    catch_unless_ignored(SIGHUP);
    catch_unless_ignored(SIGWINCH);
    catch (SIGXFSZ, SIG_IGN, 0, NULL); /* a file too large is an error */
    for (size_t i = 0; i < DEADLY; i++)
        catch (deadly[i], on_deadly_signal, SA_ONSTACK, &before[i]);
    return RITZ_OK;
}

void ritz_die_of(int signal)
{
    ritz_restore_terminal();
    catch (signal, SIG_DFL, 0, NULL);
    raise(signal);
    _exit(128 + signal); /* blocked by whoever started us */
}

void ritz_guard_terminal(int fd, const char *undo)
{
    guard.fd = fd;
    guard.has_modes = tcgetattr(fd, &guard.modes) == 0;
    const size_t n = strlen(undo);
    guard.undo_length = n < UNDO_LENGTH ? n : UNDO_LENGTH;
    memcpy(guard.undo, undo, guard.undo_length);
    atomic_store(&guard.on, true);
    catch (SIGTSTP, on_signal, SA_RESTART, NULL);
}

void ritz_guard_descriptor(int fd, int saved)
{
    guard.descriptor[fd - 1] = saved;
}

void ritz_restore_terminal(void)
{
    for (int fd = 1; fd <= 2; fd++)
        if (guard.descriptor[fd - 1] >= 0)
            dup2(guard.descriptor[fd - 1], fd);
    if (!atomic_exchange(&guard.on, false))
        return;
    const ssize_t n = write(guard.fd, guard.undo, guard.undo_length);
    (void)n; /* nobody is left to be told */
    if (guard.has_modes)
        tcsetattr(guard.fd, TCSANOW, &guard.modes);
}

void ritz_unguard_terminal(void)
{
    atomic_store(&guard.on, false);
    catch (SIGTSTP, SIG_DFL, 0, NULL);
}

void ritz_suspend(void)
{
    catch (SIGTSTP, SIG_DFL, 0, NULL);
    raise(SIGTSTP); /* stops every thread; returns after SIGCONT */
    catch (SIGTSTP, on_signal, SA_RESTART, NULL);
}
