/* run.h - a reproducible run is a folder.
 *
 *   manifest.json       what ran: script, seed, options, data, versions,
 * machine metrics.jsonl       one line for each value:
 * {"step":1,"name":"loss","value":2} params.safetensors  and whatever else the
 * script saves: figures, arrays
 *
 * Two runs of one script with one seed differ in the folder's name and in the
 * "times" of the manifest and in nothing else. The folder above it holds
 * runs.sqlite, an index with one row for each run.
 *
 * Not a number and the infinities are no numbers of JSON: they are written as
 * the texts "nan", "inf" and "-inf". One thread at a time uses a run.
 */
#ifndef RITZ_RUN_RUN_H
#define RITZ_RUN_RUN_H

#include "base/status.h"
#include "tensor/bundle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ritz_run ritz_run;

typedef enum ritz_run_state {
    RITZ_RUN_RUNNING, /* also of a run that was killed */
    RITZ_RUN_DONE,
    RITZ_RUN_FAILED,
    RITZ_RUN_INTERRUPTED
} ritz_run_state;

/* A named object of the manifest that grows while the script runs. */
typedef enum ritz_run_section {
    RITZ_RUN_MACHINE,
    RITZ_RUN_OPTIONS,
    RITZ_RUN_VERSIONS
} ritz_run_section;

/* All borrowed for the call of ritz_run_begin. */
typedef struct ritz_run_options {
    const char *out;    /* the new folder; or with '/' at its end the folder
                         * above, where date, script and seed make the name */
    const char *script; /* its path; NULL: text that is in no file */
    uint64_t seed;
    const char *const *args;
    size_t arg_count;
    int threads;
    const char *version;     /* of ritz */
    const char *simd;        /* these three may be NULL: then left out */
    const char *blas_kernel; /* what OpenBLAS chose, "Haswell" */
    const char *tiles;       /* the family of the table of tiles */
} ritz_run_options;

/* Makes the folder with a manifest whose state is "running", and enters the
 * run in the index. On failure nothing is left behind. */
ritz_status ritz_run_begin(ritz_run **out, const ritz_run_options *opt,
                           ritz_error *err);

/* Adds to the manifest, or replaces what is there under the name. It is on the
 * disk after ritz_run_publish or ritz_run_end. */
ritz_status ritz_run_set_text(ritz_run *run, ritz_run_section section,
                              const char *name, const char *value,
                              ritz_error *err);
ritz_status ritz_run_set_number(ritz_run *run, ritz_run_section section,
                                const char *name, double value,
                                ritz_error *err);
ritz_status ritz_run_set_integer(ritz_run *run, ritz_run_section section,
                                 const char *name, int64_t value,
                                 ritz_error *err);
ritz_status ritz_run_set_boolean(ritz_run *run, ritz_run_section section,
                                 const char *name, bool value, ritz_error *err);
/* A file that the script reads: its size and SHA-256. */
ritz_status ritz_run_add_data(ritz_run *run, const char *path, ritz_error *err);
ritz_status ritz_run_publish(ritz_run *run, ritz_error *err);

/* One line of metrics.jsonl, written at once: a run that is killed loses none
 * that was written, and leaves no half line. */
ritz_status ritz_run_metric(ritz_run *run, int64_t step, const char *name,
                            double value, ritz_error *err);

/* Writes params.safetensors. */
ritz_status ritz_run_save_params(ritz_run *run, const ritz_bundle *params,
                                 ritz_error *err);

/* The path of a file that the script saves in the folder; owned. */
ritz_status ritz_run_path(char **out, const ritz_run *run, const char *name,
                          ritz_error *err);
const char *ritz_run_folder(const ritz_run *run); /* view, no '/' at its end */

/* What went wrong without stopping the run, such as an index that could not be
 * written; NULL when nothing did. */
const char *ritz_run_warning(const ritz_run *run);

/* Writes the final manifest and the index. `message` says why a run failed and
 * may be NULL. */
ritz_status ritz_run_end(ritz_run *run, ritz_run_state state,
                         const char *message, ritz_error *err);

/* NULL is allowed. A run that was not ended stays "running", as if killed. */
void ritz_run_delete(ritz_run *run);

#endif
