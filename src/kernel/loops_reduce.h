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

/* `op` and `count` are constants wherever the inline functions are used. */
typedef enum reduction { SUM, MAX } reduction;

INLINE vec vec_reduce(reduction op, vec a, vec b)
{
    return op == SUM ? a + b : vec_max(a, b);
}

INLINE real identity_of(reduction op)
{
    return op == SUM ? 0 : LOWEST;
}

/* The lanes of `count` vectors, a power of two, to one number. */
INLINE real fold(reduction op, vec *v, int count)
{
#pragma GCC unroll 8
    for (int half = count / 2; half > 0; half /= 2)
#pragma GCC unroll 16
        for (int i = 0; i < half; i++)
            v[i] = vec_reduce(op, v[i], v[i + half]);
#pragma GCC unroll 8
    for (bits half = WIDTH / 2; half > 0; half /= 2)
        v[0] = vec_reduce(op, v[0], __builtin_shuffle(v[0], iota() + half));
    return v[0][0];
}

/* A row that fits into `count` vectors. */
INLINE real reduce_short(reduction op, const real *x, size_t n, int count)
{
    vec v[VECTORS];
#pragma GCC unroll 32
    for (int i = 0; i < count; i++)
        v[i] = lane_load(x, i, n, identity_of(op));
    return fold(op, v, count);
}

/* Any row. */
INLINE real reduce_long(reduction op, const real *x, size_t n, size_t room)
{
    vec v[VECTORS];
    real rest[RITZ_LANES] = {0};
#pragma GCC unroll 32
    for (int i = 0; i < VECTORS; i++)
        v[i] = vec_of(identity_of(op));
    for (; n >= RITZ_LANES; n -= RITZ_LANES, room -= RITZ_LANES) {
#pragma GCC unroll 32
        for (int i = 0; i < VECTORS; i++)
            v[i] = vec_reduce(op, v[i], load(x + i * WIDTH));
        x += RITZ_LANES;
    }
    if (n > 0 && room < RITZ_LANES)
        x = memcpy(rest, x, n * sizeof *x);
    if (n > 0) {
#pragma GCC unroll 32
        for (int i = 0; i < VECTORS; i++)
            v[i] = vec_reduce(op, v[i], lane_load(x, i, n, identity_of(op)));
    }
    return fold(op, v, VECTORS);
}

/* A row of n elements, behind which x goes on to `room` elements. */
INLINE real reduce_row(reduction op, const real *x, size_t n, size_t room)
{
    if (room < RITZ_LANES || n > RITZ_LANES)
        return reduce_long(op, x, n, room);
    if (n <= WIDTH)
        return reduce_short(op, x, n, 1);
    if (n <= 2 * WIDTH)
        return reduce_short(op, x, n, 2);
    if (n <= 4 * WIDTH)
        return reduce_short(op, x, n, VECTORS < 4 ? VECTORS : 4);
    return reduce_short(op, x, n, VECTORS);
}

INLINE real real_reduce(reduction op, real a, real b)
{
    if (op == SUM)
        return a + b;
    return (a > b) | IS_NAN(a) ? a : b;
}

/* Rows of two to four elements, as their lanes fold; the compiler takes many
 * rows at a time. `n` is a constant wherever this is used. */
INLINE void reduce_tiny(reduction op, real *restrict y, const real *restrict x,
                        size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++) {
        const real *a = x + r * n;
        real even = a[0], odd = a[1];
        if (n > 2)
            even = real_reduce(op, even, a[2]);
        if (n > 3)
            odd = real_reduce(op, odd, a[3]);
        even = real_reduce(op, even, odd);
        y[r] = op == SUM ? even + 0 : even;
    }
}

INLINE void reduce_rows(reduction op, real *y, const real *x, size_t rows,
                        size_t n)
{
    if (n == 2)
        reduce_tiny(op, y, x, rows, 2);
    else if (n == 3)
        reduce_tiny(op, y, x, rows, 3);
    else if (n == 4)
        reduce_tiny(op, y, x, rows, 4);
    else
        for (size_t r = 0; r < rows; r++) {
            const real v = reduce_row(op, x + r * n, n, (rows - r) * n);
            y[r] = op == SUM ? v + 0 : v;
        }
}

static void sum_rows(void *y, const void *x, size_t rows, size_t n)
{
    reduce_rows(SUM, y, x, rows, n);
}

static void max_rows(void *y, const void *x, size_t rows, size_t n)
{
    reduce_rows(MAX, y, x, rows, n);
}

/* The first place that equals the maximum or, like it, is NaN. */
static void argmax_rows(void *yv, const void *xv, size_t rows, size_t n)
{
    int64_t *y = yv;
    const real *x = xv;
    for (size_t r = 0; r < rows; r++, x += n) {
        const real top = reduce_row(MAX, x, n, (rows - r) * n);
        size_t k = 0;
        while (k < n && !((x[k] == top) | (IS_NAN(x[k]) & IS_NAN(top))))
            k++;
        y[r] = k < n ? (int64_t)k + 1 : 0;
    }
}

/* Four rows at a time go through y, in strips of columns that stay in L1. */
INLINE void strip(reduction op, real *restrict y, const real *restrict x,
                  const size_t size[2], size_t stride)
{
    const size_t rows = size[0], n = size[1];
    size_t r = 0;
    for (; r + 4 <= rows; r += 4, x += 4 * stride)
        for (size_t j = 0; j < n; j++) {
            real v = real_reduce(op, y[j], x[j]);
            v = real_reduce(op, v, x[j + stride]);
            v = real_reduce(op, v, x[j + 2 * stride]);
            y[j] = real_reduce(op, v, x[j + 3 * stride]);
        }
    for (; r < rows; r++, x += stride)
        for (size_t j = 0; j < n; j++)
            y[j] = real_reduce(op, y[j], x[j]);
}

INLINE void reduce_columns(reduction op, real *y, const real *x, size_t rows,
                           size_t n)
{
    enum { STRIP = 1024 };
    for (size_t j = 0; j < n; j += STRIP)
        strip(op, y + j, x + j, (size_t[]){rows, n - j < STRIP ? n - j : STRIP},
              n);
}

static void sum_columns(void *y, const void *x, size_t rows, size_t n)
{
    reduce_columns(SUM, y, x, rows, n);
}

static void max_columns(void *y, const void *x, size_t rows, size_t n)
{
    reduce_columns(MAX, y, x, rows, n);
}

static void cumsum_columns(void *yv, const void *xv, size_t rows, size_t n)
{
    real *y = yv;
    const real *x = xv;
    if (rows > 0 && n > 0)
        memmove(y, x, n * sizeof *y);
    for (size_t r = 1; r < rows; r++) {
        real *now = y + r * n;
#pragma GCC ivdep
        for (size_t j = 0; j < n; j++)
            now[j] = now[j - n] + x[r * n + j];
    }
}
