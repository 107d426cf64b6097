/* test_memory.c - overflow, alignment, counting, growth, injected failure. */
#include "base/memory.h"
#include "tap.h"

#include <stdint.h>
#include <string.h>

static void test_overflow(void)
{
    ok(!ritz_new(SIZE_MAX / 2, 3), "new: the product overflows");
    ok(!ritz_resize(NULL, SIZE_MAX / 2, 3), "resize: the product overflows");
    ok(!ritz_new_aligned(SIZE_MAX), "aligned: rounding up would overflow");
}

static void test_zeroed(void)
{
    unsigned char *p = ritz_new(100, 3);
    unsigned sum = 0;
    for (int i = 0; p && i < 300; i++)
        sum |= p[i];
    ok(p && sum == 0, "new memory is zeroed");
    ritz_free(p);
}

static void test_size_zero(void)
{
    void *a = ritz_new(0, 8), *b = ritz_resize(NULL, 0, 8);
    void *c = ritz_new_aligned(0);
    ok(a && b && c, "size zero gives a valid pointer");
    ritz_free(a);
    ritz_free(b);
    ritz_free_aligned(c, 0);
    ritz_free(NULL);
    ritz_free_aligned(NULL, 8);
}

static void test_aligned(void)
{
    const size_t before = ritz_live_bytes();
    void *p[5];
    bool aligned = true;
    for (size_t i = 0; i < 5; i++) {
        p[i] = ritz_new_aligned(1 + 63 * i);
        aligned = aligned && p[i] && (uintptr_t)p[i] % RITZ_ALIGN == 0;
        memset(p[i], 1, 1 + 63 * i);
    }
    ok(aligned, "blocks start at multiples of %d", RITZ_ALIGN);
    is_int(ritz_live_bytes() - before, 5 + 63 * 10, "live bytes are counted");
    for (size_t i = 0; i < 5; i++)
        ritz_free_aligned(p[i], 1 + 63 * i);
    is_int(ritz_live_bytes(), before, "live bytes come back");
}

static void test_reserve(void)
{
    int *items = NULL;
    size_t capacity = 0;
    bool good = true;
    ritz_fail_allocation(0);
    for (int i = 0; i < 10000 && good; i++) {
        good = ritz_reserve(&items, &capacity, (size_t)i + 1, sizeof *items);
        if (good)
            items[i] = i;
    }
    const long requests = ritz_fail_allocation(0);
    ok(good && capacity >= 10000 && items[0] == 0 && items[9999] == 9999,
       "what was appended is there");
    ok(requests > 0 && requests <= 15,
       "10000 appends took %ld requests, at most 15", requests);
    const size_t had = capacity;
    ok(!ritz_reserve(&items, &capacity, SIZE_MAX, sizeof *items),
       "reserve: too much is refused");
    ok(capacity == had && items[9999] == 9999, "and nothing changes then");
    ritz_free(items);
}

static void test_injected_failure(void)
{
    ritz_fail_allocation(3);
    void *a = ritz_new(1, 1), *b = ritz_new_aligned(1);
    void *c = ritz_resize(NULL, 1, 1), *d = ritz_new(1, 1);
    is_int(ritz_fail_allocation(0), 4, "four requests were counted");
    ok(a && b && !c && d, "the third request failed, the others did not");
    ritz_free(a);
    ritz_free_aligned(b, 1);
    ritz_free(d);
}

static void test_copy_text(void)
{
    char *copy = ritz_copy_text("spectrum");
    is_text(copy, "spectrum", "a text is copied");
    ritz_free(copy);
    ritz_fail_allocation(1);
    ok(!ritz_copy_text("x"), "a copy without memory is NULL");
    ritz_fail_allocation(0);
}

int main(void)
{
    tap_run("overflow", test_overflow);
    tap_run("zeroed", test_zeroed);
    tap_run("size zero", test_size_zero);
    tap_run("aligned", test_aligned);
    tap_run("reserve", test_reserve);
    tap_run("injected failure", test_injected_failure);
    tap_run("copy of a text", test_copy_text);
    return tap_end();
}
