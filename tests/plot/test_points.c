/* test_points.c - order, smoothing, limits in a window, and thinning. */
#include "base/memory.h"
#include "base/random.h"
#include "plot/points.h"
#include "tap.h"

#include <math.h>

static const ritz_axis unit = {RITZ_SCALE_LINEAR, 1, 0, 1};

static ritz_axis linear(double lo, double hi)
{
    return (ritz_axis){RITZ_SCALE_LINEAR, 1, lo, hi};
}

static double noise(uint64_t i)
{
    return ritz_random_uniform(ritz_key_from_seed(9), i);
}

/* Drawn in `rows` x `columns` cells, the points of a slice light the cells
 * between its least and its greatest value: compares those of the trail with
 * those of all points. */
static int cells_missed(const ritz_points *p, const ritz_trail *t,
                        const ritz_axis axis[2], size_t columns)
{
    int missed = 0;
    for (size_t c = 0; c < columns; c++) {
        ritz_extremes all = ritz_extremes_none(), kept = all;
        for (size_t i = 0; i < p->x.count; i++) {
            const double x = ritz_column_at(&p->x, i);
            if (floor(ritz_axis_place(&axis[0], x) * (double)columns) ==
                (double)c)
                ritz_extremes_add(&all, ritz_column_at(&p->y, i));
        }
        for (size_t i = 0; i < t->count; i++)
            if (floor(ritz_axis_place(&axis[0], t->x[i]) * (double)columns) ==
                (double)c)
                ritz_extremes_add(&kept, t->y[i]);
        missed += all.min != kept.min || all.max != kept.max;
    }
    return missed;
}

static void test_thin_random(void)
{
    ritz_points p = {0};
    int missed = 0;
    double x = 0;
    for (uint64_t i = 0; i < 4000; i++) { /* dense here, sparse there */
        x += noise(i) < 0.1 ? 50 * noise(i + 9000) : 0.1;
        const double y = noise(i + 20000);
        ritz_points_push(&p, x, y < 0.02 ? NAN : tan(3 * y - 1.5), 0);
    }
    size_t most = 0;
    for (uint64_t k = 0; k < 60; k++) {
        const double lo = x * noise(k), span = x * noise(k + 100) + 1;
        const size_t columns = 20 + k;
        const ritz_axis axis[2] = {linear(lo, lo + span), unit};
        ritz_trail t = {0};
        ritz_points_thin_line(&t, &p, false, axis, columns);
        missed += cells_missed(&p, &t, axis, columns);
        most = t.count > 4 * columns + 2 && t.count > most ? t.count : most;
        ritz_trail_free(&t);
    }
    is_int(missed, 0, "60 random windows keep the extremes of each slice");
    is_int(most, 0, "in at most four points for each");
    ritz_points_free(&p);
}

static void test_spike(void)
{
    ritz_points p = {0};
    for (int i = 0; i < 1000000; i++)
        ritz_points_push(&p, i, i == 777777 ? 5e3 : sin(i), 0);
    const ritz_axis axis[2] = {linear(0, 999999), linear(-1, 5000)};
    ritz_trail t = {0};
    ritz_points_thin_line(&t, &p, false, axis, 240);
    double most = 0;
    for (size_t i = 0; i < t.count; i++)
        most = fmax(most, t.y[i]);
    near(most, 5e3, 0, "a spike in a million points is drawn");
    ok(t.count <= 962, "from %zu points", t.count);
    ok(!p.wanders, "an increasing x is seen");
    ritz_trail_free(&t);
    ritz_points_free(&p);
}

static void test_edges(void)
{
    ritz_points p = {0};
    const double x[] = {0, 10, 20, 30};
    for (int i = 0; i < 4; i++)
        ritz_points_push(&p, x[i], i, 0);
    const ritz_axis axis[2] = {linear(12, 18), linear(0, 3)};
    ritz_trail t = {0};
    ritz_points_thin_line(&t, &p, false, axis, 10);
    is_int(t.count, 2, "a window between two points keeps both");
    near(t.x[0], 10, 0, "the one before");
    near(t.x[1], 20, 0, "and the one after");
    const ritz_extremes e = ritz_points_extremes(&p, &axis[0]);
    ok(e.min > e.max, "but no point is inside");
    ritz_trail_free(&t);
    ritz_points_free(&p);
}

static void test_log_slices(void)
{
    ritz_points p = {0};
    for (int i = 0; i < 1000; i++)
        ritz_points_push(&p, i, i % 10 == 0 ? -1 : 1 + i % 10, 0);
    const ritz_axis axis[2] = {linear(0, 1000), {RITZ_SCALE_LOG, 1, 0.5, 20}};
    ritz_trail t = {0};
    ritz_points_thin_line(&t, &p, false, axis, 10);
    double least = INFINITY;
    for (size_t i = 0; i < t.count; i++)
        if (t.y[i] > 0)
            least = fmin(least, t.y[i]);
    near(least, 2, 0, "the least value with a place on a log axis is kept");
    is_int(p.lost_y, 100, "those without are counted");
    ritz_trail_free(&t);
    ritz_points_free(&p);
}

