/* factor.c - factorisations by LAPACK, in both precisions. */
#include "kernel/factor.h"

#include "kernel/lapack.h"

#include <math.h>
#include <string.h>

enum { QR_BLOCK = 64 }; /* columns that LAPACK may take at once */

/* The entry in row i and column j of a matrix of so many columns. */
static size_t at(int i, int j, int columns)
{
    return (size_t)i * (size_t)columns + (size_t)j;
}

#define real         float
#define ABS          fabsf
#define NAME(name)   name##_f32
#define LAPACK(name) ritz_lapack_table()->s##name##_
#define CBLAS(name)  ritz_lapack_table()->cblas_s##name
#include "kernel/loops_factor.h"
#undef real
#undef ABS
#undef NAME
#undef LAPACK
#undef CBLAS

#define real         double
#define ABS          fabs
#define NAME(name)   name##_f64
#define LAPACK(name) ritz_lapack_table()->d##name##_
#define CBLAS(name)  ritz_lapack_table()->cblas_d##name
#include "kernel/loops_factor.h"

/* Bytes of so many reals and integers. */
static size_t bytes(const ritz_factor *f, size_t reals, size_t integers)
{
    return reals * ritz_dtype_size(f->dtype) + integers * sizeof(int);
}

static size_t square(const ritz_factor *f)
{
    return at(f->n, 0, f->n);
}

static size_t no_scratch(const ritz_factor *f)
{
    (void)f;
    return 0;
}

static size_t solve_scratch(const ritz_factor *f)
{
    return bytes(f, square(f) + at(f->n, 0, f->k), (size_t)f->n);
}

static size_t lu_scratch(const ritz_factor *f)
{
    return bytes(f, square(f), (size_t)f->n);
}

static size_t eigh_scratch(const ritz_factor *f)
{
    const size_t n = (size_t)f->n;
    return bytes(f, n * n + 1 + 6 * n + 2 * n * n, 3 + 5 * n);
}

static size_t svd_scratch(const ritz_factor *f)
{
    const int k = f->m < f->n ? f->m : f->n;
    if (k == 0)
        return 0;
    const int lwork =
        f->dtype == RITZ_F32 ? svd_workspace_f32(f) : svd_workspace_f64(f);
    return bytes(f, at(f->m, 0, f->n) + (size_t)lwork, 8 * (size_t)k);
}

static size_t qr_scratch(const ritz_factor *f)
{
    return bytes(f, (1 + QR_BLOCK) * (size_t)f->n, 0);
}

/* Counts as in Golub and Van Loan 2013: sections 4.2, 3.1, 3.4, 8.3, 8.6 and
 * 5.2; iterations are taken as they usually are. */

static double cube(const ritz_factor *f)
{
    return (double)f->n * (double)f->n * (double)f->n;
}

static double cholesky_flops(const ritz_factor *f)
{
    return cube(f) / 3;
}

static double triangular_flops(const ritz_factor *f)
{
    return (double)f->n * (double)f->n * (double)f->k;
}

static double lu_flops(const ritz_factor *f)
{
    return cube(f) * 2 / 3;
}

static double solve_flops(const ritz_factor *f)
{
    return lu_flops(f) + 2 * triangular_flops(f);
}

static double eigh_flops(const ritz_factor *f)
{
    return cube(f) * 9;
}

static double svd_flops(const ritz_factor *f)
{
    const double m = f->m > f->n ? f->m : f->n, n = f->m > f->n ? f->n : f->m;
    return 6 * m * n * n + 20 * n * n * n;
}

static double qr_flops(const ritz_factor *f)
{
    const double m = f->m, n = f->n;
    return 4 * (m * n * n - n * n * n / 3);
}

#define BOTH(name)             \
    {                          \
        name##_f32, name##_f64 \
    }

const ritz_factor_kind ritz_factor_cholesky = {
    .name = "cholesky",
    .nin = 1,
    .nout = 1,
    .run = BOTH(cholesky),
    .scratch = no_scratch,
    .flops = cholesky_flops,
    .complaint = "wants a positive definite matrix, got one whose leading "
                 "minor of order %d is not positive",
};

const ritz_factor_kind ritz_factor_triangular = {
    .name = "triangular_solve",
    .nin = 2,
    .nout = 1,
    .run = BOTH(triangular),
    .scratch = no_scratch,
    .flops = triangular_flops,
};

const ritz_factor_kind ritz_factor_solve = {
    .name = "solve",
    .nin = 2,
    .nout = 1,
    .run = BOTH(solve),
    .scratch = solve_scratch,
    .flops = solve_flops,
    .complaint = "wants a matrix of full rank, got one whose pivot %d is 0",
};

const ritz_factor_kind ritz_factor_lu = {
    .name = "lu",
    .nin = 1,
    .nout = 2,
    .run = BOTH(lu),
    .scratch = lu_scratch,
    .flops = lu_flops,
};

const ritz_factor_kind ritz_factor_eigh = {
    .name = "eigh",
    .nin = 1,
    .nout = 2,
    .run = BOTH(eigh),
    .scratch = eigh_scratch,
    .flops = eigh_flops,
    .complaint = "did not converge (LAPACK's syevd gave %d)",
};

const ritz_factor_kind ritz_factor_svd = {
    .name = "svd",
    .nin = 1,
    .nout = 3,
    .run = BOTH(svd),
    .scratch = svd_scratch,
    .flops = svd_flops,
    .complaint = "did not converge (LAPACK's gesdd gave %d)",
};

const ritz_factor_kind ritz_factor_qr = {
    .name = "qr",
    .nin = 1,
    .nout = 2,
    .run = BOTH(qr),
    .scratch = qr_scratch,
    .flops = qr_flops,
};
