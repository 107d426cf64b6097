/* loops_share.h - where the maxima of loops_pool.h were, for their derivative.
 *
 * With y the maxima of x, an element of x that equals its maximum gets c
 * divided by how many do; all others get 0.
 */
INLINE void share_vec(real *z, const real *x, vec y, vec c, const ritz_pool *p)
{
    ivec hits = {0};
#pragma GCC unroll 2
    for (int64_t a = 0; a < p->r1; a++)
#pragma GCC unroll 2
        for (int64_t b = 0; b < p->r2; b++)
            hits -= load(x + POOL_AT(p, 0, a, b)) == y;
    c /= __builtin_convertvector(hits, vec);
#pragma GCC unroll 2
    for (int64_t a = 0; a < p->r1; a++)
#pragma GCC unroll 2
        for (int64_t b = 0; b < p->r2; b++) {
            const int64_t at = POOL_AT(p, 0, a, b);
            store(z + at, (vec)((load(x + at) == y) & (ivec)c));
        }
}

INLINE void share_real(real *z, const real *x, real y, real c,
                       const ritz_pool *p)
{
    bits hits = 0;
    for (int64_t a = 0; a < p->r1; a++)
        for (int64_t b = 0; b < p->r2; b++)
            hits += x[POOL_AT(p, 0, a, b)] == y;
    c /= (real)hits;
    for (int64_t a = 0; a < p->r1; a++)
        for (int64_t b = 0; b < p->r2; b++) {
            const int64_t at = POOL_AT(p, 0, a, b);
            z[at] = x[at] == y ? c : 0;
        }
}

INLINE void share_pool_any(real *z, const real *x, const real *y, const real *c,
                           const ritz_pool *p)
{
    for (int64_t m = 0; m < p->mid; m++, y += p->inner, c += p->inner) {
        int64_t j = 0;
        for (; j + WIDTH <= p->inner; j += WIDTH) {
            const int64_t at = POOL_AT(p, m, 0, 0) + j;
            share_vec(z + at, x + at, load(y + j), load(c + j), p);
        }
        for (; j < p->inner; j++) {
            const int64_t at = POOL_AT(p, m, 0, 0) + j;
            share_real(z + at, x + at, y[j], c[j], p);
        }
    }
}

static void share_pool(void *z, const void *x, const void *y, const void *c,
                       const ritz_pool *p)
{
    if (p->r1 == 2 && p->r2 == 2)
        share_pool_any(z, x, y, c, &(ritz_pool){2, p->mid, 2, p->inner});
    else if (p->r1 == 1 && p->inner == 1)
        share_pool_any(z, x, y, c, &(ritz_pool){1, p->mid, p->r2, 1});
    else
        share_pool_any(z, x, y, c, p);
}
