/* prompt.c - the prompt: a line editor that stays alive while work runs.
 *
 * readline runs by its callback interface on the interface's thread; inputs are
 * computed on the worker. While work runs and nobody types, output streams by
 * as in any shell. With the first key the prompt comes back, under the output,
 * and what is printed from then on appears above it, in whole lines. Lines
 * typed ahead wait in a queue.
 *
 * readline has one global state and callbacks without context, so this file has
 * one too.
 */
#include "ui/prompt.h"

#include "base/clock.h"
#include "base/memory.h"
#include "plot/canvas.h"
#include "ui/capture.h"
#include "ui/completion.h"
#include "ui/history.h"
#include "ui/program.h"
#include "ui/sketch.h"
#include "ui/terminal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

#define TELL_TIME_ABOVE 1.0 /* seconds */
#define PROGRESS_EVERY  0.2 /* seconds between looks at it */
#define CLEAR_ROW       "\r\033[K"
/* Left by readline, or by a script that ended badly: bracketed paste off,
 * cursor on, plain attributes. */
#define UNDO "\033[?2004l\033[?25h\033[m"

static struct prompt {
    ritz_session *session;
    ritz_history *history;
    ritz_capture capture;
    char **queue; /* inputs typed ahead, owned */
    size_t queued, queue_capacity;
    ritz_text chunk;   /* the input so far; more lines may follow */
    ritz_text printed; /* caught, and not yet on the screen */
    bool running;      /* the worker has a job */
    bool visible;      /* readline's line is on the screen */
    bool mid_line;     /* the cursor stands behind printed text */
    bool progressing;  /* it stands in a line of progress */
    size_t steps;      /* of the progress shown last */
    bool asking;       /* whether to leave although work runs */
    bool over;
    int interrupts; /* since the job started */
    int code;
} the;

/* --- the screen -------------------------------------------------- */

static void redisplay(void)
{
    if (the.visible)
        rl_redisplay();
}

static void choose_prompt(void)
{
    rl_set_prompt(the.asking         ? "work is running; leave? [y/N] "
                  : the.running      ? "running> "
                  : the.chunk.length ? "   .. "
                                     : "ritz> ");
}

static void hide_progress(void)
{
    if (the.progressing)
        fputs(CLEAR_ROW, the.capture.screen);
    the.progressing = false;
}

static void hide_line(void)
{
    hide_progress();
    if (the.visible)
        rl_clear_visible_line();
    the.visible = false;
}

static void show_line(void)
{
    hide_line(); /* its prompt may have changed */
    if (the.mid_line)
        fputc('\n', the.capture.screen);
    the.mid_line = false;
    the.visible = true;
    choose_prompt();
    rl_on_new_line();
    rl_forced_update_display();
}

static void put(const char *bytes, size_t n)
{
    if (n == 0)
        return;
    hide_progress();
    fwrite(bytes, 1, n, the.capture.screen);
    the.mid_line = bytes[n - 1] != '\n';
}

/* Puts what was printed above the prompt. While the prompt is visible the last,
 * unfinished line waits, unless it is `all`: it would be drawn over. */
static void put_printed(bool all)
{
    ritz_capture_read(&the.capture, &the.printed);
    const char *bytes = ritz_text_view(&the.printed);
    const char *last = memrchr(bytes, '\n', the.printed.length);
    const size_t whole = last ? (size_t)(last - bytes) + 1 : 0;
    const size_t n = all || !the.visible ? the.printed.length : whole;
    if (n == 0)
        return;
    const bool was_visible = the.visible;
    hide_line();
    put(bytes, n);
    ritz_text rest = {0};
    ritz_text_add(&rest, bytes + n, the.printed.length - n);
    ritz_text_free(&the.printed);
    the.printed = rest;
    if (was_visible)
        show_line();
    fflush(the.capture.screen);
}

static void say(const char *text)
{
    hide_line();
    if (the.mid_line)
        put("\n", 1);
    put(text, strlen(text));
    if (*text && text[strlen(text) - 1] != '\n')
        put("\n", 1);
}

/* While work runs and nothing else wants the row, its progress is drawn there,
 * over and over. */
