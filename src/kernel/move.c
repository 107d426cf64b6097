/* move.c - strided copies, with transposes in blocks.
 *
 * A plane is the part of a copy that two axes span: the one along which the
 * result is dense and the one along which the source is. Squares of it are
 * turned in registers, in an order that keeps both sides in L1; a loop along
 * either axis alone would touch a cache line for every element of the other
 * side.
 */
#include "kernel/move.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t word1;
typedef uint32_t __attribute__((may_alias)) word4;
typedef uint64_t __attribute__((may_alias)) word8;

enum { BLOCK = 32 }; /* a square of a plane: 4 kB for f32 */

void ritz_strided_simplify(int *rank, int64_t *dim, int count,
                           int64_t *const *stride)
{
    int kept = 0;
    for (int i = 0; i < *rank; i++) {
        if (dim[i] == 1)
            continue;
        bool merge = kept > 0;
        for (int s = 0; s < count && merge; s++)
            merge = stride[s][kept - 1] == dim[i] * stride[s][i];
        const int to = merge ? kept - 1 : kept++;
        dim[to] = merge ? dim[to] * dim[i] : dim[i];
        for (int s = 0; s < count; s++)
            stride[s][to] = stride[s][i];
    }
    *rank = kept;
}

#define ROW(word)                                                          \
    static void row_##word(word *y, int64_t ys, const word *x, int64_t xs, \
                           int64_t n)                                      \
    {                                                                      \
        if (ys == 1 && xs == 1)                                            \
            memcpy(y, x, (size_t)n * sizeof *y);                           \
        else if (ys == 1 && xs == 0)                                       \
            for (int64_t i = 0; i < n; i++)                                \
                y[i] = *x;                                                 \
        else if (ys == 1)                                                  \
            for (int64_t i = 0; i < n; i++)                                \
                y[i] = x[i * xs];                                          \
        else                                                               \
            for (int64_t i = 0; i < n; i++)                                \
                y[i * ys] = x[i * xs];                                     \
    }

ROW(word1)
ROW(word4)
ROW(word8)

static void row(void *y, int64_t ys, const void *x, int64_t xs, int64_t n,
                size_t size)
{
    if (size == 4)
        row_word4(y, ys, x, xs, n);
    else if (size == 8)
        row_word8(y, ys, x, xs, n);
    else
        row_word1(y, ys, x, xs, n);
}

static void *step(const void *x, int64_t elements, size_t size)
{
    return (char *)x + elements * (int64_t)size;
}

/* Writes `times` more copies of the `period` bytes before y: a vector that is
 * added to every row of a matrix is gathered so, in few long copies. */
static void repeat(void *y, size_t period, size_t times)
{
    const char *pattern = (const char *)y - period;
    const size_t total = period * times;
    for (size_t done = 0; done < total;) {
        const size_t known = period + done, left = total - done;
        const size_t n = known < left ? known : left;
        memcpy((char *)y + done, pattern, n);
        done += n;
    }
}

/* A round is one pass over the last axes, where these are short: its elements
 * are found by a table, which costs less than a loop for each axis. */
enum { LONGEST_ROUND = 64, SHORTEST_ROUND = 8, LONG_RUN = 16 };

typedef struct turns {
    ritz_strided outer; /* the other axes */
    int64_t count;      /* elements of a round; 0: rounds do not pay */
    int64_t offset[LONGEST_ROUND];
} turns;

/* Each element so far at each of `dim` places of one axis more. */
static void widen(turns *t, int64_t dim, int64_t stride)
{
    const int64_t old = t->count;
    t->count *= dim;
    for (int64_t i = old; i < t->count; i++)
        t->offset[i] = t->offset[i % old] + i / old * stride;
}

static void find_rounds(turns *t, const ritz_strided *view)
{
    t->outer = *view;
    t->count = 1;
    t->offset[0] = 0;
    int64_t *dim = t->outer.dim, *stride = t->outer.stride;
    int last = view->rank - 1;
    if (last < 1 || dim[last] >= LONG_RUN) {
        t->count = 0;
        return;
    }
    for (; last > 0 && t->count * dim[last] <= LONGEST_ROUND; last--)
        widen(t, dim[last], stride[last]);
    t->outer.rank = last + 1;
    /* As much of the next axis as there is room for, and divides it. */
    int64_t more = LONGEST_ROUND / t->count;
    while (dim[last] % more != 0)
        more--;
    widen(t, more, stride[last]);
    dim[last] /= more;
    stride[last] *= more;
    if (t->count < SHORTEST_ROUND)
        t->count = 0;
}

#define PICK(word)                                                         \
    static void pick_##word(word *y, const word *x, const int64_t *offset, \
                            int64_t n)                                     \
    {                                                                      \
        for (int64_t i = 0; i < n; i++)                                    \
            y[i] = x[offset[i]];                                           \
    }

PICK(word1)
PICK(word4)
PICK(word8)

