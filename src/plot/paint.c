/* paint.c - titles and axes of a panel on paper; margins are measured from
 * the labels they hold. */
#include "plot/paint.h"

#include "plot/ticks.h"
#include "plot/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double tick_size = 8, label_size = 9, title_size = 10.5;
static const double tick_length = 3, edge = 8;

/* Room between the labels of an axis: for y by height, for x by width. */
static const double y_tick_room = 38, x_tick_room = 14;

void ritz_paint_font(cairo_t *cr, double size, bool bold)
{
    ritz_cairo.select_font_face(cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                                bold ? CAIRO_FONT_WEIGHT_BOLD
                                     : CAIRO_FONT_WEIGHT_NORMAL);
    ritz_cairo.set_font_size(cr, size);
}

double ritz_paint_text_width(cairo_t *cr, const char *text)
{
    cairo_text_extents_t extents;
    ritz_cairo.text_extents(cr, text, &extents);
    return extents.x_advance;
}

double ritz_paint_text(cairo_t *cr, double x, double y, ritz_align align,
                       const char *text)
{
    const double width = ritz_paint_text_width(cr, text);
    const double shift = align == RITZ_LEFT     ? 0
                         : align == RITZ_CENTRE ? width / 2
                                                : width;
    ritz_cairo.move_to(cr, x - shift, y);
    ritz_cairo.show_text(cr, text);
    return width;
}

typedef struct label {
    char text[4 * RITZ_TICK_LABEL];
} label;

/* "-2e-3" as it is printed: a true minus, a power of ten with its exponent
 * raised, and no factor of 1. */
static label typeset(const char *plain)
{
    static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴",
                                         "⁵", "⁶", "⁷", "⁸", "⁹"};
    label out = {""};
    char *end = out.text;
    if (*plain == '-') {
        end += ritz_utf8_put(end, 0x2212);
        plain++;
    }
    const char *power = strchr(plain, 'e');
    const size_t factor = power ? (size_t)(power - plain) : strlen(plain);
    const bool one = power && factor == 1 && plain[0] == '1';
    if (!one)
        end = mempcpy(end, plain, factor);
    if (!power)
        return out;
    end = stpcpy(end, one ? "10" : "×10");
    for (const char *c = power + 1; *c; c++)
        end = stpcpy(end, *c == '-' ? "⁻" : raised[*c - '0']);
    return out;
}

static double widest_label(cairo_t *cr, const ritz_ticks *ticks)
{
    double widest = 0;
    for (size_t i = 0; i < ticks->count; i++)
        widest = fmax(widest,
                      ritz_paint_text_width(cr, typeset(ticks->label[i]).text));
    return widest;
}

/* As many x ticks as their labels leave room for. */
static void find_x_ticks(ritz_ticks *out, const ritz_area *area)
{
    size_t most = 9;
    do {
        double used = 0;
        ritz_ticks_find(out, &area->axis[0], most);
        for (size_t i = 0; i < out->count; i++)
            used +=
                ritz_paint_text_width(area->cr, typeset(out->label[i]).text) +
                x_tick_room;
        if (used <= area->width)
            return;
    } while (--most >= 2);
}

/* On whole pixels of the usual resolutions lines are not smeared. */
static double sharp(double v)
{
    return floor(v) + 0.5;
}

static void rule(cairo_t *cr, double x0, double y0, double x1, double y1)
{
    ritz_cairo.move_to(cr, x0, y0);
    ritz_cairo.line_to(cr, x1, y1);
    ritz_cairo.stroke(cr);
}

static void paint_grid(const ritz_area *a, const ritz_ticks *x,
                       const ritz_ticks *y)
{
    ritz_cairo.set_line_width(a->cr, 0.5);
    ritz_cairo.set_source_rgb(a->cr, 0.88, 0.88, 0.88);
    for (size_t i = 0; i < x->count; i++) {
        const double at = sharp(ritz_area_x(a, x->value[i]));
        rule(a->cr, at, a->y, at, a->y + a->height);
    }
    for (size_t i = 0; i < y->count; i++) {
        const double at = sharp(ritz_area_y(a, y->value[i]));
        rule(a->cr, a->x, at, a->x + a->width, at);
    }
}

