/* paint.h - the parts of the cairo renderer. Lengths are points (1/72 inch). */
#ifndef RITZ_PLOT_PAINT_H
#define RITZ_PLOT_PAINT_H

#include "plot/cairo.h"
#include "plot/picture.h"

/* Where data go, and what they are measured by. */
typedef struct ritz_area {
    cairo_t *cr;
    double x, y, width, height;
    const ritz_axis *axis;
} ritz_area;

double ritz_area_x(const ritz_area *area, double x);
double ritz_area_y(const ritz_area *area, double y);

void ritz_paint_colour(cairo_t *cr, size_t order, double alpha);
/* The dashes and the width of a curve's line. */
void ritz_paint_stroke(cairo_t *cr, const ritz_curve *curve);
/* The mark of a cloud, around x, y. */
void ritz_paint_mark(cairo_t *cr, size_t order, double x, double y,
                     double radius);
void ritz_paint_curves(const ritz_area *area, const ritz_pane *pane);
/* The room to leave to the right of the data for a legend that would hide
 * some of them; 0 when it has a place inside. */
double ritz_paint_legend_beside(const ritz_area *area, const ritz_pane *pane);
void ritz_paint_legend(const ritz_area *area, const ritz_pane *pane,
                       bool beside);

typedef enum ritz_align { RITZ_LEFT, RITZ_CENTRE, RITZ_RIGHT } ritz_align;

void ritz_paint_font(cairo_t *cr, double size, bool bold);
/* Returns the width. The text is good UTF-8, as in a picture: cairo would give
 * up on anything else. */
double ritz_paint_text(cairo_t *cr, double x, double y, ritz_align align,
                       const char *text);
double ritz_paint_text_width(cairo_t *cr, const char *text);

/* A panel with its title, axes, curves and legend. */
void ritz_paint_pane(cairo_t *cr, const ritz_pane *pane, const char *title,
                     const double box[4]);

#endif