static void test_wandering(void)
{
    ritz_points p = {0};
    for (int i = 0; i < 10000; i++) /* a circle, a hundred times around */
        ritz_points_push(&p, cos(2 * M_PI * i / 100), sin(2 * M_PI * i / 100),
                         0);
    ok(p.wanders, "a curve that turns back is seen");
    const ritz_axis axis[2] = {linear(-1, 1), linear(-1, 1)};
    const ritz_axis right = linear(0.9, 1);
    const ritz_extremes e = ritz_points_extremes(&p, &right);
    near(e.max, sqrt(1 - 0.9 * 0.9), 0.06, "extremes inside of a window of x");
    ritz_trail t = {0};
    ritz_points_thin_cloud(&t, &p, axis, 64);
    ok(t.count <= 100, "a cloud keeps one point for each cell, %zu", t.count);
    ok(t.count >= 90, "and none less");
    ritz_trail_free(&t);
    ritz_points_thin_line(&t, &p, false, axis, 4);
    ok(t.count < 2000, "a path leaves out points of one cell, %zu", t.count);
    ritz_trail_free(&t);
    ritz_points_free(&p);
}

/* The definition: a weighted mean whose weights halve every half-life. */
static double smooth_by_definition(const ritz_points *p, size_t n, double half)
{
    double sum = 0, weight = 0;
    const double now = ritz_column_at(&p->x, n);
    for (size_t i = 0; i <= n; i++) {
        const double y = ritz_column_at(&p->y, i);
        if (!isfinite(y))
            continue;
        const double w = exp2(-(now - ritz_column_at(&p->x, i)) / half);
        sum += w * y;
        weight += w;
    }
    return sum / weight;
}

static void test_smoothing(void)
{
    ritz_points p = {0}, later = {0};
    ritz_points_smooth(&p, 7);
    double x = 0, worst = 0;
    for (uint64_t i = 0; i < 500; i++) {
        x += noise(i);
        const double y = i % 50 == 3 ? NAN : noise(i + 1000);
        ritz_points_push(&p, x, y, 0);
        ritz_points_push(&later, x, y, 0);
    }
    for (size_t i = 0; i < 500; i += 7) {
        const double got = ritz_column_at(&p.smoothed, i);
        if (isfinite(got))
            worst = fmax(worst, fabs(got - smooth_by_definition(&p, i, 7)));
    }
    near(worst, 0, 1e-14, "smoothing is the debiased average");
    near(ritz_column_at(&p.smoothed, 0), noise(1000), 0,
         "the first value is itself");
    ok(isnan(ritz_column_at(&p.smoothed, 3)), "a gap stays a gap");
    ritz_points_smooth(&later, 7);
    int different = 0;
    for (size_t i = 0; i < 500; i++) {
        const double a = ritz_column_at(&p.smoothed, i);
        const double b = ritz_column_at(&later.smoothed, i);
        different += a != b && !(isnan(a) && isnan(b));
    }
    is_int(different, 0, "turned on later it gives the same");
    ritz_points_free(&p);
    ritz_points_free(&later);
}

static void test_constant(void)
{
    ritz_points p = {0};
    int wrong = 0;
    ritz_points_smooth(&p, 3);
    for (int i = 0; i < 1000; i++)
        ritz_points_push(&p, i, 0.1, 0);
    for (size_t i = 0; i < 1000; i++)
        wrong += ritz_column_at(&p.smoothed, i) != 0.1;
    is_int(wrong, 0, "a constant series stays exactly constant");
    ritz_points_free(&p);
}

static void test_statistics(void)
{
    ritz_points p = {0};
    const double y[] = {NAN, 3, -1, INFINITY, 7, 2};
    for (int i = 0; i < 6; i++)
        ritz_points_push(&p, i, y[i], 0);
    is_int(p.finite, 4, "values that are not finite do not count");
    near(p.first, 3, 0, "first");
    near(p.last, 2, 0, "last");
    near(p.min_x, 2, 0, "where the least is");
    near(p.max, 7, 0, "the greatest");
    ritz_points_clear(&p);
    is_int(p.finite + p.x.count, 0, "nothing after clearing");
    ritz_points_free(&p);
}

int main(void)
{
    tap_run("thin random", test_thin_random);
    tap_run("spike", test_spike);
    tap_run("edges", test_edges);
    tap_run("log slices", test_log_slices);
    tap_run("wandering", test_wandering);
    tap_run("smoothing", test_smoothing);
    tap_run("constant", test_constant);
    tap_run("statistics", test_statistics);
    return tap_end();
}
