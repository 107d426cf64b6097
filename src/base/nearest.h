/* nearest.h - the known name that a misspelt one was meant to be. */
#ifndef RITZ_BASE_NEAREST_H
#define RITZ_BASE_NEAREST_H

#include <stddef.h>

/* A view of one of `known`, or NULL when none is near enough to suggest. */
const char *ritz_nearest(const char *word, const char *const *known,
                         size_t count);

#endif
