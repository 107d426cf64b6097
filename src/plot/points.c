/* points.c - appending and smoothing the points of a series.
 *
 * Smoothing is an exponential average by distance in x, on raw data as they
 * arrive: weight <- 2^(-dx/half_life) weight + 1, mean <- mean + (y - mean) /
 * weight. That is the average of all values so far with weights that halve
 * every half_life, so there is no start bias to remove, and a constant series
 * stays exactly constant. A value that is not finite stays a gap and does not
 * enter the average.
 */
#include "plot/points.h"

#include "base/memory.h"

#include <math.h>

static double smooth_next(ritz_points *points, double x, double y)
{
    if (!isfinite(x) || !isfinite(y))
        return y;
    const double distance = points->weight > 0 ? fabs(x - points->mean_x) : 0.0;
    points->weight = points->weight * exp2(-distance / points->half_life) + 1;
    points->mean += (y - points->mean) / points->weight;
    points->mean_x = x;
    return points->mean;
}

static void note_order(ritz_points *points, double x)
{
    const size_t n = points->x.count;
    if (!isfinite(x) || (n > 0 && x < ritz_column_at(&points->x, n - 1)))
        points->wanders = true;
}

static void note_values(ritz_points *points, double x, double y)
{
    if (!isfinite(x) || !isfinite(y))
        return;
    if (points->finite == 0) {
        points->first = points->min = points->max = y;
        points->first_x = points->min_x = points->max_x = x;
    }
    if (y < points->min) {
        points->min = y;
        points->min_x = x;
    }
    if (y > points->max) {
        points->max = y;
        points->max_x = x;
    }
    points->last = y;
    points->last_x = x;
    points->lost_x += x <= 0;
    points->lost_y += y <= 0;
    points->finite++;
}

bool ritz_points_push(ritz_points *points, double x, double y, double high)
{
    const bool smooth = points->half_life > 0;
    if (!ritz_column_reserve(&points->x) || !ritz_column_reserve(&points->y) ||
        (points->paired && !ritz_column_reserve(&points->high)) ||
        (smooth && !ritz_column_reserve(&points->smoothed)))
        return false;
    note_order(points, x);
    note_values(points, x, y);
    ritz_column_push(&points->x, x);
    ritz_column_push(&points->y, y);
    if (points->paired)
        ritz_column_push(&points->high, high);
    if (smooth) {
        ritz_column_push(&points->smoothed, smooth_next(points, x, y));
        points->last_smoothed = points->mean;
    }
    return true;
}

static bool smooth_all(ritz_points *points)
{
    for (size_t i = 0; i < points->x.count; i++) {
        if (!ritz_column_reserve(&points->smoothed))
            return false;
        const double y = smooth_next(points, ritz_column_at(&points->x, i),
                                     ritz_column_at(&points->y, i));
        ritz_column_push(&points->smoothed, y);
    }
    points->last_smoothed = points->mean;
    return true;
}

bool ritz_points_smooth(ritz_points *points, double half_life)
{
    ritz_column_free(&points->smoothed);
    points->half_life = half_life;
    points->mean = points->weight = points->mean_x = 0;
    if (half_life > 0 && !smooth_all(points)) {
        ritz_column_free(&points->smoothed);
        points->half_life = 0;
        return false;
    }
    return true;
}

void ritz_points_clear(ritz_points *points)
{
    ritz_points empty = {.x = points->x,
                         .y = points->y,
                         .high = points->high,
                         .smoothed = points->smoothed,
                         .paired = points->paired,
                         .half_life = points->half_life};
    ritz_column_clear(&empty.x);
    ritz_column_clear(&empty.y);
    ritz_column_clear(&empty.high);
    ritz_column_clear(&empty.smoothed);
    *points = empty;
}

void ritz_points_free(ritz_points *points)
{
    ritz_column_free(&points->x);
    ritz_column_free(&points->y);
    ritz_column_free(&points->high);
    ritz_column_free(&points->smoothed);
}

static void join_band(ritz_extremes *found, const ritz_points *points,
                      size_t begin, size_t end)
{
    if (!points->paired)
        return;
    const ritz_extremes high = ritz_column_extremes(&points->high, begin, end);
    ritz_extremes_join(found, &high);
}

static ritz_extremes scan_extremes(const ritz_points *points,
                                   const ritz_axis *x)
{
    ritz_extremes found = ritz_extremes_none();
    for (size_t i = 0; i < points->x.count; i++) {
        const double at = ritz_column_at(&points->x, i);
        if (!(at >= x->lo && at <= x->hi))
            continue;
        ritz_extremes_add(&found, ritz_column_at(&points->y, i));
        if (points->paired)
            ritz_extremes_add(&found, ritz_column_at(&points->high, i));
    }
    return found;
}

ritz_extremes ritz_points_extremes(const ritz_points *points,
                                   const ritz_axis *x)
{
    size_t begin = 0, end = points->x.count;
    if (points->wanders) {
        const ritz_extremes all = ritz_column_extremes(&points->x, 0, end);
        if (all.min < x->lo || all.max > x->hi)
            return scan_extremes(points, x);
    } else {
        begin = ritz_column_search(&points->x, x->lo, false);
        end = ritz_column_search(&points->x, x->hi, true);
    }
    ritz_extremes found = ritz_column_extremes(&points->y, begin, end);
    join_band(&found, points, begin, end);
    return found;
}
