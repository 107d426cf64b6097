/* legend.c - which curve is which: a sample of its line, its name, its value.
 *
 * It stands in the first of a few places that no data touch. When there is
 * none, the title line takes it; only when that is too short does it cover
 * data.
 */
#include "plot/text_inside.h"

#include "plot/ticks.h"

#include <stdio.h>
#include <string.h>

enum { SAMPLE = 3, ENTRIES = 16, VALUE = 24 };

typedef struct entry {
    const ritz_curve *curve; /* NULL for a line of text */
    const char *text;
    char value[VALUE];
} entry;

typedef struct legend {
    entry entry[ENTRIES];
    size_t count, width, name_width;
} legend;

static bool has_name(const legend *l, const ritz_curve *curve)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->entry[i].curve && l->entry[i].curve->order == curve->order)
            return true;
    return false;
}

/* A curve speaks for the band of its name. */
static bool speaks(const ritz_pane *pane, const ritz_curve *curve)
{
    if (curve->faint || !*curve->name)
        return false;
    if (curve->kind != RITZ_SERIES_BAND)
        return true;
    for (size_t i = 0; i < pane->count; i++)
        if (pane->curve[i].order == curve->order &&
            pane->curve[i].kind != RITZ_SERIES_BAND)
            return false;
    return true;
}

static void add_curve(legend *l, const ritz_curve *curve)
{
    entry *e = &l->entry[l->count++];
    *e = (entry){.curve = curve, .text = curve->name};
    if (curve->kind == RITZ_SERIES_LINE && curve->finite > 0)
        ritz_number_text(e->value, sizeof e->value, curve->shown_last, 4);
    const size_t columns = ritz_text_columns(e->text);
    l->name_width = columns > l->name_width ? columns : l->name_width;
}

static void add_text(legend *l, const char *text)
{
    if (*text && l->count < ENTRIES)
        l->entry[l->count++] = (entry){.text = text};
}

static size_t entry_width(const entry *e, size_t name_width)
{
    if (!e->curve)
        return ritz_text_columns(e->text);
    const size_t value = ritz_text_columns(e->value);
    return SAMPLE + 1 + name_width + (value ? 2 + value : 0);
}

static void find_entries(legend *l, const ritz_pane *pane)
{
    *l = (legend){0};
    for (size_t i = 0; i < pane->count && pane->legend; i++) {
        const ritz_curve *curve = &pane->curve[i];
        if (speaks(pane, curve) && !has_name(l, curve) && l->count < ENTRIES)
            add_curve(l, curve);
    }
    if (l->count == 1 && (*pane->text[RITZ_PANEL_NUMBER] || *l->entry[0].value))
        l->count = 0; /* one curve: the title and its number say it all */
    add_text(l, pane->text[RITZ_PANEL_NOTE]);
    add_text(l, pane->warning);
    for (size_t i = 0; i < l->count; i++) {
        const size_t width = entry_width(&l->entry[i], l->name_width);
        l->width = width > l->width ? width : l->width;
    }
}

const char *ritz_pane_number(const ritz_pane *pane, const char *title,
                             char *buffer, size_t size)
{
    const ritz_curve *only = NULL;
    if (*pane->text[RITZ_PANEL_NUMBER] || !pane->legend)
        return pane->text[RITZ_PANEL_NUMBER];
    for (size_t i = 0; i < pane->count; i++) {
        const ritz_curve *curve = &pane->curve[i];
        if (!speaks(pane, curve) || (only && only->order == curve->order))
            continue;
        if (only || curve->kind != RITZ_SERIES_LINE || curve->finite == 0)
            return "";
        only = curve;
    }
    if (!only)
        return "";
    char value[VALUE];
    ritz_number_text(value, sizeof value, only->shown_last, 4);
    const bool same = strcmp(only->name, title) == 0;
    snprintf(buffer, size, "%s%s%s", same ? "" : only->name, same ? "" : " ",
             value);
    return buffer;
}

static void draw_sample(ritz_canvas *canvas, size_t x, size_t y,
                        const ritz_curve *curve)
{
    const ritz_plane plane = {canvas, x, y, SAMPLE, 1};
    ritz_cell look = ritz_curve_look(curve);
    ritz_pen pen = ritz_pen_start(look, ritz_curve_dash(curve));
    look.code = ritz_curve_mark(curve, canvas->ascii);
    if (curve->kind == RITZ_SERIES_MARKERS)
        look.code = ritz_glyphs_of(canvas)->marker;
    if (curve->kind == RITZ_SERIES_BARS)
        look.code = canvas->ascii ? '#' : 0x2588;
    if (curve->kind == RITZ_SERIES_LINE)
        ritz_plane_segment(&plane, &pen, 0, canvas->ascii ? 0 : 2,
                           (double)ritz_plane_columns(&plane) - 1,
                           canvas->ascii ? 0 : 2);
    else if (curve->kind == RITZ_SERIES_BAND || look.code == 0)
        for (int64_t i = 0; i < 2 * SAMPLE; i++)
            ritz_plane_dot(&plane, i, canvas->ascii ? 0 : 1 + i % 2 * 2,
                           pen.look);
    else
        ritz_canvas_put(canvas, x + SAMPLE / 2, y, look);
}

