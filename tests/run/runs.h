/* runs.h - a run of a script that is three letters long, for the tests of runs.
 */
#ifndef RITZ_TESTS_RUN_RUNS_H
#define RITZ_TESTS_RUN_RUNS_H

#include "base/file.h"
#include "base/memory.h"
#include "run/run.h"
#include "tap.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A script that holds "abc", the first example of FIPS 180. */
static inline const char *script(void)
{
    static char path[1024];
    if (path[0])
        return path;
    snprintf(path, sizeof path, "%s", tap_path("fashion.lua"));
    if (ritz_file_write(path, "abc", 3, NULL) != RITZ_OK)
        abort();
    return path;
}

static inline ritz_run_options options(const char *out)
{
    static const char *const args[] = {"--fast", "a\"b"};
    return (ritz_run_options){.out = out,
                              .script = script(),
                              .seed = 7,
                              .args = args,
                              .arg_count = 2,
                              .threads = 2,
                              .version = "0.1",
                              .simd = "avx2",
                              .blas_kernel = "Haswell"};
}

static inline ritz_run *begin(const char *out)
{
    const ritz_run_options opt = options(out);
    ritz_run *run;
    ritz_error err = {0};
    if (ritz_run_begin(&run, &opt, &err) != RITZ_OK)
        note("begin: %s", err.text);
    return run;
}

static inline bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static inline const char *in(const char *folder, const char *name)
{
    static char path[4][2048];
    static unsigned next;
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", folder, name);
    return out;
}

static inline json_t *manifest(const char *folder)
{
    json_error_t why;
    json_t *root = json_load_file(in(folder, "manifest.json"), 0, &why);
    if (!root)
        note("manifest: %s at line %d", why.text, why.line);
    return root;
}

/* A text of the manifest; name may be NULL. */
static inline const char *fact(json_t *root, const char *section,
                               const char *name)
{
    json_t *value = json_object_get(root, section);
    if (name)
        value = json_object_get(value, name);
    return json_string_value(value);
}

static inline void is_file(const char *path, const char *want, const char *name)
{
    char *bytes = NULL;
    size_t n;
    ritz_file_read(&bytes, &n, path, NULL);
    is_text(bytes, want, "%s", name);
    ritz_free(bytes);
}

#endif
