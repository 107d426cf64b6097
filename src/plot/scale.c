/* scale.c - linear, log and symlog axes.
 *
 * symlog is sign(v) log10(1 + |v|/t) (Webber, "A bi-symmetric log
 * transformation", 2013): smooth at the threshold, one formula for all v.
 */
#include "plot/scale.h"

#include <math.h>

double ritz_axis_forward(const ritz_axis *axis, double value)
{
    if (!isfinite(value))
        return NAN;
    switch (axis->scale) {
    case RITZ_SCALE_LOG:
        return value > 0 ? log10(value) : NAN;
    case RITZ_SCALE_SYMLOG:
        return copysign(log1p(fabs(value) / axis->threshold) / M_LN10, value);
    default:
        return value;
    }
}

double ritz_axis_inverse(const ritz_axis *axis, double coordinate)
{
    switch (axis->scale) {
    case RITZ_SCALE_LOG:
        return pow(10, coordinate);
    case RITZ_SCALE_SYMLOG:
        return copysign(axis->threshold * expm1(fabs(coordinate) * M_LN10),
                        coordinate);
    default:
        return coordinate;
    }
}

/* Halves keep the difference of two huge values finite. */
double ritz_axis_place(const ritz_axis *axis, double value)
{
    const double lo = ritz_axis_forward(axis, axis->lo) / 2;
    const double hi = ritz_axis_forward(axis, axis->hi) / 2;
    return (ritz_axis_forward(axis, value) / 2 - lo) / (hi - lo);
}

double ritz_axis_value(const ritz_axis *axis, double place)
{
    const double lo = ritz_axis_forward(axis, axis->lo);
    const double hi = ritz_axis_forward(axis, axis->hi);
    return ritz_axis_inverse(axis, lo * (1 - place) + hi * place);
}
