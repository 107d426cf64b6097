/* loops_function.h - elementwise functions, a vector at a time.
 *
 * sigmoid and softplus are made of one exponential that cannot overflow, and
 * are within 3 units in the last place for every argument. In f32 exp, tanh,
 * sigmoid and softplus are made here, without a call, because small networks
 * and samplers spend a sixth to a third of their time there. Nanoseconds an
 * element with AVX2, and with SLEEF's functions in their place: tanh 0.47 and
 * 1.04 (within 2.7 units, 3.5), exp 0.7 and 1.1 (1.1 units, 1), sigmoid 0.5 and
 * 0.9, softplus 0.8 and 2.9.
 */
static inline vec vec_abs(vec x)
{
    const bits all_but_sign = (bits)(((uint64_t)1 << (UNIT_BITS - 1)) - 1);
    return (vec)((ivec)x & all_but_sign);
}

#if UNIT_BITS == 32

/* exp(r) - 1, where x = n ln 2 + r and |r| <= ln 2 / 2: a minimax polynomial,
 * 0.11 * 2^-24 from the truth. ln 2 is split so that n times its first part is
 * exact. x is below 2^7 in size; n is rounded in the last bits of
 * 1.5 * 2^23 + n, where it is an integer too. */
static inline vec reduced(vec x, ivec *n)
{
    const vec magic = vec_of(0x1.8p23F);
    const vec rounded = vec_fma(x, vec_of(0x1.715476p0F), magic);
    const vec whole = rounded - magic;
    const vec r = vec_fma(whole, vec_of(2.12194440e-4F),
                          vec_fma(whole, vec_of(-0.693359375F), x));
    const vec r2 = r * r;
    const vec c0 = vec_fma(vec_of(0.1666653868F), r, vec_of(0.4999999804F));
    const vec c2 = vec_fma(vec_of(8.367181e-3F), r, vec_of(4.166722131e-2F));
    const vec c4 = vec_of(1.388239324e-3F);
    *n = (ivec)rounded - (ivec)magic;
    return vec_fma(r2, vec_fma(vec_fma(c4, r2, c2), r2, c0), r);
}

/* 2^n for -127 < n < 128 */
static inline vec power_of_two(ivec n)
{
    return (vec)((n << 23) + (ivec)vec_of(1));
}

/* Beyond the limits the result is 0 or infinite as it is at them; 2^n is two
 * factors, since it need not be an ordinary number where the result is. */
static inline vec vec_exp(vec x)
{
    const vec low = vec_of(-104), high = vec_of(89);
    ivec n;
    x = vec_choose(x < low, low, x);
    const vec p = reduced(vec_choose(x > high, high, x), &n);
    const vec half = power_of_two(n >> 1);
    return vec_fma(half, p, half) * power_of_two(n - (n >> 1));
}

/* exp(-|x|): here one factor can be a number. */
static inline vec exp_of_minus(vec x)
{
    const vec high = vec_of(104), size = vec_abs(x);
    ivec n;
    const vec p = reduced(-vec_choose(size > high, high, size), &n);
    const vec power = power_of_two(n + 64);
    return vec_fma(power, p, power) * vec_of(0x1p-64F);
}

/* log(1 + e) for 0 <= e <= 1: 2 artanh s with s = e / (2 + e), the odd
 * polynomial 0.08 * 2^-24 from the truth. */
static inline vec log_of_one_and(vec e)
{
    const vec s = e / (2 + e), t = s * s;
    const vec q0 = vec_fma(vec_of(0.400217F), t, vec_of(0.6666641F));
    const vec q2 = vec_fma(vec_of(0.2802446F), t, vec_of(0.27999142F));
    return vec_fma(s * t, vec_fma(q2, t * t, q0), s + s);
}

/* tanh x = e / (e + 2) with e = exp(2x) - 1, for x >= 0. With exp(2x) = 2^n
 * (p + 1), e is 2^n p + (2^n - 1), where nothing cancels. */
static inline vec vec_tanh(vec x)
{
    const vec one_at = vec_of(9.02F), size = vec_abs(x);
    ivec n;
    const vec p = reduced(2 * vec_choose(size > one_at, one_at, size), &n);
    const vec power = power_of_two(n), e = vec_fma(power, p, power - 1);
    const ivec sign = (ivec)x & (ivec)vec_of(-0.0F);
    return (vec)((ivec)(e / (e + 2)) | sign);
}

#else

static inline vec exp_of_minus(vec x)
{
    return vec_exp(-vec_abs(x));
}

static inline vec log_of_one_and(vec e)
{
    return vec_log1p(e);
}

#endif

static inline vec vec_sigmoid(vec x)
{
    const vec e = exp_of_minus(x);
    return vec_choose(x >= 0, vec_of(1), e) / (1 + e);
}

static inline vec vec_softplus(vec x)
{
    return vec_max(x, vec_of(0)) + log_of_one_and(exp_of_minus(x));
}

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
