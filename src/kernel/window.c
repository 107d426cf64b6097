/* window.c - unfold and fold, each the other's adjoint.
 *
 * In NHWC order the part of a window that lies in one row of the image is
 * contiguous, kernel_width x channels elements of which padding may cover the
 * ends; so both directions work on such spans.
 */
#include "kernel/move.h"

#include <string.h>

typedef struct span {
    int64_t image;        /* offset in the image batch, of what is visible */
    int64_t skip, length; /* elements of the window: hidden before, visible */
} span;

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* Columns of the window at ox that the image covers. */
static span columns_seen(const ritz_window *w, int64_t ox)
{
    const int64_t left = ox * w->stride_width - w->pad_left;
    const int64_t first = clamp(-left, 0, w->kernel_width);
    const int64_t end = clamp(w->width - left, first, w->kernel_width);
    return (span){(left + first) * w->channels, first * w->channels,
                  (end - first) * w->channels};
}

/* Row ky of the window at oy, in image n: its first element, or -1 outside. */
static int64_t row_seen(const ritz_window *w, int64_t n, int64_t oy, int64_t ky)
{
    const int64_t iy = oy * w->stride_height + ky - w->pad_top;
    if (iy < 0 || iy >= w->height)
        return -1;
    return (n * w->height + iy) * w->width * w->channels;
}

/* Lengths known to the compiler need no call: windows of three columns. */
static inline void copy_bytes(char *y, const char *x, size_t bytes)
{
    if (bytes == 12)
        memcpy(y, x, 12);
    else
        memcpy(y, x, bytes);
}

void ritz_unfold_rows(void *yv, const void *xv, const ritz_window *w,
                      int64_t first, int64_t rows, size_t size)
{
    char *y = yv;
    const char *x = xv;
    const size_t width = (size_t)(w->kernel_width * w->channels) * size;
    if (rows <= 0 || width == 0)
        return;
    int64_t ox = first % w->out_width;
    int64_t oy = first / w->out_width % w->out_height;
    int64_t n = first / w->out_width / w->out_height;
    for (int64_t r = 0; r < rows; r++) {
        const span s = columns_seen(w, ox);
        const size_t skip = (size_t)s.skip * size;
        const size_t seen = (size_t)s.length * size;
        for (int64_t ky = 0; ky < w->kernel_height; ky++, y += width) {
            const int64_t row = row_seen(w, n, oy, ky);
            if (row < 0 || seen < width)
                memset(y, 0, width);
            if (row >= 0 && seen > 0)
                copy_bytes(y + skip, x + (row + s.image) * (int64_t)size, seen);
        }
        if (++ox == w->out_width) {
            ox = 0;
            if (++oy == w->out_height)
                oy = 0, n++;
        }
    }
}

#define FOLD_IMAGE(type)                                                  \
    static void fold_##type(type *y, const type *x, const ritz_window *w) \
    {                                                                     \
        const int64_t width = w->kernel_width * w->channels;              \
        for (int64_t oy = 0; oy < w->out_height; oy++)                    \
            for (int64_t ox = 0; ox < w->out_width; ox++) {               \
                const span s = columns_seen(w, ox);                       \
                for (int64_t ky = 0; ky < w->kernel_height; ky++) {       \
                    const int64_t row = row_seen(w, 0, oy, ky);           \
                    const type *from = x + s.skip;                        \
                    for (int64_t i = 0; row >= 0 && i < s.length; i++)    \
                        y[row + s.image + i] += from[i];                  \
                    x += width;                                           \
                }                                                         \
            }                                                             \
    }

FOLD_IMAGE(float)
FOLD_IMAGE(double)
FOLD_IMAGE(uint64_t) /* i64: adds wrap */

void ritz_fold_images(void *yv, const void *xv, const ritz_window *w,
                      int64_t first, int64_t count, ritz_dtype dtype)
{
    const size_t size = ritz_dtype_size(dtype);
    const size_t image = (size_t)(w->height * w->width * w->channels) * size;
    const size_t rows = (size_t)(w->out_height * w->out_width) *
                        (size_t)(w->kernel_height * w->kernel_width) *
                        (size_t)w->channels * size;
    char *y = (char *)yv + (size_t)first * image;
    const char *x = xv;
    for (int64_t n = 0; n < count; n++, y += image, x += rows) {
        memset(y, 0, image);
        if (dtype == RITZ_F32)
            fold_float((float *)(void *)y, (const float *)(const void *)x, w);
        else if (dtype == RITZ_F64)
            fold_double((double *)(void *)y, (const double *)(const void *)x,
                        w);
        else
            fold_uint64_t((uint64_t *)(void *)y,
                          (const uint64_t *)(const void *)x, w);
    }
}
