/* layout.c - from the grid of a figure to boxes of cells. */
#include "plot/layout.h"

/* Smaller panes are legible, but curves lose their shape: rather turn a page.
 * 120 x 36 holds 2 x 3 of them, 80 x 24 holds 1 x 2. */
enum { NARROWEST = 44, FLATTEST = 11 };

typedef struct line {
    size_t first, count; /* panes side by side */
} line;

static size_t at_least_one(size_t n)
{
    return n > 0 ? n : 1;
}

static size_t break_rows(line *lines, const ritz_picture *picture, size_t width)
{
    const size_t most = at_least_one(width / NARROWEST);
    size_t n = 0;
    for (size_t i = 0; i < picture->count;) {
        const size_t row = ritz_picture_row(picture, i);
        const size_t parts = (row + most - 1) / most;
        for (size_t k = 0, done = 0; k < parts; k++) {
            const size_t count = (row - done) / (parts - k);
            lines[n++] = (line){i + done, count};
            done += count;
        }
        i += row;
    }
    return n;
}

static void place_line(ritz_layout *out, line l, ritz_box row)
{
    for (size_t k = 0; k < l.count; k++) {
        const size_t from = row.width * k / l.count;
        const size_t to = row.width * (k + 1) / l.count;
        out->pane[out->count] = l.first + k;
        out->box[out->count++] =
            (ritz_box){row.x + from, row.y, to - from, row.height};
    }
}

void ritz_layout_find(ritz_layout *out, const ritz_picture *picture,
                      size_t width, size_t height, size_t page)
{
    line lines[RITZ_LAYOUT_PANES];
    const size_t n = break_rows(lines, picture, width);
    const size_t most = at_least_one(height / FLATTEST);
    out->count = 0;
    out->pages = at_least_one((n + most - 1) / most);
    page = page < out->pages ? page : out->pages - 1;
    const size_t first = page * most;
    const size_t rows = n - first < most ? n - first : most;
    for (size_t r = 0; r < rows; r++) {
        const size_t from = height * r / rows, to = height * (r + 1) / rows;
        place_line(out, lines[first + r],
                   (ritz_box){0, from, width, to - from});
    }
}
