/* ticks.h - round numbers along an axis, and how they are written. */
#ifndef RITZ_PLOT_TICKS_H
#define RITZ_PLOT_TICKS_H

#include "plot/scale.h"

#include <stddef.h>

enum { RITZ_TICKS = 32, RITZ_TICK_LABEL = 24 };

typedef struct ritz_ticks {
    size_t count;
    double value[RITZ_TICKS]; /* rising, within the axis */
    char label[RITZ_TICKS][RITZ_TICK_LABEL];
    int exponent; /* labels are in units of 10^exponent: say so; often 0 */
} ritz_ticks;

/* At most `most` ticks (clamped to 2..RITZ_TICKS). */
void ritz_ticks_find(ritz_ticks *out, const ritz_axis *axis, size_t most);

/* A number as a person would write it, in about `digits` digits. */
void ritz_number_text(char *out, size_t size, double value, int digits);

#endif
