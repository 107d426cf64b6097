/* test_ticks.c - where ticks stand and how they are written. */
#include "base/random.h"
#include "base/text.h"
#include "plot/ticks.h"
#include "tap.h"

#include <math.h>
#include <string.h>

static const char *labels(const ritz_axis *axis, size_t most)
{
    static ritz_text text;
    ritz_ticks ticks;
    ritz_text_free(&text);
    ritz_ticks_find(&ticks, axis, most);
    for (size_t i = 0; i < ticks.count; i++)
        ritz_text_printf(&text, "%s%s", i ? " " : "", ticks.label[i]);
    if (ticks.exponent)
        ritz_text_printf(&text, " e%d", ticks.exponent);
    return ritz_text_view(&text);
}

static void test_linear(void)
{
    static const struct {
        double lo, hi;
        size_t most;
        const char *want;
    } table[] = {
        {0, 1, 6, "0.0 0.2 0.4 0.6 0.8 1.0"},
        {0, 1, 5, "0.0 0.5 1.0"},
        {0, 1422, 5, "0 500 1000"},
        {0.1, 0.98, 5, "0.2 0.4 0.6 0.8"},
        {-1, 1, 5, "-1.0 -0.5 0.0 0.5 1.0"},
        {-0.3, 0.1, 5, "-0.3 -0.2 -0.1 0.0 0.1"},
        {-2500, -400, 5, "-2500 -2000 -1500 -1000 -500"},
        {0, 60000, 4, "0 20000 40000 60000"},
        {0, 5e6, 6, "0 1 2 3 4 5 e6"},
        {0, 3e5, 4, "0 1 2 3 e5"},
        {0, 4.2e-5, 5, "0 1 2 3 4 e-5"},
        {-4e-9, 4e-9, 5, "-4 -2 0 2 4 e-9"},
        {1000000, 1000004, 5, "1000000 1000001 1000002 1000003 1000004"},
        {0.8734, 0.8741, 4, "0.8734 0.8736 0.8738 0.8740"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const ritz_axis axis = {RITZ_SCALE_LINEAR, 1, table[i].lo, table[i].hi};
        is_text(labels(&axis, table[i].most), table[i].want,
                "at most %zu ticks from %g to %g", table[i].most, table[i].lo,
                table[i].hi);
    }
}

static void test_log(void)
{
    static const struct {
        double lo, hi;
        size_t most;
        const char *want;
    } table[] = {
        {0.18, 2.5, 4, "0.2 0.5 1.0 2.0"},
        {0.02, 3, 8, "0.02 0.05 0.10 0.20 0.50 1.00 2.00"},
        {1e-4, 1e2, 4, "1e-4 1e-2 1e0 1e2"},
        {1e-4, 1e2, 8, "1e-4 1e-3 1e-2 1e-1 1e0 1e1 1e2"},
        {1, 1000, 5, "1 10 100 1000"},
        {1e-300, 1e300, 7, "1e-300 1e-200 1e-100 1e0 1e100 1e200 1e300"},
        {3, 4, 4, "3.0 3.5 4.0"}, /* less than a decade: linear */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const ritz_axis axis = {RITZ_SCALE_LOG, 1, table[i].lo, table[i].hi};
        is_text(labels(&axis, table[i].most), table[i].want,
                "at most %zu ticks from %g to %g, log", table[i].most,
                table[i].lo, table[i].hi);
    }
}

static void test_symlog(void)
{
    const ritz_axis axis = {RITZ_SCALE_SYMLOG, 1, -150, 150};
    is_text(labels(&axis, 5), "-100 -10 0 10 100", "symlog around zero");
    const ritz_axis up = {RITZ_SCALE_SYMLOG, 1e-2, 0, 150};
    is_text(labels(&up, 8), "0 0.1 1 10 100", "symlog from zero");
}

/* Over many axes: within the axis, rising, no more than asked for, at least
 * two, and no two labels alike. */
static void test_many(void)
{
    const ritz_key key = ritz_key_from_seed(4);
    int wrong = 0;
    for (uint64_t i = 0; i < 3000; i++) {
        const double size = pow(10, 40 * ritz_random_uniform(key, 4 * i) - 20);
        const double start = size * (ritz_random_uniform(key, 4 * i + 1) - 0.5);
        const double span =
            size * ritz_random_uniform(key, 4 * i + 2) + size / 50;
        const size_t most = 2 + i % 9;
        ritz_axis axis = {RITZ_SCALE_LINEAR, 1, start, start + span};
        if (i % 3 == 1)
            axis = (ritz_axis){RITZ_SCALE_LOG, 1, size,
                               size * (1 + 1000 * span / size)};
        if (i % 3 == 2)
            axis =
                (ritz_axis){RITZ_SCALE_SYMLOG, size / 100, start, start + span};
        ritz_ticks t;
        ritz_ticks_find(&t, &axis, most);
        bool good = t.count >= 1 && t.count <= most;
        for (size_t k = 0; k < t.count && good; k++) {
            const double place = ritz_axis_place(&axis, t.value[k]);
            good = place > -1e-6 && place < 1 + 1e-6 &&
                   (k == 0 || (t.value[k] > t.value[k - 1] &&
                               strcmp(t.label[k], t.label[k - 1]) != 0));
        }
        if (!good && wrong++ < 5)
            note("scale %d, %.17g to %.17g, most %zu: %s", axis.scale, axis.lo,
                 axis.hi, most, labels(&axis, most));
    }
    is_int(wrong, 0, "3000 random axes have good ticks");
}

static void test_numbers(void)
{
    static const struct {
        double value;
        const char *want;
    } table[] = {{0, "0"},       {0.31249, "0.3125"}, {-12.5, "-12.5"},
                 {1e-5, "1e-5"}, {1.5e10, "1.5e10"},  {-2e-300, "-2e-300"},
                 {NAN, "nan"},   {INFINITY, "inf"},   {99999, "1e5"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[32];
        ritz_number_text(text, sizeof text, table[i].value, 4);
        is_text(text, table[i].want, "%.17g in four digits", table[i].value);
    }
}

int main(void)
{
    tap_run("linear", test_linear);
    tap_run("log", test_log);
    tap_run("symlog", test_symlog);
    tap_run("many", test_many);
    tap_run("numbers", test_numbers);
    return tap_end();
}