static void draw_entry(ritz_canvas *canvas, size_t x, size_t y, size_t room,
                       const entry *e, size_t name_width)
{
    const ritz_cell plain = {' ', 0, RITZ_CELL_PLAIN};
    for (size_t i = 0; i < room; i++)
        ritz_canvas_put(canvas, x + i, y, plain);
    if (!e->curve) {
        ritz_canvas_text(canvas, x, y, room, e->text, plain);
        return;
    }
    draw_sample(canvas, x, y, e->curve);
    const size_t before = SAMPLE + 1;
    ritz_canvas_text(canvas, x + before, y, room - before, e->text, plain);
    const size_t after = before + name_width + 2;
    if (*e->value && after < room)
        ritz_canvas_text(canvas, x + after, y, room - after, e->value, plain);
}

static void draw_at(const ritz_plane *plane, const legend *l, size_t x,
                    size_t y)
{
    for (size_t row = 0; row < l->count; row++)
        draw_entry(plane->canvas, plane->x + x, plane->y + y + row, l->width,
                   &l->entry[row], l->name_width);
}

/* Lit cells below the legend and one column around it. */
static size_t covered(const ritz_plane *plane, const legend *l, size_t x,
                      size_t y)
{
    size_t lit = 0;
    const size_t from = x > 0 ? x - 1 : 0;
    for (size_t cy = y; cy < y + l->count; cy++)
        for (size_t cx = from; cx <= x + l->width && cx < plane->width; cx++)
            lit += ritz_plane_lit(plane, cx, cy);
    return lit;
}

/* The place that covers least, the first of equals; SIZE_MAX when the plane
 * is too small. Few places, so that a growing curve does not push the legend
 * about. */
static size_t best_place(const ritz_plane *plane, const legend *l, size_t *x,
                         size_t *y)
{
    if (l->width + 2 > plane->width || l->count > plane->height)
        return SIZE_MAX;
    const size_t right = plane->width - l->width - 1;
    const size_t low = plane->height - l->count;
    const size_t place[][2] = {{right, 0},         {1, 0},
                               {right, low},       {1, low},
                               {right / 4 * 3, 0}, {right / 2, 0}};
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < sizeof place / sizeof *place; i++) {
        const size_t lit = covered(plane, l, place[i][0], place[i][1]);
        if (lit < least) {
            least = lit;
            *x = place[i][0];
            *y = place[i][1];
        }
    }
    return least;
}

bool ritz_draw_legend(const ritz_plane *plane, const ritz_pane *pane)
{
    legend l;
    find_entries(&l, pane);
    size_t x = 0, y = 0;
    if (l.count == 0)
        return true;
    if (best_place(plane, &l, &x, &y) != 0)
        return false;
    draw_at(plane, &l, x, y);
    return true;
}

void ritz_draw_legend_over(const ritz_plane *plane, const ritz_pane *pane)
{
    legend l;
    find_entries(&l, pane);
    size_t x = 0, y = 0;
    if (best_place(plane, &l, &x, &y) != SIZE_MAX)
        draw_at(plane, &l, x, y);
}

size_t ritz_draw_legend_line(ritz_canvas *canvas, size_t end, size_t y,
                             size_t room, const ritz_pane *pane)
{
    legend l;
    find_entries(&l, pane);
    size_t width = 0;
    for (size_t i = 0; i < l.count; i++)
        width += entry_width(&l.entry[i], ritz_text_columns(l.entry[i].text)) +
                 (i > 0 ? 2 : 0);
    if (width == 0 || width > room)
        return 0;
    size_t x = end - width;
    for (size_t i = 0; i < l.count; i++) {
        const size_t name = ritz_text_columns(l.entry[i].text);
        const size_t own = entry_width(&l.entry[i], name);
        draw_entry(canvas, x, y, own, &l.entry[i], name);
        for (size_t k = 0; k < 2 && i + 1 < l.count; k++)
            ritz_canvas_put(canvas, x + own + k, y, (ritz_cell){' ', 0, 0});
        x += own + 2;
    }
    return width;
}