static void show_progress(void)
{
    ritz_stage_view view;
    ritz_stage_look(the.session->stage, &view);
    if (!the.running || the.visible || the.mid_line || view.steps == the.steps)
        return;
    the.steps = view.steps;
    int columns, rows;
    ritz_screen_size(&columns, &rows);
    ritz_text line = {0};
    ritz_progress_line(&line, &view);
    const size_t width = ritz_text_columns(ritz_text_view(&line));
    fprintf(the.capture.screen, CLEAR_ROW "%s",
            width < (size_t)columns ? ritz_text_view(&line) : "...");
    fflush(the.capture.screen);
    ritz_text_free(&line);
    the.progressing = true;
}

/* --- work -------------------------------------------------------- */

static void start(const ritz_job *job)
{
    ritz_stage_view view;
    ritz_stage_look(the.session->stage, &view);
    the.steps = view.steps; /* progress of the job before is no news */
    the.running = true;
    the.interrupts = 0;
    ritz_worker_submit(the.session->worker, job);
}

static void enqueue(const char *line)
{
    char *copy = ritz_copy_text(line);
    if (copy && ritz_reserve(&the.queue, &the.queue_capacity, the.queued + 1,
                             sizeof *the.queue)) {
        the.queue[the.queued++] = copy;
        return;
    }
    ritz_free(copy);
    say("error: no memory for this input");
}

/* Moves one input from the queue to the chunk and runs that. */
static void run_next(void)
{
    if (the.running || the.queued == 0 || the.over)
        return;
    ritz_text_puts(&the.chunk, the.queue[0]);
    ritz_text_puts(&the.chunk, "\n");
    ritz_free(the.queue[0]);
    the.queued--;
    memmove(the.queue, the.queue + 1, the.queued * sizeof *the.queue);
    start(
        &(ritz_job){.kind = RITZ_JOB_EVAL, .text = ritz_text_view(&the.chunk)});
}

static void remember_chunk(void)
{
    if (the.chunk.length == 0)
        return;
    the.chunk.bytes[the.chunk.length - 1] = '\0'; /* its last '\n' */
    ritz_error err = {0};
    if (ritz_history_add(the.history, the.chunk.bytes, &err) != RITZ_OK)
        say(err.text);
    ritz_text_free(&the.chunk);
}

static void forget_input(void)
{
    while (the.queued > 0)
        ritz_free(the.queue[--the.queued]);
    if (!the.running)
        ritz_text_free(&the.chunk); /* else the worker still reads it */
}

static void tell_verdict(const ritz_answer *answer)
{
    const char *error = ritz_text_view(&answer->error);
    const bool color = the.session->look.color;
    if (answer->verdict == RITZ_FAILED) {
        ritz_text line = {0};
        ritz_text_printf(&line, "%serror:%s %s", color ? "\033[1;31m" : "",
                         color ? "\033[m" : "", error);
        say(ritz_text_view(&line));
        ritz_text_free(&line);
    } else if (answer->verdict == RITZ_INTERRUPTED) {
        say(error);
    } else if (answer->verdict == RITZ_EXIT) {
        the.over = true;
        the.code = answer->exit_code;
    }
    if (answer->seconds > TELL_TIME_ABOVE) {
        char line[64];
        snprintf(line, sizeof line, "(%.2f s)", answer->seconds);
        say(line);
    }
}

static void finish(ritz_answer *answer)
{
    the.running = false;
    the.asking = false;
    if (answer->kind == RITZ_JOB_EVAL)
        ritz_completion_know(&answer->words);
    if (answer->kind == RITZ_JOB_COMPLETE) { /* too late to be of use */
        ritz_answer_free(answer);
        run_next();
        return;
    }
    put_printed(true);
    if (answer->shown.length > 0)
        say(ritz_text_view(&answer->shown));
    tell_verdict(answer);
    if (answer->verdict != RITZ_INCOMPLETE) {
        remember_chunk();
        ritz_sketch_new_figures(the.session, the.capture.screen);
    }
    if (answer->verdict == RITZ_FAILED || answer->verdict == RITZ_INTERRUPTED)
        forget_input(); /* what was typed ahead leant on it */
    ritz_answer_free(answer);
    run_next();
    if (!the.running && !the.over)
        show_line();
    fflush(the.capture.screen);
}

/* --- keys -------------------------------------------------------- */

static void leave_or_ask(void)
{
    if (the.running && !the.asking) {
        the.asking = true;
        the.visible = false;
        put("\n", 1);
        show_line();
        return;
    }
    put("\n", 1);
    the.over = true;
}

