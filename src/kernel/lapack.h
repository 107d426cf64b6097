/* lapack.h - what is used of OpenBLAS, loaded at its first use.
 *
 * Its loading takes longer than all the rest of the program's start, and with
 * AVX2 the products of networks do without it. The members of the table have
 * the names of the symbols. LAPACK's are Fortran's: everything by address,
 * matrices by columns, and behind all arguments the length of each text.
 * OpenBLAS runs on the thread that calls it.
 */
#ifndef RITZ_KERNEL_LAPACK_H
#define RITZ_KERNEL_LAPACK_H

#include "base/status.h"

#include <cblas.h>
#include <stddef.h>

/* F(result, name, arguments) for one precision. */
#define RITZ_LAPACK_OF(F, p, real)                                            \
    F(void, cblas_##p##gemm,                                                  \
      (CBLAS_LAYOUT layout, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m,    \
       int n, int k, real alpha, const real *a, int lda, const real *b,       \
       int ldb, real beta, real *c, int ldc))                                 \
    F(void, cblas_##p##trsm,                                                  \
      (CBLAS_LAYOUT layout, CBLAS_SIDE side, CBLAS_UPLO uplo,                 \
       CBLAS_TRANSPOSE trans, CBLAS_DIAG diag, int m, int n, real alpha,      \
       const real *a, int lda, real *b, int ldb))                             \
    F(void, p##potrf_,                                                        \
      (const char *uplo, const int *n, real *a, const int *lda, int *info,    \
       size_t uplo_length))                                                   \
    F(void, p##getrf_,                                                        \
      (const int *m, const int *n, real *a, const int *lda, int *ipiv,        \
       int *info))                                                            \
    F(void, p##getrs_,                                                        \
      (const char *trans, const int *n, const int *nrhs, const real *a,       \
       const int *lda, const int *ipiv, real *b, const int *ldb, int *info,   \
       size_t trans_length))                                                  \
    F(void, p##syevd_,                                                        \
      (const char *jobz, const char *uplo, const int *n, real *a,             \
       const int *lda, real *w, real *work, const int *lwork, int *iwork,     \
       const int *liwork, int *info, size_t jobz_length, size_t uplo_length)) \
    F(void, p##gesdd_,                                                        \
      (const char *jobz, const int *m, const int *n, real *a, const int *lda, \
       real *s, real *u, const int *ldu, real *vt, const int *ldvt,           \
       real *work, const int *lwork, int *iwork, int *info,                   \
       size_t jobz_length))                                                   \
    F(void, p##gelqf_,                                                        \
      (const int *m, const int *n, real *a, const int *lda, real *tau,        \
       real *work, const int *lwork, int *info))                              \
    F(void, p##orglq_,                                                        \
      (const int *m, const int *n, const int *k, real *a, const int *lda,     \
       const real *tau, real *work, const int *lwork, int *info))

#define RITZ_LAPACK(F)                       \
    RITZ_LAPACK_OF(F, s, float)              \
    RITZ_LAPACK_OF(F, d, double)             \
    F(char *, openblas_get_corename, (void)) \
    F(void, openblas_set_num_threads, (int threads))

#define RITZ_LAPACK_MEMBER(result, name, arguments) result(*name) arguments;

typedef struct ritz_lapack {
    RITZ_LAPACK(RITZ_LAPACK_MEMBER)
} ritz_lapack;

/* Cheap when it is loaded already. While a plan runs nothing may fail, so this
 * is the `prepare` of primitives whose instructions use the table. */
ritz_status ritz_lapack_load(ritz_error *err);
/* NULL before the first success of ritz_lapack_load. */
const ritz_lapack *ritz_lapack_table(void);

#endif