static void pick(void *y, const void *x, const int64_t *offset, int64_t n,
                 size_t size)
{
    if (size == 4)
        pick_word4(y, x, offset, n);
    else if (size == 8)
        pick_word8(y, x, offset, n);
    else
        pick_word1(y, x, offset, n);
}

static void gather_rounds(void *y, const void *x, const turns *t, int64_t first,
                          int64_t n, size_t size)
{
    int64_t place = first % t->count;
    for (int64_t o = first / t->count; n > 0; o++, place = 0) {
        int64_t at = 0, left = o;
        for (int i = t->outer.rank - 1; i > 0; i--) {
            at += left % t->outer.dim[i] * t->outer.stride[i];
            left /= t->outer.dim[i];
        }
        at += left * t->outer.stride[0];
        const int64_t count = n < t->count - place ? n : t->count - place;
        pick(y, step(x, at, size), t->offset + place, count, size);
        y = step(y, count, size), n -= count;
    }
}

void ritz_gather_strided(void *y, const void *x, const ritz_strided *view,
                         int64_t first, int64_t n, size_t size)
{
    turns t;
    if (n <= 0)
        return;
    find_rounds(&t, view);
    if (t.count > 0) {
        gather_rounds(y, x, &t, first, n, size);
        return;
    }
    int64_t index[RITZ_MAX_RANK];
    const int last = view->rank - 1;
    int64_t offset = 0;
    for (int i = last; i >= 0 && n > 0; i--) {
        index[i] = first % view->dim[i];
        first /= view->dim[i];
        offset += index[i] * view->stride[i];
    }
    if (last < 0 && n > 0)
        row(y, 1, x, 1, 1, size);
    while (last >= 0 && n > 0) {
        const int64_t left = view->dim[last] - index[last];
        const int64_t count = n < left ? n : left;
        row(y, 1, step(x, offset, size), view->stride[last], count, size);
        y = step(y, count, size), n -= count;
        if (last > 0 && view->stride[last - 1] == 0 &&
            count == view->dim[last]) {
            const int64_t rows = view->dim[last - 1] - index[last - 1] - 1;
            const int64_t more = rows < n / count ? rows : n / count;
            repeat(y, (size_t)count * size, (size_t)more);
            y = step(y, more * count, size), n -= more * count;
            index[last - 1] += more;
        }
        offset -= index[last] * view->stride[last];
        index[last] = 0;
        for (int i = last - 1; i >= 0; i--) {
            offset += view->stride[i];
            if (++index[i] < view->dim[i])
                break;
            offset -= index[i] * view->stride[i];
            index[i] = 0;
        }
    }
}

/* What a copy becomes: loops over the other axes around rows or planes. */
typedef struct copy {
    int rank;
    int64_t dim[RITZ_MAX_RANK];
    int64_t to[RITZ_MAX_RANK], from[RITZ_MAX_RANK];
} copy;

typedef struct plane {
    int64_t n, m;   /* y dense along m, x dense along n */
    int64_t ys, xs; /* strides along the axis where the side is not dense */
} plane;

typedef word4 square4 __attribute__((vector_size(16)));
typedef word8 square8 __attribute__((vector_size(16)));

/* 4 x 4 words: y[i * ys + j] = x[j * xs + i]. */
static inline void turn_word4(word4 *y, int64_t ys, const word4 *x, int64_t xs)
{
    square4 r[4], t[4];
    for (int j = 0; j < 4; j++)
        memcpy(&r[j], x + j * xs, sizeof r[j]);
    t[0] = __builtin_shuffle(r[0], r[1], (square4){0, 4, 1, 5});
    t[1] = __builtin_shuffle(r[2], r[3], (square4){0, 4, 1, 5});
    t[2] = __builtin_shuffle(r[0], r[1], (square4){2, 6, 3, 7});
    t[3] = __builtin_shuffle(r[2], r[3], (square4){2, 6, 3, 7});
    r[0] = __builtin_shuffle(t[0], t[1], (square4){0, 1, 4, 5});
    r[1] = __builtin_shuffle(t[0], t[1], (square4){2, 3, 6, 7});
    r[2] = __builtin_shuffle(t[2], t[3], (square4){0, 1, 4, 5});
    r[3] = __builtin_shuffle(t[2], t[3], (square4){2, 3, 6, 7});
    for (int i = 0; i < 4; i++)
        memcpy(y + i * ys, &r[i], sizeof r[i]);
}

static inline void turn_word8(word8 *y, int64_t ys, const word8 *x, int64_t xs)
{
    square8 r[2], t[2];
    for (int j = 0; j < 2; j++)
        memcpy(&r[j], x + j * xs, sizeof r[j]);
    t[0] = __builtin_shuffle(r[0], r[1], (square8){0, 2});
    t[1] = __builtin_shuffle(r[0], r[1], (square8){1, 3});
    for (int i = 0; i < 2; i++)
        memcpy(y + i * ys, &t[i], sizeof t[i]);
}

static inline void turn_word1(word1 *y, int64_t ys, const word1 *x, int64_t xs)
{
    (void)ys, (void)xs;
    *y = *x;
}

