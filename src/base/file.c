/* file.c - write beside, check, sync, rename. */
#include "base/file.h"

#include "base/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ritz_status fail_at(ritz_error *err, const char *verb, const char *path)
{
    return ritz_fail(err, RITZ_EIO, "cannot %s %s: %s", verb, path,
                     strerror(errno));
}

/* mkstemp makes files private; what is published has the usual mode. */
static void usual_mode(int fd)
{
    const mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask) != 0)
        errno = 0; /* a file system without modes: nothing is lost */
}

ritz_status ritz_file_begin(ritz_file *out, const char *path, ritz_error *err)
{
    static const char ending[] = ".XXXXXX";
    *out = (ritz_file){0};
    const size_t n = strlen(path);
    out->path = ritz_copy_text(path);
    out->temporary = ritz_new(n + sizeof ending, 1);
    if (!out->path || !out->temporary) {
        ritz_file_abandon(out);
        return ritz_fail_memory(err, path);
    }
    memcpy(out->temporary, path, n);
    memcpy(out->temporary + n, ending, sizeof ending);
    const int fd = mkstemp(out->temporary);
    if (fd >= 0)
        out->stream = fdopen(fd, "wb");
    if (!out->stream) {
        const ritz_status status = fail_at(err, "write", path);
        if (fd >= 0) {
            close(fd);
            unlink(out->temporary);
        }
        ritz_file_abandon(out);
        return status;
    }
    usual_mode(fd);
    return RITZ_OK;
}

/* A write that failed long before the commit left no errno behind. What made it
 * fail is most likely still so: trying once more tells. */
static void recall_errno(FILE *stream)
{
    errno = 0;
    clearerr(stream);
    if (fputc(0, stream) != EOF)
        fflush(stream);
    if (errno == 0)
        errno = EIO;
}

ritz_status ritz_file_commit(ritz_file *file, ritz_error *err)
{
    bool good = !ferror(file->stream);
    if (!good)
        recall_errno(file->stream);
    good = good && fflush(file->stream) == 0 &&
           (fsync(fileno(file->stream)) == 0 || errno == EINVAL);
    const int why = good ? 0 : errno;
    good = fclose(file->stream) == 0 && good;
    file->stream = NULL;
    if (!good && why != 0)
        errno = why;
    if (!good || rename(file->temporary, file->path) != 0) {
        const ritz_status status = fail_at(err, "write", file->path);
        unlink(file->temporary);
        ritz_file_abandon(file);
        return status;
    }
    ritz_file_abandon(file);
    return RITZ_OK;
}

void ritz_file_abandon(ritz_file *file)
{
    if (file->stream) {
        fclose(file->stream);
        unlink(file->temporary);
    }
    ritz_free(file->path);
    ritz_free(file->temporary);
    *file = (ritz_file){0};
}

ritz_status ritz_file_write(const char *path, const void *bytes, size_t n,
                            ritz_error *err)
{
    ritz_file file;
    const ritz_status status = ritz_file_begin(&file, path, err);
    if (status != RITZ_OK)
        return status;
    fwrite(bytes, 1, n, file.stream);
    return ritz_file_commit(&file, err);
}

static ritz_status read_all(char **out, size_t *n, FILE *stream,
                            const char *path, ritz_error *err)
{
    char *bytes = NULL;
    size_t capacity = 0, length = 0;
    for (;;) {
        if (!ritz_reserve(&bytes, &capacity, length + 65536, 1)) {
            ritz_free(bytes);
            return ritz_fail_memory(err, path);
        }
        const size_t got =
            fread(bytes + length, 1, capacity - length - 1, stream);
        length += got;
        if (got == 0)
            break;
    }
    if (ferror(stream)) {
        ritz_free(bytes);
        return fail_at(err, "read", path);
    }
    bytes[length] = '\0';
    *out = bytes;
    *n = length;
    return RITZ_OK;
}

ritz_status ritz_file_read(char **out, size_t *n, const char *path,
                           ritz_error *err)
{
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return fail_at(err, "read", path);
    const ritz_status status = read_all(out, n, stream, path, err);
    fclose(stream);
    return status;
}

ritz_status ritz_make_folder(const char *path, ritz_error *err)
{
    char *copy = ritz_copy_text(path);
    if (!copy)
        return ritz_fail_memory(err, path);
    ritz_status status = RITZ_OK;
    for (char *p = copy + 1; status == RITZ_OK; p++) {
        const char was = *p;
        if (was != '/' && was != '\0')
            continue;
        *p = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            status = fail_at(err, "make folder", copy);
        *p = was;
        if (was == '\0')
            break;
    }
    struct stat info;
    if (status == RITZ_OK && stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
        status = ritz_fail(err, RITZ_EIO,
                           "cannot make folder %s: a file of "
                           "that name is there",
                           path);
    ritz_free(copy);
    return status;
}
