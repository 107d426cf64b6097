/* loops_product.h - a tile of a matrix product, with fused multiply-adds.
 *
 * Every element of C is one chain of fused multiply-adds over k, in order, so
 * its bits depend on nothing else: not on the size of the tile, the vector
 * width or the place in it. Six rows by two vectors of C stay in registers
 * (Goto and van de Geijn 2008). B is read where it lies; a panel of its
 * columns is copied only if its rows would fight for the same cache lines, or
 * to fill up a last vector.
 *
 * A is stored by rows, by columns, or nowhere as such: with tables, element
 * (i, l) is a[row[i] + column[l]], which is how an unfolded image is read where
 * it lies (Dukhan 2019, arXiv:1907.02129, with a second table for columns).
 */
enum {
    PANEL = 2 * WIDTH, /* columns worked on at a time */
    MOST_ROWS = 12,    /* of C in registers, where a panel is one vector */
    COPY_A = 96 * (RITZ_PRODUCT_K + WIDTH),
    CROWDED = 1024 / WIDTH, /* from this distance rows of B are copied */
};

typedef enum layout { ROWS, COLUMNS, TABLES } layout;

typedef struct panel {
    const real *a, *b;
    real *c;
    const int32_t *row, *column;
    int64_t k, lda, ldb, ldc;
    layout layout;
    bool add;
} panel;

INLINE vec fused(real a, vec b, vec c)
{
    return vec_fma(vec_of(a), b, c);
}

/* `rows`, `vectors` and `how` are constants wherever this is used, so that the
 * inner loops unroll and `sum` lives in registers. */
INLINE void corner(const panel *t, int rows, int vectors, layout how)
{
    const panel p = *t;
    const real *at[MOST_ROWS];
    vec sum[MOST_ROWS][2];
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++) {
        at[i] = how == TABLES ? p.a + p.row[i] : p.a;
        sum[i][0] = sum[i][1] = (vec){0};
    }
    for (int64_t l = 0; l < p.k; l++) {
        const real *row = p.b + l * p.ldb;
        const int64_t column = how == TABLES ? p.column[l] : 0;
        const vec b0 = load(row);
        const vec b1 = vectors > 1 ? load(row + WIDTH) : b0;
#pragma GCC unroll 12
        for (int i = 0; i < rows; i++) {
            const real a = how == ROWS      ? p.a[i * p.lda + l]
                           : how == COLUMNS ? p.a[l * p.lda + i]
                                            : at[i][column];
            sum[i][0] = fused(a, b0, sum[i][0]);
            if (vectors > 1)
                sum[i][1] = fused(a, b1, sum[i][1]);
        }
    }
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int j = 0; j < vectors; j++) {
            real *c = p.c + i * p.ldc + j * WIDTH;
            store(c, p.add ? load(c) + sum[i][j] : sum[i][j]);
        }
}

typedef void corner_fn(const panel *t);

#define CORNER(rows, vectors)                                 \
    static void corner_##rows##_##vectors##_n(const panel *t) \
    {                                                         \
        corner(t, rows, vectors, ROWS);                       \
    }                                                         \
    static void corner_##rows##_##vectors##_t(const panel *t) \
    {                                                         \
        corner(t, rows, vectors, COLUMNS);                    \
    }                                                         \
    static void corner_##rows##_##vectors##_i(const panel *t) \
    {                                                         \
        corner(t, rows, vectors, TABLES);                     \
    }

CORNER(12, 1)
CORNER(6, 1)
CORNER(3, 1)
CORNER(2, 1)
CORNER(1, 1)
CORNER(6, 2)
CORNER(3, 2)
CORNER(2, 2)
CORNER(1, 2)

/* To row i of the panel. */
static void go_down(panel *t, int64_t i)
{
    if (t->layout == TABLES)
        t->row += i;
    else
        t->a += t->layout == COLUMNS ? i : i * t->lda;
}

static void panel_rows(panel t, int64_t m, int vectors)
{
#define CORNERS(rows, vectors)                                        \
    {                                                                 \
        corner_##rows##_##vectors##_n, corner_##rows##_##vectors##_t, \
            corner_##rows##_##vectors##_i                             \
    }
    static const struct {
        int rows;
        corner_fn *run[3];
    } sizes[2][5] = {
        {{12, CORNERS(12, 1)},
         {6, CORNERS(6, 1)},
         {3, CORNERS(3, 1)},
         {2, CORNERS(2, 1)},
         {1, CORNERS(1, 1)}},
        {{6, CORNERS(6, 2)},
         {6, CORNERS(6, 2)},
         {3, CORNERS(3, 2)},
         {2, CORNERS(2, 2)},
         {1, CORNERS(1, 2)}},
    };
#undef CORNERS
    /* Twelve pointers do not fit into registers. */
    for (int s = t.layout == TABLES; s < 5; s++) {
        const int rows = sizes[vectors - 1][s].rows;
        for (; m >= rows; m -= rows) {
            sizes[vectors - 1][s].run[t.layout](&t);
            go_down(&t, rows);
            t.c += rows * t.ldc;
        }
    }
}

