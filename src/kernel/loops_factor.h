/* loops_factor.h - the factorisations in one precision: factor.c defines
 * `real` and the names and includes this twice.
 *
 * LAPACK reads matrices by columns, so that it sees the transpose of a
 * row-major one. That is used, not undone, wherever a factorisation of the
 * transpose is one of the matrix.
 */

static bool NAME(all_finite)(const real *x, size_t n)
{
    /* Zero times anything finite is zero, and a sum of zeros has no branch. */
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * 0;
    return sum == 0;
}

static void NAME(transpose)(real *restrict y, const real *restrict x, int rows,
                            int columns)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            y[at(j, i, rows)] = x[at(i, j, columns)];
}

/* The position of the largest absolute value of n entries, `step` apart. */
static int NAME(peak)(const real *x, int n, int step)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (ABS(x[at(i, 0, step)]) > ABS(x[at(best, 0, step)]))
            best = i;
    return best;
}

static void NAME(negate)(real *x, int n, int step)
{
    for (int i = 0; i < n; i++)
        x[at(i, 0, step)] = -x[at(i, 0, step)];
}

/* By columns the lower triangle of the rows is the upper one: A = U^T U is
 * L L^T. */
static int NAME(cholesky)(const ritz_factor *f, void *const *out,
                          const void *const *in, void *scratch)
{
    (void)scratch;
    const int n = f->n;
    int info = 0;
    real *l = out[0];
    if (!NAME(all_finite)(in[0], at(n, 0, n)))
        return RITZ_FACTOR_NOT_FINITE;
    memcpy(l, in[0], at(n, 0, n) * sizeof *l);
    if (n > 0)
        LAPACK(potrf)("U", &n, l, &n, &info, 1);
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++)
            l[at(i, j, n)] = 0;
    return info;
}

static int NAME(triangular)(const ritz_factor *f, void *const *out,
                            const void *const *in, void *scratch)
{
    (void)scratch;
    const bool right = f->flags & RITZ_SOLVE_RIGHT;
    const int rows = right ? f->k : f->n, columns = right ? f->n : f->k;
    real *x = out[0];
    if (rows == 0 || columns == 0)
        return 0;
    memcpy(x, in[1], at(rows, 0, columns) * sizeof *x);
    CBLAS(trsm)
    (CblasRowMajor, right ? CblasRight : CblasLeft,
     f->flags & RITZ_SOLVE_UPPER ? CblasUpper : CblasLower,
     f->flags & RITZ_SOLVE_TRANSPOSE ? CblasTrans : CblasNoTrans,
     f->flags & RITZ_SOLVE_UNIT ? CblasUnit : CblasNonUnit, rows, columns, 1,
     in[0], f->n, x, columns);
    return 0;
}

/* Factors the transpose, which serves a as well. */
static int NAME(solve)(const ritz_factor *f, void *const *out,
                       const void *const *in, void *scratch)
{
    const int n = f->n, k = f->k;
    int info = 0;
    real *a = scratch, *x = k == 1 ? out[0] : a + at(n, 0, n);
    int *pivot = (int *)(a + at(n, 0, n) + at(n, 0, k));
    if (n == 0 || k == 0)
        return 0;
    if (!NAME(all_finite)(in[0], at(n, 0, n)))
        return RITZ_FACTOR_NOT_FINITE;
    memcpy(a, in[0], at(n, 0, n) * sizeof *a);
    NAME(transpose)(x, in[1], n, k);
    LAPACK(getrf)(&n, &n, a, &n, pivot, &info);
    if (info != 0)
        return info;
    LAPACK(getrs)
    (f->flags & RITZ_SOLVE_TRANSPOSE ? "N" : "T", &n, &k, a, &n, pivot, x, &n,
     &info, 1);
    if (k > 1)
        NAME(transpose)(out[0], x, k, n);
    return info;
}

