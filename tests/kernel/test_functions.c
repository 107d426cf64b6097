/* test_functions.c - what the elementwise operations of floats compute: within
 * the stated units in the last place of long double libm, and exactly what
 * IEEE 754 or the primitives' words say at special values. Every unit that
 * this processor can run is tested by itself. */
#include "tap.h"

#include "base/random.h"
#include "kernel/kernel.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { DRAWS = 20000 };

static const char *const units[] = {"portable", "avx2", "avx512", "nofma"};

static const ritz_kernels *k; /* the unit under test */

static union {
    float f32[DRAWS];
    double f64[DRAWS];
} a, b, c, y;

static double get(const void *x, size_t i)
{
    return k->dtype == RITZ_F32 ? (double)((const float *)x)[i]
                                : ((const double *)x)[i];
}

static void put(void *x, size_t i, double value)
{
    if (k->dtype == RITZ_F32)
        ((float *)x)[i] = (float)value;
    else
        ((double *)x)[i] = value;
}

static long double reciprocal(long double x)
{
    return 1 / x;
}

static long double rsqrt(long double x)
{
    return 1 / sqrtl(x);
}

static long double square(long double x)
{
    return x * x;
}

static long double sigmoid(long double x)
{
    return 1 / (1 + expl(-x));
}

static long double softplus(long double x)
{
    return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x));
}

typedef struct function {
    ritz_op op;
    long double (*truth)(long double);
    double low, high;
    double f32, f64; /* bounds, in units in the last place */
} function;

static const function functions[] = {
    {RITZ_OP_square, square, -9, 9, 0.5, 0.5},
    {RITZ_OP_reciprocal, reciprocal, -9, 9, 0.5, 0.5},
    {RITZ_OP_sqrt, sqrtl, 0, 1e5, 0.5, 0.5},
    {RITZ_OP_rsqrt, rsqrt, 1e-9, 1e5, 1.5, 1.5},
    {RITZ_OP_exp, expl, -87, 88, 1.1, 1},
    {RITZ_OP_exp, expl, -1, 1, 1.1, 1},
    {RITZ_OP_exp, expl, -105, -86, 1.1, 1}, /* where numbers lose digits */
    {RITZ_OP_exp, expl, 88, 88.72, 1.1, 1},
    {RITZ_OP_expm1, expm1l, -20, 20, 1, 1},
    {RITZ_OP_expm1, expm1l, -1e-3, 1e-3, 1, 1},
    {RITZ_OP_log, logl, 1e-30, 10, 3.5, 1},
    {RITZ_OP_log, logl, 0.9, 1.1, 3.5, 1},
    {RITZ_OP_log1p, log1pl, -0.999, 10, 1, 1},
    {RITZ_OP_log1p, log1pl, -1e-3, 1e-3, 1, 1},
    {RITZ_OP_sin, sinl, -10, 10, 3.5, 1},
    {RITZ_OP_sin, sinl, -1e6, 1e6, 3.5, 1},
    {RITZ_OP_cos, cosl, -10, 10, 3.5, 1},
    {RITZ_OP_cos, cosl, -1e6, 1e6, 3.5, 1},
    {RITZ_OP_tan, tanl, -10, 10, 3.5, 1},
    {RITZ_OP_asin, asinl, -1, 1, 3.5, 1},
    {RITZ_OP_acos, acosl, -1, 1, 3.5, 1},
    {RITZ_OP_atan, atanl, -20, 20, 3.5, 1},
    {RITZ_OP_sinh, sinhl, -80, 80, 3.5, 1},
    {RITZ_OP_sinh, sinhl, -0.1, 0.1, 3.5, 1},
    {RITZ_OP_cosh, coshl, -80, 80, 3.5, 1},
    {RITZ_OP_tanh, tanhl, -10, 10, 2.7, 1},
    {RITZ_OP_tanh, tanhl, -0.1, 0.1, 2.7, 1},
    {RITZ_OP_tanh, tanhl, -1e-2, 1e-2, 2.7, 1},
    {RITZ_OP_tanh, tanhl, -1e-30, 1e-30, 2.7, 1},
    {RITZ_OP_sigmoid, sigmoid, -80, 80, 3, 3},
    {RITZ_OP_sigmoid, sigmoid, -3, 3, 3, 3},
    {RITZ_OP_sigmoid, sigmoid, -105, -80, 3, 3},
    {RITZ_OP_softplus, softplus, -105, -80, 3, 3},
    {RITZ_OP_softplus, softplus, -80, 80, 3, 3},
    {RITZ_OP_softplus, softplus, -3, 3, 3, 3},
    {RITZ_OP_erf, erfl, -4, 4, 1, 1},
};