/* The last columns, fewer than the vectors hold: by way of a narrow C. */
static void ragged_rows(panel t, int64_t m, int64_t n)
{
    real narrow[MOST_ROWS * PANEL];
    const int vectors = n > WIDTH ? 2 : 1;
    for (int64_t i = 0; i < m; i += MOST_ROWS) {
        const int64_t rows = m - i < MOST_ROWS ? m - i : MOST_ROWS;
        panel part = t;
        go_down(&part, i);
        part.c = narrow, part.ldc = PANEL, part.add = false;
        panel_rows(part, rows, vectors);
        for (int64_t r = 0; r < rows; r++)
            for (int64_t j = 0; j < n; j++) {
                real *c = t.c + (i + r) * t.ldc + j;
                *c = t.add ? *c + narrow[r * PANEL + j] : narrow[r * PANEL + j];
            }
    }
}

/* n columns of B, side by side, with zeros for those that B lacks. Where the
 * rows follow one another closely, the next row is read and masked. */
static void copy_panel(real *to, const panel *t, int64_t n, bool close)
{
    for (int64_t l = 0; l < t->k; l++, to += PANEL) {
        const real *row = t->b + l * t->ldb;
        if (n == PANEL)
            memcpy(to, row, PANEL * sizeof *to);
        else if (close && (t->k - 1 - l) * t->ldb + n >= PANEL)
            for (int i = 0; i < 2; i++)
                store(to + i * WIDTH, lane_load(row, i, (size_t)n, 0));
        else
            for (int64_t j = 0; j < PANEL; j++)
                to[j] = j < n ? row[j] : 0;
    }
}

/* The tile of A as it is stored, but with its rows one after the other. Rows at
 * a multiple of 4 kB share a set of L1; of a transposed A every row is touched
 * for each corner, which far apart also costs the TLB. */
static void copy_a(real *to, ritz_product *p)
{
    const int64_t rows = p->transpose_a ? p->k : p->m;
    const int64_t n = p->transpose_a ? p->m : p->k;
    const real *from = p->a;
    for (int64_t i = 0; i < rows; i++)
        memcpy(to + i * (n + WIDTH), from + i * p->lda, (size_t)n * sizeof *to);
    p->a = to, p->lda = n + WIDTH;
}

static bool crowded_a(const ritz_product *p)
{
    const int64_t bytes = p->lda * (int64_t)sizeof(real);
    const int64_t copied = (p->transpose_a ? p->k : p->m) * WIDTH + p->m * p->k;
    return p->n >= 4 * PANEL && p->m >= MOST_ROWS && copied <= COPY_A &&
           (p->transpose_a ? bytes >= 1024 : bytes % 4096 == 0);
}

static void panels(const ritz_product *p)
{
    real copy[RITZ_PRODUCT_K * PANEL]; /* 16 kB: half of L1 */
    for (int64_t j = 0; j < p->n; j += PANEL) {
        const int64_t n = p->n - j < PANEL ? p->n - j : PANEL;
        panel t = {
            .a = p->a,
            .b = (const real *)p->b + j,
            .c = (real *)p->c + j,
            .k = p->k,
            .lda = p->lda,
            .ldb = p->ldb,
            .ldc = p->ldc,
            .row = p->row,
            .column = p->column,
            .layout = p->row           ? TABLES
                      : p->transpose_a ? COLUMNS
                                       : ROWS,
            .add = p->add,
        };
        const bool whole = n == PANEL || n == WIDTH;
        if (!whole || (p->ldb >= CROWDED && p->m >= 2 * MOST_ROWS)) {
            copy_panel(copy, &t, n, p->ldb == p->n);
            t.b = copy, t.ldb = PANEL;
        }
        if (whole)
            panel_rows(t, p->m, n == PANEL ? 2 : 1);
        else
            ragged_rows(t, p->m, n);
    }
}

static void with_copied_a(const ritz_product *p)
{
    real copy[COPY_A];
    ritz_product tight = *p;
    copy_a(copy, &tight);
    panels(&tight);
}

#include "kernel/loops_thin.h"

static void product(const ritz_product *p)
{
    if (is_thin(p))
        thin_product(p);
    else if (!p->row && crowded_a(p))
        with_copied_a(p);
    else
        panels(p);
}
