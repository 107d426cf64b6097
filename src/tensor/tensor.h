/* tensor.h - dense arrays: the only values that kernels read and write.
 *
 * Reference-counted, 64-byte aligned, contiguous, row-major, immutable once
 * visible. Parameters are borrowed. A result through `out` is owned by the
 * caller. A plain pointer result is a view and lives as long as its argument.
 * Only slices along the leading axis and reshapes share storage.
 */
#ifndef RITZ_TENSOR_TENSOR_H
#define RITZ_TENSOR_TENSOR_H

#include "tensor/dtype.h"
#include "tensor/shape.h"

typedef struct ritz_tensor ritz_tensor;

/* Not initialised: the maker fills it before anybody else sees it. Storage
 * comes from a recycling pool where a block of the size is there. */
ritz_status ritz_tensor_new(ritz_tensor **out, ritz_dtype dtype,
                            const ritz_shape *shape, ritz_error *err);
ritz_status ritz_tensor_zeros(ritz_tensor **out, ritz_dtype dtype,
                              const ritz_shape *shape, ritz_error *err);
ritz_status ritz_tensor_fill(ritz_tensor **out, ritz_dtype dtype,
                             const ritz_shape *shape, double value,
                             ritz_error *err);

ritz_tensor *ritz_tensor_retain(ritz_tensor *t); /* returns t */
void ritz_tensor_release(ritz_tensor *t);        /* NULL is allowed */

ritz_dtype ritz_tensor_dtype(const ritz_tensor *t);
const ritz_shape *ritz_tensor_shape(const ritz_tensor *t);
int64_t ritz_tensor_count(const ritz_tensor *t); /* elements */
size_t ritz_tensor_bytes(const ritz_tensor *t);
const void *ritz_tensor_data(const ritz_tensor *t);

/* For the maker of a fresh tensor, and for the executor, which writes into
 * storage that its caller gave up. */
void *ritz_tensor_data_mut(ritz_tensor *t);

/* True when nothing else holds the tensor or its storage: it may be written.
 */
bool ritz_tensor_is_sole(const ritz_tensor *t);

/* Rows start..stop-1 of the leading axis (from 0), sharing storage. */
ritz_status ritz_tensor_rows(ritz_tensor **out, ritz_tensor *t, int64_t start,
                             int64_t stop, ritz_error *err);
/* The same elements in another shape of the same count, sharing storage. */
ritz_status ritz_tensor_reshape(ritz_tensor **out, ritz_tensor *t,
                                const ritz_shape *shape, ritz_error *err);
/* Floats to integers truncate; values out of range are an error. */
ritz_status ritz_tensor_cast(ritz_tensor **out, ritz_tensor *t,
                             ritz_dtype dtype, ritz_error *err);

/* Element `i` in row-major order as a number. */
double ritz_tensor_get(const ritz_tensor *t, int64_t i);
int64_t ritz_tensor_get_i64(const ritz_tensor *t, int64_t i);
/* For the maker: element `i` from a number (truncated for integers). */
void ritz_tensor_set(ritz_tensor *t, int64_t i, double value);

/* Bytes of the tensors that exist now, heads and rounding included; recycled
 * storage is not in it. For stepping Lua's collector. */
size_t ritz_tensor_live_bytes(void);
void ritz_tensor_pool_clear(void); /* gives recycled storage back */

#endif
