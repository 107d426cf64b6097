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
#include "base/memory.h"
#include "base/parallel.h"
#include "plot/layout.h"
#include "plot/text.h"
#include "ui/capture.h"
#include "ui/chrome.h"
#include "ui/screen.h"
#include "ui/sketch.h"
#include "ui/terminal.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FRAME         0.1 /* seconds between frames: 10 a second */
#define STATUS_EVERY  0.5 /* the clock of the status line */
#define MESSAGE_STAYS 4.0 /* seconds */

enum {
    CHROME = 3,     /* lines around the panels */
    LEAST_BODY = 4, /* rows of the panels */
    KEPT = 4 << 20  /* bytes of what is printed meanwhile */
};

typedef struct panels {
    ritz_session *session;
    ritz_answer *answer;
    ritz_capture capture;
    ritz_text printed;
    ritz_screen *screen;
    ritz_canvas *page, *body; /* the whole screen; what the figure fills */
    ritz_picture *picture;
    uint64_t generation; /* of the figure in the picture */
    size_t bins;         /* of the picture */
    size_t figure, active, zoomed, steps;
    bool paused, helping, done, leaving, changed, keys_ended;
    double started, ended, next_frame, next_status, message_until;
    char message[RITZ_STAGE_TEXT];
} panels;

/* What is printed while the panels are open is kept for afterwards; of very
 * much the last part. */
static void take_printed(panels *p)
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

static void say(panels *p, const char *text)
{
    snprintf(p->message, sizeof p->message, "%.*s", RITZ_STAGE_TEXT - 1, text);
    p->message_until = ritz_seconds() + MESSAGE_STAYS;
    p->changed = true;
}

/* --- drawing ----------------------------------------------------- */

static void drop_canvases(panels *p)
{
    ritz_canvas_delete(p->page);
    ritz_canvas_delete(p->body);
    p->page = p->body = NULL;
}

/* Canvases of the terminal's size; false when there is no memory. */
static bool fit(panels *p)
{
    size_t width, height;
    ritz_screen_fit(p->screen, &width, &height);
    if (p->page && p->page->width == width && p->page->height == height)
        return true;
    drop_canvases(p);
    const size_t chrome = height >= CHROME + LEAST_BODY ? CHROME : 0;
    const bool ascii = !p->session->look.utf8;
    const bool made =
        ritz_canvas_new(&p->page, width, height, ascii, NULL) == RITZ_OK &&
        ritz_canvas_new(&p->body, width, height - chrome, ascii, NULL) ==
            RITZ_OK;
    if (!made)
        drop_canvases(p);
    return made;
}

static ritz_figure *figure_of(panels *p)
{
    return ritz_stage_figure(p->session->stage, p->figure);
}

/* A new picture when the figure or the width has changed. */
static void take_picture(panels *p)
{
    ritz_figure *figure = figure_of(p);
    const uint64_t generation = ritz_figure_generation(figure);
    const size_t bins = 2 * p->body->width;
    if (p->picture && (p->paused || p->generation == generation) &&
        p->bins == bins)
        return;
    ritz_picture *picture;
    ritz_error err = {0};
    if (ritz_picture_new(&picture, figure, bins, &err) != RITZ_OK) {
        say(p, err.text);
        return;
    }
    ritz_picture_delete(p->picture);
    p->picture = picture;
    p->generation = generation;
    p->bins = bins;
}

static size_t page_of(const panels *p, size_t pane)
{
    static ritz_layout layout; /* too large for a stack */
    size_t pages = 1;
    for (size_t page = 0; page < pages; page++) {
        ritz_layout_find(&layout, p->picture, p->body->width, p->body->height,
                         page);
        pages = layout.pages;
        for (size_t i = 0; i < layout.count; i++)
            if (layout.pane[i] == pane)
                return page;
    }
    return 0;
}

static void draw_body(panels *p, size_t top)
{
    if (!p->picture)
        return;
    if (p->active > p->picture->count)
        p->active = p->zoomed = 0;
    const ritz_page_view view = {
        .page = p->active ? page_of(p, p->active - 1) : 0,
        .zoomed = p->zoomed,
        .active = p->active,
    };
    ritz_picture_draw(p->body, p->picture, &view);
    for (size_t y = 0; y < p->body->height; y++)
        for (size_t x = 0; x < p->body->width; x++)
            ritz_canvas_put(p->page, x, top + y, ritz_canvas_at(p->body, x, y));
}

