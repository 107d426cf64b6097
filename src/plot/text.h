/* text.h - figures drawn with characters.
 *
 * One renderer serves the ncurses panels, which copy the cells, and plain text
 * for fig:show() and logs. It draws at any size: what is too small for axes
 * loses them, and what is too small for a curve says so.
 */
#ifndef RITZ_PLOT_TEXT_H
#define RITZ_PLOT_TEXT_H

#include "plot/canvas.h"
#include "plot/picture.h"

typedef struct ritz_page_view {
    size_t page;   /* from 0; beyond the last: the last */
    size_t zoomed; /* 1 + the pane that fills the canvas; 0: all */
    size_t active; /* 1 + the pane whose title is bold; 0: none */
    bool header;   /* with the figure's title, which takes a row */
} ritz_page_view;

/* Draws over the whole canvas. A picture of at least two bins for each column
 * of the canvas shows every spike. */
void ritz_picture_draw(ritz_canvas *canvas, const ritz_picture *picture,
                       const ritz_page_view *view);
size_t ritz_picture_pages(const ritz_picture *picture, size_t width,
                          size_t height);

/* The whole figure as text, all pages one below the other; a height of 0
 * gives each line of panels 16 rows. */
ritz_status ritz_figure_text(ritz_text *out, ritz_figure *figure, size_t width,
                             size_t height, bool ascii, ritz_error *err);

/* Each curve in a sentence, for logs and screen readers. */
ritz_status ritz_figure_describe(ritz_text *out, ritz_figure *figure,
                                 ritz_error *err);

#endif
