/* factor.h - factorisations of one matrix, and what is solved with them, by
 * LAPACK.
 *
 * Matrices are row-major and dense. A factorisation that leaves signs or an
 * order open is fixed here, so that it is a function of the matrix:
 *   eigh  eigenvalues ascend; the largest entry of every eigenvector, the
 *         first of equal ones, is positive
 *   svd   singular values descend; the same rule for the columns of U
 *   qr    the diagonal of R is not negative
 */
#ifndef RITZ_KERNEL_FACTOR_H
#define RITZ_KERNEL_FACTOR_H

#include "tensor/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of triangular_solve and solve. */
enum {
    RITZ_SOLVE_UPPER = 1,
    RITZ_SOLVE_TRANSPOSE = 2,
    RITZ_SOLVE_RIGHT = 4, /* x op(a) = b */
    RITZ_SOLVE_UNIT = 8   /* the diagonal is taken to be ones */
};

/* The operand is [m, n]; what is solved for has k rows or columns beside. */
typedef struct ritz_factor {
    ritz_dtype dtype; /* f32 or f64 */
    int m, n, k;
    int flags;
} ritz_factor;

/* What came of it: 0, or one of these, or a position from 1, whose meaning
 * `complaint` says. */
enum { RITZ_FACTOR_NOT_FINITE = -1 };

enum { RITZ_FACTOR_OPERANDS = 3 };

typedef struct ritz_factor_kind {
    const char *name;
    int nin, nout;
    /* One matrix: the operands in, the results out. */
    int (*run[2])(const ritz_factor *f, void *const *out, const void *const *in,
                  void *scratch); /* f32, f64 */
    /* Bytes; asks LAPACK, which is loaded. */
    size_t (*scratch)(const ritz_factor *f);
    double (*flops)(const ritz_factor *f);
    const char *complaint; /* printf format of a position; NULL: none */
} ritz_factor_kind;

extern const ritz_factor_kind ritz_factor_cholesky, /* L */
    ritz_factor_eigh,                               /* w, V */
    ritz_factor_svd,                                /* U, s, V^T */
    ritz_factor_qr,                                 /* Q, R; m >= n */
    ritz_factor_lu,         /* L and U in one, i64 rows from 1 */
    ritz_factor_triangular, /* a, b: op(a)^-1 b */
    ritz_factor_solve;      /* a, b: op(a)^-1 b */

/* LAPACK counts the entries of its workspaces in 32 bits. */
enum { RITZ_FACTOR_LARGEST = 32766 };

#endif
