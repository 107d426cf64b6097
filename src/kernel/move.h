/* move.h - loops that move elements and do no arithmetic but addition.
 *
 * They work on element sizes (4, 8, 1 bytes) or, where they add, on dtypes.
 * Strides and offsets are in elements.
 */
#ifndef RITZ_KERNEL_MOVE_H
#define RITZ_KERNEL_MOVE_H

#include "base/status.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

#include <stdint.h>

/* A strided view of an array: element (i0, i1, ...) is at
 * base + i0 * stride[0] + i1 * stride[1] + ... */
typedef struct ritz_strided {
    int rank;
    int64_t dim[RITZ_MAX_RANK];
    int64_t stride[RITZ_MAX_RANK];
} ritz_strided;

/* Merges axes that are contiguous in all of the `count` stride lists and
 * drops axes of size 1, so that loops are as long as they can be. */
void ritz_strided_simplify(int *rank, int64_t *dim, int count,
                           int64_t *const *stride);

/* Elements `first` .. `first + n - 1` (row-major order of the view) of x into
 * the contiguous y. Fast where the innermost stride is 0 or 1. */
void ritz_gather_strided(void *y, const void *x, const ritz_strided *view,
                         int64_t first, int64_t n, size_t size);

/* The whole view of x into the whole view of y: the dims are `from`'s; both
 * have strides. Two-dimensional transposes inside are blocked. */
void ritz_copy_strided(void *y, const ritz_strided *to, const void *x,
                       const ritz_strided *from, size_t size);

/* y[o][i] = x[o][index[i]] for blocks of `inner` elements: x is
 * outer x length x inner, y is outer x count x inner; index is 1-based.
 * Returns -1, or the position of the first index outside 1..length (then
 * nothing is promised about y). */
int64_t ritz_take(void *y, const void *x, const int64_t *index, int64_t outer,
                  int64_t length, int64_t count, int64_t inner, size_t size);

/* y[o][index[i]] += x[o][i], i = 0, 1, ... in order; y is initialised by the
 * caller. Returns as ritz_take. dtype f32, f64 or i64. */
int64_t ritz_scatter_add(void *y, const void *x, const int64_t *index,
                         int64_t outer, int64_t length, int64_t count,
                         int64_t inner, ritz_dtype dtype);

/* Sliding windows over images in NHWC order. */
typedef struct ritz_window {
    int64_t height, width, channels;     /* of the image */
    int64_t out_height, out_width;       /* number of window positions */
    int64_t kernel_height, kernel_width; /* size of a window */
    int64_t stride_height, stride_width; /* steps between windows */
    int64_t pad_top, pad_left;           /* zeros before the image */
} ritz_window;

/* Rows first..first+rows-1 of the unfolded matrix: row (n, oy, ox) holds the
 * kernel_height x kernel_width x channels elements under that window, zeros
 * outside the image. x is the whole image batch. */
void ritz_unfold_rows(void *y, const void *x, const ritz_window *w,
                      int64_t first, int64_t rows, size_t size);

/* The same windows read where they lie. The images of windows first..first +
 * rows - 1, with the zeros around them that these windows see: whole images, or
 * whole lines of windows of one. */
void ritz_pad_windows(void *y, const void *x, const ritz_window *w,
                      int64_t first, int64_t rows, size_t size);
/* Elements that it writes for `rows` from the first window of an image. */
int64_t ritz_padded_elements(const ritz_window *w, int64_t rows);
/* Element `column` of row i of the unfolded matrix is at row[i] +
 * column[column] there: `rows` of the one, all columns of the other. */
void ritz_window_tables(int32_t *row, int32_t *column, const ritz_window *w,
                        int64_t rows);

/* The adjoint for images first..first+count-1: each element of y (images)
 * is the sum, in the fixed order of window positions, of the unfolded
 * elements that show it. Overwrites those images of y. `x` points at the
 * unfolded rows of image `first`. */
void ritz_fold_images(void *y, const void *x, const ritz_window *w,
                      int64_t first, int64_t count, ritz_dtype dtype);

#endif
