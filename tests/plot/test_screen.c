/* test_screen.c - whole figures as characters, against stored screens.
 *
 * Each screen in golden/ was looked at before it was stored. After a wanted
 * change, RITZ_GOLDEN=write stores what is drawn now; look at it again.
 * Besides, what must hold at every size is checked at every size.
 */
#include "base/file.h"
#include "base/memory.h"
#include "plot/layout.h"
#include "plot/text.h"
#include "tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ritz_series *series_new(ritz_panel *panel, const char *name,
                               ritz_series_kind kind)
{
    ritz_series *series;
    ritz_panel_series(&series, panel, name, kind, NULL);
    return series;
}

static ritz_panel *panel_new(ritz_figure *figure, size_t row, size_t column,
                             const char *title, const char *number,
                             const char *xlabel)
{
    ritz_panel *panel;
    ritz_figure_panel(&panel, figure, row, column, NULL);
    ritz_panel_set_text(panel, RITZ_PANEL_TITLE, title, NULL);
    ritz_panel_set_text(panel, RITZ_PANEL_NUMBER, number, NULL);
    ritz_panel_set_text(panel, RITZ_PANEL_XLABEL, xlabel, NULL);
    return panel;
}

/* Rational functions only: the same last bit on every machine. */
static void add_training(ritz_figure *figure)
{
    ritz_panel *loss = panel_new(figure, 0, 0, "loss", NULL, "step");
    ritz_panel_set_scale(loss, RITZ_Y, RITZ_SCALE_LOG);
    ritz_panel_set_limits(loss, RITZ_X, 0, 2000, NULL);
    ritz_series *train = series_new(loss, "train", RITZ_SERIES_LINE);
    ritz_series *valid = series_new(loss, "valid", RITZ_SERIES_LINE);
    for (int i = 0; i < 1500; i++) {
        const double noise = 1 + (i * 37 % 101 - 50) / 400.0;
        ritz_series_push(train, i, (0.2 + 250.0 / (i + 100)) * noise, NULL);
        if (i % 100 == 0)
            ritz_series_push(valid, i, 0.35 + 300.0 / (i + 120), NULL);
    }
    ritz_panel *accuracy = panel_new(figure, 0, 1, "accuracy",
                                     "valid 0.8734  best 0.8741", "epoch");
    ritz_series *curve = series_new(accuracy, "valid", RITZ_SERIES_LINE);
    for (int i = 0; i < 60; i++)
        ritz_series_push(
            curve, i / 15.0,
            i == 30 ? NAN : 0.9 - 1.0 / (i + 4) + (i * 7 % 5) / 500.0, NULL);
}

static void add_spectra(ritz_figure *figure)
{
    ritz_panel *spectrum =
        panel_new(figure, 1, 0, "Hessian spectrum", "step 1400", "λ");
    ritz_panel_set_scale(spectrum, RITZ_Y, RITZ_SCALE_LOG);
    ritz_panel_set_text(spectrum, RITZ_PANEL_NOTE, "λmax 18.9", NULL);
    ritz_series *density = series_new(spectrum, "density", RITZ_SERIES_LINE);
    ritz_series *spikes = series_new(spectrum, "outliers", RITZ_SERIES_SCATTER);
    ritz_series *edge = series_new(spectrum, "2/η", RITZ_SERIES_MARKERS);
    for (int i = -10; i <= 200; i++)
        ritz_series_push(density, i / 10.0,
                         1000.0 / (1 + i * i * i * i / 100.0), NULL);
    for (int i = 0; i < 5; i++)
        ritz_series_push(spikes, 8 + 2.5 * i, 0.01, NULL);
    ritz_series_push(edge, 20, 0, NULL);
    ritz_panel *weights = panel_new(figure, 1, 1, "weights", NULL, NULL);
    ritz_series *bars = series_new(weights, "histogram", RITZ_SERIES_BARS);
    ritz_series *band = series_new(weights, "band", RITZ_SERIES_BAND);
    for (int i = -8; i <= 8; i++) {
        ritz_series_push(bars, i, 4000.0 / (8 + i * i) - 100, NULL);
        ritz_series_push_band(band, i, -150, -100 + 3.0 * i, NULL);
    }
}

