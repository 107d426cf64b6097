/* test_same_bits.c - the instruction set never changes a bit.
 *
 * Every loop of every unit that this machine can run, against the portable
 * unit: random values of all sizes, special values mixed in anywhere, every
 * length up to three vectors and some longer ones, and no byte written beyond
 * the result. A NaN equals any NaN: its payload is nobody's result.
 */
#include "tap.h"

#include "base/random.h"
#include "kernel/kernel.h"

#include <math.h>
#include <string.h>

enum { MOST = 1100, GUARD = 64 };

static const double special[] = {
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    INFINITY,
    -INFINITY,
    NAN,
    1e-310,
    -1e-310,
    1e-40,
    -1e-40,
    1e308,
    -1e308,
    3e38,
    -3e38,
    88.7,
    -87.3,
    104,
    -104,
    709.7,
    -745.2,
    1e15,
    -1e15,
    3.14159265358979,
    1e5,
    20,
    -20,
};

static uint64_t position;

static double random_value(void)
{
    const ritz_key key = {{12, 34}};
    const double u = 2 * ritz_random_uniform(key, position++) - 1;
    const double size = ritz_random_uniform(key, position++);
    const uint64_t few = sizeof special / sizeof *special;
    if (size < 0.1)
        return special[(uint64_t)(fabs(u) * (double)few) % few];
    return size < 0.8 ? 4 * u : u * pow(10, 80 * (size - 0.8) - 8);
}

static void fill(void *x, ritz_dtype dtype, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double v = random_value();
        if (dtype == RITZ_F32)
            ((float *)x)[i] = (float)v;
        else
            ((double *)x)[i] = v;
    }
}

static bool is_nan(const void *x, ritz_dtype dtype, size_t i)
{
    return dtype == RITZ_F32 ? isnan(((const float *)x)[i])
                             : isnan(((const double *)x)[i]);
}

/* The first place where the bits differ, or n. */
static size_t differs(const void *x, const void *y, ritz_dtype dtype, size_t n)
{
    const size_t size = dtype == RITZ_F32 ? 4 : 8;
    for (size_t i = 0; i < n; i++) {
        const char *p = (const char *)x + i * size;
        const char *q = (const char *)y + i * size;
        if (memcmp(p, q, size) != 0 &&
            !(dtype != RITZ_I64 && is_nan(x, dtype, i) && is_nan(y, dtype, i)))
            return i;
    }
    return n;
}

static double at(const void *x, ritz_dtype dtype, size_t i)
{
    return dtype == RITZ_F32   ? (double)((const float *)x)[i]
           : dtype == RITZ_F64 ? ((const double *)x)[i]
                               : (double)((const int64_t *)x)[i];
}

/* Room for the guard on both sides of any result. */
static union {
    float f32[MOST + 2 * GUARD];
    double f64[MOST + 2 * GUARD];
    int64_t i64[MOST + 2 * GUARD];
} a, b, c, y, z;

static const ritz_kernels *base, *other;

/* Offsets that are no multiple of a vector: loops take any address. */
static void *shifted(void *x, size_t size)
{
    return (char *)x + 3 * size;
}

static bool same_block(int op, int variant, size_t n)
{
    const size_t size = base->size;
    memset(&y, 0x55, sizeof y);
    memset(&z, 0x55, sizeof z);
    void *yp = shifted(&y, size), *zp = shifted(&z, size);
    const void *ap = shifted(&a, size), *bp = shifted(&b, size);
    const void *cp = shifted(&c, size);
    base->block[op][variant](yp, ap, bp, cp, n);
    other->block[op][variant](zp, ap, bp, cp, n);
    const size_t i = differs(yp, zp, base->dtype, n);
    if (i < n)
        note("%s variant %d n=%zu i=%zu a=%a b=%a: %a against %a",
             ritz_op_name((ritz_op)op), variant, n, i, at(ap, base->dtype, i),
             at(bp, base->dtype, i), at(yp, base->dtype, i),
             at(zp, base->dtype, i));
    return i == n && memcmp((char *)yp + n * size, (char *)zp + n * size,
                            sizeof y - (n + 3) * size) == 0;
}

static bool same_in_place(int op, int variant, size_t n)
{
    const size_t size = base->size;
    if (variant & 1)
        return true;
    memcpy(&y, &a, sizeof y);
    base->block[op][variant](&z, &a, &b, &c, n);
    other->block[op][variant](&y, &y, &b, &c, n);
    return differs(&y, &z, base->dtype, n) == n &&
           memcmp((char *)&y + n * size, (char *)&a + n * size, size) == 0;
}

