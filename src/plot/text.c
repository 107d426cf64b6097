/* text.c - frames, titles and axes around the curves of a panel. */
#include "plot/text.h"

#include "plot/text_inside.h"
#include "plot/ticks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Below the first size a panel has no axes, below the second no curve. */
enum { AXES_WIDTH = 24, AXES_HEIGHT = 7, LEAST_WIDTH = 8, LEAST_HEIGHT = 3 };
enum { AIRY_HEIGHT = 14 }; /* from here on a blank row below the title */
enum { LABEL_GAP = 2 };    /* columns between labels of the x axis */

static const ritz_cell dim = {' ', 0, RITZ_CELL_DIM};
static const ritz_cell plain = {' ', 0, RITZ_CELL_PLAIN};

const ritz_glyphs *ritz_glyphs_of(const ritz_canvas *canvas)
{
    static const ritz_glyphs boxes = {0x256D, 0x256E, 0x2570, 0x256F, 0x2500,
                                      0x2502, 0x2524, 0x252C, 0x2514, 0x250A};
    static const ritz_glyphs ascii = {'+', '+', '+', '+', '-',
                                      '|', '+', '+', '+', ':'};
    return canvas->ascii ? &ascii : &boxes;
}

static void put(ritz_canvas *canvas, size_t x, size_t y, uint32_t code)
{
    ritz_cell cell = dim;
    cell.code = code;
    ritz_canvas_put(canvas, x, y, cell);
}

static void draw_frame(ritz_canvas *canvas, ritz_box b)
{
    const ritz_glyphs *g = ritz_glyphs_of(canvas);
    const size_t right = b.x + b.width - 1, bottom = b.y + b.height - 1;
    for (size_t x = b.x + 1; x < right; x++) {
        put(canvas, x, b.y, g->across);
        put(canvas, x, bottom, g->across);
    }
    for (size_t y = b.y + 1; y < bottom; y++) {
        put(canvas, b.x, y, g->down);
        put(canvas, right, y, g->down);
    }
    put(canvas, b.x, b.y, g->top_left);
    put(canvas, right, b.y, g->top_right);
    put(canvas, b.x, bottom, g->bottom_left);
    put(canvas, right, bottom, g->bottom_right);
}

/* A piece of the title line with a blank on either side, between two columns
 * and at the right; returns where it begins, or `end` when there is no room. */
static size_t title_piece(ritz_canvas *canvas, size_t begin, size_t end,
                          size_t y, const char *text, ritz_cell look)
{
    const size_t room = end > begin + 2 ? end - begin - 2 : 0;
    const size_t wanted = ritz_text_columns(text);
    const size_t columns = wanted < room ? wanted : room;
    if (columns == 0)
        return end;
    const size_t x = end - columns - 2;
    ritz_canvas_text(canvas, x, y, 1, " ", plain);
    ritz_canvas_text(canvas, x + 1, y, columns, text, look);
    ritz_canvas_text(canvas, end - 1, y, 1, " ", plain);
    return x;
}

/* "log y", "x log", the label of y and the unit of its ticks. */
static void describe_axes(char *out, size_t size, const ritz_pane *pane,
                          int exponent)
{
    static const char *const word[] = {"", "log ", "symlog "};
    const ritz_scale x = pane->axis[0].scale, y = pane->axis[1].scale;
    const char *label = pane->text[RITZ_PANEL_YLABEL];
    char unit[24] = "";
    if (exponent != 0)
        snprintf(unit, sizeof unit, " \u00d71e%d", exponent);
    const bool named = *label || y != RITZ_SCALE_LINEAR || exponent != 0;
    snprintf(out, size, "%s%s%s%s%s%s", word[y],
             *label  ? label
             : named ? "y"
                     : "",
             unit, named && x != RITZ_SCALE_LINEAR ? "  " : "", word[x],
             x != RITZ_SCALE_LINEAR ? "x" : "");
}

/* What fits of a number made of parts, like "valid 0.87  best 0.88": whole
 * parts, and an ellipsis only when not even the first fits. */
