/* pool.c - free lists by size class, behind one lock.
 *
 * Under AddressSanitizer the blocks that wait are poisoned, and so is what
 * rounding added to the others: a use after release or past the end is found
 * although the heap holds more.
 */
#include "tensor/pool.h"

#include "base/memory.h"

#include <pthread.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define HIDE(block, bytes) __asan_poison_memory_region((block), (bytes))
#define SHOW(block, bytes) __asan_unpoison_memory_region((block), (bytes))
#else
#define HIDE(block, bytes) ((void)(block), (void)(bytes))
#define SHOW(block, bytes) ((void)(block), (void)(bytes))
#endif

enum { SMALLEST = 128, BINS = 64 * 8 };

typedef struct spare {
    struct spare *next;
    size_t bytes;
} spare;

static struct {
    pthread_mutex_t lock;
    spare *bin[BINS];
    ritz_pool_state state;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int octave_of(size_t bytes)
{
    return 63 - __builtin_clzl(bytes);
}

/* The size of the class: 0 when no block can be that large. */
static size_t rounded(size_t bytes)
{
    if (bytes > SIZE_MAX / 4)
        return 0;
    if (bytes < SMALLEST)
        return SMALLEST;
    const size_t eighth = (size_t)1 << (octave_of(bytes) - 3);
    const size_t step = eighth < RITZ_ALIGN ? RITZ_ALIGN : eighth;
    return (bytes + step - 1) / step * step;
}

static spare **bin_of(size_t size)
{
    const int octave = octave_of(size);
    return &pool.bin[octave * 8 + (int)((size >> (octave - 3)) & 7)];
}

static spare *pop(size_t size)
{
    spare **bin = bin_of(size);
    spare *block = *bin;
    if (!block)
        return NULL;
    *bin = block->next;
    pool.state.pooled -= size;
    SHOW(block, size);
    return block;
}

static void push(void *p, size_t size)
{
    spare **bin = bin_of(size);
    spare *block = p;
    *block = (spare){.next = *bin, .bytes = size};
    *bin = block;
    pool.state.pooled += size;
    HIDE(block + 1, size - sizeof *block);
}

static void empty(void)
{
    for (int i = 0; i < BINS; i++)
        for (spare *block; (block = pool.bin[i]) != NULL;) {
            const size_t size = block->bytes;
            pop(size);
            ritz_free_aligned(block, size);
        }
}

void *ritz_pool_take(size_t bytes)
{
    const size_t size = rounded(bytes);
    if (size == 0)
        return NULL;
    pthread_mutex_lock(&pool.lock);
    void *block = NULL;
    if (!*bin_of(size)) {
        block = ritz_new_aligned(size);
        pool.state.fresh += block != NULL;
    } else if (!ritz_refuse_request()) {
        block = pop(size);
    }
    if (block) {
        pool.state.live += size;
        HIDE((char *)block + bytes, size - bytes);
    }
    pthread_mutex_unlock(&pool.lock);
    return block;
}

void ritz_pool_give(void *block, size_t bytes)
{
    const size_t size = rounded(bytes);
    pthread_mutex_lock(&pool.lock);
    pool.state.live -= size;
    SHOW(block, size);
    if (size > RITZ_POOL_LIMIT) {
        ritz_free_aligned(block, size);
    } else {
        if (pool.state.pooled + size > RITZ_POOL_LIMIT)
            empty();
        push(block, size);
    }
    pthread_mutex_unlock(&pool.lock);
}

void ritz_pool_clear(void)
{
    pthread_mutex_lock(&pool.lock);
    empty();
    pthread_mutex_unlock(&pool.lock);
}

ritz_pool_state ritz_pool_look(void)
{
    pthread_mutex_lock(&pool.lock);
    const ritz_pool_state state = pool.state;
    pthread_mutex_unlock(&pool.lock);
    return state;
}
