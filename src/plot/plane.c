/* plane.c - dots and segments on a part of a canvas. */
#include "plot/canvas.h"

#include "plot/clip.h"

#include <math.h>
#include <string.h>

enum { BRAILLE = 0x2800 };

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
    ritz_canvas *canvas = plane->canvas;
    const size_t across = dots_across(plane), down = dots_down(plane);
    const size_t cx = plane->x + (size_t)x / across;
    const size_t cy = plane->y + (size_t)y / down;
    if (cx >= canvas->width || cy >= canvas->height)
        return;
    ritz_cell *cell = &canvas->cell[cy * canvas->width + cx];
    if (!canvas->ascii)
        look.code = (is_braille(cell->code) ? cell->code : BRAILLE) |
                    bit[(size_t)y % down][(size_t)x % across];
    *cell = look;
}

bool ritz_plane_lit(const ritz_plane *plane, size_t cell_x, size_t cell_y)
{
    return ritz_canvas_at(plane->canvas, plane->x + cell_x, plane->y + cell_y)
               .code != ' ';
}

ritz_pen ritz_pen_start(ritz_cell look, const char *dash)
{
    return (ritz_pen){look, dash,      dash ? strlen(dash) : 1,
                      0,    INT64_MIN, INT64_MIN};
}

static void step(const ritz_plane *plane, ritz_pen *pen, int64_t x, int64_t y)
{
    if (x == pen->last_x && y == pen->last_y)
        return; /* the end of one segment is the start of the next */
    pen->last_x = x;
    pen->last_y = y;
    const size_t at = pen->travelled++;
    if (!pen->dash || pen->dash[at % pen->period] == '#')
        ritz_plane_dot(plane, x, y, pen->look);
}

/* From `from` to `to`, at which share of the way the whole number `at` is. */
static double share(double at, double from, double to)
{
    return from == to ? 0 : fmin(fmax((at - from) / (to - from), 0), 1);
}

/* One dot in each column, or in each row, where the segment passes its middle:
 * the same dots wherever the segment was clipped. */
static void walk_across(const ritz_plane *plane, ritz_pen *pen,
                        const ritz_segment *s)
{
    const int64_t end = llround(s->x1), way = s->x1 < s->x0 ? -1 : 1;
    for (int64_t x = llround(s->x0); x != end + way; x += way)
        step(plane, pen, x,
             llround(s->y0 + (s->y1 - s->y0) * share((double)x, s->x0, s->x1)));
}

static void walk_down(const ritz_plane *plane, ritz_pen *pen,
                      const ritz_segment *s)
{
    const int64_t end = llround(s->y1), way = s->y1 < s->y0 ? -1 : 1;
    for (int64_t y = llround(s->y0); y != end + way; y += way)
        step(plane, pen,
             llround(s->x0 + (s->x1 - s->x0) * share((double)y, s->y0, s->y1)),
             y);
}

void ritz_plane_segment(const ritz_plane *plane, ritz_pen *pen, double x0,
                        double y0, double x1, double y1)
{
    /* A dot reaches half a dot around its middle; a hair less keeps the
     * rounding of an edge inside. */
    const double reach = 0.499999;
    const ritz_window window = {-reach, -reach,
                                (double)ritz_plane_columns(plane) - 1 + reach,
                                (double)ritz_plane_rows(plane) - 1 + reach};
    ritz_segment s = {x0, y0, x1, y1};
    if (!ritz_clip(&s, &window))
        return;
    if (fabs(s.y1 - s.y0) > fabs(s.x1 - s.x0))
        walk_down(plane, pen, &s);
    else
        walk_across(plane, pen, &s);
}
