/* test_gemm.c - products against plain sums in long double, and the promise
 * that a row's bits do not depend on its company.
 *
 * The bound is the standard one for any order of k products and sums:
 * |C - C'| <= k u / (1 - k u) |A| |B| with the unit roundoff u (Higham 2002,
 * (3.13)); matrices are parts of larger ones, whose other elements are NaN on
 * input and must survive on output.
 */
#include "tap.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "kernel/gemm.h"
#include "kernel/lapack.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const char *const families[] = {"avx512", "avx2", "general"};

typedef struct matrix {
    ritz_dtype dtype;
    int64_t rows, columns, ld; /* as stored */
    size_t bytes;
    void *data;
} matrix;

static void put(const matrix *x, int64_t i, int64_t j, double value)
{
    if (x->dtype == RITZ_F32)
        ((float *)x->data)[i * x->ld + j] = (float)value;
    else
        ((double *)x->data)[i * x->ld + j] = value;
}

static double get(const matrix *x, int64_t i, int64_t j)
{
    return x->dtype == RITZ_F32 ? (double)((float *)x->data)[i * x->ld + j]
                                : ((double *)x->data)[i * x->ld + j];
}

static matrix matrix_new(ritz_dtype dtype, int64_t rows, int64_t columns,
                         int64_t gap, uint64_t stream)
{
    matrix x = {dtype, rows, columns, columns + gap, 0, NULL};
    x.bytes = (size_t)((rows ? rows : 1) * x.ld) * ritz_dtype_size(dtype);
    x.data = ritz_new_aligned(x.bytes);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < x.ld; j++)
            put(&x, i, j,
                j >= columns ? (double)NAN
                             : ritz_random_uniform((ritz_key){{stream, 7}},
                                                   (uint64_t)(i * x.ld + j)) -
                                   0.3);
    return x;
}

static void matrix_free(matrix *x)
{
    ritz_free_aligned(x->data, x->bytes);
}

typedef struct product {
    ritz_gemm g;
    matrix a, b, c;
} product;

static product product_new(ritz_dtype dtype, int64_t m, int64_t n, int64_t k,
                           int transposes, int64_t gap)
{
    const bool ta = transposes & 1, tb = transposes & 2;
    product p = {
        .a = matrix_new(dtype, ta ? k : m, ta ? m : k, gap, 1),
        .b = matrix_new(dtype, tb ? n : k, tb ? k : n, gap, 2),
        .c = matrix_new(dtype, m, n, gap, 3),
    };
    p.g = (ritz_gemm){.dtype = dtype,
                      .transpose_a = ta,
                      .transpose_b = tb,
                      .m = m,
                      .n = n,
                      .k = k,
                      .lda = p.a.ld,
                      .ldb = p.b.ld,
                      .ldc = p.c.ld};
    return p;
}

static void product_free(product *p)
{
    matrix_free(&p->a);
    matrix_free(&p->b);
    matrix_free(&p->c);
}

/* Runs the tiles from the last to the first: their order means nothing. */
static void run(const product *p)
{
    void *scratch = ritz_new_aligned(p->g.scratch_bytes);
    ritz_gemm_before(&p->g, p->b.data, scratch);
    for (size_t t = p->g.tiles; t > 0; t--)
        ritz_gemm_tile(&p->g, t - 1, p->a.data, p->b.data, p->c.data, scratch);
    ritz_gemm_after(&p->g, p->c.data, scratch);
    ritz_free_aligned(scratch, p->g.scratch_bytes);
}

/* The largest error over its bound; negative when a gap was written to. */
static double worst(const product *p)
{
    const double u =
        p->g.dtype == RITZ_F32 ? (double)FLT_EPSILON / 2 : DBL_EPSILON / 2;
    const double bound = (double)(p->g.k + 1) * u / (1 - (double)p->g.k * u);
    double most = 0;
    for (int64_t i = 0; i < p->g.m; i++) {
        for (int64_t j = 0; j < p->g.n; j++) {
            long double sum = 0, size = 0;
            for (int64_t l = 0; l < p->g.k; l++) {
                const long double t =
                    (long double)(p->g.transpose_a ? get(&p->a, l, i)
                                                   : get(&p->a, i, l)) *
                    (p->g.transpose_b ? get(&p->b, j, l) : get(&p->b, l, j));
                sum += t, size += fabsl(t);
            }
            const double error = fabs((double)(sum - get(&p->c, i, j)));
            const double scaled =
                error / (bound * (double)size + (double)(size == 0));
            most = !(scaled <= most) ? scaled : most; /* keeps a NaN */
        }
        for (int64_t j = p->g.n; j < p->c.ld; j++)
            if (!isnan(get(&p->c, i, j)))
                return -1;
    }
    return most;
}

