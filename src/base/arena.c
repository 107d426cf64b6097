/* arena.c - a chain of blocks that are filled from the front. */
#include "base/arena.h"

#include "base/memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

enum { FIRST_BLOCK = 16 * 1024, LARGEST_STEP = 4 * 1024 * 1024 };

typedef struct block {
    struct block *below;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
} block;

struct ritz_arena {
    block *top;
};

ritz_arena *ritz_arena_new(void)
{
    return ritz_new(1, sizeof(ritz_arena));
}

void ritz_arena_delete(ritz_arena *arena)
{
    if (!arena)
        return;
    ritz_arena_reset(arena, (ritz_mark){0});
    ritz_free(arena);
}

static block *push_block(ritz_arena *arena, size_t bytes)
{
    size_t size = arena->top ? arena->top->size * 2 : FIRST_BLOCK;
    if (size > LARGEST_STEP)
        size = LARGEST_STEP;
    if (size < bytes)
        size = bytes;
    block *b = ritz_resize(NULL, 1, sizeof *b + size);
    if (!b)
        return NULL;
    b->below = arena->top;
    b->size = size;
    b->used = 0;
    arena->top = b;
    return b;
}

void *ritz_arena_alloc(ritz_arena *arena, size_t count, size_t size)
{
    const size_t mask = alignof(max_align_t) - 1;
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 4)
        return NULL;
    bytes = (bytes + mask) & ~mask;
    block *b = arena->top;
    if (!b || b->size - b->used < bytes)
        b = push_block(arena, bytes);
    if (!b)
        return NULL;
    void *p = b->bytes + b->used;
    b->used += bytes;
    return memset(p, 0, bytes);
}

char *ritz_arena_text(ritz_arena *arena, const char *text)
{
    const size_t n = strlen(text) + 1;
    char *copy = ritz_arena_alloc(arena, n, 1);
    return copy ? memcpy(copy, text, n) : NULL;
}

ritz_mark ritz_arena_mark(ritz_arena *arena)
{
    return (ritz_mark){arena->top, arena->top ? arena->top->used : 0};
}

void ritz_arena_reset(ritz_arena *arena, ritz_mark mark)
{
    while (arena->top && arena->top != mark.block) {
        block *gone = arena->top;
        arena->top = gone->below;
        ritz_free(gone);
    }
    if (arena->top)
        arena->top->used = mark.used;
}

size_t ritz_arena_bytes(const ritz_arena *arena)
{
    size_t sum = 0;
    for (const block *b = arena->top; b; b = b->below)
        sum += b->used;
    return sum;
}
