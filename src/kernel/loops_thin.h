/* loops_thin.h - products with few columns, vectors going down the rows of C.
 *
 * A panel of loops_product.h would leave most of its lanes empty. Here a vector
 * holds WIDTH rows of one column: of A stored by columns it is read as it lies,
 * of A stored by rows a square is turned in registers. An element is the same
 * chain of fused multiply-adds over k as everywhere.
 */
enum { THIN = 3, TALL = 4 }; /* columns; vectors of rows at a time */

typedef struct thin {
    const real *a, *b;
    int64_t k, lda;
    int64_t down, across; /* from an element of B to the next, in its column
                             and its row */
    bool transposed;
} thin;

/* Column l of A to column l + count - 1, in WIDTH rows from row i on. */
INLINE void read_square(vec *r, const thin *t, int64_t i, int64_t l,
                        int64_t count)
{
    const real *a = t->a + i * t->lda + l;
    if (count == WIDTH) {
#pragma GCC unroll 16
        for (int j = 0; j < WIDTH; j++)
            r[j] = load(a + j * t->lda);
        turn(r);
        return;
    }
    for (int64_t c = 0; c < count; c++) {
        real column[WIDTH];
        for (int j = 0; j < WIDTH; j++)
            column[j] = a[j * t->lda + c];
        r[c] = load(column);
    }
}

/* `n` and `tall` are constants, as is whether A is transposed. */
INLINE void thin_columns(vec sum[][TALL], const thin *t, int n, int tall)
{
    for (int64_t l = 0; l < t->k; l++) {
#pragma GCC unroll 4
        for (int j = 0; j < tall; j++) {
            const vec a = load(t->a + l * t->lda + j * WIDTH);
#pragma GCC unroll 4
            for (int c = 0; c < n; c++)
                sum[c][j] =
                    fused(t->b[l * t->down + c * t->across], a, sum[c][j]);
        }
    }
}

INLINE void thin_rows(vec sum[][TALL], const thin *t, int n, int tall)
{
    int64_t l = 0, end = 0;
    for (; l + WIDTH <= t->k; l = end) {
        /* Two squares side by side use up a line of the cache. */
        end = l + 2 * WIDTH <= t->k ? l + 2 * WIDTH : l + WIDTH;
#pragma GCC unroll 4
        for (int j = 0; j < tall; j++)
            for (int64_t m = l; m < end; m += WIDTH) {
                vec r[WIDTH];
                read_square(r, t, j * WIDTH, m, WIDTH);
#pragma GCC unroll 16
                for (int i = 0; i < WIDTH; i++)
#pragma GCC unroll 4
                    for (int c = 0; c < n; c++)
                        sum[c][j] =
                            fused(t->b[(m + i) * t->down + c * t->across], r[i],
                                  sum[c][j]);
            }
    }
    for (int j = 0; j < tall && l < t->k; j++) {
        vec r[WIDTH];
        read_square(r, t, j * WIDTH, l, t->k - l);
        for (int i = 0; i < t->k - l; i++)
            for (int c = 0; c < n; c++)
                sum[c][j] = fused(t->b[(l + i) * t->down + c * t->across], r[i],
                                  sum[c][j]);
    }
}

/* Rows skip..tall * WIDTH - 1 of the block are wanted. */
INLINE void thin_block(real *c, const thin *t, const ritz_product *p,
                       int64_t skip, int n, int tall)
{
    vec sum[THIN][TALL] = {{{0}}};
    if (t->transposed)
        thin_columns(sum, t, n, tall);
    else
        thin_rows(sum, t, n, tall);
    real flat[THIN][TALL * WIDTH];
    for (int i = 0; i < n; i++)
        for (int j = 0; j < tall; j++)
            store(flat[i] + j * WIDTH, sum[i][j]);
    for (int64_t i = skip; i < tall * WIDTH; i++)
        for (int j = 0; j < n; j++) {
            real *to = c + i * p->ldc + j;
            *to = p->add ? *to + flat[j][i] : flat[j][i];
        }
}

INLINE void thin_down(const ritz_product *p, int n, bool transposed)
{
    const int64_t step = transposed ? 1 : p->lda;
    int64_t i = 0;
    while (i < p->m) {
        const int64_t left = p->m - i;
        /* The last block begins earlier, and repeats some rows. */
        const int64_t at = left < WIDTH ? p->m - WIDTH : i;
        const thin t = {.a = (const real *)p->a + at * step,
                        .b = p->b,
                        .k = p->k,
                        .lda = p->lda,
                        .down = p->transpose_b ? 1 : p->ldb,
                        .across = p->transpose_b ? p->ldb : 1,
                        .transposed = transposed};
        real *c = (real *)p->c + at * p->ldc;
        if (left >= TALL * WIDTH)
            thin_block(c, &t, p, 0, n, TALL), i += TALL * WIDTH;
        else if (left >= 2 * WIDTH)
            thin_block(c, &t, p, 0, n, 2), i += 2 * WIDTH;
        else
            thin_block(c, &t, p, i - at, n, 1), i = at + WIDTH;
    }
}

static bool is_thin(const ritz_product *p)
{
    return p->n <= THIN && p->m >= WIDTH && !p->row;
}

static void thin_product(const ritz_product *p)
{
#define THIN_CASE(n)                \
    case n:                         \
        if (p->transpose_a)         \
            thin_down(p, n, true);  \
        else                        \
            thin_down(p, n, false); \
        break;
    switch (p->n) {
        THIN_CASE(1)
        THIN_CASE(2)
        THIN_CASE(3)
    }
#undef THIN_CASE
}
