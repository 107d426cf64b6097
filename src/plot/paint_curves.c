/* paint_curves.c - the data of a panel on paper.
 *
 * Two curves must be told apart in print without colour: lines differ in their
 * dashes and clouds in their marks, in the same order as on the terminal.
 */
#include "plot/paint.h"

#include "plot/canvas.h"
#include "plot/clip.h"

#include <math.h>

/* cairo counts in fixed point up to about 8e6: far segments are cut first. */
static const ritz_window drawable = {-1e4, -1e4, 2e4, 2e4};

double ritz_area_x(const ritz_area *area, double x)
{
    return area->x + ritz_axis_place(&area->axis[0], x) * area->width;
}

double ritz_area_y(const ritz_area *area, double y)
{
    return area->y + (1 - ritz_axis_place(&area->axis[1], y)) * area->height;
}

void ritz_paint_colour(cairo_t *cr, size_t order, double alpha)
{
    const uint32_t rgb = ritz_palette[ritz_series_colour(order)];
    ritz_cairo.set_source_rgba(cr, (double)(rgb >> 16) / 255,
                               (double)(rgb >> 8 & 255) / 255,
                               (double)(rgb & 255) / 255, alpha);
}

void ritz_paint_stroke(cairo_t *cr, const ritz_curve *curve)
{
    static const struct {
        int count;
        double length[6];
    } dash[] = {{0, {0}},          {2, {5, 2}},   {2, {1.5, 1.5}},
                {4, {7, 2, 2, 2}}, {2, {0.8, 2}}, {6, {5, 1.5, 1, 1.5, 1, 1.5}},
                {2, {8, 1.5}}};
    const size_t i = curve->order % 7;
    if (curve->faint) {
        ritz_cairo.set_dash(cr, NULL, 0, 0);
        ritz_cairo.set_line_width(cr, 0.7);
        return;
    }
    ritz_cairo.set_dash(cr, dash[i].length, dash[i].count, 0);
    ritz_cairo.set_line_width(cr, 1.3);
}

static void paint_line(const ritz_area *area, const ritz_curve *curve)
{
    const ritz_trail *t = &curve->trail;
    ritz_paint_colour(area->cr, curve->order, curve->faint ? 0.35 : 1);
    ritz_paint_stroke(area->cr, curve);
    ritz_cairo.new_path(area->cr);
    bool joined = false;
    for (size_t i = 0; i < t->count; i++) {
        const size_t from = i > 0 && !isnan(t->y[i - 1]) ? i - 1 : i;
        ritz_segment s = {
            ritz_area_x(area, t->x[from]), ritz_area_y(area, t->y[from]),
            ritz_area_x(area, t->x[i]), ritz_area_y(area, t->y[i])};
        const double x = s.x0, y = s.y0, x_end = s.x1, y_end = s.y1;
        if (!ritz_clip(&s, &drawable)) {
            joined = false;
            continue;
        }
        if (!joined || from == i || s.x0 != x || s.y0 != y)
            ritz_cairo.move_to(area->cr, s.x0, s.y0);
        ritz_cairo.line_to(area->cr, s.x1, s.y1);
        joined = s.x1 == x_end && s.y1 == y_end;
    }
    ritz_cairo.stroke(area->cr);
    ritz_cairo.set_dash(area->cr, NULL, 0, 0);
}

static double radius_of(const ritz_curve *curve)
{
    return curve->trail.count <= 200    ? 2.5
           : curve->trail.count <= 2000 ? 1.4
                                        : 0.8;
}

void ritz_paint_mark(cairo_t *cr, size_t order, double x, double y, double r)
{
    static const int corners[] = {0, 3, 4, 4, 2, 2, 0};
    static const double turn[] = {0, -M_PI_2, M_PI_4, 0, M_PI_4, 0, 0};
    const size_t kind = order % 7;
    const int n = corners[kind];
    ritz_cairo.new_path(cr);
    ritz_cairo.set_line_width(cr, r / 2.5);
    if (n == 2) { /* a cross */
        for (int i = 0; i < 4; i += 2) {
            const double a = turn[kind] + i * M_PI_4;
            ritz_cairo.move_to(cr, x - r * cos(a), y - r * sin(a));
            ritz_cairo.line_to(cr, x + r * cos(a), y + r * sin(a));
        }
        ritz_cairo.stroke(cr);
        return;
    }
    if (n == 0)
        ritz_cairo.arc(cr, x, y, r * 0.9, 0, 2 * M_PI);
    for (int i = 0; i < n; i++)
        ritz_cairo.line_to(cr,
                           x + 1.15 * r * cos(turn[kind] + 2 * M_PI * i / n),
                           y + 1.15 * r * sin(turn[kind] + 2 * M_PI * i / n));
    ritz_cairo.close_path(cr);
    if (kind == 6)
        ritz_cairo.stroke(cr);
    else
        ritz_cairo.fill(cr);
}

