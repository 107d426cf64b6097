/* picture.h - a figure at one moment, thinned: what renderers read.
 *
 * It owns copies of everything, so it is drawn without a lock while the script
 * goes on. Axes are settled here, once for all renderers.
 */
#ifndef RITZ_PLOT_PICTURE_H
#define RITZ_PLOT_PICTURE_H

#include "base/arena.h"
#include "plot/figure.h"
#include "plot/points.h"

typedef struct ritz_curve {
    const char *name;
    ritz_series_kind kind;
    size_t order;     /* gives colour and pattern */
    bool faint;       /* the raw points below a smoothed curve */
    ritz_trail trail; /* thinned points */
    double bar_width; /* in x */
    size_t count;     /* points in the figure */
    size_t finite;
    double first, last, min, max; /* of y; meaningless when finite is 0 */
    double first_x, last_x, min_x, max_x;
    double shown_last; /* the last value as drawn: smoothed if it is */
} ritz_curve;

typedef struct ritz_pane {
    size_t row, column;
    const char *text[RITZ_PANEL_TEXTS]; /* never NULL */
    const char *warning;                /* "" or what a log axis left out */
    ritz_axis axis[2];
    bool legend;
    size_t names;
    ritz_curve *curve; /* in drawing order */
    size_t count;
} ritz_pane;

typedef struct ritz_picture {
    ritz_arena *arena; /* holds everything but the trails */
    const char *title; /* never NULL */
    uint64_t generation;
    ritz_pane *pane; /* in reading order */
    size_t count;
} ritz_picture;

/* `bins` is the number of slices of the x axis: at least the number of pixel
 * columns of a panel. */
ritz_status ritz_picture_new(ritz_picture **out, ritz_figure *figure,
                             size_t bins, ritz_error *err);
void ritz_picture_delete(ritz_picture *picture); /* NULL is allowed */

/* The number of panes in the row of the grid that begins with pane `first`. */
size_t ritz_picture_row(const ritz_picture *picture, size_t first);

#endif