static void shorten(char *out, size_t size, const char *number, size_t room)
{
    snprintf(out, size, "%s", number);
    while (ritz_text_columns(out) > room) {
        char *gap = NULL;
        for (char *at = strstr(out, "  "); at; at = strstr(at + 2, "  "))
            gap = at;
        if (!gap)
            break;
        *gap = '\0';
    }
}

/* Title to the left, number to the right, the axes' words before the number.
 * The number is kept whole; the title gives way. Returns where free space of
 * the line ends. */
static size_t draw_title(ritz_canvas *canvas, ritz_box b, const char *title,
                         const char *number, ritz_cell look, size_t *begin)
{
    const size_t left = b.x + 2;
    size_t end = b.x + b.width - 3;
    char whole[128];
    shorten(whole, sizeof whole, number, end - left > 2 ? end - left - 2 : 0);
    if (*whole)
        end = title_piece(canvas, left, end, b.y, whole, plain);
    *begin = left;
    const size_t room = end > left + 4 ? end - left - 3 : 0;
    if (*title && room >= 2) {
        ritz_canvas_text(canvas, left, b.y, 1, " ", plain);
        const size_t used =
            ritz_canvas_text(canvas, left + 1, b.y, room, title, look);
        ritz_canvas_text(canvas, left + 1 + used, b.y, 1, " ", plain);
        *begin = left + used + 2;
    }
    return end;
}

static size_t widest_label(const ritz_ticks *ticks)
{
    size_t widest = 0;
    for (size_t i = 0; i < ticks->count; i++) {
        const size_t n = strlen(ticks->label[i]);
        widest = n > widest ? n : widest;
    }
    return widest;
}

/* The row of a value on the y axis, through the dots that curves use. */
static size_t row_of(const ritz_plane *plane, const ritz_axis *axis,
                     double value)
{
    const double rows = (double)(ritz_plane_rows(plane) - 1);
    const double dot = (1 - ritz_axis_place(axis, value)) * rows;
    return (size_t)llround(fmin(fmax(dot, 0), rows)) /
           (ritz_plane_rows(plane) / plane->height);
}

static size_t column_of(const ritz_plane *plane, const ritz_axis *axis,
                        double value)
{
    const double columns = (double)(ritz_plane_columns(plane) - 1);
    const double dot = ritz_axis_place(axis, value) * columns;
    return (size_t)llround(fmin(fmax(dot, 0), columns)) /
           (ritz_plane_columns(plane) / plane->width);
}

static void draw_y_axis(const ritz_plane *plane, const ritz_axis *axis,
                        const ritz_ticks *ticks)
{
    const uint32_t tick = ritz_glyphs_of(plane->canvas)->y_tick;
    size_t taken = SIZE_MAX;
    for (size_t i = 0; i < ticks->count; i++) {
        const size_t row = row_of(plane, axis, ticks->value[i]);
        const size_t n = strlen(ticks->label[i]);
        if (row == taken)
            continue;
        taken = row;
        ritz_canvas_text(plane->canvas, plane->x - 2 - n, plane->y + row, n,
                         ticks->label[i], plain);
        put(plane->canvas, plane->x - 1, plane->y + row, tick);
    }
}

/* Where the label of an x tick begins: centred, and inside of the panel. */
static size_t label_start(const ritz_plane *plane, const ritz_axis *axis,
                          const ritz_ticks *ticks, size_t i, size_t left,
                          size_t right)
{
    const size_t n = strlen(ticks->label[i]);
    const size_t middle = plane->x + column_of(plane, axis, ticks->value[i]);
    const size_t start = middle > n / 2 ? middle - n / 2 : 0;
    const size_t latest = right > n ? right - n : 0;
    return start < left ? left : start > latest ? latest : start;
}

static bool labels_fit(const ritz_plane *plane, const ritz_axis *axis,
                       const ritz_ticks *ticks, size_t left, size_t right)
{
    size_t free = left;
    for (size_t i = 0; i < ticks->count; i++) {
        const size_t start = label_start(plane, axis, ticks, i, left, right);
        if (start < free)
            return false;
        free = start + strlen(ticks->label[i]) + LABEL_GAP;
    }
    return true;
}

