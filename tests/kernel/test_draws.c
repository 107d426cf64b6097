/* test_draws.c - draws are those of ritz_random_block, whatever the span asked
 * for, and have the distribution they claim. */
#include "tap.h"

#include "base/random.h"
#include "kernel/kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 200000 };

static const uint64_t key[2] = {0x0123456789abcdef, 0xfedcba9876543210};
static const char *const units[] = {"portable", "avx2", "avx512", "nofma"};

static float f32[MANY], part32[600];
static double f64[MANY], part64[600];

static void block_of(uint64_t counter, uint32_t w[4])
{
    ritz_random_block((ritz_key){{key[0], key[1]}}, counter, w);
}

static double wide(const uint32_t *w)
{
    return (double)(((uint64_t)w[1] << 32 | w[0]) >> 11);
}

/* By the words of kernel.h, one draw at a time; `first` beyond 2^32 too. */
static void bits(const ritz_kernels *a, const ritz_kernels *b, uint64_t first)
{
    bool single = true, dual = true, gauss32 = true, gauss64 = true;
    const double turn = 2 * acos(-1);
    a->uniform(f32, key, first, 1000);
    b->uniform(f64, key, first, 1000);
    for (uint64_t i = 0; i < 1000; i++) {
        uint32_t w[4], v[4];
        block_of((first + i) / 4, w);
        block_of((first + i) / 2, v);
        single &= (double)f32[i] == (w[(first + i) % 4] >> 8) * 0x1p-24;
        dual &= f64[i] == wide(v + 2 * ((first + i) % 2)) * 0x1p-53;
    }
    a->normal(f32, key, first, 1000);
    b->normal(f64, key, first, 1000);
    for (uint64_t i = 0; i < 1000; i++) {
        uint32_t w[4], v[4];
        block_of((first + i) / 4, w);
        block_of((first + i) / 2, v);
        const uint32_t *pair = w + (first + i) % 4 / 2 * 2;
        double r = sqrt(-2 * log((pair[0] >> 1 | 1) * 0x1p-31));
        double angle = turn * (pair[1] >> 8) * 0x1p-24;
        double want = (first + i) % 2 ? r * sin(angle) : r * cos(angle);
        gauss32 &= fabs((double)f32[i] - want) <= 4e-6;
        r = sqrt(-2 * log((wide(v) + 1) * 0x1p-53));
        angle = turn * wide(v + 2) * 0x1p-53;
        want = (first + i) % 2 ? r * sin(angle) : r * cos(angle);
        gauss64 &= fabs(f64[i] - want) <= 1e-14;
    }
    ok(single, "%s: uniforms of 24 bits from %llu", a->name,
       (unsigned long long)first);
    ok(dual, "%s: uniforms of 53 bits from %llu", b->name,
       (unsigned long long)first);
    ok(gauss32, "%s: Box-Muller from %llu", a->name, (unsigned long long)first);
    ok(gauss64, "%s: Box-Muller from %llu", b->name, (unsigned long long)first);
}

static void spans(const ritz_kernels *a, const ritz_kernels *b)
{
    bool same = true;
    a->normal(f32, key, 0, MANY);
    b->normal(f64, key, 0, MANY);
    for (size_t first = 0; first < 700; first += 1 + first / 9)
        for (size_t n = 0; n <= 600; n += 1 + n / 5) {
            a->normal(part32, key, first, n);
            b->normal(part64, key, first, n);
            same &= memcmp(part32, f32 + first, n * sizeof *f32) == 0;
            same &= memcmp(part64, f64 + first, n * sizeof *f64) == 0;
        }
    ok(same, "%s, %s: a draw depends on its position only", a->name, b->name);
}

static int ascending(const void *p, const void *q)
{
    const double a = *(const double *)p, b = *(const double *)q;
    return (a > b) - (a < b);
}

/* Kolmogorov and Smirnov: sqrt(n) D exceeds 1.95 once in 1000 keys. */
static double distance(double (*distribution)(double))
{
    qsort(f64, MANY, sizeof *f64, ascending);
    double most = 0;
    for (size_t i = 0; i < MANY; i++) {
        const double p = distribution(f64[i]);
        most =
            fmax(most, fmax(p - (double)i / MANY, (double)(i + 1) / MANY - p));
    }
    return most * sqrt(MANY);
}

static double flat(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static double gauss(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

static void from_f32(void)
{
    for (size_t i = 0; i < MANY; i++)
        f64[i] = (double)f32[i];
}

static void distributions(void)
{
    const ritz_kernels *a = ritz_kernels_for(RITZ_F32);
    const ritz_kernels *b = ritz_kernels_for(RITZ_F64);
    a->uniform(f32, key, 0, MANY);
    bool inside = true;
    for (size_t i = 0; i < MANY; i++)
        inside &= f32[i] >= 0 && f32[i] < 1;
    ok(inside, "uniforms are in [0, 1)");
    from_f32();
    ok(distance(flat) < 1.95, "f32 uniforms are uniform");
    b->uniform(f64, key, 0, MANY);
    ok(distance(flat) < 1.95, "f64 uniforms are uniform");
    a->normal(f32, key, 0, MANY);
    double product = 0;
    for (size_t i = 0; i + 1 < MANY; i += 2)
        product += (double)f32[i] * (double)f32[i + 1];
    near(product / (MANY / 2), 0, 4 / sqrt(MANY / 2),
         "the two of a pair are uncorrelated");
    from_f32();
    ok(distance(gauss) < 1.95, "f32 normals are normal");
    b->normal(f64, key, 0, MANY);
    ok(distance(gauss) < 1.95, "f64 normals are normal");
}

int main(void)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const ritz_kernels *a = ritz_kernels_of(RITZ_F32, units[i]);
        const ritz_kernels *b = ritz_kernels_of(RITZ_F64, units[i]);
        if (!a || !b) {
            skip("this processor lacks it", "%s: draws", units[i]);
            continue;
        }
        bits(a, b, 0);
        bits(a, b, 17);
        bits(a, b, (UINT64_C(1) << 36) - 333);
        spans(a, b);
    }
    tap_run("distributions", distributions);
    return tap_end();
}