static ritz_figure *figure_new(void)
{
    ritz_figure *figure;
    ritz_figure_new(&figure, "fashion.lua", NULL);
    add_training(figure);
    add_spectra(figure);
    return figure;
}

static ritz_canvas *draw(ritz_figure *figure, size_t width, size_t height,
                         bool ascii, ritz_page_view view)
{
    ritz_picture *picture;
    ritz_canvas *canvas;
    ritz_picture_new(&picture, figure, 2 * width, NULL);
    ritz_canvas_new(&canvas, width, height, ascii, NULL);
    ritz_picture_draw(canvas, picture, &view);
    ritz_picture_delete(picture);
    return canvas;
}

static void golden(const char *name, const char *got)
{
    const char *source = getenv("RITZ_SOURCE");
    char path[512], *want = NULL;
    size_t n;
    snprintf(path, sizeof path, "%s/tests/plot/golden/%s",
             source ? source : ".", name);
    if (getenv("RITZ_GOLDEN"))
        ritz_file_write(path, got, strlen(got), NULL);
    if (ok(ritz_file_read(&want, &n, path, NULL) == RITZ_OK, "%s is stored",
           name))
        is_text(got, want, "%s is drawn as stored", name);
    ritz_free(want);
}

static void test_golden(void)
{
    static const struct {
        const char *name;
        size_t width, height;
        bool ascii;
        ritz_page_view view;
    } table[] = {
        {"wide.txt", 120, 36, false, {.header = true}},
        {"wide-ascii.txt", 120, 36, true, {.header = true}},
        {"usual.txt", 80, 24, false, {0}},
        {"usual-2.txt", 80, 24, false, {.page = 1}},
        {"usual-ascii.txt", 80, 24, true, {.page = 9}},
        {"zoomed.txt", 80, 24, false, {.zoomed = 3}},
        {"narrow.txt", 40, 12, false, {0}},
        {"narrow-2.txt", 40, 12, false, {.page = 1}},
        {"narrow-ascii.txt", 40, 12, true, {.page = 3}},
        {"tiny.txt", 20, 6, false, {.page = 1}},
        {"tiny-ascii.txt", 20, 6, true, {0}},
    };
    ritz_figure *figure = figure_new();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        ritz_text text = {0};
        ritz_canvas *canvas = draw(figure, table[i].width, table[i].height,
                                   table[i].ascii, table[i].view);
        ritz_canvas_write(&text, canvas, false);
        golden(table[i].name, ritz_text_view(&text));
        ritz_text_free(&text);
        ritz_canvas_delete(canvas);
    }
    ritz_figure_release(figure);
}

static void test_describe(void)
{
    ritz_figure *figure = figure_new();
    ritz_text text = {0};
    is_int(ritz_figure_describe(&text, figure, NULL), RITZ_OK, "described");
    golden("describe.txt", ritz_text_view(&text));
    ritz_text_free(&text);
    ritz_figure_release(figure);
}

static size_t odd_cells(const ritz_canvas *canvas)
{
    size_t odd = 0;
    for (size_t i = 0; i < canvas->width * canvas->height; i++)
        odd += canvas->ascii &&
               (canvas->cell[i].code < ' ' || canvas->cell[i].code > '~');
    return odd;
}

/* Nothing crashes (sanitizers look on), ASCII stays ASCII, and the number of
 * a title is there wherever it has room. */
static void test_all_sizes(void)
{
    ritz_figure *figure = figure_new();
    size_t odd = 0, lost = 0;
    for (size_t width = 1; width < 130; width += width < 30 ? 1 : 9)
        for (size_t height = 1; height < 50; height += height < 16 ? 1 : 7) {
            const bool ascii = (width + height) % 2;
            ritz_canvas *canvas = draw(figure, width, height, ascii,
                                       (ritz_page_view){.zoomed = 2});
            ritz_text text = {0};
            ritz_canvas_write(&text, canvas, false);
            odd += odd_cells(canvas);
            lost += width >= 20 && height >= 3 &&
                    !strstr(ritz_text_view(&text), " valid 0.8734 ");
            ritz_text_free(&text);
            ritz_canvas_delete(canvas);
            canvas = draw(figure, width, height, ascii,
                          (ritz_page_view){.header = true});
            odd += odd_cells(canvas);
            ritz_canvas_delete(canvas);
        }
    is_int(odd, 0, "ASCII screens hold nothing else");
    is_int(lost, 0, "titles keep their number");
    ritz_figure_release(figure);
}

