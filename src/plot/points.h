/* points.h - what one series holds, and how it is thinned for drawing.
 *
 * Points are appended; x may increase, which is found out by looking and makes
 * a window a binary search, or wander (orbits, clouds), which is drawn point by
 * point. Nothing here locks: figure.c does.
 */
#ifndef RITZ_PLOT_POINTS_H
#define RITZ_PLOT_POINTS_H

#include "plot/column.h"
#include "plot/scale.h"

typedef struct ritz_points {
    ritz_column x, y;
    ritz_column high;     /* of a band, whose low is y */
    ritz_column smoothed; /* of y, while half_life > 0 */
    bool paired, wanders;
    double half_life, mean, weight, mean_x; /* of the running average */
    size_t finite;                          /* points with x and y finite */
    size_t lost_x, lost_y;  /* of those, without a place on a log axis */
    double first, last;     /* y of the first and last finite point */
    double first_x, last_x; /* and their x */
    double min, max;        /* of finite y */
    double min_x, max_x;    /* where they were first reached */
    double last_smoothed;
} ritz_points;

/* A curve made ready for a renderer. NaN in y is a gap. */
typedef struct ritz_trail {
    double *x, *y, *high; /* high only for a band */
    size_t count, x_capacity, y_capacity, high_capacity;
} ritz_trail;

bool ritz_points_push(ritz_points *points, double x, double y, double high);
/* Smooths what is there and what will come; 0 turns it off. */
bool ritz_points_smooth(ritz_points *points, double half_life);
void ritz_points_clear(ritz_points *points);
void ritz_points_free(ritz_points *points);

/* Extremes of y (and of a band's high) over the points whose x lies between
 * x->lo and x->hi. */
ritz_extremes ritz_points_extremes(const ritz_points *points,
                                   const ritz_axis *x);

/* At most about four points for each of `bins` slices of the x axis: first,
 * least, greatest, last. What lies just outside is kept for the segments that
 * cross the edge. Thins `smoothed` instead of y when asked to. */
bool ritz_points_thin_line(ritz_trail *out, const ritz_points *points,
                           bool smoothed, const ritz_axis axis[2], size_t bins);
/* One point for each cell of a grid of bins x bins. */
bool ritz_points_thin_cloud(ritz_trail *out, const ritz_points *points,
                            const ritz_axis axis[2], size_t bins);
void ritz_trail_free(ritz_trail *trail);

#endif
