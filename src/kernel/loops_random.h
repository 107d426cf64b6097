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
    BLOCKS = 64, /* computed side by side: 1 kB, stays in L1 */
    DRAWS = 16 / sizeof(real),
    CHUNK = BLOCKS * DRAWS,
};

typedef struct words {
    uint32_t w[4][BLOCKS];
} words;

/* The ten rounds of Philox4x32 (Salmon et al. 2011, table 2). */
static void philox_rounds(words *s, uint32_t k0, uint32_t k1)
{
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            const uint64_t p = (uint64_t)s->w[0][i] * 0xD2511F53;
            const uint64_t q = (uint64_t)s->w[2][i] * 0xCD9E8D57;
            s->w[0][i] = (uint32_t)(q >> 32) ^ s->w[1][i] ^ k0;
            s->w[1][i] = (uint32_t)q;
            s->w[2][i] = (uint32_t)(p >> 32) ^ s->w[3][i] ^ k1;
            s->w[3][i] = (uint32_t)p;
        }
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
}

static void philox(words *s, const uint64_t key[2], uint64_t first)
{
    for (int i = 0; i < BLOCKS; i++) {
        const uint64_t counter = first + (uint64_t)i;
        s->w[0][i] = (uint32_t)counter;
        s->w[1][i] = (uint32_t)(counter >> 32);
        s->w[2][i] = (uint32_t)key[1];
        s->w[3][i] = (uint32_t)(key[1] >> 32);
    }
    philox_rounds(s, (uint32_t)key[0], (uint32_t)(key[0] >> 32));
}

#if UNIT_BITS == 32

static inline real uniform_of(const words *s, int i, int k)
{
    return (real)(int32_t)(s->w[k][i] >> 8) * 0x1p-24f;
}

static inline real positive_of(const words *s, int i, int k)
{
    return (real)(int32_t)(s->w[k][i] >> 1 | 1) * 0x1p-31f;
}

#else

static inline uint64_t high53(const words *s, int i, int k)
{
    return ((uint64_t)s->w[2 * k + 1][i] << 32 | s->w[2 * k][i]) >> 11;
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

static void uniform_chunk(real *y, const words *s)
{
    for (int i = 0; i < BLOCKS; i++)
        for (int k = 0; k < DRAWS; k++)
            y[i * DRAWS + k] = uniform_of(s, i, k);
}

static void normal_pairs(real *y, const words *s, int k)
{
    real u[BLOCKS], v[BLOCKS];
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
    for (int i = 0; i < BLOCKS; i++) {
        y[i * DRAWS + k] = u[i];
        y[i * DRAWS + k + 1] = v[i];
    }
}

static void normal_chunk(real *y, const words *s)
{
    for (int k = 0; k < DRAWS; k += 2)
        normal_pairs(y, s, k);
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
