/* sort.h - the order of the elements of a row. */
#ifndef RITZ_KERNEL_SORT_H
#define RITZ_KERNEL_SORT_H

#include "tensor/dtype.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ritz_order {
    ritz_dtype dtype; /* not u8 */
    int64_t n, keep;  /* elements, and how many positions are wanted */
    bool descending;
} ritz_order;

/* Bytes of scratch memory for one row. */
size_t ritz_order_scratch(const ritz_order *o);

/* The positions, from 1, of the first `keep` elements in order. Equal
 * elements stay as they are, also when descending; NaN comes last in either
 * direction; the two zeros are equal. */
void ritz_order_row(int64_t *position, const void *x, const ritz_order *o,
                    void *scratch);

#endif
