/* test_move.c - copies against the definition of a strided view, take and
 * scatter against loops, and fold as the adjoint of unfold. */
#include "tap.h"

#include "kernel/move.h"

#include <string.h>

enum { MOST = 40000, IMAGES = 3 };

static uint8_t x8[MOST], y8[MOST];
static float xf[MOST], yf[MOST], zf[MOST];
static double xd[MOST], yd[MOST], zd[MOST];

static void fill(void)
{
    for (int i = 0; i < MOST; i++) {
        x8[i] = (uint8_t)(i * 37 + i / 256);
        xf[i] = (float)i;
        xd[i] = i + 0.5;
    }
}

static int64_t count_of(const ritz_strided *v)
{
    int64_t n = 1;
    for (int i = 0; i < v->rank; i++)
        n *= v->dim[i];
    return n;
}

/* Where element `at` (row-major) of a view is. */
static int64_t place(const ritz_strided *v, int64_t at)
{
    int64_t offset = 0;
    for (int i = v->rank - 1; i >= 0; i--) {
        offset += at % v->dim[i] * v->stride[i];
        at /= v->dim[i];
    }
    return offset;
}

static ritz_strided dense(const ritz_strided *v)
{
    ritz_strided d = *v;
    int64_t stride = 1;
    for (int i = v->rank - 1; i >= 0; i--) {
        d.stride[i] = stride;
        stride *= v->dim[i];
    }
    return d;
}

static const ritz_strided views[] = {
    {0, {0}, {0}},
    {1, {7}, {1}},
    {1, {7}, {3}},
    {1, {9}, {0}},
    {1, {0}, {1}},
    {2, {5, 6}, {6, 1}},
    {2, {6, 5}, {1, 6}},
    {2, {70, 45}, {1, 70}},
    {2, {33, 129}, {1, 40}},
    {2, {5, 6}, {0, 1}},
    {3, {3, 4, 5}, {5, 0, 1}},
    {4, {3, 2, 3, 5}, {15, 0, 5, 1}},
    {2, {5, 6}, {1, 0}},
    {2, {4, 0}, {0, 1}},
    {3, {3, 4, 5}, {20, 5, 1}},
    {3, {5, 3, 4}, {1, 20, 5}},
    {3, {4, 5, 3}, {5, 1, 20}},
    {3, {9, 8, 2}, {1, 18, 9}},
    {3, {40, 3, 50}, {50, 2000, 1}},
    {4, {2, 1, 7, 5}, {3, 900, 10, 2}},
    {4, {3, 8, 5, 6}, {240, 1, 48, 8}},
    {5, {2, 3, 2, 3, 2}, {1, 2, 36, 6, 18}},
};

enum { VIEWS = sizeof views / sizeof *views };

static void gather(void)
{
    for (int v = 0; v < VIEWS; v++) {
        const int64_t n = count_of(&views[v]);
        bool f32 = true, f64 = true, u8 = true;
        for (int64_t first = 0; first < n; first += 1 + n / 9)
            for (int64_t m = 0; first + m <= n; m += 1 + n / 7) {
                memset(yf, 0xff, sizeof yf);
                ritz_gather_strided(yf, xf, &views[v], first, m, 4);
                ritz_gather_strided(yd, xd, &views[v], first, m, 8);
                ritz_gather_strided(y8, x8, &views[v], first, m, 1);
                for (int64_t i = 0; i < m; i++) {
                    const int64_t at = place(&views[v], first + i);
                    f32 &= yf[i] == xf[at];
                    f64 &= yd[i] == xd[at];
                    u8 &= y8[i] == x8[at];
                }
                f32 &= yf[m] != yf[m]; /* still NaN */
            }
        ok(f32 && f64 && u8, "gather: view %d", v);
    }
}

static void copies(void)
{
    for (int v = 0; v < VIEWS; v++) {
        const ritz_strided to = dense(&views[v]);
        const int64_t n = count_of(&views[v]);
        memset(yf, 0xff, sizeof yf);
        ritz_copy_strided(yf, &to, xf, &views[v], 4);
        ritz_copy_strided(yd, &to, xd, &views[v], 8);
        ritz_copy_strided(y8, &to, x8, &views[v], 1);
        bool same = yf[n] != yf[n];
        for (int64_t i = 0; i < n; i++) {
            const int64_t at = place(&views[v], i);
            same &= yf[i] == xf[at] && yd[i] == xd[at] && y8[i] == x8[at];
        }
        ok(same, "copy: view %d to dense", v);
    }
}

