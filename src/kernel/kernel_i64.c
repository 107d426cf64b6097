/* kernel_i64.c - loops of i64, one unit for all processors.
 *
 * Arithmetic wraps. Division and remainder are floored, as Lua's // and %, and
 * total: a // 0 is 0 and a % 0 is a, so that a = (a // b) * b + a % b always
 * holds. Floats are cut towards zero and held within the range; NaN becomes 0.
 */
#pragma GCC optimize("wrapv")

#include "kernel/units.h"

#include <string.h>

typedef int64_t real;
typedef int64_t bits;
#define UNIT_BYTES 16
#define DTYPE      RITZ_I64
#define LOWEST     INT64_MIN
#define IS_NAN(a)  0
#define ABS(a)     (a < 0 ? -a : a)

#include "kernel/vector.h"

#include "kernel/loops_elementwise.h"

static inline int64_t div_of(int64_t a, int64_t b)
{
    if (b == 0)
        return 0;
    if (b == -1)
        return -a; /* the processor would trap on the least a */
    const int64_t q = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? q - 1 : q;
}

BINARY(div, div_of(a, b))
BINARY(mod, a - div_of(a, b) * b)

#include "kernel/loops_reduce.h"

#include "kernel/loops_pool.h"

static inline int64_t to_i64(double x)
{
    if (x >= 0x1p63)
        return INT64_MAX;
    if (x <= -0x1p63)
        return INT64_MIN;
    return x != x ? 0 : (int64_t)x;
}

#define FROM_FLOAT(x)   to_i64((double)(x))
#define FROM_INTEGER(x) (int64_t)(x)

#include "kernel/loops_cast.h"
#include "kernel/loops_table.h"

const ritz_kernels ritz_kernels_i64 = {
    .name = "i64",
    .block = {COMMON_ROWS},
    COMMON_FIELDS,
};
