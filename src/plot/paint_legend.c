/* paint_legend.c - the key of a panel on paper.
 *
 * It stands inside where it hides nothing, on a ground that lets the grid
 * shine through; else to the right of the data, which make room for it.
 */
#include "plot/paint.h"

#include <math.h>

enum { ENTRIES = 16 };

static const double text_size = 8, line_height = 12, sample = 22, pad = 5;

typedef struct legend {
    const ritz_curve *curve[ENTRIES]; /* NULL: a line of text */
    const char *text[ENTRIES];
    size_t count;
    double width, height;
} legend;

static bool has_name(const legend *l, const ritz_curve *curve)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->curve[i]->order == curve->order)
            return true;
    return false;
}

static void add(legend *l, const ritz_curve *curve, const char *text)
{
    if (!*text || l->count == ENTRIES)
        return;
    l->curve[l->count] = curve;
    l->text[l->count++] = text;
}

static void find_entries(legend *l, cairo_t *cr, const ritz_pane *pane)
{
    *l = (legend){0};
    for (int bands = 0; bands < 2; bands++) /* lines speak for their bands */
        for (size_t i = 0; i < pane->count && pane->legend; i++) {
            const ritz_curve *curve = &pane->curve[i];
            if ((curve->kind == RITZ_SERIES_BAND) == bands && !curve->faint &&
                !has_name(l, curve))
                add(l, curve, curve->name);
        }
    add(l, NULL, pane->text[RITZ_PANEL_NOTE]);
    add(l, NULL, pane->warning);
    for (size_t i = 0; i < l->count; i++)
        l->width = fmax(l->width, ritz_paint_text_width(cr, l->text[i]) +
                                      (l->curve[i] ? sample + 5 : 0));
    l->width += 2 * pad;
    l->height = (double)l->count * line_height + 2 * pad - 2;
}

static bool inside(const legend *l, double x, double y, double px, double py)
{
    const double r = 3; /* marks and lines reach that far */
    return px >= x - r && px <= x + l->width + r && py >= y - r &&
           py <= y + l->height + r;
}

/* Points on the segments that end at point i of the curve, below the legend. */
static size_t hidden(const ritz_area *area, const legend *l, double x, double y,
                     const ritz_curve *curve, size_t i)
{
    const ritz_trail *t = &curve->trail;
    const double px = ritz_area_x(area, t->x[i]);
    const double py = ritz_area_y(area, t->y[i]);
    if (curve->kind == RITZ_SERIES_BARS) /* a bar reaches down from its top */
        return px >= x && px <= x + l->width && py <= y + l->height;
    if (curve->kind == RITZ_SERIES_MARKERS)
        return px >= x && px <= x + l->width;
    if (curve->kind == RITZ_SERIES_BAND)
        return px >= x && px <= x + l->width && py >= y &&
               ritz_area_y(area, t->high[i]) <= y + l->height;
    const bool alone = i == 0 || curve->kind == RITZ_SERIES_SCATTER;
    const double qx = alone ? px : ritz_area_x(area, t->x[i - 1]);
    const double qy = alone ? py : ritz_area_y(area, t->y[i - 1]);
    const double length = hypot(px - qx, py - qy);
    const int pieces = length < 1e4 ? 1 + (int)(length / 5) : 1;
    size_t count = 0;
    for (int k = 1; k <= pieces; k++)
        count += inside(l, x, y, qx + (px - qx) * k / pieces,
                        qy + (py - qy) * k / pieces);
    return count;
}

static size_t covered(const ritz_area *area, const ritz_pane *pane,
                      const legend *l, double x, double y)
{
    size_t count = 0;
    for (size_t c = 0; c < pane->count; c++)
        for (size_t i = 0; i < pane->curve[c].trail.count; i++)
            count += hidden(area, l, x, y, &pane->curve[c], i);
    return count;
}

/* The corners first, then places between them along the top and the bottom. */
static size_t find_place(const ritz_area *area, const ritz_pane *pane,
                         const legend *l, double *x, double *y)
{
    static const double across[] = {1, 0, 0.75, 0.5, 0.25};
    const double room_x = area->width - l->width - 12;
    const double room_y = area->height - l->height - 12;
    size_t least = SIZE_MAX;
    for (int i = 0; i < 10; i++) {
        const double px = area->x + 6 + across[i % 5] * room_x;
        const double py = area->y + 6 + (i < 5 ? 0 : room_y);
        const size_t count = covered(area, pane, l, px, py);
        if (count < least) {
            least = count;
            *x = px;
            *y = py;
        }
    }
    return least;
}

static void paint_sample(cairo_t *cr, const ritz_curve *curve, double x,
                         double y)
{
    ritz_paint_colour(cr, curve->order, 1);
    if (curve->kind == RITZ_SERIES_SCATTER) {
        ritz_paint_mark(cr, curve->order, x + sample / 2, y, 2.5);
        return;
    }
    if (curve->kind == RITZ_SERIES_BAND || curve->kind == RITZ_SERIES_BARS) {
        const bool band = curve->kind == RITZ_SERIES_BAND;
        ritz_paint_colour(cr, curve->order, band ? 0.22 : 0.85);
        ritz_cairo.rectangle(cr, x + sample / 4, y - 3.5, sample / 2, 7);
        ritz_cairo.fill(cr);
        return;
    }
    static const double dash[] = {3, 2};
    ritz_paint_stroke(cr, curve);
    if (curve->kind == RITZ_SERIES_MARKERS)
        ritz_cairo.set_dash(cr, dash, 2, 0);
    ritz_cairo.move_to(cr, x, y);
    ritz_cairo.line_to(cr, x + sample, y);
    ritz_cairo.stroke(cr);
    ritz_cairo.set_dash(cr, NULL, 0, 0);
}

double ritz_paint_legend_beside(const ritz_area *area, const ritz_pane *pane)
{
    legend l;
    double x, y;
    ritz_paint_font(area->cr, text_size, false);
    find_entries(&l, area->cr, pane);
    const bool narrow = l.width > area->width / 3;
    if (l.count == 0 || narrow || find_place(area, pane, &l, &x, &y) == 0)
        return 0;
    return l.width + pad;
}

void ritz_paint_legend(const ritz_area *area, const ritz_pane *pane,
                       bool beside)
{
    cairo_t *cr = area->cr;
    legend l;
    double x = area->x, y = area->y;
    ritz_paint_font(cr, text_size, false);
    find_entries(&l, cr, pane);
    if (l.count == 0)
        return;
    if (beside)
        x = area->x + area->width + pad;
    else
        find_place(area, pane, &l, &x, &y);
    ritz_cairo.set_source_rgba(cr, 1, 1, 1, 0.85);
    ritz_cairo.rectangle(cr, x, y, l.width, l.height);
    ritz_cairo.fill(cr);
    for (size_t i = 0; i < l.count; i++) {
        const double middle = y + pad + line_height * ((double)i + 0.4);
        const double indent = l.curve[i] ? sample + 5 : 0;
        if (l.curve[i])
            paint_sample(cr, l.curve[i], x + pad, middle);
        ritz_cairo.set_source_rgb(cr, 0.1, 0.1, 0.1);
        ritz_paint_text(cr, x + pad + indent, middle + text_size * 0.36,
                        RITZ_LEFT, l.text[i]);
    }
}
