/* plane.c - dots and segments on a part of a canvas.
 *
 * A segment is clipped by Liang and Barsky ("A new concept and method for line
 * clipping", 1984) in doubles before any rounding, so that a curve that leaves
 * the window is drawn up to its very edge at its true slope, and a coordinate
 * as large as 1e300 costs nothing.
 */
#include "plot/canvas.h"

#include <math.h>
#include <string.h>

enum { BRAILLE = 0x2800 };

/* Farther out than this, places in between are not told apart. */
#define FAR_DOTS 1e9

static size_t dots_across(const ritz_plane *plane)
{
    return plane->canvas->ascii ? 1 : 2;
}

static size_t dots_down(const ritz_plane *plane)
{
    return plane->canvas->ascii ? 1 : 4;
}

size_t ritz_plane_columns(const ritz_plane *plane)
{
    return plane->width * dots_across(plane);
}

size_t ritz_plane_rows(const ritz_plane *plane)
{
    return plane->height * dots_down(plane);
}

static bool is_braille(uint32_t code)
{
    return code >= BRAILLE && code < BRAILLE + 256;
}

void ritz_plane_dot(const ritz_plane *plane, int64_t x, int64_t y,
                    ritz_cell look)
{
    static const uint8_t bit[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    if (x < 0 || y < 0 || x >= (int64_t)ritz_plane_columns(plane) ||
        y >= (int64_t)ritz_plane_rows(plane))
        return;
    const size_t across = dots_across(plane), down = dots_down(plane);
    const size_t cx = plane->x + (size_t)x / across;
    const size_t cy = plane->y + (size_t)y / down;
    if (!plane->canvas->ascii) {
        const uint32_t old = ritz_canvas_at(plane->canvas, cx, cy).code;
        look.code = (is_braille(old) ? old : BRAILLE) |
                    bit[(size_t)y % down][(size_t)x % across];
    }
    ritz_canvas_put(plane->canvas, cx, cy, look);
}

bool ritz_plane_lit(const ritz_plane *plane, size_t cell_x, size_t cell_y)
{
    return ritz_canvas_at(plane->canvas, plane->x + cell_x, plane->y + cell_y)
               .code != ' ';
}

ritz_pen ritz_pen_start(ritz_cell look, const char *dash)
{
    return (ritz_pen){look, dash, 0, INT64_MIN, INT64_MIN};
}

static void step(const ritz_plane *plane, ritz_pen *pen, int64_t x, int64_t y)
{
    if (x == pen->last_x && y == pen->last_y)
        return; /* the end of one segment is the start of the next */
    pen->last_x = x;
    pen->last_y = y;
    const size_t at = pen->travelled++;
    if (!pen->dash || pen->dash[at % strlen(pen->dash)] == '#')
        ritz_plane_dot(plane, x, y, pen->look);
}

/* Narrows t[0]..t[1] to where from + t * delta lies within lo..hi. */
static bool clip(double t[2], double from, double delta, double lo, double hi)
{
    if (delta == 0)
        return from >= lo && from <= hi;
    const double a = (lo - from) / delta, b = (hi - from) / delta;
    t[0] = fmax(t[0], fmin(a, b));
    t[1] = fmin(t[1], fmax(a, b));
    return t[0] <= t[1];
}

static double bounded(double v)
{
    return fmin(fmax(v, -FAR_DOTS), FAR_DOTS);
}

void ritz_plane_segment(const ritz_plane *plane, ritz_pen *pen, double x0,
                        double y0, double x1, double y1)
{
    if (isnan(x0) || isnan(y0) || isnan(x1) || isnan(y1))
        return;
    x0 = bounded(x0);
    y0 = bounded(y0);
    const double dx = bounded(x1) - x0, dy = bounded(y1) - y0;
    double t[2] = {0, 1};
    /* A dot reaches half a dot around its middle; a hair less keeps the
     * rounding of an edge inside. */
    const double reach = 0.499999;
    if (!clip(t, x0, dx, -reach,
              (double)ritz_plane_columns(plane) - 1 + reach) ||
        !clip(t, y0, dy, -reach, (double)ritz_plane_rows(plane) - 1 + reach))
        return;
    const double length = fmax(fabs(dx), fabs(dy)) * (t[1] - t[0]);
    const int64_t steps = (int64_t)ceil(length);
    for (int64_t i = 0; i <= steps; i++) {
        const double share = steps > 0 ? (double)i / (double)steps : 0;
        const double at = t[0] + (t[1] - t[0]) * share;
        step(plane, pen, llround(x0 + dx * at), llround(y0 + dy * at));
    }
}
