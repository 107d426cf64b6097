/* test_export.c - files of papers: the same bytes, whole, or an error. */
#include "base/file.h"
#include "base/memory.h"
#include "plot/export.h"
#include "tap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ritz_figure *curves(void)
{
    ritz_figure *figure;
    ritz_panel *panel;
    ritz_series *line, *band, *cloud;
    ritz_figure_new(&figure, "two panels", NULL);
    ritz_figure_panel(&panel, figure, 0, 0, NULL);
    ritz_panel_set_text(panel, RITZ_PANEL_TITLE, "loss", NULL);
    ritz_panel_set_text(panel, RITZ_PANEL_XLABEL, "step", NULL);
    ritz_panel_set_scale(panel, RITZ_Y, RITZ_SCALE_LOG);
    ritz_panel_series(&line, panel, "train", RITZ_SERIES_LINE, NULL);
    ritz_series_smooth(line, 10, NULL);
    ritz_panel_series(&band, panel, "train", RITZ_SERIES_BAND, NULL);
    for (int i = 0; i < 500; i++) {
        const double y = exp(-i / 100.0);
        ritz_series_push(line, i, i % 100 == 7 ? NAN : y, NULL);
        ritz_series_push_band(band, i, y / 2, y * 2, NULL);
    }
    ritz_figure_panel(&panel, figure, 0, 1, NULL);
    ritz_panel_series(&cloud, panel, "cloud", RITZ_SERIES_SCATTER, NULL);
    ritz_panel_series(&line, panel, "bars", RITZ_SERIES_BARS, NULL);
    for (int i = 0; i < 300; i++) {
        ritz_series_push(cloud, cos(i), sin(3 * i), NULL);
        if (i % 30 == 0)
            ritz_series_push(line, i / 150.0 - 1, sin(i), NULL);
    }
    return figure;
}

static bool same_files(const char *a, const char *b)
{
    char *x = NULL, *y = NULL;
    size_t n = 0, m = 0;
    ritz_file_read(&x, &n, a, NULL);
    ritz_file_read(&y, &m, b, NULL);
    const bool same = x && y && n == m && n > 1000 && memcmp(x, y, n) == 0;
    ritz_free(x);
    ritz_free(y);
    return same;
}

static bool begins(const char *path, const char *with)
{
    char *bytes = NULL;
    size_t n = 0;
    ritz_file_read(&bytes, &n, path, NULL);
    const size_t length = strlen(with);
    const bool good = bytes && n > length && memcmp(bytes, with, length) == 0;
    ritz_free(bytes);
    return good;
}

static void test_same_bytes(void)
{
    static const struct {
        const char *one, *two, *magic;
    } table[] = {{"a.svg", "b.svg", "<?xml"},
                 {"a.pdf", "b.pdf", "%PDF"},
                 {"a.png", "b.PNG", "\x89PNG"}};
    for (int i = 0; i < 3; i++) {
        ritz_error err = {0};
        const char *one = tap_path(table[i].one), *two = tap_path(table[i].two);
        ritz_figure *f = curves(), *g = curves();
        const bool saved = ritz_figure_save(f, one, NULL, &err) == RITZ_OK &&
                           ritz_figure_save(g, two, NULL, &err) == RITZ_OK;
        ok(saved, "%s is saved %s", table[i].one, err.text);
        ok(same_files(one, two), "twice the same bytes in %s", table[i].one);
        ok(begins(one, table[i].magic), "%s is of its format", table[i].one);
        ritz_figure_release(f);
        ritz_figure_release(g);
    }
}

static void test_content(void)
{
    const char *path = tap_path("c.svg");
    ritz_figure *figure = curves();
    ritz_figure_save(figure, path, &(ritz_export){300, 200}, NULL);
    char *bytes = NULL;
    size_t n = 0;
    ritz_file_read(&bytes, &n, path, NULL);
    matches(bytes, "width=\"300pt\" height=\"200pt\"", "the size asked for");
    matches(bytes, "rgb(90.196078%,62.352941%,0%)", "in the first colour");
    ok(!strstr(bytes, "nan") && !strstr(bytes, "inf"),
       "and without a coordinate that is no number");
    ritz_free(bytes);
    ritz_figure_release(figure);
}

/* Where curves leave no free place, they make room for the legend: the right
 * ends of the grid's lines move. */
