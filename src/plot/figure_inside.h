/* figure_inside.h - the insides of a figure, for figure.c and picture.c. */
#ifndef RITZ_PLOT_FIGURE_INSIDE_H
#define RITZ_PLOT_FIGURE_INSIDE_H

#include "plot/figure.h"
#include "plot/points.h"

#include <pthread.h>
#include <stdatomic.h>

struct ritz_series {
    ritz_panel *panel;
    char *name;
    ritz_series_kind kind;
    size_t order; /* of its name among the names of the panel */
    ritz_points points;
};

struct ritz_panel {
    ritz_figure *figure;
    size_t row, column;
    char *text[RITZ_PANEL_TEXTS];
    ritz_scale scale[2];
    double limit[2][2]; /* direction, end */
    bool legend;
    ritz_series **series;
    size_t count, capacity, names;
};

struct ritz_figure {
    atomic_size_t owners;
    _Atomic uint64_t generation;
    pthread_mutex_t lock; /* guards all below, and panels and series */
    char *title;
    ritz_panel **panel; /* in reading order */
    size_t count, capacity;
};

#endif
