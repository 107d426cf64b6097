/* cast.c - one dtype into another.
 *
 * Every pair has a loop of its own: through double, an i64 beyond 2^53 would
 * be rounded twice on its way to f32. Floats to integers truncate toward zero,
 * and refuse what does not fit instead of wrapping.
 */
#include "tensor/tensor.h"

#include <inttypes.h>

/* Returns the index of the first element that does not fit, or n. */
typedef int64_t cast_fn(void *to, const void *from, int64_t n);

#define CAST(name, to_type, from_type, fits)                   \
    static int64_t name(void *to, const void *from, int64_t n) \
    {                                                          \
        to_type *y = to;                                       \
        const from_type *x = from;                             \
        for (int64_t i = 0; i < n; i++) {                      \
            if (!(fits))                                       \
                return i;                                      \
            y[i] = (to_type)x[i];                              \
        }                                                      \
        return n;                                              \
    }

CAST(f32_f64, double, float, true)
CAST(f32_i64, int64_t, float, x[i] >= -0x1p63f && x[i] < 0x1p63f)
CAST(f32_u8, uint8_t, float, x[i] > -1.0f && x[i] < 256.0f)
CAST(f64_f32, float, double, true)
CAST(f64_i64, int64_t, double, x[i] >= -0x1p63 && x[i] < 0x1p63)
CAST(f64_u8, uint8_t, double, x[i] > -1.0 && x[i] < 256.0)
CAST(i64_f32, float, int64_t, true)
CAST(i64_f64, double, int64_t, true)
CAST(i64_u8, uint8_t, int64_t, x[i] >= 0 && x[i] <= 255)
CAST(u8_f32, float, uint8_t, true)
CAST(u8_f64, double, uint8_t, true)
CAST(u8_i64, int64_t, uint8_t, true)

static cast_fn *const casts[RITZ_DTYPES][RITZ_DTYPES] = {
    [RITZ_F32] = {NULL, f32_f64, f32_i64, f32_u8},
    [RITZ_F64] = {f64_f32, NULL, f64_i64, f64_u8},
    [RITZ_I64] = {i64_f32, i64_f64, NULL, i64_u8},
    [RITZ_U8] = {u8_f32, u8_f64, u8_i64, NULL},
};

ritz_status ritz_tensor_cast(ritz_tensor **out, ritz_tensor *t,
                             ritz_dtype dtype, ritz_error *err)
{
    cast_fn *const cast = casts[ritz_tensor_dtype(t)][dtype];
    if (!cast) {
        *out = ritz_tensor_retain(t);
        return RITZ_OK;
    }
    const ritz_status status =
        ritz_tensor_new(out, dtype, ritz_tensor_shape(t), err);
    if (status != RITZ_OK)
        return status;
    const int64_t n = ritz_tensor_count(t);
    const int64_t bad =
        cast(ritz_tensor_data_mut(*out), ritz_tensor_data(t), n);
    if (bad == n)
        return RITZ_OK;
    ritz_tensor_release(*out);
    *out = NULL;
    return ritz_fail(err, RITZ_EVALUE,
                     "cast: wanted values that fit in %s, got %g at element "
                     "%" PRId64,
                     ritz_dtype_name(dtype), ritz_tensor_get(t, bad), bad + 1);
}
