/* lines.c - work that shows itself in plain lines.
 *
 * Data goes to standard output, errors and progress to standard error. Nothing
 * is ever drawn over: what is printed can be piped, kept and read aloud.
 */
#include "ui/lines.h"

#include "base/clock.h"
#include "ui/panels.h"
#include "ui/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_EVERY 2.0 /* seconds between lines of progress */

enum { IMPATIENT = 3 }; /* so many Ctrl-C end what does not stop */

typedef struct reporter {
    double next;
    size_t steps;
} reporter;

static void tell_progress(ritz_session *session, reporter *r)
{
    const double now = ritz_seconds();
    if (now < r->next)
        return;
    ritz_stage_view view;
    ritz_stage_look(session->stage, &view);
    if (view.steps == r->steps)
        return;
    r->steps = view.steps;
    r->next = now + PROGRESS_EVERY;
    ritz_text line = {0};
    ritz_progress_line(&line, &view);
    fprintf(stderr, "%s\n", ritz_text_view(&line));
    ritz_text_free(&line);
}

/* A signal asked for the end; the handler has interrupted the job. When it
 * does not stop, the process does. */
static void insist(ritz_session *session, ritz_answer *answer)
{
    if (ritz_worker_wait(session->worker, answer, RITZ_PATIENCE))
        return;
    fflush(stdout);
    ritz_die_of(ritz_last_signal());
}

static void wait_in_lines(ritz_session *session, bool panels,
                          ritz_answer *answer)
{
    reporter r = {.next = ritz_seconds() + PROGRESS_EVERY};
    int interrupts = 0;
    while (!ritz_worker_answer(session->worker, answer)) {
        ritz_sleep(-1, -1, PROGRESS_EVERY / 4);
        const unsigned events = ritz_take_events();
        interrupts += (events & RITZ_EVENT_INTERRUPT) != 0;
        ritz_stage_view view;
        ritz_stage_look(session->stage, &view);
        if (events & RITZ_EVENT_LEAVE || interrupts >= IMPATIENT) {
            ritz_stage_hold(session->stage, false);
            insist(session, answer);
            return;
        }
        if (panels && view.figure) {
            if (ritz_panels_run(session, answer))
                return;
            panels = false;
        }
        tell_progress(session, &r);
    }
}

int ritz_lines_run(ritz_session *session, const ritz_job *job, bool panels)
{
    ritz_answer answer;
    ritz_stage_hold(session->stage, panels);
    ritz_worker_submit(session->worker, job);
    wait_in_lines(session, panels, &answer);
    ritz_stage_hold(session->stage, false);
    const int code = ritz_tell_answer(session, &answer);
    ritz_answer_free(&answer);
    return code;
}

/* The input so far: lines that came, and how much of them was taken. */
typedef struct reader {
    ritz_text bytes;
    size_t taken;
    bool ended;
} reader;

static void read_more(reader *in)
{
    char bytes[4096];
    const ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n > 0)
        ritz_text_add(&in->bytes, bytes, (size_t)n);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        in->ended = true;
}

/* Appends the next line to `chunk`; false when there is none yet. */
static bool take_line(reader *in, ritz_text *chunk)
{
    const char *rest = ritz_text_view(&in->bytes) + in->taken;
    const char *end = strchr(rest, '\n');
    if (!end && !(in->ended && *rest))
        return false;
    const size_t n = end ? (size_t)(end - rest) + 1 : strlen(rest);
    ritz_text_add(chunk, rest, n);
    in->taken += n;
    return true;
}

static void show_prompt(const ritz_session *session, bool continued)
{
    if (!session->look.in)
        return;
    fputs(continued ? "   .. " : "ritz> ", stdout);
    fflush(stdout);
}

/* Runs the chunk; false when the session is over and *code says how. */
static bool eval_in_lines(ritz_session *session, ritz_text *chunk, int *code)
{
    const ritz_job job = {.kind = RITZ_JOB_EVAL, .text = ritz_text_view(chunk)};
    ritz_answer answer;
    ritz_worker_submit(session->worker, &job);
    wait_in_lines(session, false, &answer);
    fputs(ritz_text_view(&answer.shown), stdout);
    bool on = true;
    if (answer.verdict != RITZ_INCOMPLETE) {
        const int how = ritz_tell_answer(session, &answer);
        on = answer.verdict != RITZ_EXIT;
        *code = on ? RITZ_EXIT_OK : how;
        ritz_text_free(chunk);
    }
    ritz_answer_free(&answer);
    return on;
}

int ritz_lines_prompt(ritz_session *session)
{
    reader in = {0};
    ritz_text chunk = {0};
    int code = RITZ_EXIT_OK;
    bool on = true;
    show_prompt(session, false);
    while (on) {
        if (take_line(&in, &chunk)) {
            on = eval_in_lines(session, &chunk, &code);
            if (on)
                show_prompt(session, chunk.length > 0);
            continue;
        }
        if (in.ended)
            break;
        const bool ready = ritz_sleep(STDIN_FILENO, -1, -1) != 0;
        const unsigned events = ritz_take_events();
        if (events & RITZ_EVENT_LEAVE) {
            code = 128 + ritz_last_signal();
            break;
        }
        if (events & RITZ_EVENT_INTERRUPT) {
            ritz_text_free(&chunk);
            fputc('\n', stdout);
            show_prompt(session, false);
        }
        if (ready)
            read_more(&in);
    }
    ritz_text_free(&chunk);
    ritz_text_free(&in.bytes);
    return code;
}
