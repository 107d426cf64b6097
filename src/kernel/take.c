/* take.c - rows picked by an index, and its adjoint. */
#include "kernel/move.h"

#include <string.h>

static int64_t first_outside(const int64_t *index, int64_t count,
                             int64_t length)
{
    for (int64_t i = 0; i < count; i++)
        if (index[i] < 1 || index[i] > length)
            return i;
    return -1;
}

int64_t ritz_take(void *y, const void *x, const int64_t *index, int64_t outer,
                  int64_t length, int64_t count, int64_t inner, size_t size)
{
    const int64_t bad = first_outside(index, count, length);
    if (bad >= 0)
        return bad;
    const size_t bytes = (size_t)inner * size;
    char *to = y;
    const char *from = x;
    for (int64_t o = 0; o < outer && bytes > 0; o++) {
        for (int64_t i = 0; i < count; i++, to += bytes) {
            const char *source = from + (size_t)(index[i] - 1) * bytes;
            if (bytes == 4) /* lengths known to the compiler need no call */
                memcpy(to, source, 4);
            else if (bytes == 8)
                memcpy(to, source, 8);
            else
                memcpy(to, source, bytes);
        }
        from += (size_t)length * bytes;
    }
    return -1;
}

typedef struct scatter {
    const int64_t *index;
    int64_t outer, length, count, inner;
} scatter;

#define SCATTER(type)                                                      \
    static void scatter_##type(void *yv, const void *xv, const scatter *s) \
    {                                                                      \
        type *restrict y = yv;                                             \
        const type *restrict x = xv;                                       \
        for (int64_t o = 0; o < s->outer; o++) {                           \
            for (int64_t i = 0; i < s->count; i++) {                       \
                type *to = y + (s->index[i] - 1) * s->inner;               \
                for (int64_t j = 0; j < s->inner; j++)                     \
                    to[j] += *x++;                                         \
            }                                                              \
            y += s->length * s->inner;                                     \
        }                                                                  \
    }

SCATTER(float)
SCATTER(double)
SCATTER(uint64_t) /* i64: adds wrap */

int64_t ritz_scatter_add(void *y, const void *x, const int64_t *index,
                         int64_t outer, int64_t length, int64_t count,
                         int64_t inner, ritz_dtype dtype)
{
    const int64_t bad = first_outside(index, count, length);
    if (bad >= 0)
        return bad;
    const scatter s = {index, outer, length, count, inner};
    if (dtype == RITZ_F32)
        scatter_float(y, x, &s);
    else if (dtype == RITZ_F64)
        scatter_double(y, x, &s);
    else
        scatter_uint64_t(y, x, &s);
    return -1;
}
