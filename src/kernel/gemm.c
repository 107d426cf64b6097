/* gemm.c - plans and tiles of matrix products.
 *
 * Three families. Where OpenBLAS has AVX-512 kernels, products of fewer than
 * 10^6 multiply-adds take its path without packing, which reaches the
 * processor's peak: all tiles stay below that. Elsewhere OpenBLAS always
 * packs, which at the sizes of networks costs up to two thirds of the speed;
 * so with AVX2 the loops are ours (loops_product.h). GFLOP/s, f32, one thread,
 * OpenBLAS in the best of two tilings against ours: 128x64x64 57 and 83,
 * 4096x128x784 70 and 77, 128x10x128 36 and 50, 12544x144x32 B^T 51 and 72,
 * 50176x16x9 23 and 66; only for 1024^3 is OpenBLAS ahead, 69 and 63. All other
 * processors get OpenBLAS with large tiles. The family depends on the
 * processor, not on RITZ_SIMD.
 */
#include "kernel/gemm.h"
#include "kernel/kernel.h"
#include "kernel/lapack.h"
#include "kernel/move.h"

#include <string.h>

enum {
    CUT_N = 128,          /* columns of a tile; a rest below REST_N joins the */
    REST_N = 16,          /* last: narrow products have rules of their own */
    LEAST_N = 32,         /* columns and rows of a tile of our loops, which */
    LEAST_M = 24,         /* copy some of B for each tile; */
    MOST_M_TURNED = 126,  /* rows of one where A is transposed, to be copied */
    LONG_K = 2048,        /* independent parts of k, where A is transposed */
    NO_PACK = 1000000,    /* multiply-adds that OpenBLAS takes to be few */
    ENOUGH_TILES = 8,     /* for any number of threads to share evenly */
    SMALL_TILE = 1 << 17, /* multiply-adds not worth a further cut: 3 us */
    LINE = 64,            /* bytes: parts of the scratch memory are aligned */
};

typedef void tile_fn(const ritz_gemm *g, const ritz_product *p);

typedef struct family {
    const char *name;
    int64_t unit_m;      /* cuts along m are multiples of this */
    int64_t most_m;      /* rows of a tile */
    int64_t whole_k;     /* k is not cut up to here, */
    int64_t cut_k;       /* and into chunks of about this beyond */
    int64_t most_work;   /* multiply-adds of a tile; 0: any */
    bool even_k, copy_b; /* chunks of equal size; B transposed is copied */
    const ritz_kernels *(*loops)(ritz_dtype dtype); /* NULL: OpenBLAS */
} family;

static const ritz_kernels *avx2_loops(ritz_dtype dtype)
{
    return ritz_kernels_of(dtype, "avx2");
}

static const family families[] = {
    {"avx512", 16, 256, 256, 128, NO_PACK, false, true, NULL},
    {"avx2", 6, 192, 256, RITZ_PRODUCT_K, 0, true, false, avx2_loops},
    {"general", 12, 192, 256, 256, 0, false, false, NULL},
};

enum { AVX512, AVX2, GENERAL, FAMILIES };

/* Asks OpenBLAS only where the answer can be yes: that loads it. */
static bool blas_has_avx512(void)
{
    static const char *const avx512[] = {"SkylakeX", "Cooperlake",
                                         "Sapphirerapids"};
    const char *kernel =
        ritz_kernels_of(RITZ_F32, "avx512") ? ritz_blas_kernel() : NULL;
    for (size_t i = 0; kernel && i < sizeof avx512 / sizeof *avx512; i++)
        if (strcmp(kernel, avx512[i]) == 0)
            return true;
    return false;
}

static int this_family(void)
{
    if (blas_has_avx512())
        return AVX512;
    return avx2_loops(RITZ_F32) ? AVX2 : GENERAL;
}

ritz_status ritz_gemm_prepare(ritz_error *err)
{
    const bool own =
        !ritz_kernels_of(RITZ_F32, "avx512") && families[this_family()].loops;
    return own ? RITZ_OK : ritz_lapack_load(err);
}

