/* test_figure.c - panels, series, settled axes, pictures, and two threads. */
#include "base/memory.h"
#include "plot/picture.h"
#include "plot/text.h"
#include "tap.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

static ritz_figure *figure_new(ritz_panel **panel)
{
    ritz_figure *figure;
    ritz_figure_new(&figure, "figure", NULL);
    ritz_figure_panel(panel, figure, 0, 0, NULL);
    return figure;
}

static ritz_series *series_new(ritz_panel *panel, const char *name,
                               ritz_series_kind kind)
{
    ritz_series *series;
    ritz_panel_series(&series, panel, name, kind, NULL);
    return series;
}

static ritz_picture *picture_new(ritz_figure *figure)
{
    ritz_picture *picture;
    ritz_picture_new(&picture, figure, 100, NULL);
    return picture;
}

static void test_identity(void)
{
    ritz_figure *figure;
    ritz_panel *first, *second, *again;
    ritz_error err = {0};
    ritz_figure_new(&figure, NULL, NULL);
    ritz_figure_panel(&second, figure, 1, 0, NULL);
    ritz_figure_panel(&first, figure, 0, 2, NULL);
    ritz_figure_panel(&again, figure, 1, 0, NULL);
    ok(second == again, "a place has one panel");
    ok(ritz_figure_panel_at(figure, 0) == first, "panels in reading order");
    ok(!ritz_figure_panel_at(figure, 2), "and none beyond the last");
    is_int(ritz_figure_panels(figure), 2, "two in all");
    ritz_series *a = series_new(first, "a", RITZ_SERIES_LINE);
    ok(a == series_new(first, "a", RITZ_SERIES_LINE), "one series of a name");
    ok(a != series_new(first, "a", RITZ_SERIES_BAND), "and of a kind");
    ritz_figure_panel(&again, figure, 16, 3, &err);
    is_text(err.text,
            "figure: a panel's row and column must be 1 to 16, got 17 and 4",
            "a place outside of the grid");
    ritz_figure_retain(figure);
    ritz_figure_release(figure);
    is_int(ritz_series_count(a), 0, "a figure lives until its last release");
    ritz_figure_release(figure);
    ritz_figure_release(NULL);
}

static void test_generation(void)
{
    ritz_panel *panel;
    ritz_figure *figure = figure_new(&panel);
    ritz_series *series = series_new(panel, "a", RITZ_SERIES_LINE);
    ritz_panel_set_text(panel, RITZ_PANEL_NUMBER, "1", NULL);
    uint64_t before = ritz_figure_generation(figure);
    ritz_series_push(series, 1, 1, NULL);
    ok(ritz_figure_generation(figure) > before, "a point is a change");
    before = ritz_figure_generation(figure);
    ritz_panel_set_text(panel, RITZ_PANEL_NUMBER, "1", NULL);
    series_new(panel, "a", RITZ_SERIES_LINE);
    ritz_panel_scale(panel, RITZ_X);
    is_int(ritz_figure_generation(figure), before,
           "the same text, a look-up, a question are none");
    ritz_panel_set_scale(panel, RITZ_Y, RITZ_SCALE_LOG);
    ok(ritz_figure_generation(figure) > before, "a scale is one");
    ritz_figure_release(figure);
}

static void test_refused(void)
{
    ritz_panel *panel;
    ritz_figure *figure = figure_new(&panel);
    ritz_series *line = series_new(panel, "loss", RITZ_SERIES_LINE);
    ritz_series *cloud = series_new(panel, "cloud", RITZ_SERIES_SCATTER);
    ritz_error err = {0};
    ritz_panel_set_limits(panel, RITZ_Y, 2, 1, &err);
    is_text(err.text,
            "figure: the limits of y must be finite and rise, got 2 and 1",
            "limits that fall");
    ritz_panel_set_limits(panel, RITZ_X, 0, INFINITY, &err);
    matches(err.text, "limits of x must be finite", "limits without end");
    ritz_series_push_band(line, 0, 1, 2, &err);
    is_text(err.text, "figure: series loss must be a band to take two curves",
            "two curves for a line");
    ritz_series_smooth(line, -1, &err);
    matches(err.text, "finite and not negative, got -1 for loss",
            "a negative half-life");
    ritz_series_smooth(cloud, 1, &err);
    matches(err.text, "smoothing needs a line", "a smooth cloud");
    ritz_figure_release(figure);
}

static void check_limits(ritz_figure *figure, ritz_direction d, double lo,
                         double hi, const char *what)
{
    ritz_picture *picture = picture_new(figure);
    const ritz_axis *axis = &picture->pane[0].axis[d];
    near(axis->lo, lo, 1e-12 * fabs(lo), "%s: low", what);
    near(axis->hi, hi, 1e-12 * fabs(hi), "%s: high", what);
    ritz_picture_delete(picture);
}