/* y[i * ys + j] = x[j * xs + i] for a block that fits in L1. Most blocks are
 * all squares; looking for more elements in every row of them took a fifth of
 * the time (80 x 256 floats 8.5 us and 7.1, 64 x 64 1.04 and 0.76). */
#define TURN_BLOCK(word, side)                                                 \
    static void rest_##word(word *y, const word *x, const plane *p, int64_t n, \
                            int64_t m)                                         \
    {                                                                          \
        for (int64_t i = 0; i < n; i++)                                        \
            for (int64_t j = i < n / side * side ? m / side * side : 0; j < m; \
                 j++)                                                          \
                y[i * p->ys + j] = x[j * p->xs + i];                           \
    }                                                                          \
                                                                               \
    static void block_##word(word *y, const word *x, const plane *p,           \
                             int64_t n, int64_t m)                             \
    {                                                                          \
        const int64_t ys = p->ys, xs = p->xs;                                  \
        for (int64_t i = 0; i + side <= n; i += side)                          \
            for (int64_t j = 0; j + side <= m; j += side)                      \
                turn_##word(y + i * ys + j, ys, x + j * xs + i, xs);           \
        if (n % side || m % side)                                              \
            rest_##word(y, x, p, n, m);                                        \
    }                                                                          \
                                                                               \
    static void plane_##word(void *yv, const void *xv, const plane *p)         \
    {                                                                          \
        word *y = yv;                                                          \
        const word *x = xv;                                                    \
        for (int64_t i = 0; i < p->n; i += BLOCK)                              \
            for (int64_t j = 0; j < p->m; j += BLOCK)                          \
                block_##word(y + i * p->ys + j, x + j * p->xs + i, p,          \
                             p->n - i < BLOCK ? p->n - i : BLOCK,              \
                             p->m - j < BLOCK ? p->m - j : BLOCK);             \
    }

TURN_BLOCK(word1, 1)
TURN_BLOCK(word4, 4)
TURN_BLOCK(word8, 2)

/* The axis of stride 1, or the one of the smallest stride but 0, or -1. */
static int dense_axis(int rank, const int64_t *stride)
{
    int best = -1;
    for (int i = rank - 1; i >= 0; i--)
        if (stride[i] != 0 &&
            (best < 0 || llabs(stride[i]) < llabs(stride[best])))
            best = i;
    return best;
}

static void take_out(copy *c, int axis)
{
    c->rank--;
    for (int i = axis; i < c->rank; i++) {
        c->dim[i] = c->dim[i + 1];
        c->to[i] = c->to[i + 1];
        c->from[i] = c->from[i + 1];
    }
}

static void move_plane(void *y, const void *x, const plane *p, size_t size)
{
    if (size == 4)
        plane_word4(y, x, p);
    else if (size == 8)
        plane_word8(y, x, p);
    else
        plane_word1(y, x, p);
}

static bool empty(const copy *c)
{
    for (int i = 0; i < c->rank; i++)
        if (c->dim[i] == 0)
            return true;
    return false;
}

/* Advances both offsets to the next element of the outer loops, row-major;
 * false after the last. */
static bool next(const copy *c, int64_t *index, int64_t *to, int64_t *from)
{
    for (int i = c->rank - 1; i >= 0; i--) {
        *to += c->to[i];
        *from += c->from[i];
        if (++index[i] < c->dim[i])
            return true;
        *to -= c->dim[i] * c->to[i];
        *from -= c->dim[i] * c->from[i];
        index[i] = 0;
    }
    return false;
}

void ritz_copy_strided(void *y, const ritz_strided *to, const void *x,
                       const ritz_strided *from, size_t size)
{
    copy c = {.rank = from->rank};
    memcpy(c.dim, from->dim, sizeof c.dim);
    memcpy(c.to, to->stride, sizeof c.to);
    memcpy(c.from, from->stride, sizeof c.from);
    if (empty(&c))
        return;
    ritz_strided_simplify(&c.rank, c.dim, 2, (int64_t *[]){c.to, c.from});

    /* The inner axis and, for a plane, the one along which x is dense. */
    const int inner = dense_axis(c.rank, c.to);
    const int other = dense_axis(c.rank, c.from);
    int64_t n = 1, ys = 1, xs = 1;
    plane p = {0};
    if (inner >= 0) {
        n = c.dim[inner], ys = c.to[inner], xs = c.from[inner];
        if (other >= 0 && other != inner && xs != 0 && ys == 1 &&
            c.from[other] == 1)
            p = (plane){c.dim[other], n, c.to[other], xs};
        take_out(&c, inner);
        if (p.n > 0)
            take_out(&c, other > inner ? other - 1 : other);
    }
    int64_t index[RITZ_MAX_RANK] = {0}, at = 0, from_at = 0;
    do {
        if (p.n > 0)
            move_plane(step(y, at, size), step(x, from_at, size), &p, size);
        else
            row(step(y, at, size), ys, step(x, from_at, size), xs, n, size);
    } while (next(&c, index, &at, &from_at));
}