static void draw_x_line(const ritz_plane *plane, const ritz_axis *axis,
                        const ritz_ticks *ticks)
{
    const ritz_glyphs *g = ritz_glyphs_of(plane->canvas);
    const size_t y = plane->y + plane->height;
    put(plane->canvas, plane->x - 1, y, g->origin);
    for (size_t x = 0; x < plane->width; x++)
        put(plane->canvas, plane->x + x, y, g->across);
    for (size_t i = 0; i < ticks->count; i++)
        put(plane->canvas, plane->x + column_of(plane, axis, ticks->value[i]),
            y, g->x_tick);
}

/* Labels that would touch the one before them or the axis' own are left out;
 * their tick stays. */
static void draw_x_axis(const ritz_plane *plane, const ritz_pane *pane,
                        size_t left, size_t right)
{
    const ritz_axis *axis = &pane->axis[0];
    ritz_ticks ticks;
    size_t most = plane->width / 8 + 1;
    do
        ritz_ticks_find(&ticks, axis, most);
    while (!labels_fit(plane, axis, &ticks, left, right) && --most >= 2);

    char label[96];
    const size_t y = plane->y + plane->height + 1;
    const char *name = pane->text[RITZ_PANEL_XLABEL];
    if (ticks.exponent != 0)
        snprintf(label, sizeof label, "%s%s\u00d71e%d", name, *name ? " " : "",
                 ticks.exponent);
    else
        snprintf(label, sizeof label, "%s", name);
    const size_t room = plane->width / 2;
    const size_t columns = ritz_text_columns(label);
    const size_t used = columns < room ? columns : room;
    const size_t edge = right - used;
    ritz_canvas_text(plane->canvas, edge, y, used, label, plain);

    draw_x_line(plane, axis, &ticks);
    size_t free = left;
    for (size_t i = 0; i < ticks.count; i++) {
        const size_t start = label_start(plane, axis, &ticks, i, left, right);
        const size_t n = strlen(ticks.label[i]);
        if (start < free || (used > 0 && start + n + LABEL_GAP > edge))
            continue;
        ritz_canvas_text(plane->canvas, start, y, n, ticks.label[i], plain);
        free = start + n + LABEL_GAP;
    }
}

/* The plane of a panel without axes: all of its inside. */
static ritz_plane bare_plane(ritz_canvas *canvas, ritz_box b)
{
    return (ritz_plane){canvas, b.x + 1, b.y + 1, b.width - 2, b.height - 2};
}

static bool plan_axes(ritz_plane *plane, ritz_ticks *y_ticks,
                      const ritz_pane *pane, ritz_box b)
{
    const size_t air = b.height >= AIRY_HEIGHT ? 1 : 0;
    if (b.width < AXES_WIDTH || b.height < AXES_HEIGHT)
        return false;
    plane->y = b.y + 1 + air;
    plane->height = b.height - 4 - air;
    ritz_ticks_find(y_ticks, &pane->axis[1], plane->height / 3 + 1);
    if (y_ticks->count < 2) /* one tick gives no scale: rather crowded */
        ritz_ticks_find(y_ticks, &pane->axis[1], plane->height / 2 + 2);
    const size_t before = widest_label(y_ticks) + 4;
    if (before + AXES_WIDTH / 2 > b.width)
        return false;
    plane->x = b.x + before;
    plane->width = b.width - before - 2;
    return true;
}

static bool has_data(const ritz_pane *pane)
{
    for (size_t i = 0; i < pane->count; i++)
        if (pane->curve[i].trail.count > 0)
            return true;
    return false;
}

static void draw_centred(const ritz_plane *p, const char *text)
{
    const size_t n = ritz_text_columns(text);
    const size_t indent = n < p->width ? (p->width - n) / 2 : 0;
    ritz_canvas_text(p->canvas, p->x + indent, p->y + p->height / 2, p->width,
                     text, dim);
}

/* The legend inside; else in the free part of the title line; else over the
 * data. The words about the axes come after it: they can be read off. */
