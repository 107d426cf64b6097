/* memory.c - heap requests with overflow checks, counting and fault injection.
 */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_size_t live_bytes;
static atomic_long requests;
static atomic_long fail_at; /* 0: never */

bool ritz_refuse_request(void)
{
    const long n = atomic_fetch_add(&requests, 1) + 1;
    return n == atomic_load_explicit(&fail_at, memory_order_relaxed);
}

void *ritz_new(size_t count, size_t size)
{
    if (ritz_refuse_request())
        return NULL;
    return calloc(count ? count : 1, size ? size : 1);
}

void *ritz_resize(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (ritz_refuse_request() || __builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return realloc(old, bytes ? bytes : 1);
}

void ritz_free(void *p)
{
    free(p);
}

void *ritz_new_aligned(size_t bytes)
{
    const size_t mask = RITZ_ALIGN - 1;
    if (ritz_refuse_request() || bytes > SIZE_MAX / 2)
        return NULL;
    void *p =
        aligned_alloc(RITZ_ALIGN, bytes ? (bytes + mask) & ~mask : RITZ_ALIGN);
    if (p)
        atomic_fetch_add(&live_bytes, bytes);
    return p;
}

void ritz_free_aligned(void *p, size_t bytes)
{
    if (!p)
        return;
    atomic_fetch_sub(&live_bytes, bytes);
    free(p);
}

size_t ritz_live_bytes(void)
{
    return atomic_load(&live_bytes);
}

bool ritz_reserve(void *items, size_t *capacity, size_t want, size_t size)
{
    if (want <= *capacity)
        return true;
    size_t grown = *capacity ? *capacity : 8;
    while (grown < want)
        grown = grown > SIZE_MAX / 2 ? want : grown * 2;
    void *old;
    memcpy(&old, items, sizeof old);
    void *p = ritz_resize(old, grown, size);
    if (!p)
        return false;
    memcpy(items, &p, sizeof p);
    *capacity = grown;
    return true;
}

char *ritz_copy_text(const char *text)
{
    const size_t n = strlen(text) + 1;
    char *copy = ritz_new(n, 1);
    return copy ? memcpy(copy, text, n) : NULL;
}

long ritz_fail_allocation(long n)
{
    atomic_store(&fail_at, n);
    return atomic_exchange(&requests, 0);
}
