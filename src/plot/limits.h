/* limits.h - what the axes of a panel span. */
#ifndef RITZ_PLOT_LIMITS_H
#define RITZ_PLOT_LIMITS_H

#include "plot/figure_inside.h"

/* Settles both axes. A log axis without any positive value becomes linear:
 * `refused[direction]` says so. */
void ritz_panel_settle(ritz_axis axis[2], bool refused[2],
                       const ritz_panel *panel);
/* The width of one bar, from the mean distance of the middles. */
double ritz_points_bar_width(const ritz_points *points);

#endif
