/* source.c - reading with limits, plain or through zlib.
 *
 * Plain files do not go through zlib: any two bytes may start a .safetensors
 * file, also those of gzip.
 */
#include "tensor/source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Deflate's best: 258 bytes for two bits. */
enum { MOST_INFLATED = 1032, LARGEST_READ = 1 << 30 };

ritz_status ritz_source_fail(const ritz_source *source, ritz_error *err,
                             const char *format, ...)
{
    char text[RITZ_ERROR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *p = text; *p; p++) /* what a file says must not break the line */
        if (iscntrl((unsigned char)*p))
            *p = '?';
    return ritz_fail(err, RITZ_EFORMAT, "%s: %s: %s", source->format,
                     source->path, text);
}

static ritz_status fail_system(const ritz_source *source, ritz_error *err)
{
    return ritz_fail(err, RITZ_EIO, "%s: cannot read %s: %s", source->format,
                     source->path, strerror(errno));
}

static ritz_status open_regular(ritz_source *source, int *fd, ritz_error *err)
{
    /* Not blocking: a pipe without a writer would hold us up here. */
    *fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (*fd < 0)
        return fail_system(source, err);
    if (fstat(*fd, &info) == 0 && S_ISREG(info.st_mode)) {
        source->left = (uint64_t)info.st_size;
        return RITZ_OK;
    }
    close(*fd);
    return ritz_source_fail(source, err, "wanted a file, got a %s",
                            S_ISDIR(info.st_mode) ? "folder" : "device");
}

ritz_status ritz_source_open(ritz_source *out, const char *format,
                             const char *path, ritz_error *err)
{
    int fd;
    *out = (ritz_source){.format = format, .path = path};
    const ritz_status status = open_regular(out, &fd, err);
    if (status != RITZ_OK)
        return status;
    out->stream = fdopen(fd, "rb");
    if (out->stream)
        return RITZ_OK;
    const ritz_status failed = fail_system(out, err);
    close(fd);
    return failed;
}

static bool is_inflated(const ritz_source *source)
{
    return source->gzip && !gzdirect(source->gzip);
}

ritz_status ritz_source_open_gzip(ritz_source *out, const char *format,
                                  const char *path, ritz_error *err)
{
    int fd;
    *out = (ritz_source){.format = format, .path = path};
    const ritz_status status = open_regular(out, &fd, err);
    if (status != RITZ_OK)
        return status;
    const gzFile gzip = gzdopen(fd, "rb");
    if (!gzip) {
        close(fd);
        return ritz_fail_memory(err, path);
    }
    out->gzip = gzip;
    if (is_inflated(out))
        out->left = out->left < UINT64_MAX / MOST_INFLATED
                        ? out->left * MOST_INFLATED
                        : UINT64_MAX;
    return RITZ_OK;
}

void ritz_source_close(ritz_source *source)
{
    if (source->stream)
        fclose(source->stream);
    if (source->gzip)
        gzclose_r(source->gzip);
    source->stream = NULL;
    source->gzip = NULL;
}

/* Fewer than n at the end of the file; false when reading failed. */
static bool read_some(ritz_source *source, void *bytes, size_t n, size_t *got)
{
    *got = 0;
    if (source->stream) {
        *got = fread(bytes, 1, n, source->stream);
        return !ferror(source->stream);
    }
    while (*got < n) {
        const size_t want = n - *got < LARGEST_READ ? n - *got : LARGEST_READ;
        const int k =
            gzread(source->gzip, (char *)bytes + *got, (unsigned)want);
        if (k < 0)
            return false;
        if (k == 0)
            break;
        *got += (size_t)k;
    }
    /* A missing end shows here only: gzread then returns 0. */
    int code;
    gzerror(source->gzip, &code);
    return code != Z_BUF_ERROR || *got > 0;
}

static ritz_status fail_read(ritz_source *source, ritz_error *err)
{
    int code = Z_ERRNO;
    const char *text = source->gzip ? gzerror(source->gzip, &code) : NULL;
    if (code == Z_ERRNO)
        return fail_system(source, err);
    /* zlib's text begins with its own idea of the path. */
    const char *colon = text ? strrchr(text, ':') : NULL;
    return ritz_source_fail(source, err, "wanted whole gzip data, got%s",
                            colon ? colon + 1 : " damage");
}

ritz_status ritz_source_read(ritz_source *source, void *bytes, size_t n,
                             const char *what, ritz_error *err)
{
    size_t got;
    if (!read_some(source, bytes, n, &got))
        return fail_read(source, err);
    source->left -= got < source->left ? got : source->left;
    if (got < n)
        return ritz_source_fail(source, err, "wanted %zu bytes of %s, got %zu",
                                n, what, got);
    return RITZ_OK;
}

ritz_status ritz_source_holds(const ritz_source *source, uint64_t n,
                              const char *what, ritz_error *err)
{
    if (n <= source->left)
        return RITZ_OK;
    return ritz_source_fail(
        source, err, "wanted %" PRIu64 " bytes of %s, got %s%" PRIu64, n, what,
        is_inflated(source) ? "at most " : "", source->left);
}

ritz_status ritz_source_end(ritz_source *source, ritz_error *err)
{
    /* Asking for one more byte also makes zlib check the sum at the end. */
    char extra;
    size_t got;
    if (!read_some(source, &extra, 1, &got))
        return fail_read(source, err);
    if (got > 0)
        return ritz_source_fail(source, err,
                                "wanted the end of the file after the data, "
                                "got more bytes");
    return RITZ_OK;
}
