/* test_canvas.c - cells, UTF-8, dots, and segments that leave the window. */
#include "plot/canvas.h"
#include "plot/clip.h"
#include "plot/utf8.h"
#include "tap.h"

#include <math.h>
#include <string.h>

static const ritz_cell look = {'*', 3, RITZ_CELL_PLAIN};

static const char *text_of(const ritz_canvas *canvas, bool colours)
{
    static ritz_text text;
    ritz_text_free(&text);
    ritz_canvas_write(&text, canvas, colours);
    return ritz_text_view(&text);
}

static ritz_canvas *canvas_new(size_t width, size_t height, bool ascii)
{
    ritz_canvas *canvas;
    ritz_canvas_new(&canvas, width, height, ascii, NULL);
    return canvas;
}

static void test_text(void)
{
    ritz_canvas *c = canvas_new(12, 3, false);
    is_int(ritz_canvas_text(c, 1, 0, 11, "λmax 18.9", look), 9, "columns");
    is_int(ritz_canvas_text(c, 0, 1, 6, "too long here", look), 6,
           "text is cut to its room");
    ritz_canvas_text(c, 0, 2, 12, "a\xff\x01z 中b", look);
    is_text(text_of(c, false), " λmax 18.9\ntoo l…\na\xef\xbf\xbd?z 中b\n",
            "Greek, an ellipsis, bad bytes and a wide character");
    is_int(ritz_canvas_at(c, 6, 2).code, 0, "which takes two cells");
    is_int(ritz_text_columns("e\xcc\x81"), 1, "an accent takes none");
    ritz_canvas_delete(c);
    c = canvas_new(12, 1, true);
    ritz_canvas_text(c, 0, 0, 12, "µs × λ −1 é", look);
    is_text(text_of(c, false), "us x l -1 ?\n", "ASCII spells what it can");
    ritz_canvas_put(c, 12, 0, look);
    ritz_canvas_put(c, 0, 1, look);
    is_int(ritz_canvas_at(c, 99, 99).code, ' ', "outside there is nothing");
    ritz_canvas_delete(c);
}

static void test_utf8(void)
{
    int wrong = 0;
    for (uint32_t code = 1; code < 0x110000; code += code < 0x3000 ? 1 : 97) {
        if (code >= 0xD800 && code < 0xE000)
            continue;
        char bytes[5] = "";
        const size_t n = ritz_utf8_put(bytes, code);
        const char *at = bytes;
        wrong += ritz_utf8_next(&at) != code || at != bytes + n;
    }
    is_int(wrong, 0, "code points survive UTF-8");
    static const char *const bad[] = {"\x80", "\xc0\xaf", "\xff", "\xe2\x82",
                                      "\xf0\x9f\x98"};
    for (size_t i = 0; i < 5; i++) {
        const char *at = bad[i];
        is_int(ritz_utf8_next(&at), 0xFFFD, "bad sequence %zu", i);
        ok(at == bad[i] + 1, "and one byte of it is taken");
    }
}

static void test_colours(void)
{
    ritz_canvas *c = canvas_new(3, 1, false);
    ritz_canvas_put(c, 0, 0, (ritz_cell){'a', 1, RITZ_CELL_BOLD});
    ritz_canvas_put(c, 1, 0, (ritz_cell){'b', 1, RITZ_CELL_BOLD});
    ritz_canvas_put(c, 2, 0, (ritz_cell){'c', 0, RITZ_CELL_DIM});
    is_text(text_of(c, true), "\033[0;1;38;5;214mab\033[0;2mc\033[0m\n",
            "looks change only where they do, and end with the row");
    ritz_canvas_delete(c);
}

static void test_braille(void)
{
    ritz_canvas *c = canvas_new(2, 1, false);
    const ritz_plane p = {c, 0, 0, 2, 1};
    is_int(ritz_plane_columns(&p) * 100 + ritz_plane_rows(&p), 404, "dots");
    for (int64_t y = 0; y < 4; y++)
        ritz_plane_dot(&p, y % 2, y, look);
    for (int64_t i = -1; i < 5; i += 5)
        ritz_plane_dot(&p, i, -1, look);
    is_text(text_of(c, false), "⢕\n", "four dots of one cell");
    ritz_plane_dot(&p, 3, 3, look);
    is_text(text_of(c, false), "⢕⢀\n", "and one of the next");
    ritz_canvas_delete(c);
}

/* Clipped ends lie on the window's edge and on the line. */
static void test_clip(void)
{
    const ritz_window w = {0, 0, 10, 5};
    ritz_segment s = {-10, 0, 10, 5};
    ok(ritz_clip(&s, &w), "a segment that enters");
    near(s.x0, 0, 0, "begins at the edge");
    near(s.y0, 2.5, 1e-15, "at its true height");
    near(s.x1, 10, 0, "and ends where it did");
    s = (ritz_segment){-1, -1, -5, 3};
    ok(!ritz_clip(&s, &w), "one that passes by is dropped");
    s = (ritz_segment){3, -1e300, 3, 1e300};
    ok(ritz_clip(&s, &w), "one from far to far");
    near(s.y1 - s.y0, 5, 1e-3, "fills the window");
    s = (ritz_segment){NAN, 0, 1, 1};
    ok(!ritz_clip(&s, &w), "one without a place is dropped");
    s = (ritz_segment){4, 4, 4, 4};
    ok(ritz_clip(&s, &w), "a point inside stays");
}

static void test_segment(void)
{
    ritz_canvas *c = canvas_new(8, 2, true);
    const ritz_plane p = {c, 0, 0, 8, 2};
    ritz_pen pen = ritz_pen_start(look, NULL);
    ritz_plane_segment(&p, &pen, -4, -1, 11, 2);
    is_text(text_of(c, false), "****\n    ****\n",
            "a segment through the window reaches both edges");
    ritz_canvas_blank(c);
    pen = ritz_pen_start(look, "## ");
    ritz_plane_segment(&p, &pen, 0, 0, 4, 0);
    ritz_plane_segment(&p, &pen, 4, 0, 7, 0);
    is_text(text_of(c, false), "** ** **\n\n",
            "dashes go on over the joints of segments");
    ritz_canvas_delete(c);
}

int main(void)
{
    tap_run("text", test_text);
    tap_run("utf8", test_utf8);
    tap_run("colours", test_colours);
    tap_run("braille", test_braille);
    tap_run("clip", test_clip);
    tap_run("segment", test_segment);
    return tap_end();
}