static void test_limits(void)
{
    ritz_panel *panel;
    ritz_figure *figure = figure_new(&panel);
    ritz_series *line = series_new(panel, "a", RITZ_SERIES_LINE);
    check_limits(figure, RITZ_X, 0, 1, "no data");
    ritz_series_push(line, 5, 3, NULL);
    check_limits(figure, RITZ_X, 2.5, 7.5, "one point");
    ritz_series_push(line, 10, -INFINITY, NULL);
    ritz_series_push(line, 25, 4, NULL);
    check_limits(figure, RITZ_X, 5, 25, "x hugs a line");
    check_limits(figure, RITZ_Y, 2.96, 4.04, "y has a margin");
    ritz_panel_set_limits(panel, RITZ_Y, 0, NAN, NULL);
    check_limits(figure, RITZ_Y, 0, 4.04, "one end set");
    ritz_panel_set_limits(panel, RITZ_X, 20, 30, NULL);
    check_limits(figure, RITZ_Y, 0, 6.16, "y of what the window of x shows");
    ritz_figure_release(figure);

    figure = figure_new(&panel);
    line = series_new(panel, "a", RITZ_SERIES_LINE);
    for (int i = 1; i <= 100; i++)
        ritz_series_push(line, i, i - 1, NULL);
    check_limits(figure, RITZ_X, 0, 100, "steps from 1 begin at zero");
    check_limits(figure, RITZ_Y, 0, 102.96, "no margin on the empty side of 0");
    ritz_figure_release(figure);

    figure = figure_new(&panel);
    ritz_series *bars = series_new(panel, "b", RITZ_SERIES_BARS);
    for (int i = 0; i < 4; i++)
        ritz_series_push(bars, i, 10 * i, NULL);
    check_limits(figure, RITZ_X, -0.5, 3.5, "bars are whole");
    check_limits(figure, RITZ_Y, 0, 31.2, "and stand on zero");
    ritz_figure_release(figure);
}

static void test_log(void)
{
    ritz_panel *panel;
    ritz_figure *figure = figure_new(&panel);
    ritz_series *line = series_new(panel, "a", RITZ_SERIES_LINE);
    ritz_panel_set_scale(panel, RITZ_Y, RITZ_SCALE_LOG);
    check_limits(figure, RITZ_Y, pow(10, -0.04), pow(10, 1.04), "log, no data");
    ritz_series_push(line, 1, -1, NULL);
    ritz_series_push(line, 2, 0, NULL);
    ritz_picture *picture = picture_new(figure);
    is_text(picture->pane[0].warning,
            "y is linear: a log axis needs a value above 0",
            "a log axis without a positive value is refused, visibly");
    is_int(picture->pane[0].axis[1].scale, RITZ_SCALE_LINEAR, "and linear");
    ritz_picture_delete(picture);
    ritz_series_push(line, 3, 10, NULL);
    ritz_series_push(line, 4, 1000, NULL);
    check_limits(figure, RITZ_Y, pow(10, 1 - 0.08), pow(10, 3.08),
                 "log, of the positive values");
    picture = picture_new(figure);
    is_text(picture->pane[0].warning, "log y leaves out 2 points <= 0",
            "what it cannot show is said");
    ritz_picture_delete(picture);
    ritz_panel_set_limits(panel, RITZ_Y, -5, 100, NULL);
    check_limits(figure, RITZ_Y, pow(10, 1 - 0.08), 100,
                 "a limit without a place is left to the data");
    ritz_figure_release(figure);
}

static void test_symlog(void)
{
    const ritz_axis axis = {RITZ_SCALE_SYMLOG, 0.1, -100, 100};
    int wrong = 0;
    for (double v = -90; v < 90; v += 0.37)
        wrong += fabs(ritz_axis_value(&axis, ritz_axis_place(&axis, v)) - v) >
                 1e-12 * 100;
    is_int(wrong, 0, "symlog and back");
    near(ritz_axis_place(&axis, 0), 0.5, 1e-15, "zero is in the middle");
    const ritz_axis flat = {RITZ_SCALE_SYMLOG, 1e292, 0, 20};
    near(ritz_axis_place(&flat, 5), 0.25, 1e-12,
         "far below its threshold it is linear");
}

