/* vector_math.h - functions on this unit's vectors: vec_exp(x), ...
 *
 * But for the fused multiply-add they are SLEEF's, in deterministic variants,
 * which give the same bits for every width. Their error bounds in units in the
 * last place (u10: 1.0, u35: 3.5):
 *
 *   f32  expm1 log1p erf pow 1.0; sin cos tan asin acos atan atan2 sinh cosh
 *        log 3.5, because 1.0 takes two to three times as long; exp and tanh
 *        are in loops_function.h
 *   f64  1.0
 *
 * `portable` calls the same family's scalar functions, which need a processor
 * with fused multiply-add; `nofma` is for those without and has other bits.
 */
/* sleef.h declares the scalar functions only where it believes in them. */
#ifndef FP_FAST_FMA
#define FP_FAST_FMA
#endif
#include <sleef.h>

#if UNIT_BITS == 32
#define FAST   u35
#define LETTER f
#else
#define FAST   u10
#define LETTER d
#endif

/* a b + c, rounded once; in `nofma`, twice. */
static inline vec vec_fma(vec a, vec b, vec c)
{
#if UNIT_BYTES == 64 && UNIT_BITS == 32
    return _mm512_fmadd_ps(a, b, c);
#elif UNIT_BYTES == 64
    return _mm512_fmadd_pd(a, b, c);
#elif UNIT_BYTES == 32 && UNIT_BITS == 32
    return _mm256_fmadd_ps(a, b, c);
#elif UNIT_BYTES == 32
    return _mm256_fmadd_pd(a, b, c);
#elif defined UNIT_NOFMA
    return a * b + c;
#else
    for (int i = 0; i < WIDTH; i++)
        c[i] = LIBM(fma)(a[i], b[i], c[i]);
    return c;
#endif
}

#define CALL_(set, f, letter, width, accuracy, isa) \
    Sleef_##set##_##f##letter##width##_##accuracy##isa
#define CALL_EXPANDED(set, f, letter, width, accuracy, isa) \
    CALL_(set, f, letter, width, accuracy, isa)

#if UNIT_BYTES == 16

#ifdef UNIT_NOFMA
#define CALL(f, accuracy) CALL_EXPANDED(cinz, f, LETTER, 1, accuracy, purec)
#else
#define CALL(f, accuracy) CALL_EXPANDED(finz, f, LETTER, 1, accuracy, purecfma)
#endif

#define FUNCTION1(f, accuracy)              \
    static inline vec vec_##f(vec x)        \
    {                                       \
        for (int i = 0; i < WIDTH; i++)     \
            x[i] = CALL(f, accuracy)(x[i]); \
        return x;                           \
    }
#define FUNCTION2(f, accuracy)                    \
    static inline vec vec_##f(vec x, vec y)       \
    {                                             \
        for (int i = 0; i < WIDTH; i++)           \
            x[i] = CALL(f, accuracy)(x[i], y[i]); \
        return x;                                 \
    }

static inline vec vec_sincospi(vec x, vec *cosine)
{
    for (int i = 0; i < WIDTH; i++) {
        const __auto_type pair = CALL(sincospi, u35)(x[i]);
        x[i] = pair.x;
        (*cosine)[i] = pair.y;
    }
    return x;
}

#else

#if UNIT_BYTES == 32 && UNIT_BITS == 32
#define CALL(f, accuracy) CALL_EXPANDED(finz, f, LETTER, 8, accuracy, avx2)
#elif UNIT_BYTES == 32
#define CALL(f, accuracy) CALL_EXPANDED(finz, f, LETTER, 4, accuracy, avx2)
#elif UNIT_BITS == 32
#define CALL(f, accuracy) CALL_EXPANDED(finz, f, LETTER, 16, accuracy, avx512f)
#else
#define CALL(f, accuracy) CALL_EXPANDED(finz, f, LETTER, 8, accuracy, avx512f)
#endif

#define FUNCTION1(f, accuracy)       \
    static inline vec vec_##f(vec x) \
    {                                \
        return CALL(f, accuracy)(x); \
    }
#define FUNCTION2(f, accuracy)              \
    static inline vec vec_##f(vec x, vec y) \
    {                                       \
        return CALL(f, accuracy)(x, y);     \
    }

static inline vec vec_sincospi(vec x, vec *cosine)
{
    const __auto_type pair = CALL(sincospi, u35)(x);
    *cosine = pair.y;
    return pair.x;
}

#endif

FUNCTION1(expm1, u10)
FUNCTION1(log, FAST)
FUNCTION1(log1p, u10)
FUNCTION1(sin, FAST)
FUNCTION1(cos, FAST)
FUNCTION1(tan, FAST)
FUNCTION1(asin, FAST)
FUNCTION1(acos, FAST)
FUNCTION1(atan, FAST)
FUNCTION1(sinh, FAST)
FUNCTION1(cosh, FAST)
#if UNIT_BITS == 64 /* f32: loops_function.h */
FUNCTION1(exp, u10)
FUNCTION1(tanh, u10)
#endif
FUNCTION1(erf, u10)
FUNCTION2(pow, u10)
FUNCTION2(atan2, FAST)
