/* unit.h - one floating dtype and one instruction set, from loops to table.
 *
 * Included once by each kernel_f*_*.c, which defines
 *   UNIT        portable, avx2, avx512 or nofma: the name
 *   UNIT_BITS   32 or 64: the size of `real`
 *   UNIT_BYTES  16, 32 or 64: the size of a vector
 * The Makefile compiles a unit for its instruction set, with no option that
 * lets the compiler reorder operations or merge their roundings.
 */
#if UNIT_BYTES == 64 && !(defined __AVX512F__ && defined __AVX512DQ__)
#error "this unit is to be compiled for AVX-512"
#elif UNIT_BYTES == 32 && !(defined __AVX2__ && defined __FMA__)
#error "this unit is to be compiled for AVX2"
#endif

#include "kernel/units.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#if UNIT_BITS == 32
typedef float real;
typedef int32_t bits;
#define LIBM(name) name##f
#define REAL_MAX   FLT_MAX
#define DTYPE      RITZ_F32
#define DTYPE_ID   f32
#else
typedef double real;
typedef int64_t bits;
#define LIBM(name) name
#define REAL_MAX   DBL_MAX
#define DTYPE      RITZ_F64
#define DTYPE_ID   f64
#endif
#define LOWEST    (-(real)INFINITY)
#define IS_NAN(a) ((a) != (a))
#define ABS(a)    LIBM(fabs)(a)
/* Only f64 to f32 can overflow, and rounds to infinity as IEEE 754 says. */
#define FROM_FLOAT(x)   (real)(x)
#define FROM_INTEGER(x) (real)(x)

#include "kernel/vector.h"
#include "kernel/vector_math.h"

#include "kernel/loops_elementwise.h"

#include "kernel/loops_float.h"
#include "kernel/loops_function.h"
#include "kernel/loops_reduce.h"

#include "kernel/loops_pool.h"
#include "kernel/loops_share.h"

#include "kernel/loops_cast.h"
#if UNIT_BYTES > 16
#include "kernel/loops_product.h"
#define PRODUCT product
#else
#define PRODUCT NULL
#endif
#include "kernel/loops_random.h"
#include "kernel/loops_table.h"

#define NAME_(dtype, unit)  ritz_kernels_##dtype##_##unit
#define NAME(dtype, unit)   NAME_(dtype, unit)
#define LABEL_(dtype, unit) #dtype " " #unit
#define LABEL(dtype, unit)  LABEL_(dtype, unit)

const ritz_kernels NAME(DTYPE_ID, UNIT) = {
    .name = LABEL(DTYPE_ID, UNIT),
    .block = {COMMON_ROWS, FLOAT_ROWS},
    COMMON_FIELDS,
    .share_pool = share_pool,
    .uniform = uniform,
    .normal = normal,
    .product = PRODUCT,
};
