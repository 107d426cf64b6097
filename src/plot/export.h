/* export.h - figures for papers and pages: SVG, PDF and PNG through cairo.
 *
 * The same figure gives the same bytes: nothing in a file names a date, a
 * process or an address.
 */
#ifndef RITZ_PLOT_EXPORT_H
#define RITZ_PLOT_EXPORT_H

#include "plot/figure.h"

typedef struct ritz_export {
    double width, height; /* in points; 0: by the number of panels */
} ritz_export;

/* The format is the ending of the path: .svg, .pdf or .png. The file appears
 * whole or not at all. `options` may be NULL. */
ritz_status ritz_figure_save(ritz_figure *figure, const char *path,
                             const ritz_export *options, ritz_error *err);

#endif
