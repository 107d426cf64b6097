/* layout.h - where the panels of a figure go on a page. */
#ifndef RITZ_PLOT_LAYOUT_H
#define RITZ_PLOT_LAYOUT_H

#include "plot/picture.h"

typedef struct ritz_box {
    size_t x, y, width, height;
} ritz_box;

enum { RITZ_LAYOUT_PANES = RITZ_FIGURE_SIDE * RITZ_FIGURE_SIDE };

typedef struct ritz_layout {
    size_t pages;
    size_t count; /* panes on the page asked for */
    size_t pane[RITZ_LAYOUT_PANES];
    ritz_box box[RITZ_LAYOUT_PANES];
} ritz_layout;

/* Panes of a row share its width; a row that would make them too narrow is
 * broken; rows that would be too flat go to further pages. A page beyond the
 * last is the last. */
void ritz_layout_find(ritz_layout *out, const ritz_picture *picture,
                      size_t width, size_t height, size_t page);

#endif