static void blocks(void)
{
    for (int op = 0; op < RITZ_OPS; op++) {
        for (int variant = 0; variant < 8; variant++) {
            if (!base->block[op][variant]) {
                ok(!other->block[op][variant], "%s: no variant %d of %s either",
                   other->name, variant, ritz_op_name((ritz_op)op));
                continue;
            }
            bool same = true;
            for (size_t n = 0; n <= 100 && same; n++) {
                fill(&a, base->dtype, MOST);
                fill(&b, base->dtype, MOST);
                fill(&c, base->dtype, MOST);
                same =
                    same_block(op, variant, n) && same_in_place(op, variant, n);
            }
            ok(same && same_block(op, variant, 1000), "%s: %s variant %d",
               other->name, ritz_op_name((ritz_op)op), variant);
        }
    }
}

static bool same_rows(ritz_rows_fn *f, ritz_rows_fn *g, ritz_dtype out,
                      size_t rows, size_t n)
{
    memset(&y, 0x55, sizeof y);
    memset(&z, 0x55, sizeof z);
    f(&y, &a, rows, n);
    g(&z, &a, rows, n);
    return differs(&y, &z, out, rows) == rows &&
           y.i64[rows + 1] == z.i64[rows + 1];
}

static bool same_columns(ritz_columns_fn *f, ritz_columns_fn *g, size_t rows,
                         size_t n, size_t results)
{
    memcpy(&y, &b, sizeof y);
    memcpy(&z, &b, sizeof z);
    f(&y, &a, rows, n);
    g(&z, &a, rows, n);
    return differs(&y, &z, base->dtype, MOST) == MOST && results <= MOST;
}

static void reductions(void)
{
    const size_t rows[] = {0, 1, 2, 3, 4, 5, 9, 11};
    bool sum = true, max = true, argmax = true, down = true, top = true;
    bool running = true;
    for (size_t n = 0; n <= 100; n++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            const size_t r = rows[i];
            fill(&a, base->dtype, MOST);
            fill(&b, base->dtype, MOST);
            const ritz_dtype d = base->dtype;
            sum &= same_rows(base->sum_rows, other->sum_rows, d, r, n);
            max &= same_rows(base->max_rows, other->max_rows, d, r, n);
            argmax &= same_rows(base->argmax_rows, other->argmax_rows, RITZ_I64,
                                r, n);
            down &=
                same_columns(base->sum_columns, other->sum_columns, r, n, n);
            top &= same_columns(base->max_columns, other->max_columns, r, n, n);
            running &= same_columns(base->cumsum_columns, other->cumsum_columns,
                                    r, n, r * n);
        }
    ok(sum, "%s: sum_rows", other->name);
    ok(max, "%s: max_rows", other->name);
    ok(argmax, "%s: argmax_rows", other->name);
    ok(down, "%s: sum_columns", other->name);
    ok(top, "%s: max_columns", other->name);
    ok(running, "%s: cumsum_columns", other->name);
}

static void draws(void)
{
    const uint64_t key[2] = {0x123456789abcdef, 0xfedcba987654321};
    bool uniform = true, normal = true;
    for (size_t n = 0; n <= 100; n++) {
        const uint64_t first = n * 977 + (n << 33);
        base->uniform(&y, key, first, n);
        other->uniform(&z, key, first, n);
        uniform &= differs(&y, &z, base->dtype, n) == n;
        base->normal(&y, key, first, n);
        other->normal(&z, key, first, n);
        normal &= differs(&y, &z, base->dtype, n) == n;
    }
    ok(uniform, "%s: uniform", other->name);
    ok(normal, "%s: normal", other->name);
}

static void casts(void)
{
    for (int from = 0; from < RITZ_DTYPES; from++) {
        if (from == RITZ_F32 || from == RITZ_F64)
            fill(&a, (ritz_dtype)from, MOST);
        else
            for (size_t i = 0; i < MOST; i++)
                a.i64[i] = (int64_t)(i * 0x9E3779B97F4A7C15);
        bool same = true;
        for (size_t n = 0; n <= 100; n++) {
            base->cast[from](&y, &a, n);
            other->cast[from](&z, &a, n);
            same &= differs(&y, &z, base->dtype, n) == n;
        }
        ok(same, "%s: cast from %s", other->name,
           ritz_dtype_name((ritz_dtype)from));
    }
}

static void compare(ritz_dtype dtype, const char *simd)
{
    base = ritz_kernels_of(dtype, "portable");
    other = ritz_kernels_of(dtype, simd);
    if (!base || !other) {
        skip("this processor lacks it", "%s: all loops", simd);
        return;
    }
    blocks();
    reductions();
    draws();
    casts();
}

static void avx2(void)
{
    compare(RITZ_F32, "avx2");
    compare(RITZ_F64, "avx2");
}

static void avx512(void)
{
    compare(RITZ_F32, "avx512");
    compare(RITZ_F64, "avx512");
}

int main(void)
{
    tap_run("avx2", avx2);
    tap_run("avx512", avx512);
    return tap_end();
}
