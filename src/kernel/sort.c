/* sort.c - the order of the elements of a row, by radix.
 *
 * Every element becomes an unsigned key whose order is the one wanted, so
 * that one sort serves all dtypes and both directions, and NaN is the largest
 * key. The passes over digits of eight bits are stable; a digit that all keys
 * share is skipped, which is most of them for f32 and for small integers.
 * A few of many are selected with a heap instead.
 */
#include "kernel/sort.h"

#include <math.h>
#include <string.h>

typedef struct entry {
    uint64_t key;
    int64_t position; /* from 0 */
} entry;

enum {
    DIGIT = 8,
    BUCKETS = 1 << DIGIT,
    DIGITS = 64 / DIGIT,
    FEW = 32,         /* entries that are inserted one by one */
    WORTH_A_HEAP = 16 /* times as many elements as positions */
};

/* Floats compare as their bits do, once the sign is dealt with. */

static uint64_t key_f32(float x, bool descending)
{
    if (isnan(x))
        return UINT64_MAX;
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    u = x == 0 ? 0x80000000u : u >> 31 ? ~u : u | 0x80000000u;
    return descending ? (uint32_t)~u : u;
}

static uint64_t key_f64(double x, bool descending)
{
    if (isnan(x))
        return UINT64_MAX;
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    u = x == 0 ? 1ull << 63 : u >> 63 ? ~u : u | 1ull << 63;
    return descending ? ~u : u;
}

static uint64_t key_i64(int64_t x, bool descending)
{
    const uint64_t u = (uint64_t)x ^ 1ull << 63;
    return descending ? ~u : u;
}

static entry entry_at(const ritz_order *o, const void *x, int64_t i)
{
    const bool d = o->descending;
    const uint64_t key =
        o->dtype == RITZ_F32   ? key_f32(((const float *)x)[i], d)
        : o->dtype == RITZ_F64 ? key_f64(((const double *)x)[i], d)
                               : key_i64(((const int64_t *)x)[i], d);
    return (entry){key, i};
}

/* Of equal keys the one that stood first comes first. */
static bool before(entry a, entry b)
{
    return a.key != b.key ? a.key < b.key : a.position < b.position;
}

static void insert_all(entry *e, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        const entry one = e[i];
        int64_t at = i;
        for (; at > 0 && before(one, e[at - 1]); at--)
            e[at] = e[at - 1];
        e[at] = one;
    }
}

static size_t digit_of(uint64_t key, int digit)
{
    return (key >> (digit * DIGIT)) & (BUCKETS - 1);
}

/* One pass from `from` to `to`; false when all share the digit. */
static bool pass(entry *restrict to, const entry *restrict from, int64_t n,
                 const int64_t *count, int digit)
{
    int64_t start[BUCKETS], sum = 0;
    if (count[digit_of(from[0].key, digit)] == n)
        return false;
    for (size_t b = 0; b < BUCKETS; b++) {
        start[b] = sum;
        sum += count[b];
    }
    for (int64_t i = 0; i < n; i++)
        to[start[digit_of(from[i].key, digit)]++] = from[i];
    return true;
}

/* Sorts e, with as many entries of `other` to move through; returns where the
 * result is. */
static entry *sort_all(entry *e, entry *other, int64_t n)
{
    if (n <= FEW) {
        insert_all(e, n);
        return e;
    }
    int64_t count[DIGITS][BUCKETS] = {{0}};
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            count[d][digit_of(e[i].key, d)]++;
    for (int d = 0; d < DIGITS; d++)
        if (pass(other, e, n, count[d], d)) {
            entry *const swap = e;
            e = other;
            other = swap;
        }
    return e;
}

/* Moves the entry at the root of a heap, whose root comes last, down to where
 * it belongs. */
static void sift(entry *heap, int64_t n)
{
    const entry one = heap[0];
    int64_t at = 0;
    for (int64_t child = 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && before(heap[child], heap[child + 1]))
            child++;
        if (!before(one, heap[child]))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = one;
}

/* The first `keep` entries of the row, in order. */
static void select_few(entry *heap, const void *x, const ritz_order *o)
{
    /* Filled with what comes after everything, so that there is no second
     * case for a heap that is not full. */
    for (int64_t i = 0; i < o->keep; i++)
        heap[i] = (entry){UINT64_MAX, o->n};
    for (int64_t i = 0; i < o->n; i++) {
        const entry one = entry_at(o, x, i);
        if (before(one, heap[0])) {
            heap[0] = one;
            sift(heap, o->keep);
        }
    }
    for (int64_t last = o->keep - 1; last > 0; last--) {
        const entry latest = heap[0];
        heap[0] = heap[last];
        heap[last] = latest;
        sift(heap, last);
    }
}

static bool selects(const ritz_order *o)
{
    return o->keep < o->n / WORTH_A_HEAP;
}

size_t ritz_order_scratch(const ritz_order *o)
{
    return (selects(o) ? (size_t)o->keep : 2 * (size_t)o->n) * sizeof(entry);
}

void ritz_order_row(int64_t *position, const void *x, const ritz_order *o,
                    void *scratch)
{
    entry *e = scratch;
    if (o->keep == 0)
        return;
    if (selects(o))
        select_few(e, x, o);
    else {
        for (int64_t i = 0; i < o->n; i++)
            e[i] = entry_at(o, x, i);
        e = sort_all(e, e + o->n, o->n);
    }
    for (int64_t i = 0; i < o->keep; i++)
        position[i] = e[i].position + 1;
}