static double right_edge(ritz_figure *figure)
{
    const char *path = tap_path("legend.svg");
    char *bytes = NULL;
    size_t n = 0;
    double right = 0;
    ritz_figure_save(figure, path, NULL, NULL);
    ritz_file_read(&bytes, &n, path, NULL);
    for (char *at = bytes; (at = strstr(at, "d=\"M ")); at++) {
        double x0, y0, x1, y1;
        if (sscanf(at, "d=\"M %lf %lf L %lf %lf \"", &x0, &y0, &x1, &y1) == 4 &&
            y0 == y1 && x1 - x0 > 100)
            right = fmax(right, x1);
    }
    ritz_free(bytes);
    return right;
}

static void test_legend(void)
{
    ritz_figure *figure;
    ritz_panel *panel;
    ritz_series *series;
    ritz_figure_new(&figure, "crowded", NULL);
    ritz_figure_panel(&panel, figure, 0, 0, NULL);
    ritz_panel_series(&series, panel, "a", RITZ_SERIES_LINE, NULL);
    for (int i = 0; i < 100; i++)
        ritz_series_push(series, i, i < 50 ? 0 : 1, NULL);
    const double free = right_edge(figure);
    ok(free > 400, "a legend that has a place leaves the width, %g", free);
    for (int i = 0; i < 400; i++)
        ritz_series_push(series, i * 37 % 100, i % 2, NULL);
    const double crowded = right_edge(figure);
    ok(crowded < free - 20 && crowded > 200,
       "one that has none stands beside the data, %g", crowded);
    ritz_figure_release(figure);
}

static void test_odd_figures(void)
{
    ritz_error err = {0};
    ritz_figure *figure;
    ritz_panel *panel;
    ritz_series *series;
    ritz_figure_new(&figure, "bad \xff bytes \n \xe2\x82", NULL);
    is_int(ritz_figure_save(figure, tap_path("empty.svg"), NULL, &err), RITZ_OK,
           "a figure without panels %s", err.text);
    ritz_figure_panel(&panel, figure, 0, 0, NULL);
    ritz_panel_set_text(panel, RITZ_PANEL_NUMBER, "\x80", NULL);
    is_int(ritz_figure_save(figure, tap_path("bad.svg"), NULL, &err), RITZ_OK,
           "texts that are not UTF-8 %s", err.text);
    ritz_panel_series(&series, panel, "huge", RITZ_SERIES_LINE, NULL);
    ritz_panel_set_limits(panel, RITZ_Y, 0, 1, NULL);
    for (int i = 0; i < 10; i++)
        ritz_series_push(series, i, i % 2 ? 1e300 : -1e300, NULL);
    is_int(ritz_figure_save(figure, tap_path("huge.pdf"), NULL, &err), RITZ_OK,
           "a curve far beyond its window %s", err.text);
    is_int(ritz_figure_save(figure, tap_path("small.png"), &(ritz_export){9, 7},
                            &err),
           RITZ_OK, "a page too small for its margins %s", err.text);
    ritz_figure_release(figure);
}

static void test_refused(void)
{
    ritz_error err = {0};
    ritz_figure *figure = curves();
    ritz_figure_save(figure, "figure.jpg", NULL, &err);
    is_text(err.text,
            "figure: a file must end in .svg, .pdf or .png, got figure.jpg",
            "an unknown ending");
    ritz_figure_save(figure, "x.svg", &(ritz_export){NAN, 3}, &err);
    matches(err.text, "width and height must be at most 10000 points, got nan",
            "a size that is no number");
    const char *nowhere = tap_path("no/such/folder/x.svg");
    is_int(ritz_figure_save(figure, nowhere, NULL, &err), RITZ_EIO,
           "a folder that is not there");
    matches(err.text, "No such file or directory", "says why");
    ritz_figure_release(figure);
}

/* Whatever request fails: an error, no file, no leak. */
static void test_no_memory(void)
{
    ritz_figure *figure = curves();
    const char *path = tap_path("memory.svg");
    int failed = 0, wrong = 0;
    unlink(path); /* of an earlier run by hand */
    for (long n = 1; n < 400; n++) {
        ritz_error err = {0};
        ritz_fail_allocation(n);
        const ritz_status status = ritz_figure_save(figure, path, NULL, &err);
        ritz_fail_allocation(0);
        if (status == RITZ_OK)
            break;
        failed++;
        wrong += status != RITZ_ENOMEM || access(path, F_OK) == 0;
    }
    ok(failed > 10, "the export was refused memory in %d places", failed);
    is_int(wrong, 0, "each time with a clear error and without a file");
    ritz_figure_release(figure);
}

int main(void)
{
    tap_run("same bytes", test_same_bytes);
    tap_run("content", test_content);
    tap_run("legend", test_legend);
    tap_run("odd figures", test_odd_figures);
    tap_run("refused", test_refused);
    tap_run("no memory", test_no_memory);
    return tap_end();
}