static void test_layout(void)
{
    ritz_figure *figure = figure_new();
    ritz_picture *picture;
    ritz_layout layout;
    ritz_picture_new(&picture, figure, 10, NULL);
    static const size_t size[][4] = {/* width, height: pages, on the first */
                                     {120, 36, 1, 4},
                                     {80, 24, 2, 2},
                                     {80, 50, 1, 4},
                                     {40, 12, 4, 1},
                                     {1, 1, 4, 1}};
    for (int i = 0; i < 5; i++) {
        size_t cells = 0;
        ritz_layout_find(&layout, picture, size[i][0], size[i][1], 0);
        for (size_t k = 0; k < layout.count; k++)
            cells += layout.box[k].width * layout.box[k].height;
        is_int(layout.pages, size[i][2], "pages at %zu x %zu", size[i][0],
               size[i][1]);
        is_int(layout.count, size[i][3], "panels on the first");
        is_int(cells, size[i][0] * size[i][1], "which they fill");
    }
    ritz_picture_delete(picture);
    ritz_figure_release(figure);
}

/* At every height the pages together show every panel once. */
static void test_pages(void)
{
    static const char *const titles[] = {"─ loss ─", "─ accuracy ─",
                                         "─ Hessian spectrum ─", "─ weights ─"};
    ritz_figure *figure = figure_new();
    int wrong = 0;
    for (size_t height = 8; height < 60; height++) {
        ritz_text text = {0};
        ritz_figure_text(&text, figure, 60, height, false, NULL);
        for (int i = 0; i < 4; i++) {
            const char *first = strstr(ritz_text_view(&text), titles[i]);
            wrong += !first || strstr(first + 1, titles[i]);
        }
        ritz_text_free(&text);
    }
    is_int(wrong, 0, "the pages of a figure show each panel once");
    ritz_figure_release(figure);
}

static void test_show(void)
{
    ritz_figure *figure;
    ritz_text text = {0};
    ritz_error err = {0};
    ritz_figure_new(&figure, "empty", NULL);
    ritz_figure_text(&text, figure, 20, 0, false, NULL);
    is_text(ritz_text_view(&text), "  an empty figure\n",
            "a figure of nothing");
    ritz_text_free(&text);
    panel_new(figure, 0, 0, "", NULL, NULL);
    ritz_figure_text(&text, figure, 40, 0, false, NULL);
    matches(ritz_text_view(&text), "╭─ empty ───",
            "a single panel takes the figure's title");
    matches(ritz_text_view(&text), "no data yet", "and says that it has none");
    ritz_text_free(&text);
    ritz_panel *panel = ritz_figure_panel_at(figure, 0);
    ritz_series_push(series_new(panel, "loss", RITZ_SERIES_LINE), 1, 0.5, NULL);
    ritz_figure_text(&text, figure, 40, 0, false, NULL);
    matches(ritz_text_view(&text), "─ loss 0.5 ──╮",
            "the value of an only curve stands in the corner");
    ritz_text_free(&text);
    ritz_panel_set_text(panel, RITZ_PANEL_TITLE, "loss", NULL);
    ritz_figure_text(&text, figure, 40, 0, false, NULL);
    matches(ritz_text_view(&text), "─ 0.5 ──╮",
            "alone below a title of its name");
    ok(!strstr(ritz_text_view(&text), "⠤⠤⠤"), "and needs no legend");
    ritz_text_free(&text);
    ritz_figure_text(&text, figure, 0, 5, false, &err);
    is_text(err.text,
            "figure: a text figure must be 1 to 10000 columns and 0 to 10000 "
            "rows, got 0 and 5",
            "no columns");
    ritz_fail_allocation(4);
    is_int(ritz_figure_text(&text, figure, 40, 9, false, &err), RITZ_ENOMEM,
           "no memory");
    ritz_fail_allocation(0);
    ritz_text_free(&text);
    ritz_figure_release(figure);
}

int main(void)
{
    tap_run("golden", test_golden);
    tap_run("describe", test_describe);
    tap_run("all sizes", test_all_sizes);
    tap_run("layout", test_layout);
    tap_run("pages", test_pages);
    tap_run("show", test_show);
    return tap_end();
}