static void draw_words(const ritz_plane *plane, const ritz_pane *pane,
                       ritz_box b, size_t begin, size_t end, int exponent)
{
    char axes[96];
    ritz_canvas *canvas = plane->canvas;
    if (!ritz_draw_legend(plane, pane)) {
        const size_t room = end > begin + 4 ? end - begin - 4 : 0;
        const size_t used =
            ritz_draw_legend_line(canvas, end - 1, b.y, room, pane);
        if (used > 0) {
            ritz_canvas_text(canvas, end - 1, b.y, 1, " ", plain);
            ritz_canvas_text(canvas, end - 2 - used, b.y, 1, " ", plain);
            end = end - 2 - used;
        } else {
            ritz_draw_legend_over(plane, pane);
        }
    }
    describe_axes(axes, sizeof axes, pane, exponent);
    if (end < b.x + b.width - 3)
        end -= 2; /* a piece of the frame between the words and what is there */
    if (begin + 3 + ritz_text_columns(axes) < end)
        title_piece(canvas, begin, end, b.y, axes, dim);
}

static void draw_pane(ritz_canvas *canvas, const ritz_pane *pane, ritz_box b,
                      const char *title, bool active)
{
    if (b.width < LEAST_WIDTH || b.height < LEAST_HEIGHT) {
        ritz_canvas_text(canvas, b.x, b.y, b.width, "too small", dim);
        return;
    }
    ritz_plane plane = bare_plane(canvas, b);
    ritz_ticks y_ticks = {0};
    ritz_cell look = plain;
    if (active)
        look.style = RITZ_CELL_BOLD;
    draw_frame(canvas, b);
    size_t begin;
    char buffer[96];
    const char *number = ritz_pane_number(pane, title, buffer, sizeof buffer);
    const size_t end = draw_title(canvas, b, title, number, look, &begin);
    if (plan_axes(&plane, &y_ticks, pane, b)) {
        draw_y_axis(&plane, &pane->axis[1], &y_ticks);
        draw_x_axis(&plane, pane, b.x + 1, b.x + b.width - 2);
    }
    ritz_draw_curves(&plane, pane);
    if (!has_data(pane))
        draw_centred(&plane, "no data yet");
    draw_words(&plane, pane, b, begin, end, y_ticks.exponent);
}

static const char *title_of(const ritz_picture *picture, const ritz_pane *pane)
{
    const char *own = pane->text[RITZ_PANEL_TITLE];
    return *own || picture->count > 1 ? own : picture->title;
}

bool ritz_has_header(const ritz_picture *picture, size_t height)
{
    return picture->count > 1 && *picture->title && height > LEAST_HEIGHT;
}

void ritz_picture_draw(ritz_canvas *canvas, const ritz_picture *picture,
                       const ritz_page_view *view)
{
    const ritz_box whole = {0, 0, canvas->width, canvas->height};
    ritz_canvas_blank(canvas);
    if (picture->count == 0) {
        const ritz_plane all = {canvas, 0, 0, canvas->width, canvas->height};
        draw_centred(&all, "an empty figure");
        return;
    }
    if (view->zoomed > 0 && view->zoomed <= picture->count) {
        const ritz_pane *pane = &picture->pane[view->zoomed - 1];
        draw_pane(canvas, pane, whole, title_of(picture, pane), true);
        return;
    }
    const bool header = view->header && picture->count > 1 && *picture->title &&
                        canvas->height > LEAST_HEIGHT;
    if (header)
        ritz_canvas_text(canvas, 1, 0, canvas->width - 1, picture->title,
                         (ritz_cell){' ', 0, RITZ_CELL_BOLD});
    ritz_layout layout;
    ritz_layout_find(&layout, picture, canvas->width, canvas->height - header,
                     view->page);
    for (size_t i = 0; i < layout.count; i++) {
        const ritz_pane *pane = &picture->pane[layout.pane[i]];
        ritz_box box = layout.box[i];
        box.y += header;
        draw_pane(canvas, pane, box, title_of(picture, pane),
                  layout.pane[i] + 1 == view->active);
    }
}

size_t ritz_picture_pages(const ritz_picture *picture, size_t width,
                          size_t height)
{
    ritz_layout layout;
    ritz_layout_find(&layout, picture, width, height, 0);
    return layout.pages;
}