static void take_line(char *line)
{
    the.visible = false;
    if (!line) {
        leave_or_ask();
        return;
    }
    const bool answered = the.asking;
    if (answered) {
        the.asking = false;
        the.over = line[0] == 'y' || line[0] == 'Y';
    } else if (*line || the.chunk.length > 0) {
        enqueue(line);
    }
    free(line); /* readline's own */
    run_next();
    choose_prompt();
    /* readline shows the next line itself */
    the.visible = answered || !the.running;
}

static void on_key(void)
{
    if (the.running && !the.visible)
        show_line();
    rl_callback_read_char();
}

static void on_interrupt(void)
{
    rl_callback_sigcleanup();
    rl_free_line_state();
    if (the.visible) {
        rl_point = rl_end;
        redisplay();
        put("^C\n", 3);
    }
    the.visible = false;
    rl_replace_line("", 1);
    the.asking = false;
    forget_input();
    the.interrupts++;
    if (!the.running) {
        show_line();
        return;
    }
    if (the.interrupts > 1)
        say("still stopping; Ctrl-\\ ends ritz at once");
}

static void on_suspend(void)
{
    hide_line();
    fflush(the.capture.screen);
    rl_deprep_terminal();
    ritz_suspend();
    rl_prep_terminal(1);
    if (!the.running)
        show_line();
}

static void on_events(unsigned events)
{
    if (events & RITZ_EVENT_LEAVE) {
        the.over = true;
        the.code = 128 + ritz_last_signal();
    }
    if (events & RITZ_EVENT_RESIZE)
        rl_resize_terminal();
    if (events & RITZ_EVENT_INTERRUPT)
        on_interrupt();
    if (events & RITZ_EVENT_SUSPEND)
        on_suspend();
    fflush(the.capture.screen);
}

/* --- begin, loop, end -------------------------------------------- */

static void begin_readline(void)
{
    rl_readline_name = "ritz";
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_instream = stdin;
    rl_outstream = the.capture.screen;
    rl_redisplay_function = redisplay;
    ritz_completion_begin(the.session->worker, &the.running);
    rl_callback_handler_install("ritz> ", take_line);
    rl_variable_bind("bell-style", "none"); /* it rings on stderr: caught */
}

static void loop(void)
{
    ritz_answer answer;
    while (!the.over) {
        const unsigned ready = ritz_sleep(STDIN_FILENO, the.capture.pipe,
                                          the.running ? PROGRESS_EVERY : -1);
        on_events(ritz_take_events());
        if (ready & 1 && !the.over)
            on_key();
        put_printed(false);
        show_progress();
        if (ritz_worker_answer(the.session->worker, &answer))
            finish(&answer);
    }
}

/* Work that was asked to end gets a moment for it. */
static void end_work(void)
{
    ritz_answer answer;
    if (!the.running)
        return;
    ritz_worker_interrupt();
    if (!ritz_worker_wait(the.session->worker, &answer, RITZ_PATIENCE)) {
        ritz_restore_terminal();
        _exit(the.code); /* what does not stop cannot be taken down in order */
    }
    the.running = false;
    ritz_answer_free(&answer);
}

int ritz_prompt_run(ritz_session *session, const ritz_job *first)
{
    the = (struct prompt){.session = session};
    ritz_error err = {0}, warning = {0};
    if (ritz_capture_begin(&the.capture, &err) != RITZ_OK) {
        ritz_tell_error(session, err.text);
        return RITZ_EXIT_FAILED;
    }
    ritz_guard_terminal(STDIN_FILENO, UNDO);
    the.visible = !first;
    if (!first)
        fprintf(the.capture.screen,
                "ritz %s   help() explains, ?name too; Ctrl-D leaves\n",
                ritz_version());
    begin_readline();
    if (ritz_history_open(&the.history, &warning) != RITZ_OK) {
        say(warning.text);
        if (!first)
            show_line();
    }
    if (first)
        start(first);
    loop();
    end_work();
    hide_line();
    rl_callback_handler_remove();
    ritz_capture_end(&the.capture, &the.printed);
    ritz_restore_terminal();
    fwrite(ritz_text_view(&the.printed), 1, the.printed.length, stdout);
    ritz_history_close(the.history);
    ritz_completion_end();
    ritz_text_free(&the.printed);
    forget_input();
    ritz_free(the.queue);
    return the.code;
}
