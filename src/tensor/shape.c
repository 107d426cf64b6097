/* shape.c - sizes, strides, broadcasting.
 *
 * Overflow is refused once, in ritz_shape_check, for the product of the
 * non-zero sizes: then no count, stride or byte offset of the shape or of a
 * slice of it can overflow, and nothing else has to look.
 */
#include "tensor/shape.h"

#include <inttypes.h>
#include <stdio.h>

ritz_shape ritz_shape_of(int rank, const int64_t *dim)
{
    ritz_shape s = {.rank = rank};
    for (int i = 0; i < rank && i < RITZ_MAX_RANK; i++)
        s.dim[i] = dim[i];
    return s;
}

bool ritz_shape_equal(const ritz_shape *a, const ritz_shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

int64_t ritz_shape_count(const ritz_shape *s)
{
    int64_t n = 1;
    for (int i = 0; i < s->rank; i++)
        n *= s->dim[i];
    return n;
}

ritz_status ritz_shape_check(const ritz_shape *s, ritz_error *err)
{
    if (s->rank < 0 || s->rank > RITZ_MAX_RANK)
        return ritz_fail(err, RITZ_ESHAPE,
                         "shape: rank must be 0 to %d, got %d", RITZ_MAX_RANK,
                         s->rank);
    int64_t bytes = sizeof(int64_t); /* the widest element */
    for (int i = 0; i < s->rank; i++) {
        const int64_t n = s->dim[i];
        if (n < 0)
            return ritz_fail(err, RITZ_ESHAPE,
                             "shape: size %d must be 0 or more, got %" PRId64,
                             i + 1, n);
        if (n > 0 && (__builtin_mul_overflow(bytes, n, &bytes) ||
                      bytes > INT64_MAX / 2)) {
            char text[RITZ_SHAPE_TEXT];
            return ritz_fail(err, RITZ_ESHAPE,
                             "shape: a tensor must fit in memory, got %s",
                             ritz_shape_text(text, s));
        }
    }
    return RITZ_OK;
}

void ritz_shape_strides(int64_t *stride, const ritz_shape *s)
{
    int64_t step = 1;
    for (int i = s->rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= s->dim[i];
    }
}

bool ritz_shape_broadcast(ritz_shape *out, const ritz_shape *a,
                          const ritz_shape *b)
{
    const int rank = a->rank > b->rank ? a->rank : b->rank;
    ritz_shape result = {.rank = rank}; /* `out` may be one of the operands */
    for (int i = 0; i < rank; i++) {
        const int ia = i - (rank - a->rank), ib = i - (rank - b->rank);
        const int64_t na = ia < 0 ? 1 : a->dim[ia];
        const int64_t nb = ib < 0 ? 1 : b->dim[ib];
        if (na != nb && na != 1 && nb != 1)
            return false;
        result.dim[i] = na == 1 ? nb : na;
    }
    *out = result;
    return true;
}

const char *ritz_shape_text(char text[RITZ_SHAPE_TEXT], const ritz_shape *s)
{
    size_t used = 0;
    text[used++] = '[';
    for (int i = 0; i < s->rank && i < RITZ_MAX_RANK; i++) {
        const size_t room = RITZ_SHAPE_TEXT - used;
        const int n =
            snprintf(text + used, room, "%s%" PRId64, i ? "," : "", s->dim[i]);
        if (n < 0 || (size_t)n + 5 > room) { /* keep room for "...]" */
            snprintf(text + used, room, "...");
            used += 3;
            break;
        }
        used += (size_t)n;
    }
    text[used++] = ']';
    text[used] = '\0';
    return text;
}
