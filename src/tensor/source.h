/* source.h - bytes from a file that may lie, for the readers of formats.
 *
 * A source knows how much its file can still hold, so that a reader can refuse
 * a size before it asks for memory, and writes errors that begin with the
 * format and the path.
 */
#ifndef RITZ_TENSOR_SOURCE_H
#define RITZ_TENSOR_SOURCE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct ritz_source {
    const char *format, *path; /* borrowed */
    FILE *stream;              /* a plain file, or */
    void *gzip;                /* zlib's handle, for plain and gzip */
    uint64_t left;             /* at most so many bytes are still to come */
} ritz_source;

ritz_status ritz_source_open(ritz_source *out, const char *format,
                             const char *path, ritz_error *err);
/* The same for a file that may be compressed. */
ritz_status ritz_source_open_gzip(ritz_source *out, const char *format,
                                  const char *path, ritz_error *err);
void ritz_source_close(ritz_source *source);

/* Exactly n bytes of `what`, or an error. */
ritz_status ritz_source_read(ritz_source *source, void *bytes, size_t n,
                             const char *what, ritz_error *err);
/* Whether n bytes of `what` can still come. */
ritz_status ritz_source_holds(const ritz_source *source, uint64_t n,
                              const char *what, ritz_error *err);
/* Nothing may be left. */
ritz_status ritz_source_end(ritz_source *source, ritz_error *err);

/* RITZ_EFORMAT with "format: path: " before the text. */
ritz_status ritz_source_fail(const ritz_source *source, ritz_error *err,
                             const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
