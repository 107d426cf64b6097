/* test_reduce.c - reductions against their definition in kernel.h: the lanes
 * and the tree written out, bit for bit. */
#include "tap.h"

#include "base/random.h"
#include "kernel/kernel.h"

#include <math.h>
#include <string.h>

enum { MOST = 4096 };

static const char *const units[] = {"portable", "avx2", "avx512", "nofma"};

static float x[MOST], y[MOST], want[MOST];
static int64_t xi[MOST], yi[MOST];

static void fill(uint64_t stream)
{
    for (size_t i = 0; i < MOST; i++) {
        const double u = ritz_random_uniform((ritz_key){{stream, 1}}, i);
        x[i] = (float)((u - 0.5) * pow(10, (double)(i % 7)));
        xi[i] = (int64_t)((u - 0.5) * 1e6);
    }
}

/* Element k to lane k mod RITZ_LANES; lane i and lane i + half. */
static float sum_by_definition(const float *row, size_t n)
{
    float lane[RITZ_LANES] = {0};
    for (size_t i = 0; i < n; i++)
        lane[i % RITZ_LANES] += row[i];
    for (size_t half = RITZ_LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            lane[i] += lane[i + half];
    return lane[0];
}

static float max_by_definition(const float *row, size_t n)
{
    float top = -INFINITY;
    for (size_t i = 0; i < n; i++)
        top = isnan(row[i]) || isnan(top) ? NAN : fmaxf(top, row[i]);
    return top;
}

static bool equal(float a, float b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static void rows_of(const ritz_kernels *k)
{
    bool sums = true, tops = true, places = true;
    for (size_t n = 0; n <= 300; n++) {
        const size_t rows = n < 50 ? 20 : 5;
        fill(n);
        if (n > 2)
            x[n + 1] = NAN, x[2 * n + 2] = INFINITY;
        k->sum_rows(y, x, rows, n);
        for (size_t r = 0; r < rows; r++)
            sums &= equal(y[r], sum_by_definition(x + r * n, n));
        k->max_rows(y, x, rows, n);
        k->argmax_rows(yi, x, rows, n);
        for (size_t r = 0; r < rows; r++) {
            const float top = max_by_definition(x + r * n, n);
            size_t first = 0;
            while (first < n && !equal(x[r * n + first], top))
                first++;
            tops &= equal(y[r], top);
            places &= yi[r] == (n ? (int64_t)first + 1 : 0);
        }
    }
    ok(sums, "%s: sum_rows", k->name);
    ok(tops, "%s: max_rows", k->name);
    ok(places, "%s: argmax_rows", k->name);
    for (size_t i = 0; i < MOST; i++)
        x[i] = -0.0f;
    k->sum_rows(y, x, 9, 70);
    k->sum_rows(y + 9, x, 9, 5);
    bool plus = true;
    for (int i = 0; i < 18; i++)
        plus &= y[i] == 0 && !signbit(y[i]);
    ok(plus, "%s: a sum is never -0", k->name);
}

static void columns_of(const ritz_kernels *k)
{
    bool sums = true, tops = true, running = true, in_place = true;
    for (size_t n = 0; n <= 100; n += 1 + n / 20)
        for (size_t rows = 0; rows <= 13; rows++) {
            fill(n + rows * 1000);
            for (size_t j = 0; j < n; j++) {
                y[j] = want[j] = (float)j;
                for (size_t r = 0; r < rows; r++)
                    want[j] += x[r * n + j];
            }
            k->sum_columns(y, x, rows, n);
            sums &= memcmp(y, want, n * sizeof *y) == 0;
            for (size_t j = 0; j < n; j++) {
                y[j] = want[j] = (float)j;
                for (size_t r = 0; r < rows; r++)
                    want[j] = fmaxf(want[j], x[r * n + j]);
            }
            k->max_columns(y, x, rows, n);
            tops &= memcmp(y, want, n * sizeof *y) == 0;
            for (size_t i = 0; i < rows * n; i++)
                want[i] = i < n ? x[i] : want[i - n] + x[i];
            k->cumsum_columns(y, x, rows, n);
            running &= memcmp(y, want, rows * n * sizeof *y) == 0;
            k->cumsum_columns(x, x, rows, n);
            in_place &= memcmp(x, want, rows * n * sizeof *y) == 0;
        }
    ok(sums, "%s: sum_columns adds rows in order", k->name);
    ok(tops, "%s: max_columns", k->name);
    ok(running, "%s: cumsum_columns", k->name);
    ok(in_place, "%s: cumsum_columns in place", k->name);
}

/* Strips of columns are 1024 wide: a row of three and a half. */
static void wide_columns(void)
{
    const ritz_kernels *k = ritz_kernels_for(RITZ_F32);
    static float wide[3 * 3500], sum[3500];
    for (size_t i = 0; i < 3 * 3500; i++)
        wide[i] = (float)(i % 1009);
    k->sum_columns(sum, wide, 3, 3500);
    bool right = true;
    for (size_t j = 0; j < 3500; j++)
        right &= sum[j] == wide[j] + wide[3500 + j] + wide[7000 + j];
    ok(right, "sum_columns over several strips");
}

static void integers(void)
{
    const ritz_kernels *k = ritz_kernels_for(RITZ_I64);
    bool sums = true, tops = true, places = true;
    for (size_t n = 0; n <= 200; n++) {
        int64_t place[8];
        fill(n);
        k->sum_rows(yi, xi, 8, n);
        k->argmax_rows(place, xi, 8, n);
        int64_t top[8];
        k->max_rows(top, xi, 8, n);
        for (size_t r = 0; r < 8; r++) {
            int64_t sum = 0, most = INT64_MIN, at = 0;
            for (size_t i = 0; i < n; i++) {
                sum += xi[r * n + i];
                if (xi[r * n + i] > most)
                    most = xi[r * n + i], at = (int64_t)i + 1;
            }
            sums &= yi[r] == sum;
            tops &= top[r] == most;
            places &= place[r] == at;
        }
    }
    ok(sums, "i64: sum_rows");
    ok(tops, "i64: max_rows");
    ok(places, "i64: argmax_rows");
    const int64_t huge[] = {INT64_MAX, 1};
    k->sum_rows(yi, huge, 1, 2);
    ok(yi[0] == INT64_MIN, "i64: sums wrap");
}

int main(void)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const ritz_kernels *k = ritz_kernels_of(RITZ_F32, units[i]);
        if (!k) {
            skip("this processor lacks it", "%s: reductions", units[i]);
            continue;
        }
        rows_of(k);
        columns_of(k);
    }
    tap_run("wide_columns", wide_columns);
    tap_run("integers", integers);
    return tap_end();
}
