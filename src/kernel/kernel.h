/* kernel.h - the table of loops for one dtype and instruction set.
 *
 * Loops only: shapes, broadcasting and errors are settled outside. One
 * translation unit per dtype and instruction set (portable, AVX2, AVX-512)
 * defines `real` and the math names, includes the loop files and exports one
 * const table. The instruction set never changes a bit: elementwise loops
 * round each operation once, reductions use RITZ_LANES virtual lanes combined
 * in a fixed tree, and functions are SLEEF's deterministic (finz) variants.
 */
#ifndef RITZ_KERNEL_KERNEL_H
#define RITZ_KERNEL_KERNEL_H

#include "tensor/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Elementwise operations, one line each: OP(name, arity). What they compute
 * is said at their primitives. Comparisons give 0 or 1 in the dtype. */
#define RITZ_OPS_TABLE(OP)                       \
    OP(copy, 1)                                  \
    OP(neg, 1)                                   \
    OP(abs, 1)                                   \
    OP(sign, 1)                                  \
    OP(square, 1)                                \
    OP(reciprocal, 1)                            \
    OP(sqrt, 1)                                  \
    OP(rsqrt, 1)                                 \
    OP(exp, 1)                                   \
    OP(expm1, 1)                                 \
    OP(log, 1)                                   \
    OP(log1p, 1)                                 \
    OP(sin, 1)                                   \
    OP(cos, 1)                                   \
    OP(tan, 1)                                   \
    OP(asin, 1)                                  \
    OP(acos, 1)                                  \
    OP(atan, 1)                                  \
    OP(sinh, 1)                                  \
    OP(cosh, 1)                                  \
    OP(tanh, 1)                                  \
    OP(sigmoid, 1)                               \
    OP(softplus, 1)                              \
    OP(erf, 1)                                   \
    OP(floor, 1)                                 \
    OP(ceil, 1)                                  \
    OP(round, 1)                                 \
    OP(is_finite, 1)                             \
    OP(add, 2)                                   \
    OP(sub, 2)                                   \
    OP(mul, 2)                                   \
    OP(div, 2)                                   \
    OP(pow, 2)                                   \
    OP(mod, 2)                                   \
    OP(max, 2)                                   \
    OP(min, 2)                                   \
    OP(atan2, 2)                                 \
    OP(less, 2)                                  \
    OP(less_equal, 2)                            \
    OP(equal, 2)                                 \
    OP(not_equal, 2)                             \
    OP(select, 3) /* a != 0 ? b : c */           \
    OP(muladd, 3) /* a * b + c, rounded twice */ \
    OP(submul, 3) /* c - a * b, rounded twice */

typedef enum ritz_op {
#define RITZ_OP_ENUM(name, arity) RITZ_OP_##name,
    RITZ_OPS_TABLE(RITZ_OP_ENUM)
#undef RITZ_OP_ENUM
        RITZ_OPS
} ritz_op;

int ritz_op_arity(ritz_op op);
const char *ritz_op_name(ritz_op op);

enum {
    RITZ_LANES = 64,  /* virtual lanes of every reduction */
    RITZ_BLOCK = 512, /* elements of a fused chain in flight: all live
                         registers of a chain stay in L1 */
};

/* y[0..n-1] from up to three operands. Which operands are scalars (one
 * element, used for all i) is decided by the variant, bit 0 for `a`, bit 1
 * for `b`, bit 2 for `c`. y may be the same array as an operand, never
 * overlap it otherwise. */
typedef void ritz_block_fn(void *y, const void *a, const void *b, const void *c,
                           size_t n);

/* x is rows x n, contiguous; y[r] from row r. Sum: element k goes to lane
 * k mod RITZ_LANES; lanes combine as a balanced tree (lane i with lane
 * i + half). An empty row gives 0 for sum, -inf for max. A NaN in a row makes
 * its maximum NaN. A sum is never -0. argmax gives the first 1-based position
 * of the maximum as i64, a NaN being the greatest; 0 for an empty row. */
