/* clip.c - clipping in doubles, before any rounding.
 *
 * Liang and Barsky ("A new concept and method for line clipping", 1984): the
 * part inside is an interval of the parameter, narrowed once for each axis. A
 * curve that leaves the window is drawn up to its very edge at its true slope.
 */
#include "plot/clip.h"

#include <math.h>

/* Farther out than this, places are not told apart: differences stay finite. */
#define FARTHEST 1e12

/* Narrows t[0]..t[1] to where from + t * delta lies within lo..hi. */
static bool narrow(double t[2], double from, double delta, double lo, double hi)
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
    return fmin(fmax(v, -FARTHEST), FARTHEST);
}

bool ritz_clip(ritz_segment *s, const ritz_window *window)
{
    if (isnan(s->x0) || isnan(s->y0) || isnan(s->x1) || isnan(s->y1))
        return false;
    const double x = bounded(s->x0), y = bounded(s->y0);
    const double dx = bounded(s->x1) - x, dy = bounded(s->y1) - y;
    double t[2] = {0, 1};
    if (!narrow(t, x, dx, window->left, window->right) ||
        !narrow(t, y, dy, window->top, window->bottom))
        return false;
    if (t[1] < 1) {
        s->x1 = x + dx * t[1];
        s->y1 = y + dy * t[1];
    }
    if (t[0] > 0) {
        s->x0 = x + dx * t[0];
        s->y0 = y + dy * t[0];
    }
    return true;
}
