/* index.h - runs.sqlite: one row for each run of a folder. */
#ifndef RITZ_RUN_INDEX_H
#define RITZ_RUN_INDEX_H

#include "base/status.h"

#include <stdint.h>

typedef struct ritz_index_row {
    const char *id; /* the name of the run's folder */
    const char *script, *state, *started;
    uint64_t seed;
    double seconds;
    const char *metrics; /* the last values, an object of JSON */
} ritz_index_row;

/* Writes the row into folder/runs.sqlite, which is made when it is not there. A
 * row of the same id is replaced. Waits for other runs that are writing. */
ritz_status ritz_index_put(const char *folder, const ritz_index_row *row,
                           ritz_error *err);

#endif