static void test_curves(void)
{
    ritz_panel *panel;
    ritz_figure *figure = figure_new(&panel);
    ritz_series *line = series_new(panel, "a", RITZ_SERIES_LINE);
    ritz_series *band = series_new(panel, "a", RITZ_SERIES_BAND);
    ritz_series *other = series_new(panel, "b", RITZ_SERIES_LINE);
    const double x[] = {1, 2, 3}, y[] = {4, 8, 2};
    ritz_series_append(other, 3, x, y, NULL);
    ritz_series_smooth(line, 1, NULL);
    ritz_series_push(line, 0, 1, NULL);
    ritz_series_push(line, 1, 4, NULL);
    ritz_series_push_band(band, 0, -1, 9, NULL);
    ritz_picture *picture = picture_new(figure);
    const ritz_pane *pane = &picture->pane[0];
    is_int(pane->count, 4, "a smoothed curve is two, the raw one faint");
    ok(pane->curve[0].faint && !pane->curve[1].faint, "and below");
    near(pane->curve[1].shown_last, (0.5 * 1 + 4) / 1.5, 1e-15,
         "the last value as it is drawn");
    is_int(pane->curve[2].order, 0, "a band has the colour of its curve");
    is_int(pane->curve[3].order, 1, "another name the next");
    is_int(pane->curve[3].trail.count, 3, "its points");
    ritz_series_clear(other);
    is_int(pane->curve[3].trail.count, 3, "a picture does not change");
    ritz_picture_delete(picture);
    ritz_figure_release(figure);
}

enum { POINTS = 100000 };

static void *write_points(void *at)
{
    for (int i = 0; i < POINTS; i++)
        ritz_series_push(at, i, i, NULL);
    return NULL;
}

/* Reader and writer at once: each picture is of one moment, so that its last
 * point is its count. Under ThreadSanitizer this finds races as well. */
static void test_threads(void)
{
    ritz_panel *panel;
    ritz_figure *figure = figure_new(&panel);
    ritz_series *series = series_new(panel, "a", RITZ_SERIES_LINE);
    pthread_t writer;
    int wrong = 0, pictures = 0;
    uint64_t before = 0;
    pthread_create(&writer, NULL, write_points, series);
    while (ritz_series_count(series) < POINTS) {
        ritz_picture *picture = picture_new(figure);
        const ritz_curve *curve = &picture->pane[0].curve[0];
        wrong += curve->count > 0 && curve->last != (double)curve->count - 1;
        wrong += picture->generation < before;
        before = picture->generation;
        ritz_picture_delete(picture);
        pictures++;
    }
    pthread_join(writer, NULL);
    is_int(wrong, 0, "pictures taken while points arrive are whole");
    ritz_picture *last = picture_new(figure);
    ok(last->generation >= before &&
           last->generation == ritz_figure_generation(figure),
       "the last picture is of the last change");
    near(last->pane[0].curve[0].last, POINTS - 1, 0, "and shows its point");
    ritz_picture_delete(last);
    note("%d pictures", pictures);
    ritz_figure_release(figure);
}

/* Every request refused once: errors, no crash, no leak. */
static void test_no_memory(void)
{
    int refused = 0, wrong = 0;
    for (long n = 1; n < 200; n++) {
        ritz_figure *figure = NULL;
        ritz_panel *panel = NULL;
        ritz_series *series = NULL;
        ritz_picture *picture = NULL;
        ritz_error err = {0};
        ritz_fail_allocation(n);
        bool good = ritz_figure_new(&figure, "t", &err) == RITZ_OK &&
                    ritz_figure_panel(&panel, figure, 0, 0, &err) == RITZ_OK &&
                    ritz_panel_set_text(panel, RITZ_PANEL_TITLE, "p", &err) ==
                        RITZ_OK &&
                    ritz_panel_series(&series, panel, "s", RITZ_SERIES_LINE,
                                      &err) == RITZ_OK &&
                    ritz_series_smooth(series, 3, &err) == RITZ_OK;
        for (int i = 0; i < 40 && good; i++)
            good = ritz_series_push(series, i, i, &err) == RITZ_OK;
        good = good && ritz_series_smooth(series, 5, &err) == RITZ_OK &&
               ritz_picture_new(&picture, figure, 50, &err) == RITZ_OK;
        ritz_fail_allocation(0);
        wrong += !good && (err.status != RITZ_ENOMEM || !*err.text);
        refused += !good;
        ritz_picture_delete(picture);
        ritz_figure_release(figure);
        if (good)
            break;
    }
    ok(refused > 20, "memory was refused in %d places", refused);
    is_int(wrong, 0, "each time with an error that says so");
}

int main(void)
{
    tap_run("identity", test_identity);
    tap_run("generation", test_generation);
    tap_run("refused", test_refused);
    tap_run("limits", test_limits);
    tap_run("log", test_log);
    tap_run("symlog", test_symlog);
    tap_run("curves", test_curves);
    tap_run("threads", test_threads);
    tap_run("no memory", test_no_memory);
    return tap_end();
}