/* Back through the same view: only elements of the view change. */
static void scattered_copies(void)
{
    for (int v = 0; v < VIEWS; v++) {
        const ritz_strided from = dense(&views[v]);
        const int64_t n = count_of(&views[v]);
        memset(yf, 0xff, sizeof yf);
        memset(zf, 0xff, sizeof zf);
        memset(yd, 0xff, sizeof yd);
        memset(zd, 0xff, sizeof zd);
        ritz_copy_strided(yf, &views[v], xf, &from, 4);
        ritz_copy_strided(yd, &views[v], xd, &from, 8);
        bool broadcast = false;
        for (int i = 0; i < views[v].rank; i++)
            broadcast |= views[v].stride[i] == 0 && views[v].dim[i] > 1;
        for (int64_t i = 0; i < n; i++) {
            zf[place(&views[v], i)] = xf[i];
            zd[place(&views[v], i)] = xd[i];
        }
        if (!broadcast)
            ok(memcmp(yf, zf, sizeof yf) == 0 && memcmp(yd, zd, sizeof yd) == 0,
               "copy: dense to view %d", v);
    }
}

static void simplify(void)
{
    int rank = 5;
    int64_t dim[] = {2, 3, 1, 4, 5};
    int64_t a[] = {60, 20, 7, 5, 1}, b[] = {100, 20, 9, 5, 1};
    ritz_strided_simplify(&rank, dim, 2, (int64_t *[]){a, b});
    is_int(rank, 2, "axes merge where both sides are contiguous");
    ok(dim[0] == 2 && dim[1] == 60, "to 2 x 60");
    ok(a[0] == 60 && a[1] == 1 && b[0] == 100 && b[1] == 1, "and strides");
    rank = 2;
    int64_t ones[] = {1, 1}, s[] = {5, 9};
    ritz_strided_simplify(&rank, ones, 1, (int64_t *[]){s});
    is_int(rank, 0, "a single element has no axes");
}

static void take(void)
{
    const int64_t index[] = {3, 1, 4, 4};
    for (int64_t inner = 0; inner <= 5; inner++) {
        is_int(ritz_take(yf, xf, index, 2, 4, 4, inner, 4), -1, "take f32");
        is_int(ritz_take(yd, xd, index, 2, 4, 4, inner, 8), -1, "take f64");
        bool same = true;
        for (int64_t o = 0; o < 2; o++)
            for (int64_t i = 0; i < 4; i++)
                for (int64_t j = 0; j < inner; j++) {
                    const int64_t at = (o * 4 + index[i] - 1) * inner + j;
                    same &= yf[(o * 4 + i) * inner + j] == xf[at];
                    same &= yd[(o * 4 + i) * inner + j] == xd[at];
                }
        ok(same, "take: inner %lld", (long long)inner);
    }
    const int64_t low[] = {1, 0}, high[] = {1, 2, 5, 9};
    is_int(ritz_take(yf, xf, low, 1, 4, 2, 1, 4), 1, "index 0");
    is_int(ritz_take(yf, xf, high, 1, 4, 4, 1, 4), 2, "index past the end");
    is_int(ritz_scatter_add(yf, xf, low, 1, 4, 2, 1, RITZ_F32), 1,
           "scatter: index 0");
}

/* The sum of take(x) . z equals the sum of x . scatter(z). */
static void scatter(void)
{
    const int64_t index[] = {3, 1, 4, 4, 3, 3};
    enum { OUTER = 3, LENGTH = 5, COUNT = 6 };
    for (int64_t inner = 1; inner <= 9; inner += 4) {
        ritz_take(yd, xd, index, OUTER, LENGTH, COUNT, inner, 8);
        memset(zd, 0, sizeof zd);
        ritz_scatter_add(zd, xd + 7, index, OUTER, LENGTH, COUNT, inner,
                         RITZ_F64);
        memset(zf, 0, sizeof zf);
        ritz_scatter_add(zf, xf + 7, index, OUTER, LENGTH, COUNT, inner,
                         RITZ_F32);
        double taken = 0, scattered = 0, total = 0;
        for (int64_t i = 0; i < OUTER * COUNT * inner; i++)
            taken += yd[i] * xd[i + 7], total += (double)xf[i + 7];
        for (int64_t i = 0; i < OUTER * LENGTH * inner; i++)
            scattered += zd[i] * xd[i], total -= (double)zf[i];
        near(taken, scattered, 1e-9 * taken, "scatter is take's adjoint");
        near(total, 0, 0, "scatter f32 keeps the total");
    }
    int64_t whole[4] = {0, 0, 0, INT64_MAX};
    const int64_t add[2] = {5, 1}, where[2] = {2, 4};
    ritz_scatter_add(whole, add, where, 1, 4, 2, 1, RITZ_I64);
    ok(whole[1] == 5 && whole[3] == INT64_MIN, "scatter i64 wraps");
}

static const ritz_window windows[] = {
    {5, 6, 1, 5, 6, 3, 3, 1, 1, 1, 1}, {5, 6, 2, 3, 4, 3, 3, 1, 1, 0, 0},
    {7, 7, 3, 3, 3, 3, 3, 2, 2, 0, 0}, {4, 4, 1, 2, 2, 2, 2, 2, 2, 0, 0},
    {3, 3, 2, 5, 5, 5, 3, 1, 1, 3, 2}, {6, 5, 4, 6, 5, 1, 1, 1, 1, 0, 0},
    {2, 2, 1, 3, 3, 4, 4, 1, 1, 2, 2}, {3, 4, 2, 4, 5, 1, 2, 1, 1, 1, 1},
    {2, 2, 1, 5, 5, 1, 1, 2, 2, 4, 4},
};

