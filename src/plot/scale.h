/* scale.h - where a value stands on an axis. */
#ifndef RITZ_PLOT_SCALE_H
#define RITZ_PLOT_SCALE_H

typedef enum ritz_scale {
    RITZ_SCALE_LINEAR,
    RITZ_SCALE_LOG,   /* only positive values have a place */
    RITZ_SCALE_SYMLOG /* linear within `threshold` of zero, log beyond */
} ritz_scale;

typedef struct ritz_axis {
    ritz_scale scale;
    double threshold; /* of symlog */
    double lo, hi;    /* lo < hi, finite; both positive on a log axis */
} ritz_axis;

/* Values to a coordinate in which the axis is linear, and back. A value
 * without a place (not finite; not positive on a log axis) gives NaN. */
double ritz_axis_forward(const ritz_axis *axis, double value);
double ritz_axis_inverse(const ritz_axis *axis, double coordinate);

/* 0 at lo, 1 at hi; outside of 0..1 for values beyond them. */
double ritz_axis_place(const ritz_axis *axis, double value);
double ritz_axis_value(const ritz_axis *axis, double place);

#endif
