/* test_arena.c - marks, alignment, zeroes, large blocks, no memory. */
#include "base/arena.h"
#include "base/memory.h"
#include "tap.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

static bool all_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

static void test_alloc(void)
{
    ritz_arena *arena = ritz_arena_new();
    bool aligned = true, zero = true;
    for (size_t n = 0; n < 500; n++) {
        unsigned char *p = ritz_arena_alloc(arena, n, 3);
        aligned = aligned && (uintptr_t)p % alignof(max_align_t) == 0;
        zero = zero && all_zero(p, 3 * n);
        memset(p, 0xff, 3 * n);
    }
    ok(aligned, "every pointer is aligned for every type");
    ok(zero, "every piece is zeroed");
    ok(ritz_arena_bytes(arena) >= 3 * 499 * 500 / 2, "bytes are counted");
    ok(ritz_arena_alloc(arena, 0, 8), "size zero gives a valid pointer");
    ok(!ritz_arena_alloc(arena, SIZE_MAX / 2, 3), "an overflow gives NULL");
    ok(!ritz_arena_alloc(arena, 1, SIZE_MAX), "too much gives NULL");
    ritz_arena_delete(arena);
    ritz_arena_delete(NULL);
}

static void test_stays_in_place(void)
{
    ritz_arena *arena = ritz_arena_new();
    const char *early = ritz_arena_text(arena, "early");
    const size_t large = 5 * 1024 * 1024;
    char *big = ritz_arena_alloc(arena, large, 1);
    big[large - 1] = 'x';
    is_text(early, "early", "growing moves nothing");
    ritz_arena_delete(arena);
}

static void test_marks(void)
{
    ritz_arena *arena = ritz_arena_new();
    const char *kept = ritz_arena_text(arena, "kept");
    const size_t before = ritz_arena_bytes(arena);
    const ritz_mark mark = ritz_arena_mark(arena);
    char *first = ritz_arena_alloc(arena, 100, 1);
    memset(first, 0xff, 100);
    for (int i = 0; i < 100; i++)
        memset(ritz_arena_alloc(arena, 1000, 1), 0xff, 1000);
    ritz_arena_reset(arena, mark);
    is_int(ritz_arena_bytes(arena), before, "a reset gives bytes back");
    unsigned char *again = ritz_arena_alloc(arena, 100, 1);
    ok((char *)again == first, "the same memory is used again");
    ok(all_zero(again, 100), "and zeroed again");
    is_text(kept, "kept", "what is below the mark stays");
    ritz_arena_reset(arena, (ritz_mark){0});
    is_int(ritz_arena_bytes(arena), 0, "the empty mark empties");
    ritz_arena_delete(arena);
}

static void test_mark_of_empty(void)
{
    ritz_arena *arena = ritz_arena_new();
    const ritz_mark mark = ritz_arena_mark(arena);
    ritz_arena_text(arena, "gone");
    ritz_arena_reset(arena, mark);
    is_int(ritz_arena_bytes(arena), 0, "a mark of an empty arena empties it");
    ritz_arena_delete(arena);
}

static void test_no_memory(void)
{
    ritz_fail_allocation(1);
    ok(!ritz_arena_new(), "no memory for an arena");
    ritz_fail_allocation(0);
    ritz_arena *arena = ritz_arena_new();
    ritz_fail_allocation(1);
    ok(!ritz_arena_text(arena, "x"), "no memory for a block");
    ritz_fail_allocation(0);
    is_text(ritz_arena_text(arena, "y"), "y", "it goes on with memory");
    ritz_arena_delete(arena);
}

int main(void)
{
    tap_run("alloc", test_alloc);
    tap_run("stays in place", test_stays_in_place);
    tap_run("marks", test_marks);
    tap_run("mark of an empty arena", test_mark_of_empty);
    tap_run("no memory", test_no_memory);
    return tap_end();
}
