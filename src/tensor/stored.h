/* stored.h - the element types that files have and what they become.
 *
 * Files store more types than tensors have. The four of tensors are read in
 * place; others pass through a small buffer on their way to the one that holds
 * all their values.
 */
#ifndef RITZ_TENSOR_STORED_H
#define RITZ_TENSOR_STORED_H

#include "tensor/source.h"
#include "tensor/tensor.h"

typedef struct ritz_stored ritz_stored;

/* NULL for a type that is not read. */
const ritz_stored *ritz_stored_npy(const char *code);         /* "f4" */
const ritz_stored *ritz_stored_safetensors(const char *name); /* "F32" */
const ritz_stored *ritz_stored_idx(unsigned char code);

/* How a dtype is stored. */
const ritz_stored *ritz_stored_of(ritz_dtype dtype);
const char *ritz_stored_npy_code(const ritz_stored *type);
const char *ritz_stored_safetensors_name(const ritz_stored *type);

size_t ritz_stored_size(const ritz_stored *type); /* bytes of an element */

/* A new tensor of the shape from the next bytes of the source. Sizes are held
 * against what the source has before memory is asked for. */
ritz_status ritz_stored_read(ritz_tensor **out, const ritz_stored *type,
                             bool big_endian, const ritz_shape *shape,
                             ritz_source *from, ritz_error *err);

#endif
