/* panels_draw.c - what the screen shows while panels are open.
 *
 * A picture of the figure is taken only when the figure or the width has
 * changed; the whole screen is composed on a canvas every time, and the
 * terminal is sent what differs.
 */
#include "ui/panels_inside.h"

#include "base/clock.h"
#include "base/parallel.h"
#include "plot/layout.h"
#include "plot/text.h"
#include "ui/chrome.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_STAYS 4.0 /* seconds */

enum { CHROME = 3, LEAST_BODY = 4 }; /* lines around the panels; rows of them */

void ritz_panels_say(ritz_panels *p, const char *text)
{
    snprintf(p->message, sizeof p->message, "%.*s", RITZ_STAGE_TEXT - 1, text);
    p->message_until = ritz_seconds() + MESSAGE_STAYS;
    p->changed = true;
}

static void drop_canvases(ritz_panels *p)
{
    ritz_canvas_delete(p->page);
    ritz_canvas_delete(p->body);
    p->page = p->body = NULL;
}

/* Canvases of the terminal's size; false when there is no memory. */
static bool fit(ritz_panels *p)
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

ritz_figure *ritz_panels_figure(ritz_panels *p)
{
    return ritz_stage_figure(p->session->stage, p->figure);
}

/* A new picture when the figure or the width has changed. */
static void take_picture(ritz_panels *p)
{
    ritz_figure *figure = ritz_panels_figure(p);
    const uint64_t generation = ritz_figure_generation(figure);
    const size_t bins = 2 * p->body->width;
    if (p->picture && (p->paused || p->generation == generation) &&
        p->bins == bins)
        return;
    ritz_picture *picture;
    ritz_error err = {0};
    if (ritz_picture_new(&picture, figure, bins, &err) != RITZ_OK) {
        ritz_panels_say(p, err.text);
        return;
    }
    ritz_picture_delete(p->picture);
    p->picture = picture;
    p->generation = generation;
    p->bins = bins;
}

static size_t page_of(const ritz_panels *p, size_t pane)
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

static void draw_body(ritz_panels *p, size_t top)
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
static void last_line(const ritz_panels *p, char out[RITZ_STAGE_TEXT])
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

static const char *how_it_ended(const ritz_panels *p)
{
    return !p->done                                 ? NULL
           : p->answer->verdict == RITZ_FAILED      ? "failed"
           : p->answer->verdict == RITZ_INTERRUPTED ? "interrupted"
                                                    : "done";
}

static void draw_chrome(ritz_panels *p)
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

void ritz_panels_draw(ritz_panels *p)
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

void ritz_panels_drop(ritz_panels *p)
{
    drop_canvases(p);
    ritz_picture_delete(p->picture);
    p->picture = NULL;
}