static void paint_cloud(const ritz_area *area, const ritz_curve *curve)
{
    const double radius = radius_of(curve);
    ritz_paint_colour(area->cr, curve->order, 0.8);
    for (size_t i = 0; i < curve->trail.count; i++)
        ritz_paint_mark(area->cr, curve->order,
                        ritz_area_x(area, curve->trail.x[i]),
                        ritz_area_y(area, curve->trail.y[i]), radius);
}

static double within(double v, double lo, double hi)
{
    return fmin(fmax(v, lo), hi);
}

static void band_point(const ritz_area *area, double x, double y)
{
    ritz_cairo.line_to(
        area->cr, within(ritz_area_x(area, x), drawable.left, drawable.right),
        within(ritz_area_y(area, y), drawable.top, drawable.bottom));
}

static bool band_has(const ritz_trail *t, const ritz_area *area, size_t i)
{
    return !isnan(ritz_area_x(area, t->x[i]) + ritz_area_y(area, t->y[i]) +
                  ritz_area_y(area, t->high[i]));
}

static void paint_band(const ritz_area *area, const ritz_curve *curve)
{
    const ritz_trail *t = &curve->trail;
    ritz_paint_colour(area->cr, curve->order, 0.22);
    for (size_t i = 0; i < t->count; i++) {
        const size_t begin = i;
        while (i < t->count && band_has(t, area, i))
            i++;
        ritz_cairo.new_path(area->cr);
        for (size_t k = begin; k < i; k++)
            band_point(area, t->x[k], t->y[k]);
        for (size_t k = i; k > begin; k--)
            band_point(area, t->x[k - 1], t->high[k - 1]);
        ritz_cairo.fill(area->cr);
    }
}

static void paint_bars(const ritz_area *area, const ritz_curve *curve)
{
    const double bottom = area->y + area->height;
    const double zero = ritz_area_y(area, 0);
    const double base = isnan(zero) ? bottom : within(zero, area->y, bottom);
    ritz_paint_colour(area->cr, curve->order, 0.85);
    for (size_t i = 0; i < curve->trail.count; i++) {
        const double x = curve->trail.x[i], half = curve->bar_width / 2;
        const double left = ritz_area_x(area, x - half);
        const double right = ritz_area_x(area, x + half);
        const double y = ritz_area_y(area, curve->trail.y[i]);
        if (isnan(left + right + y))
            continue;
        const double gap = fmin(0.4, (right - left) / 8);
        const double top = within(y, area->y - 1, bottom + 1);
        ritz_cairo.rectangle(area->cr, left + gap, fmin(top, base),
                             right - left - 2 * gap, fabs(base - top));
        ritz_cairo.fill(area->cr);
    }
}

static void paint_markers(const ritz_area *area, const ritz_curve *curve)
{
    static const double dash[] = {3, 2};
    ritz_paint_colour(area->cr, curve->order, 0.9);
    ritz_cairo.set_line_width(area->cr, 0.9);
    ritz_cairo.set_dash(area->cr, dash, 2, 0);
    for (size_t i = 0; i < curve->trail.count; i++) {
        const double x = ritz_area_x(area, curve->trail.x[i]);
        ritz_cairo.move_to(area->cr, x, area->y);
        ritz_cairo.line_to(area->cr, x, area->y + area->height);
    }
    ritz_cairo.stroke(area->cr);
    ritz_cairo.set_dash(area->cr, NULL, 0, 0);
}

void ritz_paint_curves(const ritz_area *area, const ritz_pane *pane)
{
    static const struct {
        ritz_series_kind kind;
        bool faint;
        void (*paint)(const ritz_area *, const ritz_curve *);
    } layer[] = {
        {RITZ_SERIES_BARS, false, paint_bars},
        {RITZ_SERIES_BAND, false, paint_band},
        {RITZ_SERIES_MARKERS, false, paint_markers},
        {RITZ_SERIES_LINE, true, paint_line},
        {RITZ_SERIES_LINE, false, paint_line},
        {RITZ_SERIES_SCATTER, false, paint_cloud},
    };
    ritz_cairo.save(area->cr);
    ritz_cairo.rectangle(area->cr, area->x - 1, area->y - 1, area->width + 2,
                         area->height + 2);
    ritz_cairo.clip(area->cr);
    for (size_t l = 0; l < sizeof layer / sizeof *layer; l++)
        for (size_t i = 0; i < pane->count; i++)
            if (pane->curve[i].kind == layer[l].kind &&
                pane->curve[i].faint == layer[l].faint)
                layer[l].paint(area, &pane->curve[i]);
    ritz_cairo.restore(area->cr);
}
