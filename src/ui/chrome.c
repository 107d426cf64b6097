/* chrome.c - the lines around the panels: what runs, how far, which keys. */
#include "ui/chrome.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const ritz_cell plain = {.style = RITZ_CELL_PLAIN};
static const ritz_cell dim = {.style = RITZ_CELL_DIM};
static const ritz_cell bold = {.style = RITZ_CELL_BOLD};

static size_t put(ritz_canvas *canvas, size_t x, size_t y, const char *text,
                  ritz_cell look)
{
    if (x >= canvas->width)
        return x;
    return x + ritz_canvas_text(canvas, x, y, canvas->width - x, text, look);
}

enum { SUBJECT_LEAST = 16, GAP = 3 };

/* As many of the parts as fit beside the `left` columns; the last are the least
 * important. Returns where they begin. */
static size_t put_right(ritz_canvas *canvas, size_t y, size_t left,
                        const char *const *part, size_t count)
{
    char line[RITZ_STAGE_TEXT] = "";
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        if (left + length + strlen(part[i]) + 2 * GAP > canvas->width)
            break;
        length += (size_t)snprintf(line + length, sizeof line - length, "%s%s",
                                   length ? "   " : "", part[i]);
    }
    if (length == 0)
        return canvas->width;
    const size_t x = canvas->width - length - 1;
    put(canvas, x, y, line, dim);
    return x;
}

/* What runs may be long: it stands between, and is cut. */
void ritz_chrome_header(ritz_canvas *canvas, size_t y, const ritz_chrome *c)
{
    size_t x = put(canvas, 1, y, "ritz", bold);
    x = put(canvas, x + 2, y, c->script, plain);
    char seed[48], threads[32], memory[32];
    snprintf(seed, sizeof seed, "seed %" PRIu64, c->seed);
    snprintf(threads, sizeof threads, "%d thread%s", c->threads,
             c->threads == 1 ? "" : "s");
    snprintf(memory, sizeof memory, "%.0f MB", (double)c->bytes / 1e6);
    const char *const part[] = {seed, threads, memory};
    const size_t end =
        put_right(canvas, y, x, part, sizeof part / sizeof *part);
    const size_t columns = ritz_text_columns(c->view.subject);
    const size_t room = end > x + 2 * GAP ? end - x - 2 * GAP : 0;
    if (columns <= room)
        put(canvas, end - GAP - columns, y, c->view.subject, dim);
    else if (room >= SUBJECT_LEAST)
        ritz_canvas_text(canvas, x + GAP, y, room, c->view.subject, dim);
}

/* The part that is done is bold, the rest dim, and the marks differ too. */
static void put_bar(ritz_canvas *canvas, size_t x, size_t y, size_t width,
                    double fraction)
{
    const size_t full = (size_t)(fraction * (double)width + 0.5);
    for (size_t i = 0; i < width; i++) {
        const bool filled = i < full;
        ritz_cell cell = filled ? bold : dim;
        cell.code = canvas->ascii ? (filled ? '=' : '-')
                    : filled      ? 0x2501
                    : i == full   ? 0x257A
                                  : 0x2500;
        ritz_canvas_put(canvas, x + i, y, cell);
    }
}

static void seconds_text(char out[32], double seconds)
{
    if (seconds < 60)
        snprintf(out, 32, "%.1f s", seconds);
    else if (seconds < 3600)
        snprintf(out, 32, "%.0f min %02.0f s", floor(seconds / 60),
                 floor(fmod(seconds, 60)));
    else
        snprintf(out, 32, "%.0f h %02.0f min", floor(seconds / 3600),
                 floor(fmod(seconds / 60, 60)));
}

enum { BAR_LEAST = 8 };

static void put_progress(ritz_canvas *canvas, size_t y, const ritz_chrome *c)
{
    const double fraction = fmin(fmax(c->view.fraction, 0), 1);
    char rest[2 * RITZ_STAGE_TEXT], left[32] = "";
    if (c->view.left >= 0)
        seconds_text(left, c->view.left);
    snprintf(rest, sizeof rest, "%3.0f %%%s%s%s%s", 100 * fraction,
             *c->view.detail ? "   " : "", c->view.detail,
             *left ? "   left " : "", left);
    const size_t x = put(canvas, 1, y, c->view.label, plain) + 2;
    const size_t columns = ritz_text_columns(rest);
    if (x + columns + BAR_LEAST + 3 > canvas->width) {
        put(canvas, x, y, rest, plain);
        return;
    }
    const size_t width = canvas->width - x - columns - 3;
    put_bar(canvas, x, y, width, fraction);
    put(canvas, x + width + 2, y, rest, plain);
}

