/* memory.h - the one door to the heap.
 *
 * All memory of the library comes through here, so that tests can make the
 * n-th request fail, sizes are checked for overflow in one place, and the
 * bytes of tensors, which Lua's collector cannot see, are counted.
 */
#ifndef RITZ_BASE_MEMORY_H
#define RITZ_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RITZ_ALIGN = 64 }; /* a cache line, and the widest vector register */

/* `count` elements of `size` bytes; NULL when there is no memory or the
 * product overflows. The memory of ritz_new is zeroed. */
void *ritz_new(size_t count, size_t size);
void *ritz_resize(void *old, size_t count, size_t size);
void ritz_free(void *p);

/* Aligned to RITZ_ALIGN and not zeroed; a size of 0 gives a valid pointer.
 * Free with ritz_free_aligned and the same size. */
void *ritz_new_aligned(size_t bytes);
void ritz_free_aligned(void *p, size_t bytes);
size_t ritz_live_bytes(void); /* of aligned blocks, which hold the arrays */

/* Grows *items to hold at least `want` elements: doubles, so that appending
 * one by one costs constant time. False when there is no memory. */
bool ritz_reserve(void *items, size_t *capacity, size_t want, size_t size);

char *ritz_copy_text(const char *text); /* owned; NULL when out of memory */

/* For tests: the n-th request from now fails (1 is the next), 0 turns this
 * off. Returns the number of requests since the last call. */
long ritz_fail_allocation(long n);

/* For whoever hands out memory that it kept: counts one request and says
 * whether a test wants this one to fail. */
bool ritz_refuse_request(void);

#endif