static double uniform(double low, double high, uint64_t i)
{
    return low + (high - low) * ritz_random_uniform((ritz_key){{5, 6}}, i);
}

/* |got - want| in units in the last place of want. */
static double ulps(double got, long double want)
{
    const int digits = k->dtype == RITZ_F32 ? FLT_MANT_DIG : DBL_MANT_DIG;
    const int least = k->dtype == RITZ_F32 ? FLT_MIN_EXP : DBL_MIN_EXP;
    int e;
    frexpl(want, &e);
    if (e < least)
        e = least;
    return (double)(fabsl((long double)got - want) / ldexpl(1, e - digits));
}

static void accuracy(void)
{
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
        const function *fn = &functions[f];
        for (size_t i = 0; i < DRAWS; i++)
            put(&a, i, uniform(fn->low, fn->high, i));
        k->block[fn->op][0](&y, &a, NULL, NULL, DRAWS);
        double worst = 0, where = 0;
        for (size_t i = 0; i < DRAWS; i++) {
            const double e = ulps(get(&y, i), fn->truth(get(&a, i)));
            if (!(e <= worst))
                worst = e, where = get(&a, i);
        }
        const double bound = k->dtype == RITZ_F32 ? fn->f32 : fn->f64;
        ok(worst <= bound + 0.01, "%s: %s on [%g, %g] within %g ulp (%.2f)",
           k->name, ritz_op_name(fn->op), fn->low, fn->high, bound, worst);
        if (!(worst <= bound + 0.01))
            note("worst at %a", where);
    }
}

static void pairs(void)
{
    double power = 0, angle = 0, quotient = 0;
    for (size_t i = 0; i < DRAWS; i++) {
        put(&a, i, uniform(0.2, 20, i));
        put(&b, i, uniform(-20, 20, i + DRAWS));
    }
    k->block[RITZ_OP_pow][0](&y, &a, &b, NULL, DRAWS);
    for (size_t i = 0; i < DRAWS; i++)
        power = fmax(power, ulps(get(&y, i), powl(get(&a, i), get(&b, i))));
    k->block[RITZ_OP_atan2][0](&y, &b, &a, NULL, DRAWS);
    for (size_t i = 0; i < DRAWS; i++)
        angle = fmax(angle, ulps(get(&y, i), atan2l(get(&b, i), get(&a, i))));
    k->block[RITZ_OP_div][0](&y, &b, &a, NULL, DRAWS);
    for (size_t i = 0; i < DRAWS; i++)
        quotient = fmax(quotient,
                        ulps(get(&y, i), (long double)get(&b, i) / get(&a, i)));
    ok(power <= 1.01, "%s: pow within 1 ulp (%.2f)", k->name, power);
    ok(angle <= (k->dtype == RITZ_F32 ? 3.51 : 1.01), "%s: atan2 (%.2f)",
       k->name, angle);
    ok(quotient <= 0.501, "%s: div rounds once (%.2f)", k->name, quotient);
}

#define INF INFINITY

typedef struct point {
    ritz_op op;
    double a, b, c, want;
} point;

