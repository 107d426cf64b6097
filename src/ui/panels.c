/* panels.c - figures that draw themselves while a script computes.
 *
 * One loop sleeps in poll and wakes for keys, signals, printed text, the end of
 * the work, and, while work runs, for the next frame. A frame is drawn when
 * something on it has changed: the figure (by its generation), the progress, a
 * key's effect, or the clock of the status line. So an idle screen costs
 * nothing, and a busy one little more than what the terminal has to be sent.
 */
#include "ui/panels.h"

#include "base/clock.h"
#include "ui/panels_inside.h"
#include "ui/sketch.h"
#include "ui/terminal.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FRAME        0.1 /* seconds between frames: 10 a second */
#define STATUS_EVERY 1.0 /* the clock of the status line */

enum { KEPT = 4 << 20 }; /* bytes of what is printed meanwhile */

/* What is printed while the panels are open is kept for afterwards; of very
 * much the last part. */
static void take_printed(ritz_panels *p)
{
    ritz_capture_read(&p->capture, &p->printed);
    if (p->printed.length <= KEPT)
        return;
    const char *half = p->printed.bytes + p->printed.length / 2;
    const char *line = strchr(half, '\n');
    ritz_text rest = {0};
    ritz_text_puts(&rest, "(earlier lines are left out)\n");
    ritz_text_puts(&rest, line ? line + 1 : half);
    ritz_text_free(&p->printed);
    p->printed = rest;
}

static bool has_changed(ritz_panels *p, double now)
{
    ritz_stage_view view;
    ritz_stage_look(p->session->stage, &view);
    bool changed = p->changed || view.steps != p->steps ||
                   (!p->done && now >= p->next_status) ||
                   (!p->paused && ritz_figure_generation(
                                      ritz_panels_figure(p)) != p->generation);
    if (*p->message && now >= p->message_until) {
        p->message[0] = '\0';
        changed = true;
    }
    p->steps = view.steps;
    return changed;
}

static void draw_if_due(ritz_panels *p)
{
    const double now = ritz_seconds();
    if (now < p->next_frame || !has_changed(p, now))
        return;
    p->changed = false;
    p->next_frame = now + FRAME;
    p->next_status = now + STATUS_EVERY;
    ritz_panels_draw(p);
}

/* --- keys -------------------------------------------------------- */

static void next_panel(ritz_panels *p)
{
    if (p->picture && p->picture->count > 0)
        p->active = p->active % p->picture->count + 1;
    if (p->zoomed)
        p->zoomed = p->active;
}

static void zoom(ritz_panels *p)
{
    if (!p->active)
        p->active = 1;
    p->zoomed = p->zoomed ? 0 : p->active;
}

static void choose_figure(ritz_panels *p, bool next)
{
    ritz_stage_view view;
    ritz_stage_look(p->session->stage, &view);
    const size_t step = next ? 1 : view.figures - 1;
    p->figure = (p->figure + step) % view.figures;
    p->active = p->zoomed = 0;
    ritz_picture_delete(p->picture);
    p->picture = NULL;
}

static void next_figure(ritz_panels *p)
{
    choose_figure(p, true);
}

static void last_figure(ritz_panels *p)
{
    choose_figure(p, false);
}

static void toggle_log(ritz_panels *p)
{
    ritz_panel *panel = ritz_figure_panel_at(ritz_panels_figure(p),
                                             p->active ? p->active - 1 : 0);
    if (!panel)
        return;
    const bool log = ritz_panel_scale(panel, RITZ_Y) == RITZ_SCALE_LOG;
    ritz_panel_set_scale(panel, RITZ_Y,
                         log ? RITZ_SCALE_LINEAR : RITZ_SCALE_LOG);
}

static void save(ritz_panels *p)
{
    char path[RITZ_STAGE_TEXT], text[2 * RITZ_STAGE_TEXT];
    ritz_error err = {0};
    if (ritz_sketch_save(path, sizeof path, p->session, p->figure, &err) ==
        RITZ_OK)
        snprintf(text, sizeof text, "saved %s", path);
    else
        snprintf(text, sizeof text, "not saved: %.*s", RITZ_STAGE_TEXT,
                 err.text);
    ritz_panels_say(p, text);
}

static void quit(ritz_panels *p)
{
    p->leaving = true;
    ritz_worker_interrupt();
}

static void pause_drawing(ritz_panels *p)
{
    p->paused = !p->paused;
}

static void help(ritz_panels *p)
{
    p->helping = !p->helping;
}

static void send_all(ritz_panels *p)
{
    ritz_screen_forget(p->screen);
}