static bool right(ritz_dtype dtype, const char *family, const int64_t size[3],
                  int transposes, int64_t gap)
{
    product p = product_new(dtype, size[0], size[1], size[2], transposes, gap);
    bool fine = ritz_gemm_plan_as(&p.g, family);
    run(&p);
    const double error = worst(&p);
    fine = fine && error >= 0 && error <= 1;
    if (!fine)
        note("%lldx%lldx%lld transposes %d: %g of the bound",
             (long long)size[0], (long long)size[1], (long long)size[2],
             transposes, error);
    product_free(&p);
    return fine;
}

static void truth(void)
{
    static const int64_t sizes[][3] = {
        {0, 5, 5},     {5, 0, 5},      {5, 5, 0},      {1, 1, 1},
        {1, 7, 9},     {9, 1, 300},    {2, 3, 5},      {6, 16, 32},
        {7, 17, 33},   {13, 8, 12},    {25, 9, 257},   {12, 31, 511},
        {50, 64, 64},  {33, 15, 128},  {100, 143, 40}, {30, 144, 70},
        {97, 129, 65}, {17, 271, 30},  {64, 10, 784},  {130, 300, 50},
        {5, 6, 4100},  {20, 33, 5000},
    };
    for (size_t f = 0; f < sizeof families / sizeof *families; f++)
        for (int dtype = RITZ_F32; dtype <= RITZ_F64; dtype++) {
            ritz_gemm g = {.dtype = (ritz_dtype)dtype, .m = 1, .n = 1, .k = 1};
            if (!ritz_gemm_plan_as(&g, families[f])) {
                skip("not on this processor", "%s: products", families[f]);
                continue;
            }
            for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
                for (int t = 0; t < 4; t++)
                    ok(right((ritz_dtype)dtype, families[f], sizes[s], t,
                             (int64_t)(s % 3)),
                       "%s %s: %lldx%lldx%lld transposes %d", families[f],
                       ritz_dtype_name((ritz_dtype)dtype),
                       (long long)sizes[s][0], (long long)sizes[s][1],
                       (long long)sizes[s][2], t);
        }
}

/* The first m rows alone have the bits they have among many. */
static bool row_bits(ritz_dtype dtype, const char *family, int transposes,
                     int64_t n, int64_t k)
{
    const int64_t most = 120;
    product all = product_new(dtype, most, n, k, transposes, 0);
    if (!ritz_gemm_plan_as(&all.g, family)) {
        product_free(&all);
        return false;
    }
    run(&all);
    bool same = true;
    for (int64_t m = 1; m <= most; m += m < 20 ? 1 : 17) {
        product few = all; /* with the leading rows of A, however stored */
        few.g.m = m;
        few.c = matrix_new(dtype, m, n, 0, 4);
        few.g.ldc = few.c.ld;
        ritz_gemm_plan_as(&few.g, family);
        run(&few);
        same &= memcmp(few.c.data, all.c.data,
                       (size_t)(m * n) * ritz_dtype_size(dtype)) == 0;
        matrix_free(&few.c);
    }
    product_free(&all);
    return same;
}

static void rows(void)
{
    static const int64_t sizes[][2] = {{10, 128},  {32, 144}, {64, 64},
                                       {128, 784}, {300, 40}, {1, 50},
                                       {2, 64},    {9, 4500}};
    if (strcmp(ritz_gemm_family(), "general") == 0) {
        skip("OpenBLAS keeps rows in whole dozens only", "rows alone");
        return;
    }
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int t = 0; t < 4; t++) {
            const int64_t n = sizes[s][0], k = sizes[s][1];
            if (n < 10 && strcmp(ritz_gemm_family(), "avx512") == 0)
                continue; /* the manual's exception */
            ok(row_bits(RITZ_F32, ritz_gemm_family(), t, n, k) &&
                   row_bits(RITZ_F64, ritz_gemm_family(), t, n, k),
               "%s: rows alone, n=%lld k=%lld transposes %d",
               ritz_gemm_family(), (long long)n, (long long)k, t);
        }
}

typedef struct shared {
    const product *p;
    void *scratch;
} shared;

static void one_tile(void *context, size_t tile, int worker)
{
    (void)worker;
    const shared *s = context;
    ritz_gemm_tile(&s->p->g, tile, s->p->a.data, s->p->b.data, s->p->c.data,
                   s->scratch);
}

