/* test_any.c - random figures of odd numbers: what holds for all of them.
 *
 * Infinities, denormals, the ends of the range of doubles, gaps, every scale
 * and every kind together. Sanitizers look on; besides, axes are settled to
 * what can be drawn and screens hold whole characters.
 */
#include "base/memory.h"
#include "base/random.h"
#include "plot/export.h"
#include "plot/text.h"
#include "plot/utf8.h"
#include "tap.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

typedef struct dice {
    ritz_key key;
    uint64_t at;
} dice;

static size_t roll(dice *d, uint64_t sides)
{
    return (size_t)ritz_random_below(d->key, &d->at, sides);
}

static double odd_number(dice *d, size_t habit)
{
    static const double odd[] = {NAN,     INFINITY, -INFINITY, 0,    -0.0,
                                 DBL_MAX, -DBL_MAX, DBL_MIN,   1,    -1,
                                 1e300,   -1e300,   1e-300,    1e15, 5e-324};
    if (roll(d, habit == 0 ? 4 : 50) == 0)
        return odd[roll(d, 15)];
    const double u = ritz_random_uniform(d->key, d->at++) - 0.5;
    switch (habit) {
    case 1:
        return pow(10, 600 * u);
    case 2:
        return -pow(10, 20 * u);
    case 3:
        return 1e12 + 1e-3 * u;
    default:
        return 100 * u;
    }
}

static void add_series(dice *d, ritz_panel *panel)
{
    char name[8];
    ritz_series *series;
    const ritz_series_kind kind = (ritz_series_kind)roll(d, 5);
    snprintf(name, sizeof name, "s%zu", roll(d, 9));
    ritz_panel_series(&series, panel, name, kind, NULL);
    if (kind == RITZ_SERIES_LINE && roll(d, 3) == 0)
        ritz_series_smooth(series, 0.1 * (double)roll(d, 50), NULL);
    const size_t x_habit = roll(d, 7), habit = roll(d, 5);
    const size_t n = roll(d, 4) ? roll(d, 30) : roll(d, 2000);
    for (size_t i = 0; i < n; i++) {
        const double x = x_habit > 4 ? (double)i : odd_number(d, x_habit);
        if (kind == RITZ_SERIES_BAND)
            ritz_series_push_band(series, x, odd_number(d, habit),
                                  odd_number(d, habit), NULL);
        else
            ritz_series_push(series, x, odd_number(d, habit), NULL);
    }
}

static ritz_figure *random_figure(dice *d)
{
    ritz_figure *figure;
    ritz_figure_new(&figure, "any", NULL);
    for (size_t i = 1 + roll(d, 4); i > 0; i--) {
        ritz_panel *panel;
        ritz_figure_panel(&panel, figure, roll(d, 3), roll(d, 3), NULL);
        ritz_panel_set_scale(panel, RITZ_X, (ritz_scale)roll(d, 3));
        ritz_panel_set_scale(panel, RITZ_Y, (ritz_scale)roll(d, 3));
        if (roll(d, 3) == 0) /* refused as often as not */
            ritz_panel_set_limits(panel, (ritz_direction)roll(d, 2),
                                  odd_number(d, 0), odd_number(d, 0), NULL);
        ritz_panel_set_text(panel, (ritz_panel_text)roll(d, 5),
                            "some text  λ = 1", NULL);
        for (size_t k = roll(d, 5); k > 0; k--)
            add_series(d, panel);
    }
    return figure;
}

static int bad_axes(const ritz_picture *picture)
{
    int bad = 0;
    for (size_t i = 0; i < picture->count; i++)
        for (int k = 0; k < 2; k++) {
            const ritz_axis *a = &picture->pane[i].axis[k];
            bad += !(isfinite(a->lo) && isfinite(a->hi) && a->lo < a->hi) ||
                   (a->scale == RITZ_SCALE_LOG && a->lo <= 0) ||
                   !(ritz_axis_place(a, a->lo) == 0) ||
                   !(fabs(ritz_axis_place(a, a->hi) - 1) < 1e-6);
        }
    return bad;
}

static int bad_text(const char *text)
{
    int bad = 0;
    while (*text) {
        const uint32_t code = ritz_utf8_next(&text);
        bad += code == 0xFFFD || (code < ' ' && code != '\n');
    }
    return bad;
}

static void test_screens(void)
{
    int axes = 0, text = 0, failed = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        dice d = {ritz_key_from_seed(seed), 0};
        ritz_figure *figure = random_figure(&d);
        ritz_picture *picture;
        ritz_picture_new(&picture, figure, 50, NULL);
        axes += bad_axes(picture);
        ritz_picture_delete(picture);
        ritz_text out = {0};
        failed += ritz_figure_text(&out, figure, 1 + roll(&d, 140),
                                   roll(&d, 50), roll(&d, 2), NULL) != RITZ_OK;
        failed += ritz_figure_describe(&out, figure, NULL) != RITZ_OK;
        text += bad_text(ritz_text_view(&out));
        ritz_text_free(&out);
        ritz_figure_release(figure);
    }
    is_int(axes, 0, "the axes of 300 odd figures can be drawn");
    is_int(failed, 0, "they are drawn and described");
    is_int(text, 0, "in whole printable characters");
}

static void test_exports(void)
{
    static const char *const name[] = {"any.svg", "any.pdf", "any.png"};
    int failed = 0;
    for (uint64_t seed = 1000; seed < 1018; seed++) {
        dice d = {ritz_key_from_seed(seed), 0};
        ritz_error err = {0};
        ritz_figure *figure = random_figure(&d);
        const ritz_export size = {(double)roll(&d, 400), (double)roll(&d, 400)};
        if (ritz_figure_save(figure, tap_path(name[seed % 3]), &size, &err)) {
            note("seed %d: %s", (int)seed, err.text);
            failed++;
        }
        ritz_figure_release(figure);
    }
    is_int(failed, 0, "18 odd figures are exported");
}

int main(void)
{
    tap_run("screens", test_screens);
    tap_run("exports", test_exports);
    return tap_end();
}
