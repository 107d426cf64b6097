/* finite.h - the search for the first value that is not finite. */
#ifndef RITZ_GRAPH_EXECUTE_FINITE_H
#define RITZ_GRAPH_EXECUTE_FINITE_H

#include "tensor/dtype.h"

#include <stdbool.h>
#include <stdint.h>

bool ritz_all_finite(ritz_dtype dtype, const void *data, int64_t count);

#endif