static const struct {
    int key;
    void (*act)(ritz_panels *p);
} keys[] = {
    {'q', quit},
    {'Q', quit},
    {'\t', next_panel},
    {'z', zoom},
    {'l', toggle_log},
    {'s', save},
    {'p', pause_drawing},
    {'f', next_figure},
    {RITZ_KEY_RIGHT, next_figure},
    {RITZ_KEY_LEFT, last_figure},
    {'?', help},
    {'L' & 0x1f, send_all}, /* Ctrl-L */
};

static void take_key(ritz_panels *p, int key)
{
    p->changed = true;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].key == key) {
            keys[i].act(p);
            return;
        }
    p->helping = false; /* any other key closes the help */
}

/* Ready without a key is a terminal that went away: never ask it again. */
static void take_keys(ritz_panels *p)
{
    int key = ritz_screen_key(p->screen);
    if (key == RITZ_KEY_NONE)
        p->keys_ended = true;
    for (; key != RITZ_KEY_NONE; key = ritz_screen_key(p->screen))
        take_key(p, key);
}

/* --- the loop ---------------------------------------------------- */

static void take_events(ritz_panels *p, unsigned events)
{
    if (events & RITZ_EVENT_LEAVE)
        p->leaving = true; /* the handler has interrupted the work */
    if (events & RITZ_EVENT_INTERRUPT)
        p->leaving = true;
    if (events & RITZ_EVENT_SUSPEND) {
        ritz_screen_leave(p->screen);
        ritz_suspend();
        ritz_screen_forget(p->screen);
        p->changed = true;
    }
    if (events & RITZ_EVENT_RESIZE)
        p->changed = true;
}

static void take_answer(ritz_panels *p)
{
    if (p->done || !ritz_worker_answer(p->session->worker, p->answer))
        return;
    p->done = p->changed = true;
    p->ended = ritz_seconds();
    p->next_frame = 0;
}

/* While work runs it is looked at once a frame; after it, nothing changes but
 * a message that ends. */
static double sleep_time(const ritz_panels *p)
{
    const double now = ritz_seconds();
    if (!p->done || p->changed)
        return p->next_frame > now ? p->next_frame - now
               : p->changed        ? 0
                                   : FRAME;
    return *p->message ? fmax(p->message_until - now, FRAME) : -1;
}

static void loop(ritz_panels *p)
{
    const bool keyboard = p->session->look.in;
    while (!p->leaving && !(p->done && (!keyboard || p->keys_ended))) {
        draw_if_due(p);
        const unsigned ready =
            ritz_sleep(keyboard && !p->keys_ended ? STDIN_FILENO : -1,
                       p->capture.pipe, sleep_time(p));
        take_events(p, ritz_take_events());
        if (ready & 1)
            take_keys(p);
        if (ready & 2)
            take_printed(p);
        take_answer(p);
    }
    p->changed = true;
    p->next_frame = 0;
    draw_if_due(p);
}

/* Work that was asked to end may still print: the pipe must not fill up. */
static bool wait_for_end(ritz_panels *p)
{
    const double until = ritz_seconds() + RITZ_PATIENCE;
    while (!p->done && ritz_seconds() < until) {
        ritz_sleep(-1, p->capture.pipe, FRAME);
        ritz_take_events();
        take_printed(p);
        take_answer(p);
    }
    return p->done;
}

static bool open_screen(ritz_panels *p)
{
    ritz_error err = {0};
    if (ritz_capture_begin(&p->capture, &err) != RITZ_OK) {
        ritz_tell_error(p->session, err.text);
        return false;
    }
    if (ritz_screen_open(&p->screen, p->capture.screen, &p->session->look,
                         &err) != RITZ_OK) {
        ritz_capture_end(&p->capture, &p->printed);
        fprintf(stderr, "%s\n", err.text);
        return false;
    }
    return true;
}

static void close_screen(ritz_panels *p)
{
    ritz_panels_drop(p);
    ritz_screen_close(p->screen);
    ritz_capture_end(&p->capture, &p->printed);
    fwrite(ritz_text_view(&p->printed), 1, p->printed.length, stdout);
    ritz_text_free(&p->printed);
}

bool ritz_panels_run(ritz_session *session, ritz_answer *answer)
{
    ritz_panels p = {.session = session, .answer = answer, .changed = true};
    const bool opened = open_screen(&p);
    p.started = ritz_seconds();
    ritz_stage_hold(session->stage, false);
    if (!opened)
        return false;
    loop(&p);
    const bool ended = wait_for_end(&p);
    close_screen(&p);
    if (!ended) {
        fflush(stdout);
        ritz_die_of(ritz_last_signal() ? ritz_last_signal() : SIGINT);
    }
    ritz_sketch_summary(session, stdout);
    return true;
}