static void put_end(ritz_canvas *canvas, size_t y, const ritz_chrome *c)
{
    char text[64], took[32];
    seconds_text(took, c->seconds);
    snprintf(text, sizeof text, "%s %s %s", c->end,
             strcmp(c->end, "done") == 0 ? "in" : "after", took);
    const size_t x = put(canvas, 1, y, text, bold);
    put(canvas, x + 3, y, c->last, plain);
}

void ritz_chrome_status(ritz_canvas *canvas, size_t y, const ritz_chrome *c)
{
    char text[2 * RITZ_STAGE_TEXT], took[32];
    seconds_text(took, c->seconds);
    if (*c->message) {
        put(canvas, 1, y, c->message, bold);
    } else if (c->end) {
        put_end(canvas, y, c);
    } else if (c->paused) {
        snprintf(text, sizeof text, "drawing is paused; %.*s goes on",
                 RITZ_STAGE_TEXT, c->script);
        put(canvas, 1, y, text, bold);
    } else if (c->view.fraction >= 0) {
        put_progress(canvas, y, c);
    } else {
        snprintf(text, sizeof text, "%s   %s",
                 c->view.steps ? c->view.label : "running", took);
        put(canvas, 1, y, text, plain);
    }
}

static const struct {
    const char *key, *does, *more;
} keys[] = {
    {"tab", "next panel", "the next panel becomes the active one"},
    {"z", "zoom", "the active panel fills the screen, and back"},
    {"l", "log", "the active panel's y axis: linear, logarithmic"},
    {"s", "save", "saves the figure as SVG in this folder"},
    {"p", "pause", "stops drawing, and goes on; the work never stops"},
    {"f", "figure", "the next figure, where there are several"},
    {"?", "keys", "shows and hides this"},
    {"q", "quit", "leaves; work that still runs is interrupted"},
};

enum { KEYS = sizeof keys / sizeof *keys, QUIT = KEYS - 1, FIGURE = 5 };

static size_t key_columns(size_t i)
{
    return strlen(keys[i].key) + strlen(keys[i].does) + 4;
}

void ritz_chrome_keys(ritz_canvas *canvas, size_t y, const ritz_chrome *c)
{
    size_t x = 1;
    for (size_t i = 0; i < KEYS; i++) {
        const size_t reserved = i == QUIT ? 0 : key_columns(QUIT);
        if ((i == FIGURE && c->view.figures < 2) ||
            (i != QUIT && x + key_columns(i) + reserved > canvas->width + 3))
            continue;
        x = put(canvas, x, y, keys[i].key, bold) + 1;
        x = put(canvas, x, y, keys[i].does, dim) + 3;
    }
}

static void put_box(ritz_canvas *canvas, size_t x, size_t y, size_t width,
                    size_t height)
{
    for (size_t j = 0; j < height; j++)
        for (size_t i = 0; i < width; i++) {
            const bool side = i == 0 || i + 1 == width;
            const bool edge = j == 0 || j + 1 == height;
            ritz_cell cell = dim;
            cell.code = side && edge ? '+' : side ? '|' : edge ? '-' : ' ';
            if (!canvas->ascii && side && edge)
                cell.code = j == 0 ? (i == 0 ? 0x256D : 0x256E)
                                   : (i == 0 ? 0x2570 : 0x256F);
            else if (!canvas->ascii && (side || edge))
                cell.code = side ? 0x2502 : 0x2500;
            ritz_canvas_put(canvas, x + i, y + j, cell);
        }
}

void ritz_chrome_help(ritz_canvas *canvas)
{
    const size_t wanted = 58, height = KEYS + 2;
    const size_t width = wanted < canvas->width ? wanted : canvas->width;
    const size_t x = (canvas->width - width) / 2;
    const size_t y =
        canvas->height > height ? (canvas->height - height) / 2 : 0;
    put_box(canvas, x, y, width, height);
    for (size_t i = 0; i < KEYS && width > 12; i++) {
        ritz_canvas_text(canvas, x + 2, y + 1 + i, 4, keys[i].key, bold);
        ritz_canvas_text(canvas, x + 7, y + 1 + i, width - 9, keys[i].more,
                         plain);
    }
}
