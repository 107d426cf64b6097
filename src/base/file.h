/* file.h - files that appear whole or not at all.
 *
 * A file is written under a temporary name beside its target, checked for
 * errors (a full disk shows at flush or close), synced and renamed.
 */
#ifndef RITZ_BASE_FILE_H
#define RITZ_BASE_FILE_H

#include "base/status.h"

#include <stddef.h>
#include <stdio.h>

typedef struct ritz_file {
    FILE *stream; /* write here; errors may wait until the commit */
    char *path, *temporary;
} ritz_file;

ritz_status ritz_file_begin(ritz_file *out, const char *path, ritz_error *err);
/* Publishes the file, or removes every trace of it and says why not. */
ritz_status ritz_file_commit(ritz_file *file, ritz_error *err);
void ritz_file_abandon(ritz_file *file); /* also after a commit: no effect */

ritz_status ritz_file_write(const char *path, const void *bytes, size_t n,
                            ritz_error *err);
/* The whole file, owned, with a '\0' after its `*n` bytes. */
ritz_status ritz_file_read(char **out, size_t *n, const char *path,
                           ritz_error *err);

/* Creates the folder and those above it; it may exist. */
ritz_status ritz_make_folder(const char *path, ritz_error *err);

#endif
