/* limits.c - axes from data.
 *
 * x hugs the data of lines, because a margin beside a training curve says
 * nothing; y and the clouds get a margin so that no extreme hides in a frame.
 * Bars stand on zero. Limits that were set are kept to the letter where
 * doubles can divide what they span.
 */
#include "plot/limits.h"

#include <float.h>
#include <math.h>

/* Of the span, on either side: about half a text row of a middling panel. */
#define MARGIN 0.04
/* Keeps spans and their margins finite. */
#define FARTHEST (DBL_MAX / 64)
/* Spans that hold ticks: of the size of the values, and at all. */
#define NARROWEST 1e-12
#define SMALLEST  1e-290

double ritz_points_bar_width(const ritz_points *points)
{
    const size_t n = points->x.count;
    const ritz_extremes x = ritz_column_extremes(&points->x, 0, n);
    return n > 1 && x.max > x.min ? (x.max - x.min) / (double)(n - 1) : 1.0;
}

static ritz_extremes x_extremes(const ritz_series *series, bool *margin)
{
    const ritz_points *points = &series->points;
    ritz_extremes x = ritz_column_extremes(&points->x, 0, points->x.count);
    if (series->kind == RITZ_SERIES_BARS && x.min <= x.max) {
        const double half = ritz_points_bar_width(points) / 2;
        x.min -= half;
        x.max += half;
    }
    if (series->kind == RITZ_SERIES_SCATTER)
        *margin = true;
    return x;
}

static ritz_extremes all_x(const ritz_panel *panel, bool *margin)
{
    ritz_extremes found = ritz_extremes_none();
    for (size_t i = 0; i < panel->count; i++) {
        const ritz_extremes x = x_extremes(panel->series[i], margin);
        ritz_extremes_join(&found, &x);
    }
    return found;
}

static ritz_extremes all_y(const ritz_panel *panel, const ritz_axis *x,
                           bool *bars)
{
    ritz_extremes found = ritz_extremes_none();
    for (size_t i = 0; i < panel->count; i++) {
        const ritz_series *series = panel->series[i];
        if (series->kind == RITZ_SERIES_MARKERS)
            continue;
        const ritz_extremes y = ritz_points_extremes(&series->points, x);
        ritz_extremes_join(&found, &y);
        *bars = *bars || series->kind == RITZ_SERIES_BARS;
    }
    return found;
}

/* Opens an axis that spans nothing, or so little that doubles cannot divide
 * it into ticks. */
static void open_axis(ritz_axis *axis)
{
    axis->lo = fmin(fmax(axis->lo, -FARTHEST), FARTHEST);
    axis->hi = fmin(fmax(axis->hi, -FARTHEST), FARTHEST);
    if (axis->scale == RITZ_SCALE_LOG)
        axis->lo = fmax(axis->lo, SMALLEST);
    const double size = fmax(fabs(axis->lo), fabs(axis->hi));
    if (axis->hi - axis->lo > fmax(NARROWEST * size, SMALLEST))
        return;
    const double middle = axis->lo;
    if (axis->scale == RITZ_SCALE_LOG) {
        axis->lo = fmax(middle / 2, SMALLEST);
        axis->hi = axis->lo * 4;
    } else {
        const double half = size > SMALLEST ? size / 2 : 1;
        axis->lo = middle - half;
        axis->hi = middle + half;
    }
}

/* symlog is linear over the last of the four decades that it shows. */
static double auto_threshold(double lo, double hi)
{
    const double most = fmax(fabs(lo), fabs(hi));
    return isfinite(most) && most > SMALLEST ? pow(10, floor(log10(most)) - 3)
                                             : 1;
}

/* The span of the data; true when the panel refuses a log axis. */
static bool span(ritz_axis *axis, ritz_scale scale, const ritz_extremes *found)
{
    const bool log = scale == RITZ_SCALE_LOG;
    const bool none = found->min > found->max;
    const bool refuse = log && !none && isinf(found->min_positive);
    axis->scale = refuse ? RITZ_SCALE_LINEAR : scale;
    axis->threshold = auto_threshold(found->min, found->max);
    axis->lo = none                            ? (log ? 1 : 0)
               : axis->scale == RITZ_SCALE_LOG ? found->min_positive
                                               : found->min;
    axis->hi = none ? (log ? 10 : 1) : found->max;
    return refuse;
}

/* `kept`: does not open a side of zero on which there are no data. */
static void add_margin(ritz_axis *axis, bool below, bool above, bool kept)
{
    double lo = ritz_axis_value(axis, -MARGIN);
    double hi = ritz_axis_value(axis, 1 + MARGIN);
    if (kept && axis->lo >= 0)
        lo = fmax(lo, 0);
    if (kept && axis->hi <= 0)
        hi = fmin(hi, 0);
    if (below && isfinite(lo) && (axis->scale != RITZ_SCALE_LOG || lo > 0))
        axis->lo = lo;
    if (above && isfinite(hi))
        axis->hi = hi;
}

/* Steps are counted from 1, but a round axis begins with 0. */
static void start_at_zero(ritz_axis *axis)
{
    if (axis->scale == RITZ_SCALE_LINEAR && axis->lo > 0 &&
        axis->lo <= MARGIN * axis->hi)
        axis->lo = 0;
}

/* A limit that was set wins, unless a log axis has no place for it. */
static void apply_limits(ritz_axis *axis, const double limit[2])
{
    const bool log = axis->scale == RITZ_SCALE_LOG;
    const double lo = log && limit[0] <= 0 ? NAN : limit[0];
    const double hi = log && limit[1] <= 0 ? NAN : limit[1];
    if (!isnan(lo))
        axis->lo = lo;
    if (!isnan(hi))
        axis->hi = hi;
    if (axis->lo >= axis->hi && isnan(hi))
        axis->hi = log ? axis->lo * 10 : axis->lo + fmax(fabs(axis->lo), 1);
    else if (axis->lo >= axis->hi)
        axis->lo = log ? axis->hi / 10 : axis->hi - fmax(fabs(axis->hi), 1);
    open_axis(axis);
    axis->threshold = auto_threshold(axis->lo, axis->hi);
}

void ritz_panel_settle(ritz_axis axis[2], bool refused[2],
                       const ritz_panel *panel)
{
    bool margin = false, bars = false;
    const ritz_extremes x = all_x(panel, &margin);
    refused[0] = span(&axis[0], panel->scale[0], &x);
    open_axis(&axis[0]);
    if (margin)
        add_margin(&axis[0], true, true, false);
    else
        start_at_zero(&axis[0]);
    apply_limits(&axis[0], panel->limit[0]);

    ritz_extremes y = all_y(panel, &axis[0], &bars);
    const bool floored = bars && panel->scale[1] != RITZ_SCALE_LOG;
    if (floored)
        ritz_extremes_add(&y, 0);
    refused[1] = span(&axis[1], panel->scale[1], &y);
    open_axis(&axis[1]);
    add_margin(&axis[1], !floored || y.min < 0, !floored || y.max > 0, !margin);
    apply_limits(&axis[1], panel->limit[1]);
}
