/* nearest.c - the known name that a misspelt one was meant to be.
 *
 * The distance counts insertions, deletions, replacements and swaps of
 * neighbours (optimal string alignment). A name is suggested when at most a
 * third of its letters, and one at least, would have to change: "--sede" means
 * "--seed", and "foo" means nothing.
 */
#include "base/nearest.h"

#include <string.h>

enum { LONGEST = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Distance of a and b, both at most LONGEST long, by rows of the usual table;
 * two rows back is where a swap comes from. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t row[3][LONGEST + 1];
    for (size_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3];
        const size_t *above = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t change = a[i - 1] != b[j - 1];
            now[j] = least(above[j] + 1, now[j - 1] + 1);
            now[j] = least(now[j], above[j - 1] + change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

void ritz_nearest_try(ritz_nearest *n, const char *candidate)
{
    const size_t length = strlen(n->name), m = strlen(candidate);
    if (length > LONGEST || m > LONGEST)
        return;
    const size_t d = distance(n->name, length, candidate, m);
    const size_t allowed = m / 3 > 1 ? m / 3 : 1;
    if (d <= allowed && d < m && (!n->best || d < n->distance)) {
        n->best = candidate;
        n->distance = d;
    }
}

const char *ritz_nearest_of(const char *word, const char *const *known,
                            size_t count)
{
    ritz_nearest n = {.name = word};
    for (size_t i = 0; i < count; i++)
        ritz_nearest_try(&n, known[i]);
    return n.best;
}