static const point points[] = {
    {RITZ_OP_exp, -INF, 0, 0, 0},
    {RITZ_OP_exp, INF, 0, 0, INF},
    {RITZ_OP_exp, 0, 0, 0, 1},
    {RITZ_OP_exp, 1000, 0, 0, INF},
    {RITZ_OP_exp, -0.0, 0, 0, 1},
    {RITZ_OP_exp, -1000, 0, 0, 0},
    {RITZ_OP_exp, NAN, 0, 0, NAN},
    {RITZ_OP_expm1, -INF, 0, 0, -1},
    {RITZ_OP_log, 0, 0, 0, -INF},
    {RITZ_OP_log, 1, 0, 0, 0},
    {RITZ_OP_log, -1, 0, 0, NAN},
    {RITZ_OP_log, INF, 0, 0, INF},
    {RITZ_OP_log1p, -1, 0, 0, -INF},
    {RITZ_OP_log1p, 0, 0, 0, 0},
    {RITZ_OP_sin, INF, 0, 0, NAN},
    {RITZ_OP_cos, 0, 0, 0, 1},
    {RITZ_OP_tan, 0, 0, 0, 0},
    {RITZ_OP_asin, 2, 0, 0, NAN},
    {RITZ_OP_acos, 1, 0, 0, 0},
    {RITZ_OP_sinh, INF, 0, 0, INF},
    {RITZ_OP_cosh, -INF, 0, 0, INF},
    {RITZ_OP_tanh, INF, 0, 0, 1},
    {RITZ_OP_tanh, -INF, 0, 0, -1},
    {RITZ_OP_tanh, 0, 0, 0, 0},
    {RITZ_OP_tanh, NAN, 0, 0, NAN},
    {RITZ_OP_sigmoid, INF, 0, 0, 1},
    {RITZ_OP_sigmoid, -INF, 0, 0, 0},
    {RITZ_OP_sigmoid, 0, 0, 0, 0.5},
    {RITZ_OP_sigmoid, NAN, 0, 0, NAN},
    {RITZ_OP_softplus, INF, 0, 0, INF},
    {RITZ_OP_softplus, -INF, 0, 0, 0},
    {RITZ_OP_softplus, 500, 0, 0, 500},
    {RITZ_OP_softplus, NAN, 0, 0, NAN},
    {RITZ_OP_erf, INF, 0, 0, 1},
    {RITZ_OP_sqrt, -1, 0, 0, NAN},
    {RITZ_OP_rsqrt, 0, 0, 0, INF},
    {RITZ_OP_rsqrt, INF, 0, 0, 0},
    {RITZ_OP_reciprocal, 0, 0, 0, INF},
    {RITZ_OP_sign, -3, 0, 0, -1},
    {RITZ_OP_sign, 0, 0, 0, 0},
    {RITZ_OP_sign, INF, 0, 0, 1},
    {RITZ_OP_sign, NAN, 0, 0, NAN},
    {RITZ_OP_abs, -INF, 0, 0, INF},
    {RITZ_OP_neg, 2, 0, 0, -2},
    {RITZ_OP_round, 2.5, 0, 0, 2},
    {RITZ_OP_round, 3.5, 0, 0, 4},
    {RITZ_OP_round, -0.5, 0, 0, -0.0},
    {RITZ_OP_floor, -1.5, 0, 0, -2},
    {RITZ_OP_floor, 0x1p100, 0, 0, 0x1p100},
    {RITZ_OP_ceil, -1.5, 0, 0, -1},
    {RITZ_OP_ceil, -0.5, 0, 0, -0.0},
    {RITZ_OP_is_finite, 1, 0, 0, 1},
    {RITZ_OP_is_finite, INF, 0, 0, 0},
    {RITZ_OP_is_finite, NAN, 0, 0, 0},
    {RITZ_OP_div, 1, 0, 0, INF},
    {RITZ_OP_div, 0, 0, 0, NAN},
    {RITZ_OP_pow, 0, 0, 0, 1},
    {RITZ_OP_pow, -2, 3, 0, -8},
    {RITZ_OP_pow, -2, 0.5, 0, NAN},
    {RITZ_OP_pow, 2, -1, 0, 0.5},
    {RITZ_OP_pow, 0, -1, 0, INF},
    {RITZ_OP_mod, 5, 3, 0, 2},
    {RITZ_OP_mod, -5, 3, 0, 1},
    {RITZ_OP_mod, 5, -3, 0, -1},
    {RITZ_OP_mod, -5, -3, 0, -2},
    {RITZ_OP_mod, 5.5, 2, 0, 1.5},
    {RITZ_OP_mod, 5, INF, 0, 5},
    {RITZ_OP_mod, 5, 0, 0, NAN},
    {RITZ_OP_max, 1, 2, 0, 2},
    {RITZ_OP_max, NAN, 2, 0, NAN},
    {RITZ_OP_max, 1, NAN, 0, NAN},
    {RITZ_OP_min, 1, 2, 0, 1},
    {RITZ_OP_min, NAN, 2, 0, NAN},
    {RITZ_OP_min, 1, NAN, 0, NAN},
    {RITZ_OP_atan2, 0, 1, 0, 0},
    {RITZ_OP_less, 1, 2, 0, 1},
    {RITZ_OP_less, 2, 2, 0, 0},
    {RITZ_OP_less, NAN, 2, 0, 0},
    {RITZ_OP_less_equal, 2, 2, 0, 1},
    {RITZ_OP_equal, -0.0, 0, 0, 1},
    {RITZ_OP_equal, NAN, NAN, 0, 0},
    {RITZ_OP_not_equal, NAN, NAN, 0, 1},
    {RITZ_OP_select, 0, 5, 7, 7},
    {RITZ_OP_select, -0.0, 5, 7, 7},
    {RITZ_OP_select, 2, 5, 7, 5},
    {RITZ_OP_select, NAN, 5, 7, 5},
    {RITZ_OP_muladd, 2, 3, 4, 10},
    {RITZ_OP_submul, 2, 3, 4, -2},
    {RITZ_OP_copy, 7, 0, 0, 7},
    {RITZ_OP_add, INF, -INF, 0, NAN},
};