static size_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    size_t total = 0, resident = 0;
    if (!file)
        return 0;
    if (fscanf(file, "%zu %zu", &total, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* The last whole line that was printed, or the first of the error. */
static void last_line(const panels *p, char out[RITZ_STAGE_TEXT])
{
    const bool failed = p->done && p->answer->verdict == RITZ_FAILED;
    const ritz_text *text = failed ? &p->answer->error : &p->printed;
    const char *begin = ritz_text_view(text), *end = begin + text->length;
    if (failed) {
        end = strchrnul(begin, '\n');
    } else {
        while (end > begin && end[-1] == '\n')
            end--;
        const char *before = memrchr(begin, '\n', (size_t)(end - begin));
        begin = before ? before + 1 : begin;
    }
    snprintf(out, RITZ_STAGE_TEXT, "%.*s", (int)(end - begin), begin);
}

static const char *how_it_ended(const panels *p)
{
    return !p->done                                 ? NULL
           : p->answer->verdict == RITZ_FAILED      ? "failed"
           : p->answer->verdict == RITZ_INTERRUPTED ? "interrupted"
                                                    : "done";
}

static void draw_chrome(panels *p)
{
    char last[RITZ_STAGE_TEXT];
    last_line(p, last);
    const ritz_options *opt = p->session->opt;
    const char *name = opt->script ? opt->script : "standard input";
    const char *slash = strrchr(name, '/');
    ritz_chrome c = {
        .script = slash ? slash + 1 : name,
        .message = p->message,
        .end = how_it_ended(p),
        .last = last,
        .seed = opt->seed,
        .threads = ritz_threads(),
        .bytes = resident_bytes(),
        .seconds = (p->done ? p->ended : ritz_seconds()) - p->started,
        .paused = p->paused,
    };
    ritz_stage_look(p->session->stage, &c.view);
    ritz_chrome_header(p->page, 0, &c);
    ritz_chrome_status(p->page, p->page->height - 2, &c);
    ritz_chrome_keys(p->page, p->page->height - 1, &c);
}

static void draw(panels *p)
{
    if (!fit(p))
        return;
    const bool chrome = p->page->height > p->body->height;
    take_picture(p);
    ritz_canvas_blank(p->page);
    draw_body(p, chrome);
    if (chrome)
        draw_chrome(p);
    if (p->helping)
        ritz_chrome_help(p->page);
    ritz_screen_show(p->screen, p->page);
}

static bool has_changed(panels *p, double now)
{
    ritz_stage_view view;
    ritz_stage_look(p->session->stage, &view);
    bool changed =
        p->changed || view.steps != p->steps ||
        (!p->done && now >= p->next_status) ||
        (!p->paused && ritz_figure_generation(figure_of(p)) != p->generation);
    if (*p->message && now >= p->message_until) {
        p->message[0] = '\0';
        changed = true;
    }
    p->steps = view.steps;
    return changed;
}

static void draw_if_due(panels *p)
{
    const double now = ritz_seconds();
    if (now < p->next_frame || !has_changed(p, now))
        return;
    p->changed = false;
    p->next_frame = now + FRAME;
    p->next_status = now + STATUS_EVERY;
    draw(p);
}

/* --- keys -------------------------------------------------------- */

static void next_panel(panels *p)
{
    if (p->picture && p->picture->count > 0)
        p->active = p->active % p->picture->count + 1;
    if (p->zoomed)
        p->zoomed = p->active;
}

static void zoom(panels *p)
{
    if (!p->active)
        p->active = 1;
    p->zoomed = p->zoomed ? 0 : p->active;
}

static void choose_figure(panels *p, bool next)
{
    ritz_stage_view view;
    ritz_stage_look(p->session->stage, &view);
    const size_t step = next ? 1 : view.figures - 1;
    p->figure = (p->figure + step) % view.figures;
    p->active = p->zoomed = 0;
    ritz_picture_delete(p->picture);
    p->picture = NULL;
}

static void next_figure(panels *p)
{
    choose_figure(p, true);
}

static void last_figure(panels *p)
{
    choose_figure(p, false);
}

static void toggle_log(panels *p)
{
    ritz_panel *panel =
        ritz_figure_panel_at(figure_of(p), p->active ? p->active - 1 : 0);
    if (!panel)
        return;
    const bool log = ritz_panel_scale(panel, RITZ_Y) == RITZ_SCALE_LOG;
    ritz_panel_set_scale(panel, RITZ_Y,
                         log ? RITZ_SCALE_LINEAR : RITZ_SCALE_LOG);
}

static void save(panels *p)
{
    char path[RITZ_STAGE_TEXT], text[2 * RITZ_STAGE_TEXT];
    ritz_error err = {0};
    if (ritz_sketch_save(path, sizeof path, p->session, p->figure, &err) ==
        RITZ_OK)
        snprintf(text, sizeof text, "saved %s", path);
    else
        snprintf(text, sizeof text, "not saved: %.*s", RITZ_STAGE_TEXT,
                 err.text);
    say(p, text);
}

static void quit(panels *p)
{
    p->leaving = true;
    ritz_worker_interrupt();
}

static void pause_drawing(panels *p)
{
    p->paused = !p->paused;
}

static void help(panels *p)
{
    p->helping = !p->helping;
}

static void send_all(panels *p)
{
    ritz_screen_forget(p->screen);
}

static const struct {
    int key;
    void (*act)(panels *p);
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

static void take_key(panels *p, int key)
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
static void take_keys(panels *p)
{
    int key = ritz_screen_key(p->screen);
    if (key == RITZ_KEY_NONE)
        p->keys_ended = true;
    for (; key != RITZ_KEY_NONE; key = ritz_screen_key(p->screen))
        take_key(p, key);
}

/* --- the loop ---------------------------------------------------- */

static void take_events(panels *p, unsigned events)
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

static void take_answer(panels *p)
{
    if (p->done || !ritz_worker_answer(p->session->worker, p->answer))
        return;
    p->done = p->changed = true;
    p->ended = ritz_seconds();
    p->next_frame = 0;
}

/* While work runs it is looked at once a frame; after it, nothing changes but
 * a message that ends. */
static double sleep_time(const panels *p)
{
    const double now = ritz_seconds();
    if (!p->done || p->changed)
        return p->next_frame > now ? p->next_frame - now
               : p->changed        ? 0
                                   : FRAME;
    return *p->message ? fmax(p->message_until - now, FRAME) : -1;
}

static void loop(panels *p)
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
static bool wait_for_end(panels *p)
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

static bool open_screen(panels *p)
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

static void close_screen(panels *p)
{
    drop_canvases(p);
    ritz_picture_delete(p->picture);
    ritz_screen_close(p->screen);
    ritz_capture_end(&p->capture, &p->printed);
    fwrite(ritz_text_view(&p->printed), 1, p->printed.length, stdout);
    ritz_text_free(&p->printed);
}

bool ritz_panels_run(ritz_session *session, ritz_answer *answer)
{
    panels p = {.session = session, .answer = answer, .changed = true};
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