/* The same bits for any number of threads, partial sums included. */
static void threads(void)
{
    product p = product_new(RITZ_F32, 40, 50, 9000, 1, 0);
    ritz_gemm_plan(&p.g);
    ok(p.g.tiles >= 4, "a long sum is cut: %zu tiles", p.g.tiles);
    run(&p);
    void *alone = ritz_new_aligned(p.c.bytes);
    memcpy(alone, p.c.data, p.c.bytes);
    for (int n = 1; n <= 4; n++) {
        shared s = {&p, ritz_new_aligned(p.g.scratch_bytes)};
        memset(p.c.data, 0xff, p.c.bytes);
        ritz_threads_set(n);
        ritz_gemm_before(&p.g, p.b.data, s.scratch);
        ok(ritz_parallel(p.g.tiles, one_tile, &s), "%d threads ran", n);
        ritz_gemm_after(&p.g, p.c.data, s.scratch);
        ok(memcmp(alone, p.c.data, p.c.bytes) == 0, "%d threads: same bits", n);
        ritz_free_aligned(s.scratch, p.g.scratch_bytes);
    }
    ritz_free_aligned(alone, p.c.bytes);
    product_free(&p);
}

/* A read through tables gives the bits of the same A where it is stored. */
static bool same_through_tables(ritz_dtype dtype, const int64_t size[3])
{
    const int64_t m = size[0], n = size[1], k = size[2];
    product p = product_new(dtype, m, n, k, 0, 0);
    matrix image = matrix_new(dtype, 1, 7 * m + 3 * k, 0, 4);
    matrix through = matrix_new(dtype, m, n, 0, 5);
    const size_t bytes = (size_t)(m + k) * sizeof(int32_t);
    int32_t *row = ritz_new_aligned(bytes), *column = row + m;
    for (int64_t i = 0; i < m; i++)
        row[i] = (int32_t)(i % 2 ? 7 * i : 3 * i);
    for (int64_t l = 0; l < k; l++)
        column[l] = (int32_t)(l % 3 ? 2 * l : 3 * l);
    for (int64_t i = 0; i < m; i++)
        for (int64_t l = 0; l < k; l++)
            put(&p.a, i, l, get(&image, 0, row[i] + column[l]));
    ritz_gemm_plan(&p.g);
    run(&p);
    const product q = {p.g, image, p.b, through};
    product with = q;
    with.g.row = row, with.g.column = column;
    run(&with);
    const bool same = memcmp(p.c.data, through.data, p.c.bytes) == 0;
    matrix_free(&image);
    matrix_free(&through);
    ritz_free_aligned(row, bytes);
    product_free(&p);
    return same;
}

static void tables(void)
{
    static const int64_t sizes[][3] = {
        {1, 2, 1},    {6, 16, 9},     {13, 7, 33},  {97, 17, 40},
        {30, 33, 70}, {11, 130, 300}, {25, 24, 700}};
    for (int dtype = RITZ_F32; dtype <= RITZ_F64; dtype++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            if (!ritz_gemm_has_tables((ritz_dtype)dtype)) {
                skip("not on this processor", "products through tables");
                continue;
            }
            ok(same_through_tables((ritz_dtype)dtype, sizes[s]),
               "%s %lldx%lldx%lld: the same through tables",
               ritz_dtype_name((ritz_dtype)dtype), (long long)sizes[s][0],
               (long long)sizes[s][1], (long long)sizes[s][2]);
        }
}

static void plans(void)
{
    ritz_gemm g = {.dtype = RITZ_F32,
                   .m = 4096,
                   .n = 128,
                   .k = 784,
                   .lda = 784,
                   .ldb = 128,
                   .ldc = 128};
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        if (!ritz_gemm_plan_as(&g, families[f]))
            continue;
        ok(g.tiles >= 16, "%s: 4096x128x784 is %zu tiles", families[f],
           g.tiles);
        ok(g.scratch_bytes == 0, "%s: needs no scratch memory", families[f]);
    }
    ok(ritz_gemm_plan_as(&g, "avx512") &&
           g.tile_m * g.tile_n * g.tile_k < 1000000 && g.tile_m % 16 == 0,
       "avx512: tiles too small to be packed");
    ok(!ritz_gemm_plan_as(&g, "abacus"), "no such family");
    ok(strlen(ritz_blas_kernel()) > 0, "OpenBLAS says %s", ritz_blas_kernel());
}

int main(void)
{
    ritz_lapack_load(NULL);
    tap_run("plans", plans);
    tap_run("truth", truth);
    tap_run("rows", rows);
    tap_run("threads", threads);
    tap_run("tables", tables);
    return tap_end();
}
