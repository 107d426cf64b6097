/* kernel_u8.c - u8 is for stored images: it is copied and cast to, no more.
 *
 * Numbers are cut towards zero and held within 0..255; NaN becomes 0.
 */
#include "kernel/units.h"

#include <string.h>

typedef uint8_t real;

static inline uint8_t from_float(double x)
{
    return x >= 255 ? 255 : x > 0 ? (uint8_t)x : 0;
}

static inline uint8_t from_integer(int64_t x)
{
    return x >= 255 ? 255 : x > 0 ? (uint8_t)x : 0;
}

#define FROM_FLOAT(x)   from_float((double)(x))
#define FROM_INTEGER(x) from_integer(x)

#include "kernel/loops_cast.h"

static void copy(void *y, const void *a, const void *b, const void *c, size_t n)
{
    (void)b, (void)c;
    if (n > 0)
        memmove(y, a, n);
}

const ritz_kernels ritz_kernels_u8 = {
    .name = "u8",
    .dtype = RITZ_U8,
    .size = 1,
    .block = {[RITZ_OP_copy] = {copy}},
    .cast = {[RITZ_F32] = cast_f32,
             [RITZ_F64] = cast_f64,
             [RITZ_I64] = cast_i64,
             [RITZ_U8] = cast_u8},
};
