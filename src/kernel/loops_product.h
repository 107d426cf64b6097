/* loops_product.h - a tile of a matrix product, with fused multiply-adds.
 *
 * Every element of C is one chain of fused multiply-adds over k, in order, so
 * its bits depend on nothing else: not on the size of the tile, the vector
 * width or the place in it. Six rows by two vectors of C stay in registers
 * (Goto and van de Geijn 2008). B is read where it lies; a panel of its
 * columns is copied only if its rows would fight for the same cache lines, to
 * fill up a last vector, or to turn it where B is stored transposed.
 *
 * A is stored by rows, by columns, or nowhere as such: with tables, element
 * (i, l) is a[row[i] + column[l]], which is how an unfolded image is read where
 * it lies (Dukhan 2019, arXiv:1907.02129, with a second table for columns).
 */
#include "kernel/loops_turn.h"

enum {
    PANEL = 2 * WIDTH, /* columns worked on at a time */
    MOST_ROWS = 12,    /* of C in registers, where a panel is one vector */
    STRIP = 6,         /* where it is two */
    COPY_A = 128 * (RITZ_PRODUCT_K + 2 * WIDTH),
    CROWDED = 1024 / WIDTH, /* from this distance rows of B are copied */
};

/* STRIPS: as COLUMNS, but each STRIP rows of the tile in a matrix of their own,
 * one after the other. */
typedef enum layout { ROWS, COLUMNS, TABLES, STRIPS } layout;

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
    else if (t->layout == STRIPS)
        t->a += i % STRIP == 0 ? i * t->k : i;
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
    /* Twelve pointers do not fit into registers, nor twelve rows a strip. */
    const layout how = t.layout == STRIPS ? COLUMNS : t.layout;
    for (int s = t.layout >= TABLES; s < 5; s++) {
        const int rows = sizes[vectors - 1][s].rows;
        for (; m >= rows; m -= rows) {
            sizes[vectors - 1][s].run[how](&t);
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

/* The same where B's columns are its stored rows: square by square. */
static void turn_panel(real *to, const panel *t, int64_t n)
{
    for (int64_t j = 0; j < PANEL; j += WIDTH) {
        const real *from = t->b + j * t->ldb;
        const int64_t rows = n - j < WIDTH ? n - j : WIDTH;
        for (int64_t next = 0; t->k >= WIDTH && next < t->k; next += WIDTH) {
            /* The last square begins earlier, and repeats some. */
            const int64_t l = next + WIDTH <= t->k ? next : t->k - WIDTH;
            vec square[WIDTH];
#pragma GCC unroll 16
            for (int i = 0; i < WIDTH; i++)
                square[i] = i < rows ? load(from + i * t->ldb + l) : vec_of(0);
            turn(square);
#pragma GCC unroll 16
            for (int i = 0; i < WIDTH; i++)
                store(to + (l + i) * PANEL + j, square[i]);
        }
        for (int64_t l = 0; t->k < WIDTH && l < t->k; l++)
            for (int64_t i = 0; i < WIDTH; i++)
                to[l * PANEL + j + i] = i < rows ? from[i * t->ldb + l] : 0;
    }
}

/* The rows of A one after the other: at a multiple of 4 kB they share a set of
 * L1. */
static void copy_rows(real *to, ritz_product *p)
{
    const real *from = p->a;
    for (int64_t i = 0; i < p->m; i++)
        memcpy(to + i * (p->k + WIDTH), from + i * p->lda,
               (size_t)p->k * sizeof *to);
    p->a = to, p->lda = p->k + WIDTH;
}

/* Strips of a transposed A, of which a corner would else read a few elements of
 * many rows far apart. */
static void copy_strips(real *to, ritz_product *p)
{
    const real *from = p->a;
    const int64_t whole = p->m / STRIP * STRIP, rest = p->m - whole;
    for (int64_t l = 0; l < p->k; l++, from += p->lda) {
        for (int64_t i = 0; i < whole; i += STRIP)
            memcpy(to + i * p->k + l * STRIP, from + i, STRIP * sizeof *to);
        for (int64_t i = 0; i < rest; i++)
            to[whole * p->k + l * STRIP + i] = from[whole + i];
    }
    p->a = to, p->lda = STRIP;
}

static bool crowded_a(const ritz_product *p)
{
    const int64_t bytes = p->lda * (int64_t)sizeof(real);
    const int64_t copied = (p->m + STRIP) * (p->k + WIDTH);
    if (p->row || p->m < MOST_ROWS || copied > COPY_A)
        return false;
    return p->transpose_a ? p->n >= (bytes >= 1024 ? 4 : 8) * PANEL
                          : p->n >= 4 * PANEL && bytes % 4096 == 0;
}

static void panels(const ritz_product *p, layout how)
{
    real copy[RITZ_PRODUCT_K * PANEL]; /* 16 kB: half of L1 */
    for (int64_t j = 0; j < p->n; j += PANEL) {
        const int64_t n = p->n - j < PANEL ? p->n - j : PANEL;
        panel t = {
            .a = p->a,
            .b = (const real *)p->b + (p->transpose_b ? j * p->ldb : j),
            .c = (real *)p->c + j,
            .k = p->k,
            .lda = p->lda,
            .ldb = p->ldb,
            .ldc = p->ldc,
            .row = p->row,
            .column = p->column,
            .layout = how,
            .add = p->add,
        };
        const bool whole = n == PANEL || n == WIDTH;
        const bool crowded = p->ldb >= CROWDED && p->m >= 2 * MOST_ROWS;
        if (p->transpose_b)
            turn_panel(copy, &t, n);
        else if (!whole || crowded)
            copy_panel(copy, &t, n, p->ldb == p->n);
        if (p->transpose_b || !whole || crowded)
            t.b = copy, t.ldb = PANEL;
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
    if (p->transpose_a)
        copy_strips(copy, &tight);
    else
        copy_rows(copy, &tight);
    panels(&tight, p->transpose_a ? STRIPS : ROWS);
}

#include "kernel/loops_thin.h"

static void product(const ritz_product *p)
{
    if (is_thin(p))
        thin_product(p);
    else if (crowded_a(p))
        with_copied_a(p);
    else
        panels(p, p->row ? TABLES : p->transpose_a ? COLUMNS : ROWS);
}
