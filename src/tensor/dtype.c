/* dtype.c - the four element types, in the order of the enumeration. */
#include "tensor/dtype.h"

#include <stdint.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size;
    bool is_float;
} dtypes[RITZ_DTYPES] = {
    [RITZ_F32] = {"f32", sizeof(float), true},
    [RITZ_F64] = {"f64", sizeof(double), true},
    [RITZ_I64] = {"i64", sizeof(int64_t), false},
    [RITZ_U8] = {"u8", sizeof(uint8_t), false},
};

size_t ritz_dtype_size(ritz_dtype dtype)
{
    return dtypes[dtype].size;
}

const char *ritz_dtype_name(ritz_dtype dtype)
{
    return dtypes[dtype].name;
}

bool ritz_dtype_parse(ritz_dtype *out, const char *name)
{
    for (int i = 0; i < RITZ_DTYPES; i++)
        if (strcmp(name, dtypes[i].name) == 0) {
            *out = (ritz_dtype)i;
            return true;
        }
    return false;
}

bool ritz_dtype_is_float(ritz_dtype dtype)
{
    return dtypes[dtype].is_float;
}
