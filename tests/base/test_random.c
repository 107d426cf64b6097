/* test_random.c - the published vectors of Philox, and what streams promise. */
#include "base/random.h"
#include "tap.h"

#include <math.h>
#include <string.h>

/* From Random123's kat_vectors, philox4x32 with 10 rounds. */
static const struct vector {
    uint64_t counter, high, key;
    uint32_t want[4];
} vectors[] = {
    {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {UINT64_MAX,
     UINT64_MAX,
     UINT64_MAX,
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {0x85a308d3243f6a88,
     0x0370734413198a2e,
     0x299f31d0a4093822,
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void test_vectors(void)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *v = &vectors[i];
        uint32_t got[4];
        ritz_random_block((ritz_key){{v->key, v->high}}, v->counter, got);
        ok(memcmp(got, v->want, sizeof got) == 0, "published vector %zu", i);
    }
}

static bool same(ritz_key a, ritz_key b)
{
    return a.word[0] == b.word[0] && a.word[1] == b.word[1];
}

static void test_keys(void)
{
    enum { N = 200 };
    ritz_key key[2 * N];
    for (uint64_t i = 0; i < N; i++) {
        key[i] = ritz_key_from_seed(i);
        key[N + i] = ritz_key_fold_in(key[0], i);
    }
    int equal = 0;
    for (int i = 0; i < 2 * N; i++)
        for (int j = 0; j < i; j++)
            equal += same(key[i], key[j]);
    is_int(equal, 0, "%d seeds and folds are all different keys", 2 * N);
    ok(same(ritz_key_fold_in(key[3], 5), ritz_key_fold_in(key[3], 5)),
       "the same fold gives the same key");

    uint32_t draw[4];
    ritz_random_block(key[0], 7, draw);
    const ritz_key fold = ritz_key_fold_in(key[0], 7);
    ok((uint32_t)fold.word[0] != draw[0], "a fold is not a draw");
}

/* Mean 1/2 and variance 1/12, within 5 standard errors; correlation of
 * neighbours 0, within 5 / sqrt(n). */
static void test_uniform(void)
{
    enum { N = 100000 };
    const ritz_key key = ritz_key_from_seed(1);
    double sum = 0, squares = 0, products = 0, last = 0.5;
    bool inside = true;
    for (uint64_t i = 0; i < N; i++) {
        const double u = ritz_random_uniform(key, i);
        inside = inside && u >= 0 && u < 1;
        sum += u;
        squares += (u - 0.5) * (u - 0.5);
        products += (u - 0.5) * (last - 0.5);
        last = u;
    }
    ok(inside, "uniforms are in [0, 1)");
    near(sum / N, 0.5, 5 * sqrt(1.0 / 12 / N), "mean of uniforms");
    near(squares / N, 1.0 / 12, 5 * sqrt(1.0 / 180 / N), "variance");
    near(12 * products / N, 0, 5 / sqrt(N), "correlation of neighbours");
}

static void test_below(void)
{
    enum { N = 60000, SIDES = 6 };
    const ritz_key key = ritz_key_from_seed(2);
    uint64_t index = 0;
    int count[SIDES] = {0};
    bool inside = true;
    for (int i = 0; i < N; i++) {
        const uint64_t k = ritz_random_below(key, &index, SIDES);
        inside = inside && k < SIDES;
        count[k % SIDES]++;
    }
    ok(inside, "draws are below the bound");
    is_int(index, N, "a small bound takes one block a draw");
    double chi2 = 0;
    for (int i = 0; i < SIDES; i++)
        chi2 += pow(count[i] - N / SIDES, 2) / (N / SIDES);
    ok(chi2 < 25.7, "a die is fair: chi2 = %.2f, 25.7 has p = 1e-4", chi2);

    index = 3;
    is_int(ritz_random_below(key, &index, 1), 0, "below 1 there is only 0");
    is_int(ritz_random_below(key, &index, 0), 0, "bound 0 gives 0");
    ok(ritz_random_below(key, &index, UINT64_MAX) < UINT64_MAX, "the largest");

    index = 0;
    const uint64_t bound = (UINT64_C(1) << 63) + 1; /* refuses half */
    for (int i = 0; i < 1000; i++)
        ritz_random_below(key, &index, bound);
    ok(index > 1800 && index < 2200, "a bad bound takes two blocks: %llu",
       (unsigned long long)index);
}

int main(void)
{
    tap_run("vectors", test_vectors);
    tap_run("keys", test_keys);
    tap_run("uniform", test_uniform);
    tap_run("below", test_below);
    return tap_end();
}
