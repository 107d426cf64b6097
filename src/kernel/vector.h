/* vector.h - a register's worth of `real`, in GCC's vector types.
 *
 * What is left of an array at its end is worked on in a padded copy, so that
 * every element takes the same path. Needs `real`, `bits` (an integer of the
 * same size) and UNIT_BYTES.
 */
enum { WIDTH = UNIT_BYTES / sizeof(real) };

typedef real vec __attribute__((vector_size(UNIT_BYTES)));
typedef bits ivec __attribute__((vector_size(UNIT_BYTES)));

static inline vec load(const real *x)
{
    vec v;
    memcpy(&v, x, sizeof v);
    return v;
}

static inline void store(real *y, vec v)
{
    memcpy(y, &v, sizeof v);
}

static inline vec load_part(const real *x, size_t n, real pad)
{
    real part[WIDTH];
    for (size_t i = 0; i < WIDTH; i++)
        part[i] = i < n ? x[i] : pad;
    return load(part);
}

static inline void store_part(real *y, vec v, size_t n)
{
    real part[WIDTH];
    store(part, v);
    memcpy(y, part, n * sizeof *y);
}

static inline vec vec_of(real x)
{
    return x - (vec){0};
}

static inline ivec iota(void) /* 0, 1, 2, ... */
{
    static const bits count[] = {0, 1, 2,  3,  4,  5,  6,  7,
                                 8, 9, 10, 11, 12, 13, 14, 15};
    ivec v;
    memcpy(&v, count, sizeof v);
    return v;
}

/* The mask of a comparison of vectors chooses lane by lane. */
static inline vec vec_choose(ivec mask, vec yes, vec no)
{
    return (vec)((mask & (ivec)yes) | (~mask & (ivec)no));
}

/* NaN wins, as in NumPy's maximum. */
static inline vec vec_max(vec a, vec b)
{
    return vec_choose((a > b) | IS_NAN(a), a, b);
}
