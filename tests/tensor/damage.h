/* damage.h - what every reader of files must stand: files that are cut short,
 * files with any byte changed, and no memory.
 */
#ifndef RITZ_TESTS_TENSOR_DAMAGE_H
#define RITZ_TESTS_TENSOR_DAMAGE_H

#include "base/file.h"
#include "base/memory.h"
#include "tap.h"
#include "tensor/tensor.h"

#include <stdio.h>
#include <string.h>

/* Reads the file and frees what came of it. */
typedef ritz_status reader_fn(const char *path, ritz_error *err);

/* Not through base/file.h, which waits for the disk. */
static inline void put_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(bytes, 1, n, f);
        fclose(f);
    }
}

static inline bool one_line_with(const ritz_error *err, const char *part)
{
    return strstr(err->text, part) && !strchr(err->text, '\n');
}

/* Every proper beginning of the file is refused, in words with its path. */
static inline void check_truncation(const char *path, reader_fn *reader)
{
    char *bytes;
    size_t n;
    ritz_file_read(&bytes, &n, path, NULL);
    size_t refused = 0;
    const char *cut = tap_path("cut");
    for (size_t k = 0; k < n; k++) {
        ritz_error err = {0};
        put_bytes(cut, bytes, k);
        if (reader(cut, &err) != RITZ_OK && one_line_with(&err, cut))
            refused++;
        else
            note("the first %zu of %zu bytes: \"%s\"", k, n, err.text);
    }
    is_int(refused, n, "each of %zu beginnings of the file is refused", n);
    ritz_free(bytes);
}

/* A changed byte may make another good file; it never does harm. */
static inline void check_flips(const char *path, reader_fn *reader)
{
    static const unsigned char masks[] = {0x01, 0x80, 0xff};
    char *bytes;
    size_t n;
    ritz_file_read(&bytes, &n, path, NULL);
    size_t said = 0, refused = 0;
    const char *flipped = tap_path("flipped");
    for (size_t k = 0; k < n * sizeof masks; k++) {
        ritz_error err = {0};
        bytes[k / 3] = (char)(bytes[k / 3] ^ masks[k % 3]);
        put_bytes(flipped, bytes, n);
        bytes[k / 3] = (char)(bytes[k / 3] ^ masks[k % 3]);
        if (reader(flipped, &err) == RITZ_OK)
            continue;
        refused++;
        said += one_line_with(&err, flipped);
    }
    ok(refused > 0, "some of the %zu changes are refused", n * 3);
    is_int(said, refused, "each in one line that names the file");
    ritz_free(bytes);
}

/* Each request for memory fails once; nothing is lost. */
static inline void check_memory(const char *path, reader_fn *reader)
{
    ritz_status status = RITZ_ENOMEM;
    bool clean = true;
    long n = 0;
    const size_t before = ritz_tensor_live_bytes();
    while (status != RITZ_OK && n < 1000) {
        ritz_error err = {0};
        ritz_fail_allocation(++n);
        status = reader(path, &err);
        ritz_fail_allocation(0);
        const bool good = status == RITZ_OK || status == RITZ_ENOMEM;
        if (!good)
            note("request %ld: %s", n, err.text);
        clean = clean && good && ritz_tensor_live_bytes() == before;
    }
    ok(clean, "each failed request is reported as such and nothing is lost");
    ok(status == RITZ_OK && n > 1, "with all %ld requests it works", n - 1);
}

static inline void check_damage(const char *path, reader_fn *reader)
{
    check_truncation(path, reader);
    check_flips(path, reader);
    check_memory(path, reader);
}

/* The bytes of the file are these. */
static inline void has_bytes(const char *path, const void *want, size_t n,
                             const char *name)
{
    char *bytes = NULL;
    size_t got = 0;
    ritz_file_read(&bytes, &got, path, NULL);
    is_int(got, n, "%s: the length", name);
    ok(bytes && got == n && memcmp(bytes, want, n) == 0, "%s: the bytes", name);
    ritz_free(bytes);
}

/* A tensor from numbers, for tests that would rather not fail at it. */
static inline ritz_tensor *tensor_of(ritz_dtype dtype, ritz_shape shape,
                                     const double *values)
{
    ritz_tensor *t = NULL;
    if (ritz_tensor_new(&t, dtype, &shape, NULL) == RITZ_OK)
        for (int64_t i = 0; i < ritz_tensor_count(t); i++)
            ritz_tensor_set(t, i, values[i]);
    return t;
}

static inline bool same_bits(const ritz_tensor *a, const ritz_tensor *b)
{
    return a && b && ritz_tensor_dtype(a) == ritz_tensor_dtype(b) &&
           ritz_shape_equal(ritz_tensor_shape(a), ritz_tensor_shape(b)) &&
           memcmp(ritz_tensor_data(a), ritz_tensor_data(b),
                  ritz_tensor_bytes(a)) == 0;
}

#define SHAPE(...)                                             \
    ritz_shape_of((int)(sizeof((int64_t[]){__VA_ARGS__}) / 8), \
                  (const int64_t[]){__VA_ARGS__})
#define SCALAR ((ritz_shape){0})

#endif
