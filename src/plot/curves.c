/* curves.c - the data of a panel as dots and characters.
 *
 * Later series own the cells they share: a cell has one colour. What must stay
 * visible is drawn last: markers, bars, bands, raw curves, curves, clouds.
 */
#include "plot/text_inside.h"

#include <math.h>

enum { MARKS_UP_TO = 150 }; /* points of a cloud; beyond, glyphs overlap */

ritz_cell ritz_curve_look(const ritz_curve *curve)
{
    static const char marks[] = "*.o+x#%";
    const bool dim = curve->faint || curve->kind == RITZ_SERIES_BAND ||
                     curve->kind == RITZ_SERIES_MARKERS;
    return (ritz_cell){(uint32_t)marks[curve->order % 7],
                       ritz_series_colour(curve->order),
                       dim ? RITZ_CELL_DIM : RITZ_CELL_PLAIN};
}

const char *ritz_curve_dash(const ritz_curve *curve)
{
    static const char *const dash[] = {
        NULL, "####  ", "##  ", "######  ##  ", "# ", "#### # # ", "##### ",
    };
    return curve->faint ? "# " : dash[curve->order % 7];
}

uint32_t ritz_curve_mark(const ritz_curve *curve, bool ascii)
{
    static const uint32_t mark[] = {0x25CF, 0x25B2, 0x25A0, 0x25C6,
                                    0xD7,   0x2B,   0x25CB};
    if (ascii || curve->trail.count > MARKS_UP_TO)
        return 0;
    return mark[curve->order % 7];
}

typedef struct frame {
    const ritz_plane *plane;
    const ritz_axis *axis;
} frame;

static double dot_x(const frame *f, double x)
{
    return ritz_axis_place(&f->axis[0], x) *
           (double)(ritz_plane_columns(f->plane) - 1);
}

static double dot_y(const frame *f, double y)
{
    return (1 - ritz_axis_place(&f->axis[1], y)) *
           (double)(ritz_plane_rows(f->plane) - 1);
}

static void draw_line(const frame *f, const ritz_curve *curve)
{
    const ritz_trail *t = &curve->trail;
    ritz_pen pen =
        ritz_pen_start(ritz_curve_look(curve), ritz_curve_dash(curve));
    double x0 = NAN, y0 = NAN;
    for (size_t i = 0; i < t->count; i++) {
        const double x = dot_x(f, t->x[i]), y = dot_y(f, t->y[i]);
        if (isnan(x0) || isnan(y0)) /* a point alone is a dot */
            ritz_plane_segment(f->plane, &pen, x, y, x, y);
        else
            ritz_plane_segment(f->plane, &pen, x0, y0, x, y);
        x0 = x;
        y0 = y;
    }
}

static void draw_cloud(const frame *f, const ritz_curve *curve)
{
    const ritz_trail *t = &curve->trail;
    const ritz_plane *p = f->plane;
    ritz_cell look = ritz_curve_look(curve);
    const uint32_t mark = ritz_curve_mark(curve, p->canvas->ascii);
    for (size_t i = 0; i < t->count; i++) {
        const double x = dot_x(f, t->x[i]), y = dot_y(f, t->y[i]);
        if (mark) {
            look.code = mark;
            ritz_canvas_put(p->canvas, p->x + (size_t)llround(x) / 2,
                            p->y + (size_t)llround(y) / 4, look);
        } else {
            ritz_plane_dot(p, llround(x), llround(y), look);
        }
    }
}

static void draw_markers(const frame *f, const ritz_curve *curve)
{
    const ritz_plane *p = f->plane;
    ritz_cell look = ritz_curve_look(curve);
    look.code = ritz_glyphs_of(p->canvas)->marker;
    const double across = (double)(ritz_plane_columns(p) / p->width);
    for (size_t i = 0; i < curve->trail.count; i++) {
        const double x = dot_x(f, curve->trail.x[i]) / across;
        for (size_t y = 0; y < p->height; y++)
            ritz_canvas_put(p->canvas, p->x + (size_t)x, p->y + y, look);
    }
}

/* Every fourth dot, staggered: a curve on top stays readable. */
static void fill_column(const frame *f, int64_t x, double from, double to,
                        ritz_cell look)
{
    const double lowest = (double)ritz_plane_rows(f->plane) - 1;
    if (isnan(from) || isnan(to) || fmin(from, to) > lowest ||
        fmax(from, to) < 0)
        return;
    const int64_t top = llround(fmax(fmin(from, to), 0));
    const int64_t end = llround(fmin(fmax(from, to), lowest));
    for (int64_t y = top; y <= end; y++)
        if ((x + 2 * y) % 4 == 0)
            ritz_plane_dot(f->plane, x, y, look);
}

