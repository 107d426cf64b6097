/* test_pool.c - reductions over two axes at once and the shares of maxima,
 * against their definition in kernel.h, bit for bit on every instruction set.
 */
#include "tap.h"

#include "base/random.h"
#include "kernel/kernel.h"

#include <math.h>
#include <string.h>

enum { MOST = 3 * 3 * 4 * 20 };

static const char *const units[] = {"portable", "avx2", "avx512", "nofma"};

static double x[MOST], y[MOST], c[MOST], z[MOST], want[MOST];

/* Few different values, so that maxima are often equal. */
static void fill(uint64_t stream)
{
    for (size_t i = 0; i < MOST; i++) {
        const double u = ritz_random_uniform((ritz_key){{stream, 2}}, i);
        x[i] = floor(5 * u) - 2.1;
        c[i] = u - 0.5;
    }
}

static int64_t at(const ritz_pool *p, int64_t m, int64_t a, int64_t b,
                  int64_t j)
{
    return ((a * p->mid + m) * p->r2 + b) * p->inner + j;
}

static double sum_of(const ritz_pool *p, int64_t m, int64_t j)
{
    double sum = 0;
    for (int64_t b = 0; b < p->r2; b++) {
        double part = 0;
        for (int64_t a = 0; a < p->r1; a++)
            part += x[at(p, m, a, b, j)];
        sum += part;
    }
    return sum;
}

static double max_of(const ritz_pool *p, int64_t m, int64_t j)
{
    double top = -INFINITY;
    for (int64_t a = 0; a < p->r1; a++)
        for (int64_t b = 0; b < p->r2; b++) {
            const double v = x[at(p, m, a, b, j)];
            top = isnan(v) || isnan(top) ? NAN : fmax(v, top);
        }
    return top;
}

static void share_of(const ritz_pool *p, int64_t m, int64_t j)
{
    const double top = max_of(p, m, j);
    double hits = 0;
    for (int64_t a = 0; a < p->r1; a++)
        for (int64_t b = 0; b < p->r2; b++)
            hits += x[at(p, m, a, b, j)] == top;
    for (int64_t a = 0; a < p->r1; a++)
        for (int64_t b = 0; b < p->r2; b++) {
            const int64_t i = at(p, m, a, b, j);
            want[i] = x[i] == top ? c[m * p->inner + j] / hits : 0;
        }
}

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static void check(const ritz_kernels *k, const ritz_pool *p, bool right[3])
{
    const int64_t kept = p->mid * p->inner, all = kept * p->r1 * p->r2;
    k->sum_pool(y, x, p);
    for (int64_t i = 0; i < kept; i++)
        right[0] &= same(y[i], sum_of(p, i / p->inner, i % p->inner));
    k->max_pool(y, x, p);
    for (int64_t i = 0; i < kept; i++) {
        right[1] &= same(y[i], max_of(p, i / p->inner, i % p->inner));
        share_of(p, i / p->inner, i % p->inner);
    }
    k->share_pool(z, x, y, c, p);
    for (int64_t i = 0; i < all; i++)
        right[2] &= same(z[i], want[i]);
}

static void pools_of(const ritz_kernels *k)
{
    bool right[3] = {true, true, true};
    for (int64_t inner = 1; inner <= 20; inner++)
        for (int64_t mid = 1; mid <= 4; mid++)
            for (int64_t r = 0; r < 9; r++) {
                const ritz_pool p = {1 + r / 3, mid, 1 + r % 3, inner};
                fill((uint64_t)(inner * 100 + mid * 10 + r));
                if (r == 5)
                    x[inner / 2] = NAN;
                check(k, &p, right);
            }
    ok(right[0], "%s: sum_pool adds along the first axis first", k->name);
    ok(right[1], "%s: max_pool", k->name);
    ok(right[2], "%s: share_pool divides by the number of maxima", k->name);
}

static void integers(void)
{
    const ritz_kernels *k = ritz_kernels_for(RITZ_I64);
    const int64_t in[] = {1, 9, -3, 4, 5, 7, 8, -6};
    const ritz_pool p = {2, 2, 2, 1};
    int64_t out[2];
    k->sum_pool(out, in, &p);
    ok(out[0] == 22 && out[1] == 3, "i64: sum_pool");
    k->max_pool(out, in, &p);
    ok(out[0] == 9 && out[1] == 8, "i64: max_pool");
    ok(!k->share_pool, "i64: no derivative");
}

int main(void)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const ritz_kernels *k = ritz_kernels_of(RITZ_F64, units[i]);
        if (k)
            pools_of(k);
        else
            skip("this processor lacks it", "%s: pools", units[i]);
    }
    tap_run("integers", integers);
    return tap_end();
}
