/* show.c - a figure as plain text, and in sentences. */
#include "plot/text.h"

#include "plot/text_inside.h"
#include "plot/ticks.h"

enum { LINE_HEIGHT = 16, WIDEST = 10000 };

/* Lines of panels when there is room for all of them. */
static size_t panel_lines(const ritz_picture *picture, size_t width)
{
    ritz_layout layout;
    ritz_layout_find(&layout, picture, width, RITZ_LAYOUT_PANES * LINE_HEIGHT,
                     0);
    size_t lines = 0;
    for (size_t i = 0; i < layout.count; i++)
        lines += layout.box[i].x == 0;
    return lines;
}

static ritz_status write_pages(ritz_text *out, const ritz_picture *picture,
                               size_t width, size_t height, bool ascii,
                               ritz_error *err)
{
    ritz_canvas *canvas;
    const ritz_status status =
        ritz_canvas_new(&canvas, width, height, ascii, err);
    if (status != RITZ_OK)
        return status;
    const size_t pages = ritz_picture_pages(
        picture, width, height - ritz_has_header(picture, height));
    for (size_t page = 0; page < pages; page++) {
        const ritz_page_view view = {.page = page, .header = true};
        ritz_picture_draw(canvas, picture, &view);
        ritz_canvas_write(out, canvas, false);
    }
    ritz_canvas_delete(canvas);
    return out->failed ? ritz_fail_memory(err, "figure: text") : RITZ_OK;
}

ritz_status ritz_figure_text(ritz_text *out, ritz_figure *figure, size_t width,
                             size_t height, bool ascii, ritz_error *err)
{
    if (width < 1 || width > WIDEST || height > WIDEST)
        return ritz_fail(err, RITZ_EVALUE,
                         "figure: a text figure must be 1 to %d columns "
                         "and 0 to %d rows, got %zu and %zu",
                         WIDEST, WIDEST, width, height);
    ritz_picture *picture;
    ritz_status status = ritz_picture_new(&picture, figure, 2 * width, err);
    if (status != RITZ_OK)
        return status;
    if (height == 0) {
        height = LINE_HEIGHT * panel_lines(picture, width);
        height += ritz_has_header(picture, height);
        height = height > 0 ? height : 1;
    }
    status = write_pages(out, picture, width, height, ascii, err);
    ritz_picture_delete(picture);
    return status;
}

static const char *number(char text[32], double value)
{
    ritz_number_text(text, 32, value, 5);
    return text;
}

static void describe_curve(ritz_text *out, const ritz_curve *curve)
{
    char a[32], b[32], c[32], d[32];
    ritz_text_printf(out, "%s%s: %zu point%s",
                     *curve->name ? curve->name : "unnamed",
                     curve->kind == RITZ_SERIES_BAND ? " (lower edge)" : "",
                     curve->count, curve->count == 1 ? "" : "s");
    if (curve->count > curve->finite)
        ritz_text_printf(out, ", %zu of them not finite",
                         curve->count - curve->finite);
    if (curve->finite > 0 && curve->kind != RITZ_SERIES_MARKERS) {
        ritz_text_printf(out, "; first %s at %s, last %s at %s",
                         number(a, curve->first), number(b, curve->first_x),
                         number(c, curve->last), number(d, curve->last_x));
        ritz_text_printf(out, "; min %s at %s, max %s at %s",
                         number(a, curve->min), number(b, curve->min_x),
                         number(c, curve->max), number(d, curve->max_x));
    } else if (curve->finite > 0) {
        ritz_text_printf(out,
                         " on the x axis, the first at %s, the last "
                         "at %s",
                         number(a, curve->first_x), number(b, curve->last_x));
    }
    ritz_text_puts(out, ".\n");
}

static void describe_pane(ritz_text *out, const ritz_pane *pane,
                          const char *title)
{
    if (*title)
        ritz_text_printf(out, "%s\n", title);
    if (*pane->text[RITZ_PANEL_NUMBER])
        ritz_text_printf(out, "  %s\n", pane->text[RITZ_PANEL_NUMBER]);
    for (size_t i = 0; i < pane->count; i++)
        if (!pane->curve[i].faint) {
            ritz_text_puts(out, "  ");
            describe_curve(out, &pane->curve[i]);
        }
    if (*pane->warning)
        ritz_text_printf(out, "  %s\n", pane->warning);
}

ritz_status ritz_figure_describe(ritz_text *out, ritz_figure *figure,
                                 ritz_error *err)
{
    ritz_picture *picture;
    const ritz_status status = ritz_picture_new(&picture, figure, 2, err);
    if (status != RITZ_OK)
        return status;
    for (size_t i = 0; i < picture->count; i++) {
        const char *own = picture->pane[i].text[RITZ_PANEL_TITLE];
        describe_pane(out, &picture->pane[i],
                      *own || picture->count > 1 ? own : picture->title);
    }
    ritz_picture_delete(picture);
    return out->failed ? ritz_fail_memory(err, "figure: text") : RITZ_OK;
}
