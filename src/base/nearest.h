/* nearest.h - the known name that a misspelt one was meant to be. */
#ifndef RITZ_BASE_NEAREST_H
#define RITZ_BASE_NEAREST_H

#include <stddef.h>

/* A search through names that come one by one. Start from {.name = }; `best` is
 * a view of the nearest one so far, or NULL when none is near enough to
 * suggest. Of several as near the first is kept. */
typedef struct ritz_nearest {
    const char *name, *best;
    size_t distance;
} ritz_nearest;

void ritz_nearest_try(ritz_nearest *n, const char *candidate);

/* The same over a list. */
const char *ritz_nearest_of(const char *word, const char *const *known,
                            size_t count);

#endif
