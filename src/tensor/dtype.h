/* dtype.h - what the elements of a tensor are. */
#ifndef RITZ_TENSOR_DTYPE_H
#define RITZ_TENSOR_DTYPE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum ritz_dtype {
    RITZ_F32, /* training and sampling; the default */
    RITZ_F64, /* spectra, dynamics and checks */
    RITZ_I64, /* indices and keys */
    RITZ_U8,  /* stored images: index, cast, save; no arithmetic */
    RITZ_DTYPES
} ritz_dtype;

size_t ritz_dtype_size(ritz_dtype dtype); /* bytes of an element */
const char *ritz_dtype_name(ritz_dtype dtype);
bool ritz_dtype_parse(ritz_dtype *out, const char *name);
bool ritz_dtype_is_float(ritz_dtype dtype);

#endif
