/* thin.c - from many points to as many as a drawing can show.
 *
 * A curve is thinned by slices of the x axis: the first, least, greatest and
 * last point of a slice draw the same pixels as all of them (M4: Jugel et al.,
 * "M4: a visualization-oriented time series data aggregation", VLDB 2014),
 * and no spike is lost. Extremes come from the pyramid, so the cost follows
 * the number of slices. A path that wanders keeps every point that leaves the
 * cell of the one before; a cloud keeps one point for each cell.
 */
#include "base/memory.h"
#include "plot/points.h"

#include <math.h>
#include <stdint.h>

enum { RAW = 4 }; /* up to so many points a slice is copied as it is */

static bool emit(ritz_trail *out, double x, double y)
{
    if (!ritz_reserve(&out->x, &out->x_capacity, out->count + 1,
                      sizeof *out->x) ||
        !ritz_reserve(&out->y, &out->y_capacity, out->count + 1,
                      sizeof *out->y))
        return false;
    out->x[out->count] = x;
    out->y[out->count++] = isfinite(y) ? y : NAN;
    return true;
}

static bool emit_band(ritz_trail *out, double x, double low, double high)
{
    if (!ritz_reserve(&out->high, &out->high_capacity, out->count + 1,
                      sizeof *out->high))
        return false;
    out->high[out->count] = isfinite(high) ? high : NAN;
    return emit(out, x, low);
}

void ritz_trail_free(ritz_trail *trail)
{
    ritz_free(trail->x);
    ritz_free(trail->y);
    ritz_free(trail->high);
    *trail = (ritz_trail){0};
}

typedef struct slicer {
    ritz_trail *out;
    const ritz_points *points;
    const ritz_column *y;
    const ritz_axis *axis; /* x, y */
} slicer;

static bool emit_raw(const slicer *s, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++) {
        const double x = ritz_column_at(&s->points->x, i);
        const double y = ritz_column_at(s->y, i);
        const bool good =
            s->points->paired
                ? emit_band(s->out, x, y, ritz_column_at(&s->points->high, i))
                : emit(s->out, x, y);
        if (!good)
            return false;
    }
    return true;
}

/* Least and greatest values that have a place on the y axis. */
static ritz_extremes visible(const slicer *s, const ritz_column *column,
                             size_t begin, size_t end)
{
    ritz_extremes found = ritz_column_extremes(column, begin, end);
    if (s->axis[1].scale == RITZ_SCALE_LOG)
        found.min = found.min_positive;
    return found;
}

static bool slice_of_band(const slicer *s, size_t begin, size_t end)
{
    const ritz_extremes low = visible(s, s->y, begin, end);
    const ritz_extremes high = visible(s, &s->points->high, begin, end);
    return emit_band(s->out, ritz_column_at(&s->points->x, begin), low.min,
                     high.max) &&
           emit_band(s->out, ritz_column_at(&s->points->x, end - 1), low.min,
                     high.max);
}

static bool slice_of_line(const slicer *s, size_t begin, size_t end)
{
    const double x = ritz_column_at(&s->points->x, begin);
    const double x_end = ritz_column_at(&s->points->x, end - 1);
    const double y = ritz_column_at(s->y, begin);
    const double y_end = ritz_column_at(s->y, end - 1);
    const ritz_extremes found = visible(s, s->y, begin, end);
    const double middle = x / 2 + x_end / 2;
    const bool falls = y > y_end;
    return emit(s->out, x, y) &&
           emit(s->out, middle, falls ? found.max : found.min) &&
           emit(s->out, middle, falls ? found.min : found.max) &&
           emit(s->out, x_end, y_end);
}

static bool slice(const slicer *s, size_t begin, size_t end)
{
    if (end - begin <= RAW)
        return emit_raw(s, begin, end);
    return s->points->paired ? slice_of_band(s, begin, end)
                             : slice_of_line(s, begin, end);
}

static bool thin_ordered(const slicer *s, size_t bins)
{
    const ritz_column *x = &s->points->x;
    const size_t end = ritz_column_search(x, s->axis[0].hi, true);
    size_t at = ritz_column_search(x, s->axis[0].lo, false);
    if (at > 0 && !emit_raw(s, at - 1, at))
        return false;
    for (size_t b = 1; b <= bins && at < end; b++) {
        const double edge =
            ritz_axis_value(&s->axis[0], (double)b / (double)bins);
        const size_t next =
            b == bins ? end : ritz_column_search(x, edge, false);
        if (next > at && !slice(s, at, next))
            return false;
        at = next > at ? next : at;
    }
    return end == x->count || emit_raw(s, end, end + 1);
}

/* The cell of a place, or one far outside; INT64_MIN for a gap. */
static int64_t cell_of(double place, size_t bins)
{
    if (isnan(place))
        return INT64_MIN;
    return (int64_t)floor(fmin(fmax(place, -1e3), 1e3) * (double)bins);
}

static bool thin_path(const slicer *s, size_t bins)
{
    int64_t last_x = 0, last_y = 0;
    for (size_t i = 0; i < s->points->x.count; i++) {
        const double x = ritz_column_at(&s->points->x, i);
        const double y = ritz_column_at(s->y, i);
        const int64_t cx = cell_of(ritz_axis_place(&s->axis[0], x), bins);
        const int64_t cy = cell_of(ritz_axis_place(&s->axis[1], y), bins);
        if (i > 0 && cx == last_x && cy == last_y)
            continue;
        last_x = cx;
        last_y = cy;
        if (!emit_raw(s, i, i + 1))
            return false;
    }
    return true;
}

bool ritz_points_thin_line(ritz_trail *out, const ritz_points *points,
                           bool smoothed, const ritz_axis axis[2], size_t bins)
{
    const slicer s = {out, points, smoothed ? &points->smoothed : &points->y,
                      axis};
    return points->wanders ? thin_path(&s, bins) : thin_ordered(&s, bins);
}

/* True the first time that a cell is asked for. */
static bool fresh_cell(uint64_t *seen, size_t cell)
{
    const uint64_t bit = UINT64_C(1) << cell % 64;
    const bool fresh = !(seen[cell / 64] & bit);
    seen[cell / 64] |= bit;
    return fresh;
}

static bool inside(double place)
{
    return place >= 0 && place <= 1; /* false for NaN */
}

static bool thin_cells(ritz_trail *out, const ritz_points *points,
                       const ritz_axis axis[2], size_t bins, uint64_t *seen)
{
    const double scale = (double)(bins - 1);
    for (size_t i = 0; i < points->x.count; i++) {
        const double x = ritz_column_at(&points->x, i);
        const double y = ritz_column_at(&points->y, i);
        const double px = ritz_axis_place(&axis[0], x);
        const double py = ritz_axis_place(&axis[1], y);
        if (!inside(px) || !inside(py))
            continue;
        const size_t cell = (size_t)(px * scale) * bins + (size_t)(py * scale);
        if (fresh_cell(seen, cell) && !emit(out, x, y))
            return false;
    }
    return true;
}

bool ritz_points_thin_cloud(ritz_trail *out, const ritz_points *points,
                            const ritz_axis axis[2], size_t bins)
{
    uint64_t *seen = ritz_new(bins * bins / 64 + 1, sizeof *seen);
    if (!seen)
        return false;
    const bool good = thin_cells(out, points, axis, bins, seen);
    ritz_free(seen);
    return good;
}