typedef void ritz_rows_fn(void *y, const void *x, size_t rows, size_t n);

/* x is rows x n, contiguous; y[j] = y[j] op x[r][j] for r = 0, 1, ... in
 * order. The caller initialises y. */
typedef void ritz_columns_fn(void *y, const void *x, size_t rows, size_t n);

/* Over two axes at once: x is r1 x mid x r2 x inner, y is mid x inner. Elements
 * combine along r1 first, from first to last. A sum is never -0. */
typedef struct ritz_pool {
    int64_t r1, mid, r2, inner;
} ritz_pool;

typedef void ritz_pool_fn(void *y, const void *x, const ritz_pool *p);

/* With y the maxima of x over such windows: every element of x that equals its
 * maximum gets c divided by their number in the window, the others 0. */
typedef void ritz_share_fn(void *z, const void *x, const void *y, const void *c,
                           const ritz_pool *p);

/* `n` draws at positions first, first + 1, ... of the stream that the two
 * words of `key` name: uniform in [0, 1), or standard normal (Box-Muller).
 * Position i does not depend on how many draws are asked for. */
typedef void ritz_draw_fn(void *y, const uint64_t key[2], uint64_t first,
                          size_t n);

/* C = A B, or C = C + A B, for a tile with k at most RITZ_PRODUCT_K; A and B
 * may be stored transposed. Every element of A B is one chain of fused
 * multiply-adds over k in order. Row-major; ld* are distances between stored
 * rows. */
enum { RITZ_PRODUCT_K = 256 };

typedef struct ritz_product {
    const void *a, *b;
    void *c;
    int64_t m, n, k, lda, ldb, ldc;
    bool transpose_a, transpose_b, add;
    /* Not NULL: element (i, l) of A is a[row[i] + column[l]], whatever lda and
     * transpose_a are. */
    const int32_t *row, *column;
} ritz_product;

typedef void ritz_product_fn(const ritz_product *p);

typedef struct ritz_kernels {
    const char *name; /* "f32 avx512" */
    ritz_dtype dtype;
    size_t size; /* bytes of an element */
    /* NULL where the dtype has no such operation (exp of i64), and for
     * variants in which every operand would be a scalar. */
    ritz_block_fn *block[RITZ_OPS][8];
    ritz_rows_fn *sum_rows, *max_rows, *argmax_rows;
    ritz_rows_fn *spread_rows; /* here x has rows elements: y[r][j] = x[r] */
    ritz_columns_fn *sum_columns, *max_columns;
    ritz_columns_fn *cumsum_columns; /* y: the first row is x's, in order:
                                        y[r] = y[r-1] + x[r]; y is rows x n */
    ritz_pool_fn *sum_pool, *max_pool;
    ritz_share_fn *share_pool;      /* NULL for integers */
    ritz_draw_fn *uniform, *normal; /* NULL for integers */
    ritz_product_fn *product;       /* NULL without hardware for it; callers
                                       use gemm.h */
    /* y[i] = (this dtype) x[i]; x of dtype `from`. */
    void (*cast[RITZ_DTYPES])(void *y, const void *x, size_t n);
} ritz_kernels;

/* The table for a dtype on this machine; RITZ_SIMD=portable, avx2 or avx512
 * forces an instruction set (an unknown or unavailable one falls back to the
 * best, and ritz_simd_name tells). u8 has only `copy` and casts.
 *
 * One exception to "never changes a bit": a processor without fused
 * multiply-add (x86 before 2013) cannot run that family of SLEEF's functions.
 * It gets the table `nofma`, whose exp, log and so on may differ in the last
 * bits from all the others. */
const ritz_kernels *ritz_kernels_for(ritz_dtype dtype);
const char *ritz_simd_name(void);
/* For tests: the table of one instruction set, NULL when the machine lacks
 * it. */
const ritz_kernels *ritz_kernels_of(ritz_dtype dtype, const char *simd);

#endif
