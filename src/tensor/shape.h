/* shape.h - the sizes of an array, row-major, and how they combine. */
#ifndef RITZ_TENSOR_SHAPE_H
#define RITZ_TENSOR_SHAPE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An image batch, unfolded, under two nested vmaps has rank 8. */
enum { RITZ_MAX_RANK = 12, RITZ_SHAPE_TEXT = 160 };

typedef struct ritz_shape {
    int rank; /* 0: a scalar, one element */
    int64_t dim[RITZ_MAX_RANK];
} ritz_shape;

ritz_shape ritz_shape_of(int rank, const int64_t *dim);
bool ritz_shape_equal(const ritz_shape *a, const ritz_shape *b);
int64_t ritz_shape_count(const ritz_shape *s); /* the number of elements */

/* Rank, sizes >= 0 and a byte count that fits: checked once, at creation. */
ritz_status ritz_shape_check(const ritz_shape *s, ritz_error *err);

/* Row-major strides in elements. */
void ritz_shape_strides(int64_t *stride, const ritz_shape *s);

/* NumPy's rule: aligned from the right, sizes equal or 1. False if not. */
bool ritz_shape_broadcast(ritz_shape *out, const ritz_shape *a,
                          const ritz_shape *b);

/* "[2,3]"; "[]" for a scalar. Returns `text`. */
const char *ritz_shape_text(char text[RITZ_SHAPE_TEXT], const ritz_shape *s);

#endif
