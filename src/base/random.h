/* random.h - counter-based random numbers: Philox4x32-10.
 *
 * A draw is a pure function of a key and a position, so that nothing depends
 * on threads, time or the order of draws. Source: Salmon et al., "Parallel
 * random numbers: as easy as 1, 2, 3" (SC 2011); the code is Random123's.
 */
#ifndef RITZ_BASE_RANDOM_H
#define RITZ_BASE_RANDOM_H

#include <stdint.h>

/* What a key tensor i64[2] holds. */
typedef struct ritz_key {
    uint64_t word[2];
} ritz_key;

ritz_key ritz_key_from_seed(uint64_t seed);

/* Keys that are independent for different `data`: fold_in(key, 1) and
 * fold_in(key, 2) share nothing with each other or with draws of `key`. */
ritz_key ritz_key_fold_in(ritz_key key, uint64_t data);

/* Four words at position `counter` of the key's stream. */
void ritz_random_block(ritz_key key, uint64_t counter, uint32_t out[4]);

/* The uniform in [0, 1) of 53 bits at position `index`. */
double ritz_random_uniform(ritz_key key, uint64_t index);

/* An integer in 0..bound-1, without bias (Lemire's method on 64 bits);
 * `index` is advanced past the blocks used. bound 0 gives 0. */
uint64_t ritz_random_below(ritz_key key, uint64_t *index, uint64_t bound);

#endif
