/* folder.c - names and makes the folder of a run.
 *
 * mkdir itself decides who gets a name, so that runs which start together never
 * share a folder.
 */
#include "run/folder.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* The script's name without folder and ending, as a part of a file name. */
static void add_stem(ritz_text *out, const char *script)
{
    const char *slash = strrchr(script, '/');
    const char *name = slash ? slash + 1 : script;
    const char *dot = strrchr(name, '.');
    const size_t n = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)name[i];
        const bool good = c >= 0x80 || isalnum(c) || strchr("._-", c);
        ritz_text_add(out, good ? &name[i] : "-", 1);
    }
}

/* out/20261122-fashion-7 */
static void add_name(ritz_text *path, const char *out, const char *script,
                     uint64_t seed)
{
    char date[sizeof "20261122"];
    const time_t now = time(NULL);
    struct tm local;
    strftime(date, sizeof date, "%Y%m%d", localtime_r(&now, &local));
    ritz_text_puts(path, out);
    ritz_text_printf(path, "%s-", date);
    add_stem(path, script);
    ritz_text_printf(path, "-%llu", (unsigned long long)seed);
}

/* The first of path, path-2, path-3 ... that is free. */
static ritz_status make_numbered(ritz_text *path, ritz_error *err)
{
    const size_t stem = path->length;
    for (int n = 2; !path->failed; n++) {
        if (mkdir(path->bytes, 0777) == 0)
            return RITZ_OK;
        if (errno != EEXIST)
            return ritz_fail(err, RITZ_EIO, "run: cannot make folder %s: %s",
                             path->bytes, strerror(errno));
        path->length = stem;
        ritz_text_printf(path, "-%d", n);
    }
    return ritz_fail_memory(err, "run");
}

static bool is_empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return false;
    bool empty = true;
    for (struct dirent *e; empty && (e = readdir(folder));)
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    closedir(folder);
    return empty;
}

static ritz_status make_named(const char *path, bool *fresh, ritz_error *err)
{
    *fresh = mkdir(path, 0777) == 0;
    if (*fresh)
        return RITZ_OK;
    const int why = errno;
    if (why == EEXIST && is_empty_folder(path))
        return RITZ_OK;
    if (why == EEXIST)
        return ritz_fail(err, RITZ_EIO,
                         "run: wanted a new or empty folder, got %s, which is "
                         "there (%s/ makes a new one inside it)",
                         path, path);
    return ritz_fail(err, RITZ_EIO, "run: cannot make folder %s: %s", path,
                     strerror(why));
}

/* The folders above the run's are made as needed. */
static ritz_status make_parents(char *path, ritz_error *err)
{
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return RITZ_OK;
    *slash = '\0';
    const ritz_status status = ritz_make_folder(path, err);
    *slash = '/';
    return status;
}

ritz_status ritz_run_make_folder(char **path, bool *fresh, const char *out,
                                 const char *script, uint64_t seed,
                                 ritz_error *err)
{
    const size_t n = strlen(out);
    if (n == 0)
        return ritz_fail(err, RITZ_EVALUE,
                         "run: wanted the name of a folder, got an empty text");
    ritz_text text = {0};
    const bool inside = out[n - 1] == '/';
    if (inside)
        add_name(&text, out, script, seed);
    else
        ritz_text_puts(&text, out);
    if (text.failed) {
        ritz_text_free(&text);
        return ritz_fail_memory(err, "run");
    }
    ritz_status status = make_parents(text.bytes, err);
    *fresh = inside;
    if (status == RITZ_OK)
        status = inside ? make_numbered(&text, err)
                        : make_named(text.bytes, fresh, err);
    if (status != RITZ_OK)
        ritz_text_free(&text);
    *path = text.bytes;
    return status;
}
