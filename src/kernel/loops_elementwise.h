/* loops_elementwise.h - operations that are one C expression per element, for
 * floating and integer `real` alike.
 *
 * The compiler vectorises these loops. Every variant (which operands are
 * scalars) is an instance of one inline loop whose flags are constants.
 * `ivdep` is true because a result is an operand's array or does not overlap
 * it; scalars are read before the first element is written.
 */
#define INSTANCE(name, variant)                                         \
    static void name##_##variant(void *y, const void *a, const void *b, \
                                 const void *c, size_t n)               \
    {                                                                   \
        if (n > 0)                                                      \
            name##_loop(y, a, b, c, n, variant);                        \
    }

#define LOOP_HEAD(name)                                                    \
    static inline __attribute__((always_inline)) void name##_loop(         \
        real *y, const real *a_, const real *b_, const real *c_, size_t n, \
        int variant)

#define UNARY(name, expression)                             \
    LOOP_HEAD(name)                                         \
    {                                                       \
        (void)b_, (void)c_, (void)variant;                  \
        _Pragma("GCC ivdep") for (size_t i = 0; i < n; i++) \
        {                                                   \
            const real a = a_[i];                           \
            y[i] = (real)(expression);                      \
        }                                                   \
    }                                                       \
    INSTANCE(name, 0)

#define BINARY(name, expression)                            \
    LOOP_HEAD(name)                                         \
    {                                                       \
        (void)c_;                                           \
        const real a0 = *a_, b0 = *b_;                      \
        _Pragma("GCC ivdep") for (size_t i = 0; i < n; i++) \
        {                                                   \
            const real a = variant & 1 ? a0 : a_[i];        \
            const real b = variant & 2 ? b0 : b_[i];        \
            y[i] = (real)(expression);                      \
        }                                                   \
    }                                                       \
    INSTANCE(name, 0)                                       \
    INSTANCE(name, 1)                                       \
    INSTANCE(name, 2)

#define TERNARY(name, expression)                           \
    LOOP_HEAD(name)                                         \
    {                                                       \
        const real a0 = *a_, b0 = *b_, c0 = *c_;            \
        _Pragma("GCC ivdep") for (size_t i = 0; i < n; i++) \
        {                                                   \
            const real a = variant & 1 ? a0 : a_[i];        \
            const real b = variant & 2 ? b0 : b_[i];        \
            const real c = variant & 4 ? c0 : c_[i];        \
            y[i] = (real)(expression);                      \
        }                                                   \
    }                                                       \
    INSTANCE(name, 0)                                       \
    INSTANCE(name, 1)                                       \
    INSTANCE(name, 2)                                       \
    INSTANCE(name, 3)                                       \
    INSTANCE(name, 4)                                       \
    INSTANCE(name, 5)                                       \
    INSTANCE(name, 6)

UNARY(copy, a)
UNARY(neg, -a)
UNARY(abs, ABS(a))
UNARY(sign, a > 0 ? (real)1 : a < 0 ? (real)-1 : a) /* 0, -0, NaN stay */
UNARY(square, a *a)

BINARY(add, a + b)
BINARY(sub, a - b)
BINARY(mul, a *b)
/* NaN wins, as in NumPy's maximum; | because || would be a branch. */
BINARY(max, (a > b) | IS_NAN(a) ? a : b)
BINARY(min, (a < b) | IS_NAN(a) ? a : b)
BINARY(less, a < b)
BINARY(less_equal, a <= b)
BINARY(equal, a == b)
BINARY(not_equal, a != b)

TERNARY(select, a != 0 ? b : c)
TERNARY(muladd, a *b + c)
TERNARY(submul, c - a * b)

/* Each element `n` times; a constant n becomes vector stores. */
static inline __attribute__((always_inline)) void
spread_tiny(real *restrict y, const real *restrict x, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < n; j++)
            y[r * n + j] = x[r];
}

static void spread_long(real *y, const real *x, size_t rows, size_t n)
{
    enum { RUN = 16 };
    for (size_t r = 0; r < rows; r++, y += n) {
        const real v = x[r];
        size_t j = 0;
        for (; j + RUN <= n; j += RUN)
            for (size_t k = 0; k < RUN; k++)
                y[j + k] = v;
        for (; j < n; j++)
            y[j] = v;
    }
}

static void spread_rows(void *y, const void *x, size_t rows, size_t n)
{
    if (n == 2)
        spread_tiny(y, x, rows, 2);
    else if (n == 3)
        spread_tiny(y, x, rows, 3);
    else if (n == 4)
        spread_tiny(y, x, rows, 4);
    else
        spread_long(y, x, rows, n);
}