static void draw_band(const frame *f, const ritz_curve *curve)
{
    const ritz_trail *t = &curve->trail;
    const double end = (double)ritz_plane_columns(f->plane) - 1;
    const ritz_cell look = ritz_curve_look(curve);
    for (size_t i = 1; i < t->count; i++) {
        const double x0 = dot_x(f, t->x[i - 1]), x1 = dot_x(f, t->x[i]);
        const double low0 = dot_y(f, t->y[i - 1]), low1 = dot_y(f, t->y[i]);
        const double high0 = dot_y(f, t->high[i - 1]);
        const double high1 = dot_y(f, t->high[i]);
        if (!(x1 >= x0))
            continue;
        const int64_t last = (int64_t)floor(fmax(fmin(x1, end), -1));
        for (int64_t x = (int64_t)ceil(fmin(fmax(x0, 0), end + 1)); x <= last;
             x++) {
            const double s = x1 > x0 ? ((double)x - x0) / (x1 - x0) : 0;
            fill_column(f, x, low0 + (low1 - low0) * s,
                        high0 + (high1 - high0) * s, look);
        }
    }
}

/* One column of a bar between two heights in eighths of a cell, counted from
 * the bottom. Blocks fill a cell from below by eighths; from above there is
 * only the upper half. */
static void draw_bar_column(const ritz_plane *p, size_t x, double base,
                            double top, ritz_cell look)
{
    const double low = fmin(base, top), high = fmax(base, top);
    for (size_t row = 0; row < p->height; row++) {
        const double bottom = (double)row * 8;
        const double from = fmin(fmax(low - bottom, 0), 8);
        const double to = fmin(fmax(high - bottom, 0), 8);
        if (to - from < 0.5)
            continue;
        look.code = p->canvas->ascii ? '#'
                    : from < 3       ? 0x2580 + (uint32_t)llround(to)
                                     : 0x2580;
        ritz_canvas_put(p->canvas, p->x + x, p->y + p->height - 1 - row, look);
    }
}

static void draw_bar(const frame *f, const ritz_curve *curve, double x,
                     double y)
{
    const ritz_plane *p = f->plane;
    const double columns = (double)p->width, rows = (double)p->height * 8;
    const double half = curve->bar_width / 2;
    const double from = ritz_axis_place(&f->axis[0], x - half) * columns;
    const double to = ritz_axis_place(&f->axis[0], x + half) * columns;
    const double zero = ritz_axis_place(&f->axis[1], 0);
    const double base = isnan(zero) ? 0 : fmin(fmax(zero, 0), 1) * rows;
    const double top = ritz_axis_place(&f->axis[1], y) * rows;
    if (isnan(from) || isnan(to) || isnan(top))
        return;
    double first = ceil(from - 0.5), last = ceil(to - 0.5) - 1;
    if (last < first)
        first = last = floor((from + to) / 2);
    else if (last - first >= 2)
        last--; /* wide bars stand apart */
    for (double c = fmax(first, 0); c <= fmin(last, columns - 1); c++)
        draw_bar_column(p, (size_t)c, base, fmin(fmax(top, 0), rows),
                        ritz_curve_look(curve));
}

static void draw_bars(const frame *f, const ritz_curve *curve)
{
    for (size_t i = 0; i < curve->trail.count; i++)
        draw_bar(f, curve, curve->trail.x[i], curve->trail.y[i]);
}

static int layer_of(const ritz_curve *curve)
{
    static const int layer[] = {[RITZ_SERIES_MARKERS] = 0,
                                [RITZ_SERIES_BARS] = 1,
                                [RITZ_SERIES_BAND] = 2,
                                [RITZ_SERIES_LINE] = 4,
                                [RITZ_SERIES_SCATTER] = 5};
    return curve->faint ? 3 : layer[curve->kind];
}

void ritz_draw_curves(const ritz_plane *plane, const ritz_pane *pane)
{
    static void (*const draw[])(const frame *, const ritz_curve *) = {
        draw_markers, draw_bars, draw_band, draw_line, draw_line, draw_cloud,
    };
    const frame f = {plane, pane->axis};
    for (int layer = 0; layer < 6; layer++)
        for (size_t i = 0; i < pane->count; i++)
            if (layer_of(&pane->curve[i]) == layer)
                draw[layer](&f, &pane->curve[i]);
}
