/* column.h - numbers that are only appended, with their extremes by bins.
 *
 * Values live in chunks that never move. Over them stands a pyramid: level k
 * holds minimum, maximum and smallest positive value of every complete bin of
 * 16 << k values, so that the extremes of any range cost O(log n) and a redraw
 * never walks over raw data. Non-finite values count as absent.
 */
#ifndef RITZ_PLOT_COLUMN_H
#define RITZ_PLOT_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

enum { RITZ_COLUMN_CHUNK = 512, RITZ_COLUMN_BIN = 16, RITZ_COLUMN_LEVELS = 48 };

/* min > max: no finite value; min_positive is then, or without a positive
 * value, infinite. */
typedef struct ritz_extremes {
    double min, max, min_positive;
} ritz_extremes;

typedef struct ritz_column {
    double **chunk;
    size_t count, chunk_capacity;
    size_t kept; /* chunks that hold memory: clearing keeps them */
    ritz_extremes *level[RITZ_COLUMN_LEVELS];
    size_t bins[RITZ_COLUMN_LEVELS], bin_capacity[RITZ_COLUMN_LEVELS];
} ritz_column;

ritz_extremes ritz_extremes_none(void);
void ritz_extremes_add(ritz_extremes *extremes, double value);
void ritz_extremes_join(ritz_extremes *extremes, const ritz_extremes *other);

/* Makes room for one more value, so that the push cannot fail: several columns
 * grow together or not at all. */
bool ritz_column_reserve(ritz_column *column);
void ritz_column_push(ritz_column *column, double value);
double ritz_column_at(const ritz_column *column, size_t i);
void ritz_column_clear(ritz_column *column); /* keeps the memory */
void ritz_column_free(ritz_column *column);

/* Of the values begin to end - 1. */
ritz_extremes ritz_column_extremes(const ritz_column *column, size_t begin,
                                   size_t end);
/* The first index whose value is not below (`after`: is above) `value`, in a
 * column that does not decrease. */
size_t ritz_column_search(const ritz_column *column, double value, bool after);

#endif
