/* loops_reduce.h - sums, maxima and their like, in an order that no vector
 * width changes.
 *
 * A row is dealt to RITZ_LANES lanes, element k to lane k mod RITZ_LANES, and
 * the lanes are folded in half until one is left. Lanes that no element
 * reaches hold the identity. Leaving out an identity changes nothing but the
 * sign of a sum that is -0; so a short row is folded from the next power of
 * two, and every sum ends in + 0, which makes -0 into 0.
 */
enum { VECTORS = RITZ_LANES / WIDTH };

#define INLINE static inline __attribute__((always_inline))

/* Vector i of a row: what lies beyond its n elements becomes `pad`. It is read
 * all the same, so there must be room for RITZ_LANES elements. */
INLINE vec lane_load(const real *x, int i, size_t n, real pad)
{
    const ivec inside = iota() + (bits)(i * WIDTH) < (bits)n;
    return vec_choose(inside, load(x + i * WIDTH), vec_of(pad));
}

/* NAME_fold: the lanes of `count` vectors, a power of two, to one number.
 * NAME_short: a row that fits into `count` vectors.
 * NAME_long: any row. NAME_row: the same, where x has `room` elements. */
#define ROW_REDUCTION(name, identity)                                        \
    INLINE real name##_fold(vec *v, int count)                               \
    {                                                                        \
        for (int half = count / 2; half > 0; half /= 2)                      \
            for (int i = 0; i < half; i++)                                   \
                v[i] = vec_##name(v[i], v[i + half]);                        \
        for (bits half = WIDTH / 2; half > 0; half /= 2)                     \
            v[0] = vec_##name(v[0], __builtin_shuffle(v[0], iota() + half)); \
        return v[0][0];                                                      \
    }                                                                        \
                                                                             \
    INLINE real name##_short(const real *x, size_t n, int count)             \
    {                                                                        \
        vec v[VECTORS];                                                      \
        for (int i = 0; i < count; i++)                                      \
            v[i] = lane_load(x, i, n, identity);                             \
        return name##_fold(v, count);                                        \
    }                                                                        \
                                                                             \
    static real name##_long(const real *x, size_t n, size_t room)            \
    {                                                                        \
        vec v[VECTORS];                                                      \
        real rest[RITZ_LANES] = {0};                                         \
        for (int i = 0; i < VECTORS; i++)                                    \
            v[i] = vec_of(identity);                                         \
        for (; n >= RITZ_LANES; n -= RITZ_LANES, room -= RITZ_LANES) {       \
            for (int i = 0; i < VECTORS; i++)                                \
                v[i] = vec_##name(v[i], load(x + i * WIDTH));                \
            x += RITZ_LANES;                                                 \
        }                                                                    \
        if (n > 0 && room < RITZ_LANES)                                      \
            x = memcpy(rest, x, n * sizeof *x);                              \
        if (n > 0)                                                           \
            for (int i = 0; i < VECTORS; i++)                                \
                v[i] = vec_##name(v[i], lane_load(x, i, n, identity));       \
        return name##_fold(v, VECTORS);                                      \
    }                                                                        \
                                                                             \
    static inline real name##_row(const real *x, size_t n, size_t room)      \
    {                                                                        \
        if (room < RITZ_LANES || n > RITZ_LANES / 2)                         \
            return name##_long(x, n, room);                                  \
        if (n <= WIDTH)                                                      \
            return name##_short(x, n, 1);                                    \
        if (n <= 2 * WIDTH)                                                  \
            return name##_short(x, n, 2);                                    \
        if (n <= 4 * WIDTH)                                                  \
            return name##_short(x, n, 4);                                    \
        return name##_short(x, n, VECTORS / 2);                              \
    }

ROW_REDUCTION(sum, 0)
ROW_REDUCTION(max, LOWEST)

static void sum_rows(void *yv, const void *xv, size_t rows, size_t n)
{
    real *y = yv;
    const real *x = xv;
    for (size_t r = 0; r < rows; r++)
        y[r] = sum_row(x + r * n, n, (rows - r) * n) + 0;
}

static void max_rows(void *yv, const void *xv, size_t rows, size_t n)
{
    real *y = yv;
    const real *x = xv;
    for (size_t r = 0; r < rows; r++)
        y[r] = max_row(x + r * n, n, (rows - r) * n);
}

/* The first place that equals the maximum or, like it, is NaN. */
static void argmax_rows(void *yv, const void *xv, size_t rows, size_t n)
{
    int64_t *y = yv;
    const real *x = xv;
    for (size_t r = 0; r < rows; r++, x += n) {
        const real top = max_row(x, n, (rows - r) * n);
        size_t k = 0;
        while (k < n && !((x[k] == top) | (IS_NAN(x[k]) & IS_NAN(top))))
            k++;
        y[r] = k < n ? (int64_t)k + 1 : 0;
    }
}

/* Four rows at a time go through y, in strips of columns that stay in L1. */
#define COLUMN_REDUCTION(name)                                              \
    INLINE void name##_strip(real *restrict y, const real *restrict x,      \
                             size_t rows, size_t n, size_t stride)          \
    {                                                                       \
        size_t r = 0;                                                       \
        for (; r + 4 <= rows; r += 4, x += 4 * stride)                      \
            for (size_t j = 0; j < n; j++) {                                \
                real v = real_##name(y[j], x[j]);                           \
                v = real_##name(v, x[j + stride]);                          \
                v = real_##name(v, x[j + 2 * stride]);                      \
                y[j] = real_##name(v, x[j + 3 * stride]);                   \
            }                                                               \
        for (; r < rows; r++, x += stride)                                  \
            for (size_t j = 0; j < n; j++)                                  \
                y[j] = real_##name(y[j], x[j]);                             \
    }                                                                       \
                                                                            \
    static void name##_columns(void *yv, const void *xv, size_t rows,       \
                               size_t n)                                    \
    {                                                                       \
        enum { STRIP = 1024 };                                              \
        real *y = yv;                                                       \
        const real *x = xv;                                                 \
        for (size_t j = 0; j < n; j += STRIP)                               \
            name##_strip(y + j, x + j, rows, n - j < STRIP ? n - j : STRIP, \
                         n);                                                \
    }

INLINE real real_sum(real a, real b)
{
    return a + b;
}

INLINE real real_max(real a, real b)
{
    return (a > b) | IS_NAN(a) ? a : b;
}

COLUMN_REDUCTION(sum)
COLUMN_REDUCTION(max)

static void cumsum_columns(void *yv, const void *xv, size_t rows, size_t n)
{
    real *y = yv;
    const real *x = xv;
    if (rows > 0 && n > 0)
        memmove(y, x, n * sizeof *y);
    for (size_t r = 1; r < rows; r++) {
        real *now = y + r * n;
        _Pragma("GCC ivdep") for (size_t j = 0; j < n; j++) now[j] =
            now[j - n] + x[r * n + j];
    }
}
