/* loops_cast.h - other dtypes to this one; the unit says how a number that
 * does not fit is treated (FROM_FLOAT, FROM_INTEGER). */
#define CAST(name, from, value)                                 \
    static void cast_##name(void *yv, const void *xv, size_t n) \
    {                                                           \
        real *restrict y = yv;                                  \
        const from *restrict x = xv;                            \
        for (size_t i = 0; i < n; i++)                          \
            y[i] = value(x[i]);                                 \
    }

CAST(f32, float, FROM_FLOAT)
CAST(f64, double, FROM_FLOAT)
CAST(i64, int64_t, FROM_INTEGER)
CAST(u8, uint8_t, FROM_INTEGER)
