/* gemm.h - matrix products in tiles that depend on shapes only.
 *
 * C = op(A) op(B), row-major, op being nothing or a transpose. The cuts along
 * k and n depend on k, n, dtype and the processor's kernel family only, never
 * on m, so a row's bits do not depend on how many rows accompany it; k is
 * summed in chunks in a fixed order. One thread computes a tile, with OpenBLAS
 * (set to one thread) or with our own loops, whichever is the faster for the
 * family.
 */
#ifndef RITZ_KERNEL_GEMM_H
#define RITZ_KERNEL_GEMM_H

#include "base/status.h"
#include "tensor/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ritz_gemm {
    ritz_dtype dtype; /* f32 or f64 */
    bool transpose_a, transpose_b;
    int64_t m, n, k;
    int64_t lda, ldb, ldc; /* distances between stored rows, in elements */
    /* Not NULL: where A's elements are, as in kernel.h; m and k long. Only if
     * ritz_gemm_has_tables. */
    const int32_t *row, *column;
    /* Filled by ritz_gemm_plan. */
    int64_t tile_m, tile_n, tile_k;
    int64_t split_k;      /* rows of k in one independent part */
    size_t tiles;         /* independent units of work */
    size_t scratch_bytes; /* for partial sums; 0 for most */
    bool copy_b;          /* B is transposed once into scratch first */
    int family;           /* whose table made this plan */
} ritz_gemm;

/* Loads OpenBLAS where this processor's family needs it: before any plan. */
ritz_status ritz_gemm_prepare(ritz_error *err);

void ritz_gemm_plan(ritz_gemm *g);
/* Products of this dtype can read A through tables. */
bool ritz_gemm_has_tables(ritz_dtype dtype);
/* For tests: as on a processor of this family. False when this one cannot. */
bool ritz_gemm_plan_as(ritz_gemm *g, const char *family);

/* Work that must be done before the tiles (copying a transposed B) and after
 * them (adding partial sums); both may be empty. `scratch` has scratch_bytes.
 */
void ritz_gemm_before(const ritz_gemm *g, const void *b, void *scratch);
void ritz_gemm_tile(const ritz_gemm *g, size_t tile, const void *a,
                    const void *b, void *c, void *scratch);
void ritz_gemm_after(const ritz_gemm *g, void *c, const void *scratch);

/* The family whose tile table is used ("avx512", "avx2", "general") and
 * OpenBLAS's own name for its kernels, NULL where it cannot be loaded; for the
 * manifest. */
const char *ritz_gemm_family(void);
const char *ritz_blas_kernel(void);

#endif