static int NAME(lu)(const ritz_factor *f, void *const *out,
                    const void *const *in, void *scratch)
{
    const int n = f->n;
    int info = 0; /* a zero on the diagonal is a result */
    real *a = scratch;
    int *pivot = (int *)(a + at(n, 0, n));
    int64_t *row = out[1];
    if (!NAME(all_finite)(in[0], at(n, 0, n)))
        return RITZ_FACTOR_NOT_FINITE;
    NAME(transpose)(a, in[0], n, n);
    if (n > 0)
        LAPACK(getrf)(&n, &n, a, &n, pivot, &info);
    NAME(transpose)(out[0], a, n, n);
    for (int i = 0; i < n; i++)
        row[i] = i + 1;
    for (int i = 0; i < n; i++) {
        const int64_t other = row[pivot[i] - 1];
        row[pivot[i] - 1] = row[i];
        row[i] = other;
    }
    return 0;
}

/* Eigenvectors come as columns, which are rows here. */
static int NAME(eigh)(const ritz_factor *f, void *const *out,
                      const void *const *in, void *scratch)
{
    const int n = f->n, lwork = 1 + 6 * n + 2 * n * n, liwork = 3 + 5 * n;
    int info = 0;
    real *z = scratch, *work = z + at(n, 0, n), *v = out[1];
    int *iwork = (int *)(work + lwork);
    if (!NAME(all_finite)(in[0], at(n, 0, n)))
        return RITZ_FACTOR_NOT_FINITE;
    memcpy(z, in[0], at(n, 0, n) * sizeof *z);
    if (n > 0)
        LAPACK(syevd)
    ("V", "U", &n, z, &n, out[0], work, &lwork, iwork, &liwork, &info, 1, 1);
    for (int j = 0; j < n; j++) {
        real *row = z + at(j, 0, n);
        if (row[NAME(peak)(row, n, 1)] < 0)
            NAME(negate)(row, n, 1);
    }
    NAME(transpose)(v, z, n, n);
    return info;
}

static int NAME(svd_workspace)(const ritz_factor *f)
{
    const int m = f->m, n = f->n, k = m < n ? m : n, query = -1;
    real best = 0;
    int info = 0, unused = 0;
    LAPACK(gesdd)
    ("S", &n, &m, &best, &n, &best, &best, &n, &best, &k, &best, &query,
     &unused, &info, 1);
    /* It is told in a float, which may have rounded down. */
    return (int)((double)best * 1.0001) + 1;
}

/* A^T = V s U^T: U and V change places, each as its transpose by columns. */
static int NAME(svd)(const ritz_factor *f, void *const *out,
                     const void *const *in, void *scratch)
{
    const int m = f->m, n = f->n, k = m < n ? m : n;
    real *u = out[0], *vt = out[2], *a = scratch;
    int info = 0;
    if (!NAME(all_finite)(in[0], at(m, 0, n)))
        return RITZ_FACTOR_NOT_FINITE;
    if (k == 0)
        return 0;
    const int lwork = NAME(svd_workspace)(f);
    real *work = a + at(m, 0, n);
    memcpy(a, in[0], at(m, 0, n) * sizeof *a);
    LAPACK(gesdd)
    ("S", &n, &m, a, &n, out[1], vt, &n, u, &k, work, &lwork,
     (int *)(work + lwork), &info, 1);
    for (int j = 0; j < k; j++)
        if (u[at(NAME(peak)(u + j, m, k), j, k)] < 0) {
            NAME(negate)(u + j, m, k);
            NAME(negate)(vt + at(j, 0, n), n, 1);
        }
    return info;
}

/* A^T = L Q is A = Q^T L^T, and both come out by rows as they are. */
static int NAME(qr)(const ritz_factor *f, void *const *out,
                    const void *const *in, void *scratch)
{
    const int m = f->m, n = f->n, lwork = QR_BLOCK * n;
    real *q = out[0], *r = out[1], *tau = scratch, *work = tau + n;
    int info = 0;
    if (!NAME(all_finite)(in[0], at(m, 0, n)))
        return RITZ_FACTOR_NOT_FINITE;
    if (n == 0)
        return 0;
    memcpy(q, in[0], at(m, 0, n) * sizeof *q);
    LAPACK(gelqf)(&n, &m, q, &n, tau, work, &lwork, &info);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            r[at(i, j, n)] = j < i ? 0 : q[at(i, j, n)];
    LAPACK(orglq)(&n, &m, &n, q, &n, tau, work, &lwork, &info);
    for (int j = 0; j < n; j++)
        if (r[at(j, j, n)] < 0) {
            NAME(negate)(r + at(j, j, n), n - j, 1);
            NAME(negate)(q + j, m, n);
        }
    return info;
}