/* The element that window (n, oy, ox) shows at (ky, kx, c), by definition. */
static double seen(const ritz_window *w, int64_t row, int64_t at)
{
    const int64_t c = at % w->channels, kx = at / w->channels % w->kernel_width;
    const int64_t ky = at / w->channels / w->kernel_width;
    const int64_t ox = row % w->out_width;
    const int64_t oy = row / w->out_width % w->out_height;
    const int64_t n = row / w->out_width / w->out_height;
    const int64_t iy = oy * w->stride_height + ky - w->pad_top;
    const int64_t ix = ox * w->stride_width + kx - w->pad_left;
    if (iy < 0 || ix < 0 || iy >= w->height || ix >= w->width)
        return 0;
    return xd[((n * w->height + iy) * w->width + ix) * w->channels + c];
}

static void window(const ritz_window *w, int number)
{
    const int64_t rows = IMAGES * w->out_height * w->out_width;
    const int64_t width = w->kernel_height * w->kernel_width * w->channels;
    const int64_t image = w->height * w->width * w->channels;
    ritz_unfold_rows(yd, xd, w, 0, rows, 8);
    ritz_unfold_rows(yf, xf, w, 0, rows, 4);
    bool same = true, single = true;
    for (int64_t i = 0; i < rows * width; i++) {
        const double want = seen(w, i / width, i % width);
        same &= yd[i] == want;
        single &= (double)yf[i] == (want == 0 ? 0 : want - 0.5);
    }
    ok(same && single, "unfold: window %d", number);

    same = true;
    for (int64_t first = 0; first <= rows; first++) {
        const int64_t n = rows - first < 5 ? rows - first : 5;
        ritz_unfold_rows(zd, xd, w, first, n, 8);
        same &= memcmp(zd, yd + first * width, (size_t)(n * width) * 8) == 0;
    }
    ok(same, "unfold: window %d, rows in parts", number);

    /* <unfold x, r> = <x, fold r>, in whole numbers: exact. */
    for (int64_t i = 0; i < rows * width; i++)
        zd[i] = (double)(i * 7919 % 31 - 15);
    double left = 0, right = 0;
    for (int64_t i = 0; i < rows * width; i++)
        left += 2 * yd[i] * zd[i], zf[i] = (float)zd[i];
    memset(yd, 0xff, sizeof yd);
    ritz_fold_images(yd, zd, w, 0, 1, RITZ_F64);
    ritz_fold_images(yd, zd + rows / IMAGES * width, w, 1, IMAGES - 1,
                     RITZ_F64);
    ritz_fold_images(yf, zf, w, 0, IMAGES, RITZ_F32);
    single = true;
    for (int64_t i = 0; i < IMAGES * image; i++)
        right += 2 * xd[i] * yd[i], single &= (double)yf[i] == yd[i];
    near(left, right, 0, "fold is unfold's adjoint: window %d", number);
    ok(single, "fold f32 like f64: window %d", number);
    ok(yd[IMAGES * image] != yd[IMAGES * image], "fold writes its images only");
}

/* Rows of whole images, or of lines that divide one, against unfold. */
static void padded(const ritz_window *w, int number, int64_t rows)
{
    enum { LARGE = 1000 };
    static int32_t row[LARGE], column[LARGE];
    const int64_t places = w->out_height * w->out_width;
    const int64_t columns = w->kernel_height * w->kernel_width * w->channels;
    bool same = rows <= LARGE && columns <= LARGE;
    ritz_window_tables(row, column, w, rows);
    for (int64_t first = 0; first + rows <= IMAGES * places; first += rows) {
        const int64_t end = ritz_padded_elements(w, rows);
        for (int64_t i = 0; i <= end; i++)
            yd[i] = -7;
        ritz_unfold_rows(zd, xd, w, first, rows, 8);
        ritz_pad_windows(yd, xd, w, first, rows, 8);
        same &= yd[end] == -7; /* writes no further */
        for (int64_t i = 0; i < rows; i++)
            for (int64_t l = 0; l < columns; l++)
                same &= yd[row[i] + column[l]] == zd[i * columns + l];
    }
    ok(same, "window %d through tables, %lld rows", number, (long long)rows);
}

static void unfold_and_fold(void)
{
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        const ritz_window *w = &windows[i];
        window(w, (int)i);
        padded(w, (int)i, w->out_height * w->out_width);
        padded(w, (int)i, IMAGES * w->out_height * w->out_width);
        for (int64_t lines = 1; lines < w->out_height; lines++)
            if (w->out_height % lines == 0)
                padded(w, (int)i, lines * w->out_width);
    }
}

int main(void)
{
    fill();
    tap_run("gather", gather);
    tap_run("copies", copies);
    tap_run("scattered_copies", scattered_copies);
    tap_run("simplify", simplify);
    tap_run("take", take);
    tap_run("scatter", scatter);
    tap_run("windows", unfold_and_fold);
    return tap_end();
}
