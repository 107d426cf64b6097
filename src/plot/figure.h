/* figure.h - a figure is data: panels in a grid, series in panels.
 *
 * A script's thread appends; another thread draws. Every function here locks
 * the figure for a moment; a renderer never draws from the figure itself but
 * from a picture (picture.h), a thinned copy taken under the lock in time
 * proportional to its width. So the writer waits at most for that copy.
 *
 * Panels and series belong to their figure and live as long as it does; their
 * pointers are views. Texts are UTF-8, copied, and may be NULL for none.
 * Indices count from 0.
 */
#ifndef RITZ_PLOT_FIGURE_H
#define RITZ_PLOT_FIGURE_H

#include "base/status.h"
#include "plot/scale.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ritz_figure ritz_figure;
typedef struct ritz_panel ritz_panel;
typedef struct ritz_series ritz_series;

typedef enum ritz_series_kind {
    RITZ_SERIES_LINE,
    RITZ_SERIES_SCATTER,
    RITZ_SERIES_BAND,   /* between two curves */
    RITZ_SERIES_BARS,   /* from zero; x is the middle of a bar */
    RITZ_SERIES_MARKERS /* vertical lines at x */
} ritz_series_kind;

typedef enum ritz_panel_text {
    RITZ_PANEL_TITLE,
    RITZ_PANEL_NUMBER, /* the one number that matters now: "valid 0.8734" */
    RITZ_PANEL_XLABEL,
    RITZ_PANEL_YLABEL,
    RITZ_PANEL_NOTE, /* a line of text inside the panel */
    RITZ_PANEL_TEXTS
} ritz_panel_text;

typedef enum ritz_direction { RITZ_X, RITZ_Y } ritz_direction;

enum { RITZ_FIGURE_SIDE = 16 }; /* most rows and most columns of panels */

ritz_status ritz_figure_new(ritz_figure **out, const char *title,
                            ritz_error *err);
ritz_figure *ritz_figure_retain(ritz_figure *figure); /* returns figure */
void ritz_figure_release(ritz_figure *figure);        /* NULL is allowed */
ritz_status ritz_figure_set_title(ritz_figure *figure, const char *title,
                                  ritz_error *err);
/* Grows with every change: equal numbers mean that nothing has to be drawn
 * again. Any thread, without waiting. */
uint64_t ritz_figure_generation(const ritz_figure *figure);

/* The panel at this place of the grid; made when it is not there. */
ritz_status ritz_figure_panel(ritz_panel **out, ritz_figure *figure, size_t row,
                              size_t column, ritz_error *err);
size_t ritz_figure_panels(ritz_figure *figure);
/* In reading order; NULL beyond the last. */
ritz_panel *ritz_figure_panel_at(ritz_figure *figure, size_t i);

ritz_status ritz_panel_set_text(ritz_panel *panel, ritz_panel_text which,
                                const char *text, ritz_error *err);
void ritz_panel_set_scale(ritz_panel *panel, ritz_direction direction,
                          ritz_scale scale);
ritz_scale ritz_panel_scale(ritz_panel *panel, ritz_direction direction);
/* NAN at either end: as the data are. */
ritz_status ritz_panel_set_limits(ritz_panel *panel, ritz_direction direction,
                                  double lo, double hi, ritz_error *err);
void ritz_panel_set_legend(ritz_panel *panel, bool shown);

/* The series of this name and kind; made when it is not there. Series of one
 * name share a colour, as a curve and its band do. */
ritz_status ritz_panel_series(ritz_series **out, ritz_panel *panel,
                              const char *name, ritz_series_kind kind,
                              ritz_error *err);
/* For a marker, y is not used. */
ritz_status ritz_series_push(ritz_series *series, double x, double y,
                             ritz_error *err);
ritz_status ritz_series_push_band(ritz_series *series, double x, double low,
                                  double high, ritz_error *err);
ritz_status ritz_series_append(ritz_series *series, size_t n, const double *x,
                               const double *y, ritz_error *err);
void ritz_series_clear(ritz_series *series);
size_t ritz_series_count(ritz_series *series);
/* Exponential average over x; the raw curve stays, faint. 0 turns it off. */
ritz_status ritz_series_smooth(ritz_series *series, double half_life,
                               ritz_error *err);

#endif
