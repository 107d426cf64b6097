/* loops_float.h - elementwise operations of the floating dtypes that are
 * exact or round once, so that plain C gives the same bits everywhere. */
static inline real mod_of(real a, real b)
{
    const real r = LIBM(fmod)(a, b); /* exact */
    return (r > 0 && b < 0) || (r < 0 && b > 0) ? r + b : r;
}

UNARY(reciprocal, 1 / a)
UNARY(sqrt, LIBM(sqrt)(a))
UNARY(rsqrt, 1 / LIBM(sqrt)(a))
UNARY(floor, LIBM(floor)(a))
UNARY(ceil, LIBM(ceil)(a))
UNARY(round, LIBM(rint)(a)) /* halves to even */
UNARY(is_finite, LIBM(fabs)(a) <= REAL_MAX)

BINARY(div, a / b)
BINARY(mod, mod_of(a, b)) /* floored, as Lua's % */
