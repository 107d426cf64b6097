/* text_inside.h - what the parts of the text renderer share. */
#ifndef RITZ_PLOT_TEXT_INSIDE_H
#define RITZ_PLOT_TEXT_INSIDE_H

#include "plot/layout.h"
#include "plot/text.h"

/* Glyphs of lines and frames: box drawing, or ASCII. */
typedef struct ritz_glyphs {
    uint32_t top_left, top_right, bottom_left, bottom_right;
    uint32_t across, down, y_tick, x_tick, origin, marker;
} ritz_glyphs;

/* Whether a view with a header shows one: panes of their own titles do not
 * need the figure's, nor has a low canvas room for it. */
bool ritz_has_header(const ritz_picture *picture, size_t height);

const ritz_glyphs *ritz_glyphs_of(const ritz_canvas *canvas);

/* The look of the curve with this order: colour, ASCII mark and, through
 * `dash`, the pattern of its line. */
ritz_cell ritz_curve_look(const ritz_curve *curve);
const char *ritz_curve_dash(const ritz_curve *curve);
/* What stands for a point of a cloud that is sparse enough for marks; 0 when
 * dots are better. */
uint32_t ritz_curve_mark(const ritz_curve *curve, bool ascii);

void ritz_draw_curves(const ritz_plane *plane, const ritz_pane *pane);
/* The number in the corner of the title: the one that was set, else the last
 * value of the only curve, after its name where that is not the title. Panels
 * of one curve need no legend then. */
const char *ritz_pane_number(const ritz_pane *pane, const char *title,
                             char *buffer, size_t size);
/* Inside when a place is free; else false, and the caller finds a place. */
bool ritz_draw_legend(const ritz_plane *plane, const ritz_pane *pane);
/* In one line of at most `room` columns that ends before column `end`;
 * returns the columns used, 0 when it does not fit. */
size_t ritz_draw_legend_line(ritz_canvas *canvas, size_t end, size_t y,
                             size_t room, const ritz_pane *pane);
/* Over whatever is there. */
void ritz_draw_legend_over(const ritz_plane *plane, const ritz_pane *pane);

#endif