static int64_t ceiling(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static int64_t round_up(int64_t a, int64_t unit)
{
    return ceiling(a, unit) * unit;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A single last column would be slow by itself. */
static int64_t cuts_n(const ritz_gemm *g)
{
    const int64_t rest = families[g->family].loops ? 2 : REST_N;
    return g->n < g->tile_n ? 1 : (g->n + g->tile_n - rest) / g->tile_n;
}

static int64_t parts_k(const ritz_gemm *g)
{
    return ceiling(g->k > 0 ? g->k : 1, g->split_k);
}

static int64_t chunk_k(const ritz_gemm *g, const family *f)
{
    if (g->k <= f->whole_k)
        return g->k > 0 ? g->k : 1;
    return f->even_k ? round_up(ceiling(g->k, ceiling(g->k, f->cut_k)), 8)
                     : f->cut_k;
}

/* Rows of a tile: as many as the family likes, fewer where that leaves too
 * few tiles. Cuts along m move no bits, so this may depend on m. */
static int64_t rows_of_tile(const ritz_gemm *g, const family *f, int64_t others)
{
    const int64_t column = (g->tile_n + REST_N) * g->tile_k;
    int64_t rows = f->most_m;
    if (f->most_work > 0)
        rows = least(rows, (f->most_work - 1) / column / f->unit_m * f->unit_m);
    const int64_t depth = least(g->k, g->split_k);
    while (rows > f->unit_m && ceiling(g->m, rows) * others < ENOUGH_TILES &&
           rows * least(g->n, g->tile_n) * depth > SMALL_TILE)
        rows = round_up(rows / 2, f->unit_m);
    return rows;
}

static bool want_more(const ritz_gemm *g, int64_t down, int64_t across)
{
    const int64_t work =
        ceiling(g->m, down) * ceiling(g->n, across) * least(g->k, g->split_k);
    return down * across * parts_k(g) < ENOUGH_TILES && work > SMALL_TILE;
}

/* Tiles of our loops. Each copies its columns of B and, where A is stored
 * transposed, its rows of A: so the cut goes first where that is not done
 * twice. Neither cut moves a bit. */
static void cut_for_loops(ritz_gemm *g, const family *f)
{
    const int64_t most_m = g->transpose_a ? MOST_M_TURNED : f->most_m;
    const int64_t all = g->m * g->n * least(g->k, g->split_k);
    int64_t down = ceiling(g->m, most_m);
    int64_t across = least(ceiling(g->n, CUT_N), ceiling(all + 1, SMALL_TILE));
    while (g->transpose_a && want_more(g, down, across) &&
           ceiling(g->m, down + 1) >= MOST_M_TURNED / 2)
        down++;
    while (want_more(g, down, across) && ceiling(g->n, 2 * across) >= LEAST_N)
        across *= 2;
    while (want_more(g, down, across) && ceiling(g->m, down + 1) >= LEAST_M)
        down++;
    g->tile_m = round_up(ceiling(g->m, down), f->unit_m);
    g->tile_n = round_up(ceiling(g->n, across), REST_N);
}

static size_t copied_bytes(const ritz_gemm *g)
{
    const size_t bytes = (size_t)(g->k * g->n) * ritz_dtype_size(g->dtype);
    return g->copy_b ? (bytes + LINE - 1) / LINE * LINE : 0;
}

static void plan_as(ritz_gemm *g, int which)
{
    const family *f = &families[which];
    g->family = which;
    g->tile_n = CUT_N;
    g->tile_k = chunk_k(g, f);
    g->copy_b = g->transpose_b && f->copy_b;
    g->split_k = g->k > 0 ? g->k : 1;
    if ((g->transpose_a || g->n <= REST_N) && g->k >= 2 * LONG_K)
        g->split_k = round_up(ceiling(g->k, g->k / LONG_K), g->tile_k);
    const bool empty = g->m == 0 || g->n == 0;
    if (f->loops && !empty)
        cut_for_loops(g, f);
    else
        g->tile_m = rows_of_tile(g, f, cuts_n(g) * parts_k(g));
    g->tiles =
        empty ? 0 : (size_t)(ceiling(g->m, g->tile_m) * cuts_n(g) * parts_k(g));
    g->scratch_bytes =
        empty ? 0
              : copied_bytes(g) + (size_t)((parts_k(g) - 1) * g->m * g->n) *
                                      ritz_dtype_size(g->dtype);
}

void ritz_gemm_plan(ritz_gemm *g)
{
    plan_as(g, this_family());
}

bool ritz_gemm_has_tables(ritz_dtype dtype)
{
    const family *f = &families[this_family()];
    return f->loops && f->loops(dtype)->product;
}

bool ritz_gemm_plan_as(ritz_gemm *g, const char *name)
{
    for (int i = 0; i < FAMILIES; i++)
        if (strcmp(families[i].name, name) == 0 &&
            (!families[i].loops || families[i].loops(g->dtype))) {
            plan_as(g, i);
            return true;
        }
    return false;
}

void ritz_gemm_before(const ritz_gemm *g, const void *b, void *scratch)
{
    if (!g->copy_b || g->tiles == 0)
        return;
    const ritz_strided from = {2, {g->k, g->n}, {1, g->ldb}};
    const ritz_strided to = {2, {g->k, g->n}, {g->n, 1}};
    ritz_copy_strided(scratch, &to, b, &from, ritz_dtype_size(g->dtype));
}

static void blas(const ritz_gemm *g, const ritz_product *p)
{
    const CBLAS_TRANSPOSE ta = g->transpose_a ? CblasTrans : CblasNoTrans;
    const CBLAS_TRANSPOSE tb =
        g->transpose_b && !g->copy_b ? CblasTrans : CblasNoTrans;
    const int m = (int)p->m, n = (int)p->n, k = (int)p->k;
    const int lda = (int)p->lda, ldb = (int)p->ldb, ldc = (int)p->ldc;
    const ritz_lapack *t = ritz_lapack_table();
    if (g->dtype == RITZ_F32)
        t->cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1, p->a, lda, p->b, ldb,
                       p->add, p->c, ldc);
    else
        t->cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1, p->a, lda, p->b, ldb,
                       p->add, p->c, ldc);
}