static bool same(double got, double want)
{
    return isnan(want) ? isnan(got)
                       : got == want && signbit(got) == signbit(want);
}

/* Each point alone and in the midst of a row, so that both the vector and the
 * remainder see it. */
static void special_values(void)
{
    for (size_t p = 0; p < sizeof points / sizeof *points; p++) {
        const point *at = &points[p];
        const size_t n = 37;
        for (size_t i = 0; i < n; i++) {
            const bool here = i == 3 || i == 36;
            put(&a, i, here ? at->a : 0.25);
            put(&b, i, here ? at->b : 0.25);
            put(&c, i, here ? at->c : 0.25);
        }
        k->block[at->op][0](&y, &a, &b, &c, n);
        ok(same(get(&y, 3), at->want) && same(get(&y, 36), at->want),
           "%s: %s(%g, %g, %g) is %g", k->name, ritz_op_name(at->op), at->a,
           at->b, at->c, at->want);
    }
}

/* a * b + c must round twice, although processors could round once. */
static void two_roundings(void)
{
    const double e = k->dtype == RITZ_F32 ? 0x1p-13 : 0x1p-28;
    for (size_t i = 0; i < 33; i++) {
        put(&a, i, 1 + e);
        put(&b, i, 1 - e);
        put(&c, i, -1);
    }
    k->block[RITZ_OP_muladd][0](&y, &a, &b, &c, 33);
    ok(get(&y, 0) == 0 && get(&y, 32) == 0, "%s: muladd rounds twice", k->name);
    put(&c, 0, 1), put(&c, 32, 1);
    k->block[RITZ_OP_submul][0](&y, &a, &b, &c, 33);
    ok(get(&y, 0) == 0 && get(&y, 32) == 0, "%s: submul rounds twice", k->name);
}

static void unit(const char *name)
{
    for (int dtype = RITZ_F32; dtype <= RITZ_F64; dtype++) {
        k = ritz_kernels_of((ritz_dtype)dtype, name);
        if (!k) {
            skip("this processor lacks it", "%s: functions", name);
            continue;
        }
        accuracy();
        pairs();
        special_values();
        two_roundings();
    }
}

static void names(void)
{
    ok(ritz_op_arity(RITZ_OP_tanh) == 1 && ritz_op_arity(RITZ_OP_atan2) == 2 &&
           ritz_op_arity(RITZ_OP_submul) == 3,
       "arities");
    is_text(ritz_op_name(RITZ_OP_less_equal), "less_equal", "a name");
    ok(ritz_kernels_of(RITZ_F32, "abacus") == NULL, "no such unit");
    for (int d = 0; d < RITZ_DTYPES; d++)
        is_int(ritz_kernels_for((ritz_dtype)d)->dtype, d, "a table for %s",
               ritz_dtype_name((ritz_dtype)d));
    ok(ritz_kernels_of(RITZ_F32, ritz_simd_name()) ==
           ritz_kernels_for(RITZ_F32),
       "the unit in use is %s", ritz_simd_name());
}

int main(void)
{
    tap_run("names", names);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (tap_wanted(units[i]))
            unit(units[i]);
    return tap_end();
}
