/* loops_random.h - draws from Philox streams, bit for bit those of
 * ritz_random_block.
 *
 * A block of four words makes DRAWS draws: four of f32, two of f64. Blocks are
 * computed side by side, so that the rounds vectorise. A pair of normals comes
 * from one pair of uniforms (Box and Muller 1958): r = sqrt(-2 log u), angle
 * 2 pi v. u is never 0, so no draw is infinite: the largest is 6.6 in f32
 * (31 bits of u), 8.6 in f64.
 */
enum {
    BLOCKS = 64, /* computed side by side: 2 kB, stays in L1 */
    DRAWS = 16 / sizeof(real),
    CHUNK = BLOCKS * DRAWS,
};

/* The low halves hold the words of Philox; the high halves hold what was left
 * there, which no step reads: so a product is one instruction. */
typedef struct words {
    uint64_t w[4][BLOCKS];
} words;

typedef uint64_t wide __attribute__((vector_size(UNIT_BYTES)));

/* The 64-bit products of the low halves. */
INLINE wide low_product(wide x, uint32_t factor)
{
    const wide m = (wide){0} + factor;
#if UNIT_BYTES == 64
    return (wide)_mm512_mul_epu32((__m512i)x, (__m512i)m);
#elif UNIT_BYTES == 32
    return (wide)_mm256_mul_epu32((__m256i)x, (__m256i)m);
#elif defined __SSE2__
    return (wide)_mm_mul_epu32((__m128i)x, (__m128i)m);
#else
    return (x & 0xffffffff) * m;
#endif
}

/* The ten rounds of Philox4x32 (Salmon et al. 2011, section 4.2 and table 2),
 * for as many blocks as a vector has 64-bit lanes. */
INLINE void philox_rounds(wide s[4], uint64_t key)
{
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
        const wide p = low_product(s[0], 0xD2511F53);
        const wide q = low_product(s[2], 0xCD9E8D57);
        s[0] = (q >> 32) ^ s[1] ^ k0;
        s[1] = q;
        s[2] = (p >> 32) ^ s[3] ^ k1;
        s[3] = p;
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
}

static void philox(words *s, const uint64_t key[2], uint64_t first)
{
    enum { LANES = UNIT_BYTES / 8 };
    for (int i = 0; i < BLOCKS; i += LANES) {
        uint64_t counter[LANES];
        wide x[4];
        for (int j = 0; j < LANES; j++)
            counter[j] = first + (uint64_t)(i + j);
        memcpy(&x[0], counter, sizeof x[0]);
        x[1] = x[0] >> 32;
        x[2] = (wide){0} + key[1];
        x[3] = x[2] >> 32;
        philox_rounds(x, key[0]);
        for (int k = 0; k < 4; k++)
            memcpy(&s->w[k][i], &x[k], sizeof x[k]);
    }
}

#if UNIT_BITS == 32

static inline real uniform_of(const words *s, int i, int k)
{
    return (real)(int32_t)((uint32_t)s->w[k][i] >> 8) * 0x1p-24f;
}

static inline real positive_of(const words *s, int i, int k)
{
    return (real)(int32_t)((uint32_t)s->w[k][i] >> 1 | 1) * 0x1p-31f;
}

#else

static inline uint64_t high53(const words *s, int i, int k)
{
    return (s->w[2 * k + 1][i] << 32 | (uint32_t)s->w[2 * k][i]) >> 11;
}

static inline real uniform_of(const words *s, int i, int k)
{
    return (real)(int64_t)high53(s, i, k) * 0x1p-53;
}

static inline real positive_of(const words *s, int i, int k)
{
    return (real)(int64_t)(high53(s, i, k) + 1) * 0x1p-53;
}

#endif

/* y[i * DRAWS + k] = x[k][i] */
static void interleave(real *restrict y, real x[DRAWS][BLOCKS])
{
    for (int i = 0; i < BLOCKS; i++) {
#pragma GCC unroll 4
        for (int k = 0; k < DRAWS; k++)
            y[i * DRAWS + k] = x[k][i];
    }
}

static void uniform_chunk(real *y, const words *s)
{
    real u[DRAWS][BLOCKS];
    for (int k = 0; k < DRAWS; k++)
        for (int i = 0; i < BLOCKS; i++)
            u[k][i] = uniform_of(s, i, k);
    interleave(y, u);
}

/* The draws k and k + 1 of every block. */
static void normal_pairs(real *u, real *v, const words *s, int k)
{
    for (int i = 0; i < BLOCKS; i++) {
        u[i] = positive_of(s, i, k);
        v[i] = 2 * uniform_of(s, i, k + 1);
    }
    for (int i = 0; i < BLOCKS; i += WIDTH) {
        vec cosine, r = -2 * vec_log(load(u + i));
        for (int j = 0; j < WIDTH; j++)
            r[j] = LIBM(sqrt)(r[j]);
        const vec sine = vec_sincospi(load(v + i), &cosine);
        store(u + i, r * cosine);
        store(v + i, r * sine);
    }
}

static void normal_chunk(real *y, const words *s)
{
    real x[DRAWS][BLOCKS];
    for (int k = 0; k < DRAWS; k += 2)
        normal_pairs(x[k], x[k + 1], s, k);
    interleave(y, x);
}

typedef void chunk_fn(real *y, const words *s);

static void draw(real *y, const uint64_t key[2], uint64_t first, size_t n,
                 chunk_fn *make)
{
    while (n > 0) {
        words s;
        real chunk[CHUNK];
        const size_t skip = (size_t)(first % DRAWS);
        const size_t count = n < CHUNK - skip ? n : CHUNK - skip;
        philox(&s, key, first / DRAWS);
        make(chunk, &s);
        memcpy(y, chunk + skip, count * sizeof *y);
        y += count, first += count, n -= count;
    }
}

static void uniform(void *y, const uint64_t key[2], uint64_t first, size_t n)
{
    draw(y, key, first, n, uniform_chunk);
}

static void normal(void *y, const uint64_t key[2], uint64_t first, size_t n)
{
    draw(y, key, first, n, normal_chunk);
}
