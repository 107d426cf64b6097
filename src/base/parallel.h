/* parallel.h - the one function that runs work on several threads, and the
 * flag that stops it.
 *
 * Work is cut into tiles whose number depends on shapes only; one thread
 * computes a tile; nothing that a tile computes depends on which thread it was
 * or how many there are.
 */
#ifndef RITZ_BASE_PARALLEL_H
#define RITZ_BASE_PARALLEL_H

#include <stdbool.h>
#include <stddef.h>

enum { RITZ_MAX_THREADS = 64 };

/* `worker` is 0 to ritz_threads() - 1: it names scratch memory, never values.
 */
typedef void ritz_tile_fn(void *context, size_t tile, int worker);

/* Runs fn for tiles 0 to count - 1. Returns false when the interrupt flag was
 * seen: then some tiles did not run. */
bool ritz_parallel(size_t count, ritz_tile_fn *fn, void *context);

/* The same, to its end: the flag is not looked at. For the part of a plan that
 * overwrites its inputs. */
void ritz_parallel_whole(size_t count, ritz_tile_fn *fn, void *context);

void ritz_threads_set(int threads); /* clamped to 1..RITZ_MAX_THREADS */
int ritz_threads(void);             /* default: the processors available */

/* The interrupt flag. Raising it is safe in a signal handler. The executor
 * reads it between tiles; the top level clears it. */
void ritz_interrupt_raise(void);
void ritz_interrupt_clear(void);
bool ritz_interrupted(void);

/* Where the flag is raised elsewhere (a module inside another host), the
 * callback is asked as well, on the calling thread, between instructions. */
void ritz_interrupt_poll_set(bool (*poll)(void *), void *context);
bool ritz_interrupt_poll(void);

#endif
