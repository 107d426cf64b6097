/* arena.h - memory that is freed all at once, or back to a mark.
 *
 * A graph lives in an arena; so does the scratch of one call. Blocks are
 * chained and never move, so pointers into an arena stay valid until it is
 * reset below them.
 */
#ifndef RITZ_BASE_ARENA_H
#define RITZ_BASE_ARENA_H

#include <stddef.h>

typedef struct ritz_arena ritz_arena;

typedef struct ritz_mark {
    void *block;
    size_t used;
} ritz_mark;

ritz_arena *ritz_arena_new(void);          /* owned; NULL when out of memory */
void ritz_arena_delete(ritz_arena *arena); /* NULL is allowed */

/* Zeroed and aligned for every type; NULL when there is no memory or the
 * product overflows. */
void *ritz_arena_alloc(ritz_arena *arena, size_t count, size_t size);
char *ritz_arena_text(ritz_arena *arena, const char *text);

ritz_mark ritz_arena_mark(ritz_arena *arena);
void ritz_arena_reset(ritz_arena *arena, ritz_mark mark);
size_t ritz_arena_bytes(const ritz_arena *arena);

#endif
