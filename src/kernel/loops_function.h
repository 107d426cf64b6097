/* loops_function.h - elementwise functions, a vector at a time.
 *
 * sigmoid and softplus are made of one exponential that cannot overflow, and
 * are within 3 units in the last place for every argument. tanh in f32 is made
 * here, because it takes a sixth of the time of small networks: with AVX2 it
 * takes 0.47 ns and is within 2.7 units; SLEEF's within 3.5 takes 1.04.
 */
static inline vec vec_abs(vec x)
{
    const bits all_but_sign = (bits)(((uint64_t)1 << (UNIT_BITS - 1)) - 1);
    return (vec)((ivec)x & all_but_sign);
}

static inline vec vec_sigmoid(vec x)
{
    const vec e = vec_exp(-vec_abs(x));
    return vec_choose(x >= 0, vec_of(1), e) / (1 + e);
}

static inline vec vec_softplus(vec x)
{
    return vec_max(x, vec_of(0)) + vec_log1p(vec_exp(-vec_abs(x)));
}

#if UNIT_BITS == 32

/* tanh x = e / (e + 2) with e = exp(2x) - 1, for x >= 0. With 2x = n ln 2 + r
 * and p = exp(r) - 1, e is 2^n p + (2^n - 1), where nothing cancels. p is a
 * minimax polynomial on |r| <= ln 2 / 2, 0.23 * 2^-24 from the truth; ln 2 is
 * split so that n times its first part is exact; n is rounded, and made an
 * exponent, in the last bits of 1.5 * 2^23 + n. */
static inline vec vec_tanh(vec x)
{
    const vec magic = vec_of(0x1.8p23F), one_at = vec_of(9.02F);
    const vec size = vec_abs(x);
    const vec y = 2 * vec_choose(size > one_at, one_at, size);
    const vec rounded = vec_fma(y, vec_of(0x1.715476p0F), magic);
    const vec n = rounded - magic;
    const vec power = (vec)(((ivec)rounded << 23) + (ivec)vec_of(1));
    const vec r = vec_fma(n, vec_of(2.12194440e-4F),
                          vec_fma(n, vec_of(-0.693359375F), y));
    const vec r2 = r * r;
    const vec c0 = vec_fma(vec_of(0.1666653868F), r, vec_of(0.4999999804F));
    const vec c2 = vec_fma(vec_of(8.367181e-3F), r, vec_of(4.166722131e-2F));
    const vec c4 = vec_of(1.388239324e-3F);
    const vec p = vec_fma(r2, vec_fma(vec_fma(c4, r2, c2), r2, c0), r);
    const vec e = vec_fma(power, p, power - 1);
    const ivec sign = (ivec)x & (ivec)vec_of(-0.0F);
    return (vec)((ivec)(e / (e + 2)) | sign);
}

#endif

/* A remainder is padded with ones: no function is slow or invalid there. */
#define VECTOR_UNARY(f)                                                    \
    static void f##_0(void *yv, const void *av, const void *bv,            \
                      const void *cv, size_t n)                            \
    {                                                                      \
        (void)bv, (void)cv;                                                \
        real *y = yv;                                                      \
        const real *a = av;                                                \
        size_t i = 0;                                                      \
        for (; i + WIDTH <= n; i += WIDTH)                                 \
            store(y + i, vec_##f(load(a + i)));                            \
        if (i < n)                                                         \
            store_part(y + i, vec_##f(load_part(a + i, n - i, 1)), n - i); \
    }

static inline vec operand(const real *x, size_t i, size_t n, bool scalar)
{
    if (scalar)
        return vec_of(*x);
    return n - i < WIDTH ? load_part(x + i, n - i, 1) : load(x + i);
}

#define VECTOR_BINARY(f)                                          \
    LOOP_HEAD(f)                                                  \
    {                                                             \
        (void)c_;                                                 \
        const real a0 = *a_, b0 = *b_;                            \
        const real *a = variant & 1 ? &a0 : a_;                   \
        const real *b = variant & 2 ? &b0 : b_;                   \
        for (size_t i = 0; i < n; i += WIDTH) {                   \
            const vec v = vec_##f(operand(a, i, n, variant & 1),  \
                                  operand(b, i, n, variant & 2)); \
            if (n - i < WIDTH)                                    \
                store_part(y + i, v, n - i);                      \
            else                                                  \
                store(y + i, v);                                  \
        }                                                         \
    }                                                             \
    INSTANCE(f, 0)                                                \
    INSTANCE(f, 1)                                                \
    INSTANCE(f, 2)

VECTOR_UNARY(exp)
VECTOR_UNARY(expm1)
VECTOR_UNARY(log)
VECTOR_UNARY(log1p)
VECTOR_UNARY(sin)
VECTOR_UNARY(cos)
VECTOR_UNARY(tan)
VECTOR_UNARY(asin)
VECTOR_UNARY(acos)
VECTOR_UNARY(atan)
VECTOR_UNARY(sinh)
VECTOR_UNARY(cosh)
VECTOR_UNARY(tanh)
VECTOR_UNARY(sigmoid)
VECTOR_UNARY(softplus)
VECTOR_UNARY(erf)

VECTOR_BINARY(pow)
VECTOR_BINARY(atan2)
