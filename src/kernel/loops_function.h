/* loops_function.h - elementwise functions, a vector at a time.
 *
 * sigmoid and softplus are made of one exponential that cannot overflow, and
 * are within 3 units in the last place for every argument.
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
