/* window.c - unfold and fold, each the other's adjoint.
 *
 * In NHWC order the part of a window that lies in one row of the image is
 * contiguous: kernel_width x channels elements, of which padding may cover the
 * ends. Both directions work along a line: the windows (oy, ox) to
 * (oy, end - 1) and one row ky of each, so that what depends on ky is settled
 * once. An element of the image meets only one ky for an oy, so the order of
 * its sum in fold is still that of the windows.
 *
 * Products can do without the unfolded matrix: where the image has its zeros
 * around it, all windows are the same pattern at different places, two tables.
 */
#include "kernel/move.h"

#include <string.h>

typedef struct line {
    const ritz_window *w;
    int64_t n, oy, ox, end;
    int64_t width;          /* elements of a window in one row of the image */
    int64_t inside, beyond; /* windows ox in inside..beyond-1 are whole */
} line;

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

static line line_of(const ritz_window *w, int64_t n, int64_t oy, int64_t ox,
                    int64_t end)
{
    const int64_t step = w->stride_width;
    const int64_t first = (w->pad_left + step - 1) / step;
    const int64_t room = w->width + w->pad_left - w->kernel_width;
    line l = {w, n, oy, ox, end, w->kernel_width * w->channels, 0, 0};
    l.inside = clamp(first, ox, end);
    l.beyond = clamp(room < 0 ? 0 : room / step + 1, l.inside, end);
    return l;
}

/* The first element of row ky of the line's windows, or -1 outside. */
static int64_t row_seen(const line *l, int64_t ky)
{
    const ritz_window *w = l->w;
    const int64_t iy = l->oy * w->stride_height + ky - w->pad_top;
    if (iy < 0 || iy >= w->height)
        return -1;
    return (l->n * w->height + iy) * w->width * w->channels;
}

typedef struct span {
    int64_t image;        /* offset in the image's row of what is visible */
    int64_t skip, length; /* elements of the window: hidden before, visible */
} span;

static span span_of(const line *l, int64_t ox)
{
    const ritz_window *w = l->w;
    const int64_t left = ox * w->stride_width - w->pad_left;
    const int64_t first = clamp(-left, 0, w->kernel_width);
    const int64_t end = clamp(w->width - left, first, w->kernel_width);
    return (span){(left + first) * w->channels, first * w->channels,
                  (end - first) * w->channels};
}

static void copy_edge(char *y, const char *row, const line *l, int64_t ox,
                      size_t size)
{
    const span s = span_of(l, ox);
    memset(y, 0, (size_t)l->width * size);
    if (s.length > 0)
        memcpy(y + (size_t)s.skip * size, row + s.image * (int64_t)size,
               (size_t)s.length * size);
}

/* `bytes` is a constant for windows as wide as 3 and 5 of a single channel. */
static inline void copy_whole(char *restrict y, const char *restrict x,
                              int64_t count, size_t y_step, size_t x_step,
                              size_t bytes)
{
    for (int64_t i = 0; i < count; i++)
        memcpy(y + (size_t)i * y_step, x + (size_t)i * x_step, bytes);
}

static void unfold_line(char *y, const char *x, const line *l, size_t size)
{
    const ritz_window *w = l->w;
    const size_t bytes = (size_t)l->width * size;
    const size_t y_step = bytes * (size_t)w->kernel_height;
    const size_t x_step = (size_t)(w->stride_width * w->channels) * size;
    const int64_t whole = l->beyond - l->inside;
    for (int64_t ky = 0; ky < w->kernel_height; ky++, y += bytes) {
        const int64_t offset = row_seen(l, ky);
        const char *row = x + offset * (int64_t)size;
        int64_t ox = l->ox;
        char *to = y;
        if (offset < 0) {
            for (; ox < l->end; ox++, to += y_step)
                memset(to, 0, bytes);
            continue;
        }
        for (; ox < l->inside; ox++, to += y_step)
            copy_edge(to, row, l, ox, size);
        const char *from = row + (ox * w->stride_width - w->pad_left) *
                                     w->channels * (int64_t)size;
        if (bytes == 12)
            copy_whole(to, from, whole, y_step, x_step, 12);
        else if (bytes == 20)
            copy_whole(to, from, whole, y_step, x_step, 20);
        else
            copy_whole(to, from, whole, y_step, x_step, bytes);
        to += (size_t)whole * y_step;
        for (ox = l->beyond; ox < l->end; ox++, to += y_step)
            copy_edge(to, row, l, ox, size);
    }
}

void ritz_unfold_rows(void *yv, const void *x, const ritz_window *w,
                      int64_t first, int64_t rows, size_t size)
{
    char *y = yv;
    const size_t bytes = (size_t)(w->kernel_height * w->kernel_width) *
                         (size_t)w->channels * size;
    while (rows > 0 && bytes > 0) {
        const int64_t ox = first % w->out_width;
        const int64_t oy = first / w->out_width % w->out_height;
        const int64_t n = first / w->out_width / w->out_height;
        const int64_t left = w->out_width - ox;
        const int64_t count = rows < left ? rows : left;
        const line l = line_of(w, n, oy, ox, ox + count);
        unfold_line(y, x, &l, size);
        y += (size_t)count * bytes, first += count, rows -= count;
    }
}

