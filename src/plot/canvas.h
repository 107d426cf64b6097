/* canvas.h - a grid of character cells, and a finer grid of dots on it.
 *
 * A cell holds a Unicode code point, a colour by number and a style; ncurses
 * copies cells, text output encodes them. The dots of a plane are braille
 * (2 x 4 in a cell) or, in ASCII, one mark for each cell.
 */
#ifndef RITZ_PLOT_CANVAS_H
#define RITZ_PLOT_CANVAS_H

#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RITZ_COLOURS = 8 }; /* 0: the terminal's own; 1 to 7: series */

enum ritz_cell_style {
    RITZ_CELL_PLAIN = 0,
    RITZ_CELL_DIM = 1,
    RITZ_CELL_BOLD = 2
};

typedef struct ritz_cell {
    uint32_t code; /* 0: the right half of the wide character before it */
    uint8_t colour, style;
} ritz_cell;

typedef struct ritz_canvas {
    size_t width, height;
    bool ascii;
    ritz_cell *cell; /* row by row */
} ritz_canvas;

/* The Okabe-Ito colours in the order of series, as 0xRRGGBB; entry 0 is
 * black. Yellow comes last: it is the faintest on paper. */
extern const uint32_t ritz_palette[RITZ_COLOURS];
/* The same on terminals with 256 colours: exact entries of the cube, which
 * stay what they are where true colour is only approximated. */
extern const uint8_t ritz_palette_256[RITZ_COLOURS];
uint8_t ritz_series_colour(size_t order); /* 1 to 7 */

ritz_status ritz_canvas_new(ritz_canvas **out, size_t width, size_t height,
                            bool ascii, ritz_error *err);
void ritz_canvas_delete(ritz_canvas *canvas); /* NULL is allowed */
void ritz_canvas_blank(ritz_canvas *canvas);
/* Outside of the canvas: no effect, and a blank cell. */
void ritz_canvas_put(ritz_canvas *canvas, size_t x, size_t y, ritz_cell cell);
ritz_cell ritz_canvas_at(const ritz_canvas *canvas, size_t x, size_t y);
/* Writes UTF-8 text in at most `room` columns, with an ellipsis when it is
 * cut; returns the columns used. ASCII canvases spell what they can. */
size_t ritz_canvas_text(ritz_canvas *canvas, size_t x, size_t y, size_t room,
                        const char *text, ritz_cell look);
/* Columns that the text takes. */
size_t ritz_text_columns(const char *text);

/* Rows end in '\n'; blanks at the end of a row are left out. With `colours`,
 * SGR sequences of 256-colour terminals. */
void ritz_canvas_write(ritz_text *out, const ritz_canvas *canvas, bool colours);

typedef struct ritz_plane {
    ritz_canvas *canvas;
    size_t x, y, width, height; /* in cells */
} ritz_plane;

typedef struct ritz_pen {
    ritz_cell look;   /* `code` is the mark in ASCII */
    const char *dash; /* of '#' (draws) and ' '; NULL: solid */
    size_t period;    /* of the pattern */
    size_t travelled; /* dots since the start of the pattern */
    int64_t last_x, last_y;
} ritz_pen;

size_t ritz_plane_columns(const ritz_plane *plane); /* in dots */
size_t ritz_plane_rows(const ritz_plane *plane);
void ritz_plane_dot(const ritz_plane *plane, int64_t x, int64_t y,
                    ritz_cell look);
bool ritz_plane_lit(const ritz_plane *plane, size_t cell_x, size_t cell_y);
ritz_pen ritz_pen_start(ritz_cell look, const char *dash);
/* Dot coordinates from the top left; what lies outside is clipped. */
void ritz_plane_segment(const ritz_plane *plane, ritz_pen *pen, double x0,
                        double y0, double x1, double y1);

#endif