/* Element (row, column) of a matrix. */
static const void *at(const ritz_gemm *g, const void *x, int64_t row,
                      int64_t ld, int64_t column)
{
    return (const char *)x +
           (row * ld + column) * (int64_t)ritz_dtype_size(g->dtype);
}

/* The rows of C for one part of k, in chunks that add up in order. */
static void sum_chunks(const ritz_gemm *g, ritz_product p, int64_t first,
                       int64_t end)
{
    const family *f = &families[g->family];
    const bool tb = g->transpose_b && !g->copy_b;
    const void *a = p.a, *b = p.b;
    p.transpose_a = g->transpose_a;
    p.transpose_b = tb;
    for (int64_t k = first; k < end; k += g->tile_k) {
        p.k = least(g->tile_k, end - k);
        p.add = k > first;
        if (g->row)
            p.column = g->column + k;
        else
            p.a =
                g->transpose_a ? at(g, a, k, p.lda, 0) : at(g, a, 0, p.lda, k);
        p.b = tb ? at(g, b, 0, p.ldb, k) : at(g, b, k, p.ldb, 0);
        if (f->loops)
            f->loops(g->dtype)->product(&p);
        else
            blas(g, &p);
    }
}

static void zero_rows(const ritz_gemm *g, const ritz_product *p)
{
    for (int64_t i = 0; i < p->m; i++)
        memset((void *)at(g, p->c, i, p->ldc, 0), 0,
               (size_t)p->n * ritz_dtype_size(g->dtype));
}

void ritz_gemm_tile(const ritz_gemm *g, size_t tile, const void *a,
                    const void *b, void *c, void *scratch)
{
    const int64_t across = cuts_n(g), down = ceiling(g->m, g->tile_m);
    const int64_t j = (int64_t)tile % across;
    const int64_t i = (int64_t)tile / across % down;
    const int64_t part = (int64_t)tile / across / down;
    const int64_t row = i * g->tile_m, column = j * g->tile_n;
    ritz_product p = {
        .m = least(g->tile_m, g->m - row),
        .n = j + 1 < across ? g->tile_n : g->n - column,
        .lda = g->lda,
        .ldb = g->copy_b ? g->n : g->ldb,
        .ldc = part ? g->n : g->ldc,
    };
    if (g->row)
        p.a = a, p.row = g->row + row;
    else
        p.a =
            g->transpose_a ? at(g, a, 0, p.lda, row) : at(g, a, row, p.lda, 0);
    if (g->copy_b)
        p.b = at(g, scratch, 0, p.ldb, column);
    else
        p.b = g->transpose_b ? at(g, b, column, p.ldb, 0)
                             : at(g, b, 0, p.ldb, column);
    if (part) {
        c = (char *)scratch + copied_bytes(g);
        p.c = (void *)at(g, c, (part - 1) * g->m + row, g->n, column);
    } else
        p.c = (void *)at(g, c, row, g->ldc, column);
    if (g->k == 0)
        zero_rows(g, &p);
    else
        sum_chunks(g, p, part * g->split_k,
                   least(g->k, (part + 1) * g->split_k));
}

void ritz_gemm_after(const ritz_gemm *g, void *c, const void *scratch)
{
    if (parts_k(g) == 1 || g->tiles == 0)
        return;
    ritz_block_fn *add = ritz_kernels_for(g->dtype)->block[RITZ_OP_add][0];
    const char *partial = (const char *)scratch + copied_bytes(g);
    for (int64_t i = 0; i < (parts_k(g) - 1) * g->m; i++) {
        void *row = (void *)at(g, c, i % g->m, g->ldc, 0);
        add(row, row, at(g, partial, i, g->n, 0), NULL, (size_t)g->n);
    }
}

const char *ritz_gemm_family(void)
{
    return families[this_family()].name;
}

const char *ritz_blas_kernel(void)
{
    const bool there = ritz_lapack_load(NULL) == RITZ_OK;
    return there ? ritz_lapack_table()->openblas_get_corename() : NULL;
}
