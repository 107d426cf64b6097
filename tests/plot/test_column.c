/* test_column.c - the pyramid against brute force, search, and failure. */
#include "base/memory.h"
#include "base/random.h"
#include "plot/column.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>

static ritz_key key(void)
{
    return ritz_key_from_seed(20);
}

/* Mostly ordinary numbers of both signs, with gaps and infinities between. */
static double sample(uint64_t i)
{
    const double u = ritz_random_uniform(key(), i);
    return u < 0.05   ? NAN
           : u < 0.08 ? INFINITY
           : u < 0.10 ? -INFINITY
                      : tan(3 * (u - 0.55));
}

static ritz_extremes brute(size_t begin, size_t end)
{
    ritz_extremes e = {INFINITY, -INFINITY, INFINITY};
    for (size_t i = begin; i < end; i++) {
        const double v = sample(i);
        if (!isfinite(v))
            continue;
        e.min = v < e.min ? v : e.min;
        e.max = v > e.max ? v : e.max;
        e.min_positive = v > 0 && v < e.min_positive ? v : e.min_positive;
    }
    return e;
}

static void test_windows(void)
{
    ritz_column column = {0};
    const size_t n = 5003; /* complete bins of no level end here */
    uint64_t at = 0;
    int wrong = 0;
    for (size_t i = 0; i < n; i++) {
        ritz_column_reserve(&column);
        ritz_column_push(&column, sample(i));
    }
    for (int trial = 0; trial < 2000; trial++) {
        const size_t a = ritz_random_below(key(), &at, n + 1);
        const size_t b = a + ritz_random_below(key(), &at, n + 1 - a);
        const ritz_extremes got = ritz_column_extremes(&column, a, b);
        const ritz_extremes want = brute(a, b);
        wrong += got.min != want.min || got.max != want.max ||
                 got.min_positive != want.min_positive;
    }
    is_int(wrong, 0, "2000 random windows as brute force finds them");
    const ritz_extremes none = ritz_column_extremes(&column, 7, 7);
    ok(none.min > none.max, "an empty window has no extremes");
    ritz_column_free(&column);
}

static void test_growing(void)
{
    ritz_column column = {0};
    int wrong = 0;
    for (size_t i = 0; i < 600; i++) {
        ritz_column_reserve(&column);
        ritz_column_push(&column, sample(i));
        const ritz_extremes got = ritz_column_extremes(&column, 0, i + 1);
        const ritz_extremes want = brute(0, i + 1);
        wrong += got.min != want.min || got.max != want.max;
    }
    is_int(wrong, 0, "extremes after each of 600 pushes");
    ritz_column_clear(&column);
    is_int(column.count, 0, "cleared");
    ritz_column_reserve(&column);
    ritz_column_push(&column, 3);
    near(ritz_column_extremes(&column, 0, 1).max, 3, 0, "and used again");
    ritz_column_free(&column);
}

static void test_spike(void)
{
    ritz_column column = {0};
    const size_t n = 1000000, place = 654321;
    for (size_t i = 0; i < n; i++) {
        ritz_column_reserve(&column);
        ritz_column_push(&column, i == place ? 1e9 : 0.0);
    }
    near(ritz_column_extremes(&column, 1, n - 1).max, 1e9, 0,
         "one spike in a million is kept");
    near(ritz_column_extremes(&column, place + 1, n).max, 0, 0,
         "and is not seen beside its place");
    ritz_column_free(&column);
}

static void test_search(void)
{
    ritz_column column = {0};
    const double x[] = {1, 2, 2, 2, 5};
    for (size_t i = 0; i < 5; i++) {
        ritz_column_reserve(&column);
        ritz_column_push(&column, x[i]);
    }
    is_int(ritz_column_search(&column, 2, false), 1, "first not below 2");
    is_int(ritz_column_search(&column, 2, true), 4, "first above 2");
    is_int(ritz_column_search(&column, 0, false), 0, "before all");
    is_int(ritz_column_search(&column, 9, false), 5, "after all");
    ritz_column_free(&column);
}

/* Whichever request fails, what was pushed before stays whole. */
static void test_no_memory(void)
{
    int wrong = 0, refusals = 0;
    for (long n = 1; n < 40; n++) {
        ritz_column column = {0};
        ritz_fail_allocation(n);
        for (size_t i = 0; i < 1200; i++) {
            if (!ritz_column_reserve(&column)) {
                refusals++;
                break;
            }
            ritz_column_push(&column, (double)i);
        }
        ritz_fail_allocation(0);
        const double last = (double)column.count - 1;
        wrong += column.count > 0 &&
                 ritz_column_extremes(&column, 0, column.count).max != last;
        ritz_column_free(&column);
    }
    is_int(wrong, 0, "a refused push leaves the column as it was");
    ok(refusals > 5, "and was refused in several places");
}

int main(void)
{
    tap_run("windows", test_windows);
    tap_run("growing", test_growing);
    tap_run("spike", test_spike);
    tap_run("search", test_search);
    tap_run("no memory", test_no_memory);
    return tap_end();
}