/* Windows that are read where they lie, in images with zeros around them. */

static int64_t padded_width(const ritz_window *w)
{
    return (w->out_width - 1) * w->stride_width + w->kernel_width;
}

static int64_t padded_height(const ritz_window *w, int64_t lines)
{
    return (lines - 1) * w->stride_height + w->kernel_height;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t ritz_padded_elements(const ritz_window *w, int64_t rows)
{
    const int64_t lines = rows / w->out_width;
    const int64_t whole = lines / w->out_height, rest = lines % w->out_height;
    const int64_t height = whole * padded_height(w, w->out_height) +
                           (rest > 0 ? padded_height(w, rest) : 0);
    return height * padded_width(w) * w->channels;
}

/* Row iy of an image, which may be outside of it. */
static void pad_row(char *y, const char *image, const ritz_window *w,
                    int64_t iy, size_t pixel)
{
    const int64_t wide = padded_width(w);
    const int64_t left = least(w->pad_left, wide);
    const int64_t seen = least(w->width, wide - left);
    if (iy < 0 || iy >= w->height) {
        memset(y, 0, (size_t)wide * pixel);
        return;
    }
    memset(y, 0, (size_t)left * pixel);
    y += (size_t)left * pixel;
    memcpy(y, image + (size_t)(iy * w->width) * pixel, (size_t)seen * pixel);
    memset(y + (size_t)seen * pixel, 0, (size_t)(wide - left - seen) * pixel);
}

void ritz_pad_windows(void *yv, const void *x, const ritz_window *w,
                      int64_t first, int64_t rows, size_t size)
{
    char *y = yv;
    const size_t pixel = (size_t)w->channels * size;
    const size_t row = (size_t)padded_width(w) * pixel;
    int64_t down = first / w->out_width, left = rows / w->out_width;
    while (left > 0) {
        const int64_t oy = down % w->out_height;
        const int64_t lines = least(left, w->out_height - oy);
        const char *image =
            (const char *)x +
            (size_t)(down / w->out_height * w->height * w->width) * pixel;
        const int64_t top = oy * w->stride_height - w->pad_top;
        for (int64_t i = 0; i < padded_height(w, lines); i++, y += row)
            pad_row(y, image, w, top + i, pixel);
        down += lines, left -= lines;
    }
}

void ritz_window_tables(int32_t *row, int32_t *column, const ritz_window *w,
                        int64_t rows)
{
    const int64_t wide = padded_width(w);
    const int64_t image = padded_height(w, w->out_height) * wide;
    for (int64_t i = 0; i < rows; i++) {
        const int64_t down = i / w->out_width;
        const int64_t pixel = down / w->out_height * image +
                              down % w->out_height * w->stride_height * wide +
                              i % w->out_width * w->stride_width;
        row[i] = (int32_t)(pixel * w->channels);
    }
    for (int64_t ky = 0; ky < w->kernel_height; ky++)
        for (int64_t i = 0; i < w->kernel_width * w->channels; i++)
            *column++ = (int32_t)(ky * wide * w->channels + i);
}

/* The windows of a line into the image's row that they show through ky. */
#define FOLD(type)                                                          \
    static void fold_row_##type(type *restrict row, const type *restrict x, \
                                const line *l)                              \
    {                                                                       \
        const int64_t step = l->width * l->w->kernel_height;                \
        for (int64_t ox = l->ox; ox < l->end; ox++, x += step) {            \
            const span s = span_of(l, ox);                                  \
            for (int64_t i = 0; i < s.length; i++)                          \
                row[s.image + i] += x[s.skip + i];                          \
        }                                                                   \
    }                                                                       \
                                                                            \
    static void fold_##type(type *y, const type *x, const ritz_window *w)   \
    {                                                                       \
        for (int64_t oy = 0; oy < w->out_height; oy++) {                    \
            const line l = line_of(w, 0, oy, 0, w->out_width);              \
            for (int64_t ky = 0; ky < w->kernel_height; ky++) {             \
                const int64_t row = row_seen(&l, ky);                       \
                if (row >= 0)                                               \
                    fold_row_##type(y + row, x + ky * l.width, &l);         \
            }                                                               \
            x += w->out_width * w->kernel_height * l.width;                 \
        }                                                                   \
    }

FOLD(float)
FOLD(double)
FOLD(uint64_t) /* i64: adds wrap */

void ritz_fold_images(void *yv, const void *xv, const ritz_window *w,
                      int64_t first, int64_t count, ritz_dtype dtype)
{
    const int64_t image = w->height * w->width * w->channels;
    const int64_t rows = w->out_height * w->out_width * w->kernel_height *
                         w->kernel_width * w->channels;
    const size_t size = ritz_dtype_size(dtype);
    if (image > 0)
        memset((char *)yv + (size_t)(first * image) * size, 0,
               (size_t)(count * image) * size);
    for (int64_t n = 0; n < count; n++) {
        const int64_t to = (first + n) * image, from = n * rows;
        if (dtype == RITZ_F32)
            fold_float((float *)yv + to, (const float *)xv + from, w);
        else if (dtype == RITZ_F64)
            fold_double((double *)yv + to, (const double *)xv + from, w);
        else
            fold_uint64_t((uint64_t *)yv + to, (const uint64_t *)xv + from, w);
    }
}
