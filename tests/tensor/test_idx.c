/* test_idx.c - IDX, plain and gzipped. */
#include "tensor/formats.h"

#include "damage.h"
#include "tap.h"

#include <zlib.h>

static ritz_status read_idx(const char *path, ritz_error *err)
{
    ritz_tensor *t;
    const ritz_status status = ritz_idx_read(&t, path, err);
    ritz_tensor_release(t);
    return status;
}

static void put_gzip(const char *path, const void *bytes, size_t n)
{
    const gzFile f = gzopen(path, "wb");
    gzwrite(f, bytes, (unsigned)n);
    gzclose(f);
}

static void reads_as(const char *path, ritz_tensor *want, const char *name)
{
    ritz_tensor *t = NULL;
    ritz_error err = {0};
    if (ritz_idx_read(&t, path, &err) != RITZ_OK)
        note("%s", err.text);
    ok(same_bits(t, want), "%s", name);
    ritz_tensor_release(t);
    ritz_tensor_release(want);
}

#define VALUES(...) ((const double[]){__VA_ARGS__})

static const char images[] = "\0\0\x08\x03\0\0\0\2\0\0\0\1\0\0\0\3"
                             "\0\1\2\xfd\xfe\xff";
enum { IMAGES = sizeof images - 1 };

static void test_images(void)
{
    const double x[] = {0, 1, 2, 253, 254, 255};
    put_bytes(tap_path("images"), images, IMAGES);
    reads_as(tap_path("images"), tensor_of(RITZ_U8, SHAPE(2, 1, 3), x),
             "plain images");
    put_gzip(tap_path("images.gz"), images, IMAGES);
    reads_as(tap_path("images.gz"), tensor_of(RITZ_U8, SHAPE(2, 1, 3), x),
             "gzipped images");
}

static void test_types(void)
{
    put_bytes(tap_path("i8"), "\0\0\x09\1\0\0\0\2\xff\x7f", 10);
    reads_as(tap_path("i8"), tensor_of(RITZ_I64, SHAPE(2), VALUES(-1, 127)),
             "i8");
    put_bytes(tap_path("i16"), "\0\0\x0b\1\0\0\0\1\xff\x00", 10);
    reads_as(tap_path("i16"), tensor_of(RITZ_I64, SHAPE(1), VALUES(-256)),
             "i16");
    put_bytes(tap_path("i32"), "\0\0\x0c\1\0\0\0\1\0\1\0\0", 12);
    reads_as(tap_path("i32"), tensor_of(RITZ_I64, SHAPE(1), VALUES(65536)),
             "i32");
    put_bytes(tap_path("f32"), "\0\0\x0d\1\0\0\0\1\x3f\xc0\0\0", 12);
    reads_as(tap_path("f32"), tensor_of(RITZ_F32, SHAPE(1), VALUES(1.5)),
             "f32");
    put_bytes(tap_path("f64"), "\0\0\x0e\0\xbf\xf0\0\0\0\0\0\0", 12);
    reads_as(tap_path("f64"), tensor_of(RITZ_F64, SCALAR, VALUES(-1)),
             "an f64 without axes");
    put_bytes(tap_path("none"), "\0\0\x08\1\0\0\0\0", 8);
    reads_as(tap_path("none"), tensor_of(RITZ_U8, SHAPE(0), NULL), "size zero");
}

/* Longer than any buffer on the way. */
static void test_large(void)
{
    enum { N = 300000 };
    unsigned char *bytes = ritz_new(N + 8, 1);
    const ritz_shape shape = SHAPE(N);
    ritz_tensor *want;
    ritz_tensor_new(&want, RITZ_U8, &shape, NULL);
    memcpy(bytes, "\0\0\x08\1\0\x04\x93\xe0", 8);
    for (size_t i = 0; i < N; i++)
        bytes[i + 8] = (unsigned char)(i * 31 + i / 256);
    memcpy(ritz_tensor_data_mut(want), bytes + 8, N);
    put_gzip(tap_path("large.gz"), bytes, N + 8);
    reads_as(tap_path("large.gz"), want, "300,000 gzipped bytes");
    ritz_free(bytes);
}

static void refuses(const char *path, const char *part, const char *name)
{
    ritz_error err = {0};
    is_int(read_idx(path, &err), RITZ_EFORMAT, "%s is refused", name);
    matches(err.text, part, "%s: the text", name);
}

static void test_refused(void)
{
    put_bytes(tap_path("text"), "hello", 5);
    refuses(tap_path("text"), "wanted an IDX header", "a text");
    put_bytes(tap_path("type"), "\0\0\x0a\1\0\0\0\0", 8);
    refuses(tap_path("type"), "wanted an IDX header (0 0, type, axes), got 0 0",
            "an unknown type");
    put_bytes(tap_path("axes"), "\0\0\x08\x0d", 4);
    refuses(tap_path("axes"), "wanted at most 12 axes, got 13", "13 axes");
    put_bytes(tap_path("tall"), "\0\0\x08\2\xff\xff\xff\xff\0\1\0\0", 12);
    refuses(tap_path("tall"), "wanted 281474976645120 bytes of data, got 0",
            "a tall claim");
    put_gzip(tap_path("tall.gz"), "\0\0\x08\2\xff\xff\xff\xff\0\1\0\0", 12);
    refuses(tap_path("tall.gz"), "bytes of data, got at most",
            "a tall claim, gzipped");
    put_bytes(tap_path("long"), "\0\0\x08\1\0\0\0\1ab", 10);
    refuses(tap_path("long"), "wanted the end of the file", "trailing bytes");
    put_gzip(tap_path("long.gz"), "\0\0\x08\1\0\0\0\1ab", 10);
    refuses(tap_path("long.gz"), "wanted the end of the file",
            "trailing bytes, gzipped");
    refuses(tap_path(""), "wanted a file, got a folder", "a folder");
}

static void test_damage(void)
{
    put_bytes(tap_path("good"), images, IMAGES);
    check_damage(tap_path("good"), read_idx);
    put_gzip(tap_path("good.gz"), images, IMAGES);
    check_damage(tap_path("good.gz"), read_idx);
}

int main(void)
{
    tap_run("images", test_images);
    tap_run("types", test_types);
    tap_run("large", test_large);
    tap_run("refused", test_refused);
    tap_run("damage", test_damage);
    return tap_end();
}
