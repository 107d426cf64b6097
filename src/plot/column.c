/* column.c - chunks and the pyramid over them.
 *
 * A bin is written once, when its last value arrives, and never again: pushing
 * costs constant time on average, and what a query finds in a bin is final.
 * The incomplete tail is at most 15 raw values per level boundary.
 */
#include "plot/column.h"

#include "base/memory.h"

#include <math.h>

ritz_extremes ritz_extremes_none(void)
{
    return (ritz_extremes){INFINITY, -INFINITY, INFINITY};
}

/* Comparisons, not fmin and fmax: those are calls, because of NaN, and there
 * is no NaN here. */
static double lesser(double a, double b)
{
    return a < b ? a : b;
}

static double greater(double a, double b)
{
    return a > b ? a : b;
}

void ritz_extremes_add(ritz_extremes *extremes, double value)
{
    if (!isfinite(value))
        return;
    extremes->min = lesser(extremes->min, value);
    extremes->max = greater(extremes->max, value);
    if (value > 0)
        extremes->min_positive = lesser(extremes->min_positive, value);
}

void ritz_extremes_join(ritz_extremes *extremes, const ritz_extremes *other)
{
    extremes->min = lesser(extremes->min, other->min);
    extremes->max = greater(extremes->max, other->max);
    extremes->min_positive =
        lesser(extremes->min_positive, other->min_positive);
}

double ritz_column_at(const ritz_column *column, size_t i)
{
    return column->chunk[i / RITZ_COLUMN_CHUNK][i % RITZ_COLUMN_CHUNK];
}

static bool reserve_chunk(ritz_column *column)
{
    if (column->count < column->kept * RITZ_COLUMN_CHUNK)
        return true;
    if (!ritz_reserve(&column->chunk, &column->chunk_capacity, column->kept + 1,
                      sizeof *column->chunk))
        return false;
    double *chunk = ritz_new(RITZ_COLUMN_CHUNK, sizeof *chunk);
    if (!chunk)
        return false;
    column->chunk[column->kept++] = chunk;
    return true;
}

/* The value to come completes a bin of level k when the count after it is a
 * multiple of the bin's size. */
static bool completes(const ritz_column *column, int k)
{
    const size_t size = (size_t)RITZ_COLUMN_BIN << k;
    return (column->count + 1) % size == 0;
}

bool ritz_column_reserve(ritz_column *column)
{
    if (!reserve_chunk(column))
        return false;
    for (int k = 0; k < RITZ_COLUMN_LEVELS && completes(column, k); k++)
        if (!ritz_reserve(&column->level[k], &column->bin_capacity[k],
                          column->bins[k] + 1, sizeof *column->level[k]))
            return false;
    return true;
}

static ritz_extremes raw_extremes(const ritz_column *column, size_t begin,
                                  size_t end)
{
    ritz_extremes found = ritz_extremes_none();
    for (size_t i = begin; i < end; i++)
        ritz_extremes_add(&found, ritz_column_at(column, i));
    return found;
}

static ritz_extremes new_bin(const ritz_column *column, int k)
{
    if (k == 0)
        return raw_extremes(column, column->count + 1 - RITZ_COLUMN_BIN,
                            column->count + 1);
    const ritz_extremes *below = column->level[k - 1];
    const size_t last = column->bins[k - 1] - 1;
    ritz_extremes bin = below[last - 1];
    ritz_extremes_join(&bin, &below[last]);
    return bin;
}

void ritz_column_push(ritz_column *column, double value)
{
    const size_t i = column->count;
    column->chunk[i / RITZ_COLUMN_CHUNK][i % RITZ_COLUMN_CHUNK] = value;
    for (int k = 0; k < RITZ_COLUMN_LEVELS && completes(column, k); k++) {
        const ritz_extremes bin = new_bin(column, k);
        column->level[k][column->bins[k]++] = bin;
    }
    column->count = i + 1;
}

void ritz_column_clear(ritz_column *column)
{
    column->count = 0;
    for (int k = 0; k < RITZ_COLUMN_LEVELS; k++)
        column->bins[k] = 0;
}

void ritz_column_free(ritz_column *column)
{
    for (size_t i = 0; i < column->kept; i++)
        ritz_free(column->chunk[i]);
    ritz_free(column->chunk);
    for (int k = 0; k < RITZ_COLUMN_LEVELS; k++)
        ritz_free(column->level[k]);
    *column = (ritz_column){0};
}

/* The largest bin that begins at `begin`, is complete and ends in the range;
 * -1 when only raw values fit. */
static int widest_level(const ritz_column *column, size_t begin, size_t end)
{
    int k = -1;
    while (k + 1 < RITZ_COLUMN_LEVELS) {
        const size_t size = (size_t)RITZ_COLUMN_BIN << (k + 1);
        if (begin % size != 0 || end - begin < size ||
            begin / size >= column->bins[k + 1])
            break;
        k++;
    }
    return k;
}

ritz_extremes ritz_column_extremes(const ritz_column *column, size_t begin,
                                   size_t end)
{
    ritz_extremes found = ritz_extremes_none();
    while (begin < end) {
        const int k = widest_level(column, begin, end);
        if (k < 0) {
            ritz_extremes_add(&found, ritz_column_at(column, begin++));
        } else {
            const size_t size = (size_t)RITZ_COLUMN_BIN << k;
            ritz_extremes_join(&found, &column->level[k][begin / size]);
            begin += size;
        }
    }
    return found;
}

size_t ritz_column_search(const ritz_column *column, double value, bool after)
{
    size_t low = 0, high = column->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const double x = ritz_column_at(column, middle);
        if (x < value || (after && x == value))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