static void paint_axes(const ritz_area *a, const ritz_ticks *x,
                       const ritz_ticks *y)
{
    cairo_t *cr = a->cr;
    const double bottom = a->y + a->height;
    ritz_cairo.set_source_rgb(cr, 0.25, 0.25, 0.25);
    ritz_cairo.set_line_width(cr, 0.8);
    rule(cr, sharp(a->x), a->y, sharp(a->x), sharp(bottom));
    rule(cr, sharp(a->x), sharp(bottom), a->x + a->width, sharp(bottom));
    ritz_paint_font(cr, tick_size, false);
    for (size_t i = 0; i < x->count; i++) {
        const double at = sharp(ritz_area_x(a, x->value[i]));
        rule(cr, at, bottom, at, bottom + tick_length);
        ritz_paint_text(cr, at, bottom + tick_length + tick_size + 1.5,
                        RITZ_CENTRE, typeset(x->label[i]).text);
    }
    for (size_t i = 0; i < y->count; i++) {
        const double at = sharp(ritz_area_y(a, y->value[i]));
        rule(cr, a->x - tick_length, at, a->x, at);
        ritz_paint_text(cr, a->x - tick_length - 2.5, at + tick_size * 0.36,
                        RITZ_RIGHT, typeset(y->label[i]).text);
    }
}

/* The name of an axis and the unit of its ticks, centred: "step (x 10^6)". */
static void paint_name(cairo_t *cr, double x, double y, const char *name,
                       int exponent)
{
    char power[16], unit[4 * RITZ_TICK_LABEL + 8] = "";
    snprintf(power, sizeof power, "1e%d", exponent);
    if (exponent != 0)
        snprintf(unit, sizeof unit, "%s(×%s)", *name ? " " : "",
                 typeset(power).text);
    const double width =
        ritz_paint_text_width(cr, name) + ritz_paint_text_width(cr, unit);
    const double start = x - width / 2;
    const double used = ritz_paint_text(cr, start, y, RITZ_LEFT, name);
    ritz_paint_text(cr, start + used, y, RITZ_LEFT, unit);
}

static void paint_names(const ritz_area *a, const ritz_pane *pane,
                        const double box[4], int x_power, int y_power)
{
    cairo_t *cr = a->cr;
    ritz_cairo.set_source_rgb(cr, 0.1, 0.1, 0.1);
    ritz_paint_font(cr, label_size, false);
    paint_name(cr, a->x + a->width / 2, box[1] + box[3] - edge,
               pane->text[RITZ_PANEL_XLABEL], x_power);
    ritz_cairo.save(cr);
    ritz_cairo.translate(cr, box[0] + edge + label_size * 0.8,
                         a->y + a->height / 2);
    ritz_cairo.rotate(cr, -M_PI_2);
    paint_name(cr, 0, 0, pane->text[RITZ_PANEL_YLABEL], y_power);
    ritz_cairo.restore(cr);
}

/* The title over the left end of the plot, its number over the right end. */
static void paint_title(const ritz_area *a, const ritz_pane *pane,
                        const char *title)
{
    const double base = a->y - 7;
    ritz_cairo.set_source_rgb(a->cr, 0.1, 0.1, 0.1);
    ritz_paint_font(a->cr, title_size, true);
    ritz_paint_text(a->cr, a->x, base, RITZ_LEFT, title);
    ritz_paint_font(a->cr, label_size, false);
    ritz_paint_text(a->cr, a->x + a->width, base, RITZ_RIGHT,
                    pane->text[RITZ_PANEL_NUMBER]);
}

void ritz_paint_pane(cairo_t *cr, const ritz_pane *pane, const char *title,
                     const double box[4])
{
    const bool named_y = *pane->text[RITZ_PANEL_YLABEL];
    ritz_ticks x = {0}, y = {0};
    ritz_area a = {.cr = cr, .axis = pane->axis};
    const bool headed = *title || *pane->text[RITZ_PANEL_NUMBER];
    a.y = box[1] + edge + (headed ? title_size + 8 : 4);
    a.height = box[1] + box[3] - a.y - edge - tick_length - tick_size - 4 -
               label_size - 3;
    ritz_paint_font(cr, tick_size, false);
    ritz_ticks_find(&y, &pane->axis[1],
                    (size_t)fmax(a.height / y_tick_room, 2));
    const bool y_name = named_y || y.exponent != 0;
    a.x = box[0] + edge + widest_label(cr, &y) + tick_length + 4 +
          (y_name ? label_size + 6 : 0);
    a.width = box[0] + box[2] - edge - 6 - a.x;
    const double beside = ritz_paint_legend_beside(&a, pane);
    a.width -= beside;
    find_x_ticks(&x, &a);
    paint_grid(&a, &x, &y);
    ritz_paint_curves(&a, pane);
    paint_axes(&a, &x, &y);
    paint_names(&a, pane, box, x.exponent, y.exponent);
    paint_title(&a, pane, title);
    ritz_paint_legend(&a, pane, beside > 0);
}
