/* pool.h - recycled memory for tensors.
 *
 * A training step makes the same tensors as the step before, so blocks that
 * were given back are kept and handed out again: in steady state nothing is
 * asked of the heap (engine.md E11). Sizes are rounded up to one of eight
 * classes per octave, so at most an eighth is wasted and every block of a class
 * fits every request for it. The pool holds at most RITZ_POOL_LIMIT bytes; when
 * it would grow past that, all of it goes back to the heap, because what is in
 * it then is mostly of sizes that nobody asks for any more.
 *
 * Blocks in the pool are not live: ritz_tensor_live_bytes counts what tensors
 * hold now, ritz_live_bytes (base/memory.h) what the process holds.
 */
#ifndef RITZ_TENSOR_POOL_H
#define RITZ_TENSOR_POOL_H

#include <stddef.h>

enum { RITZ_POOL_LIMIT = 128 << 20 };

typedef struct ritz_pool_state {
    size_t live;   /* bytes in blocks that are held now */
    size_t pooled; /* bytes waiting in the pool */
    size_t fresh;  /* blocks that ever came from the heap, not from the pool */
} ritz_pool_state;

/* A block of at least `bytes`, aligned to RITZ_ALIGN, not initialised; NULL
 * when there is no memory. A block from the pool counts as a request that
 * ritz_fail_allocation can make fail, as if it came from the heap. */
void *ritz_pool_take(size_t bytes);
void ritz_pool_give(void *block, size_t bytes); /* the same `bytes` */
void ritz_pool_clear(void);
ritz_pool_state ritz_pool_look(void);

#endif
