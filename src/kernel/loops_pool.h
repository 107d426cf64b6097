/* loops_pool.h - sums and maxima over two axes at once, as pooling takes them,
 * and the share that each element has in its maximum.
 *
 * x is r1 x mid x r2 x inner, the result mid x inner. Vectors go along inner;
 * what is left of it, and all of a narrow one, goes element by element, in the
 * same order.
 */

/* Element j of window m, row a and column b. */
#define POOL_AT(p, m, a, b) \
    ((((a) * (p)->mid + (m)) * (p)->r2 + (b)) * (p)->inner)

INLINE vec pool_vec(reduction op, const real *x, const ritz_pool *p, int64_t m)
{
    vec v = vec_of(0);
#pragma GCC unroll 2
    for (int64_t b = 0; b < p->r2; b++) {
        vec t = load(x + POOL_AT(p, m, 0, b));
        t = op == SUM ? t + 0 : t;
#pragma GCC unroll 2
        for (int64_t a = 1; a < p->r1; a++)
            t = vec_reduce(op, t, load(x + POOL_AT(p, m, a, b)));
        v = b > 0 ? vec_reduce(op, v, t) : t;
    }
    return v;
}

INLINE real pool_real(reduction op, const real *x, const ritz_pool *p,
                      int64_t m)
{
    real v = 0;
    for (int64_t b = 0; b < p->r2; b++) {
        real t = x[POOL_AT(p, m, 0, b)];
        t = op == SUM ? t + 0 : t;
        for (int64_t a = 1; a < p->r1; a++)
            t = real_reduce(op, t, x[POOL_AT(p, m, a, b)]);
        v = b > 0 ? real_reduce(op, v, t) : t;
    }
    return v;
}

INLINE void pool(reduction op, real *y, const real *x, const ritz_pool *p)
{
    for (int64_t m = 0; m < p->mid; m++, y += p->inner) {
        int64_t j = 0;
        for (; j + WIDTH <= p->inner; j += WIDTH)
            store(y + j, pool_vec(op, x + j, p, m));
        for (; j < p->inner; j++)
            y[j] = pool_real(op, x + j, p, m);
    }
}

/* Windows of two by two are the usual ones: there the loops unroll. */
INLINE void pool_any(reduction op, void *y, const void *x, const ritz_pool *p)
{
    if (p->r1 == 2 && p->r2 == 2)
        pool(op, y, x, &(ritz_pool){2, p->mid, 2, p->inner});
    else
        pool(op, y, x, p);
}

static void sum_pool(void *y, const void *x, const ritz_pool *p)
{
    pool_any(SUM, y, x, p);
}

static void max_pool(void *y, const void *x, const ritz_pool *p)
{
    pool_any(MAX, y, x, p);
}
