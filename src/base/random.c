/* random.c - Philox streams. Draws, splits and seeds live in different parts
 * of the 128-bit counter space, so that they never meet. */
#include "base/random.h"

#include <Random123/philox.h>

enum { DOMAIN_DRAW = 0, DOMAIN_FOLD = 1 };

static philox4x32_ctr_t permute(ritz_key key, uint64_t counter, uint32_t domain)
{
    /* Philox4x32 has a 64-bit key; the key's second word moves the counter's
     * upper half, which leaves 2^62 positions to every key. */
    const philox4x32_key_t k = {
        {(uint32_t)key.word[0], (uint32_t)(key.word[0] >> 32)}};
    const philox4x32_ctr_t c = {
        {(uint32_t)counter, (uint32_t)(counter >> 32) ^ (domain << 30),
         (uint32_t)key.word[1], (uint32_t)(key.word[1] >> 32)}};
    return philox4x32(c, k);
}

static uint64_t join(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

ritz_key ritz_key_from_seed(uint64_t seed)
{
    return ritz_key_fold_in((ritz_key){{seed, 0}}, 0);
}

ritz_key ritz_key_fold_in(ritz_key key, uint64_t data)
{
    const philox4x32_ctr_t r = permute(key, data, DOMAIN_FOLD);
    return (ritz_key){{join(r.v[0], r.v[1]), join(r.v[2], r.v[3])}};
}

void ritz_random_block(ritz_key key, uint64_t counter, uint32_t out[4])
{
    const philox4x32_ctr_t r = permute(key, counter, DOMAIN_DRAW);
    for (int i = 0; i < 4; i++)
        out[i] = r.v[i];
}

double ritz_random_uniform(ritz_key key, uint64_t index)
{
    uint32_t r[4];
    ritz_random_block(key, index, r);
    return (double)(join(r[0], r[1]) >> 11) * 0x1p-53;
}

uint64_t ritz_random_below(ritz_key key, uint64_t *index, uint64_t bound)
{
    if (bound == 0)
        return 0;
    const uint64_t unfair = -bound % bound;
    for (;;) {
        uint32_t r[4];
        ritz_random_block(key, (*index)++, r);
        const __uint128_t wide = (__uint128_t)join(r[0], r[1]) * bound;
        if ((uint64_t)wide >= unfair)
            return (uint64_t)(wide >> 64);
    }
}
