/* test_npy.c - .npy, against the bytes that NumPy 2 writes. */
#include "tensor/formats.h"

#include "damage.h"
#include "tap.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static ritz_status read_npy(const char *path, ritz_error *err)
{
    ritz_tensor *t;
    const ritz_status status = ritz_npy_read(&t, path, err);
    ritz_tensor_release(t);
    return status;
}

/* A file with this header, padded by hand, and these bytes. */
static const char *npy_file(const char *header, const void *data, size_t n)
{
    unsigned char bytes[512] = "\x93NUMPY\x01\x00";
    const size_t length = strlen(header);
    bytes[8] = (unsigned char)(length & 255);
    bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + 10, header, length);
    if (n > 0)
        memcpy(bytes + 10 + length, data, n);
    const char *path = tap_path("made.npy");
    put_bytes(path, bytes, 10 + length + n);
    return path;
}

/* np.save of np.arange(6, dtype="f4").reshape(2, 3): version 1.0, spaces up to
 * 128 bytes, a newline, the data. */
static void test_golden(void)
{
    static const char text[] =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    unsigned char want[152] = "\x93NUMPY\x01\x00\x76\x00";
    static const float data[] = {0, 1, 2, 3, 4, 5};
    memset(want + 10, ' ', 118);
    memcpy(want + 10, text, sizeof text - 1);
    want[127] = '\n';
    memcpy(want + 128, data, sizeof data);
    const double x[] = {0, 1, 2, 3, 4, 5};
    ritz_tensor *t = tensor_of(RITZ_F32, SHAPE(2, 3), x);
    is_int(ritz_npy_write(tap_path("golden.npy"), t, NULL), RITZ_OK, "written");
    has_bytes(tap_path("golden.npy"), want, sizeof want, "f32[2,3]");
    ritz_tensor_release(t);
}

/* How NumPy writes tuples, and the mark of single bytes. */
static void test_golden_headers(void)
{
    static const struct {
        ritz_dtype dtype;
        ritz_shape shape;
        const char *text;
    } cases[] = {
        {RITZ_F64, {0, {0}}, "'<f8', 'fortran_order': False, 'shape': (), }"},
        {RITZ_I64, {1, {0}}, "'<i8', 'fortran_order': False, 'shape': (0,), }"},
        {RITZ_U8, {1, {3}}, "'|u1', 'fortran_order': False, 'shape': (3,), }"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ritz_tensor *t;
        char *bytes = NULL;
        size_t n = 0;
        ritz_tensor_zeros(&t, cases[i].dtype, &cases[i].shape, NULL);
        ritz_npy_write(tap_path("h.npy"), t, NULL);
        ritz_file_read(&bytes, &n, tap_path("h.npy"), NULL);
        matches(bytes + 10, cases[i].text, "header of %s",
                ritz_dtype_name(cases[i].dtype));
        is_int((n - ritz_tensor_bytes(t)) % 64, 0, "the data is aligned");
        ritz_free(bytes);
        ritz_tensor_release(t);
    }
}

/* NumPy's file of no elements has 128 bytes in the first case and 192 in the
 * second, where the room for a growing axis no longer fits. */
static void test_golden_padding(void)
{
    ritz_shape shape = SHAPE(1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 10000000);
    for (int i = 0; i < 2; i++) {
        ritz_tensor *t;
        char *bytes = NULL;
        size_t n = 0;
        ritz_tensor_zeros(&t, RITZ_F32, &shape, NULL);
        ritz_npy_write(tap_path("p.npy"), t, NULL);
        ritz_file_read(&bytes, &n, tap_path("p.npy"), NULL);
        is_int(n, i == 0 ? 128 : 192, "length of the padded header");
        ritz_free(bytes);
        ritz_tensor_release(t);
        shape.dim[11] *= 10;
    }
}

static void test_round_trips(void)
{
    static const ritz_shape shapes[] = {
        {0, {0}}, {1, {0}}, {1, {7}}, {3, {2, 3, 4}}, {3, {5, 0, 2}}};
    for (int d = 0; d < RITZ_DTYPES; d++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            ritz_tensor *t, *back = NULL;
            char text[RITZ_SHAPE_TEXT];
            ritz_tensor_new(&t, (ritz_dtype)d, &shapes[i], NULL);
            for (int64_t k = 0; k < ritz_tensor_count(t); k++)
                ritz_tensor_set(t, k, (double)k * 1.375 - 3);
            ritz_npy_write(tap_path("trip.npy"), t, NULL);
            ritz_npy_read(&back, tap_path("trip.npy"), NULL);
            ok(same_bits(t, back), "%s%s comes back",
               ritz_dtype_name((ritz_dtype)d),
               ritz_shape_text(text, &shapes[i]));
            ritz_tensor_release(t);
            ritz_tensor_release(back);
        }
}

static void reads_as(const char *path, ritz_tensor *want, const char *name)
{
    ritz_tensor *t = NULL;
    ritz_error err = {0};
    if (ritz_npy_read(&t, path, &err) != RITZ_OK)
        note("%s", err.text);
    ok(same_bits(t, want), "%s", name);
    ritz_tensor_release(t);
    ritz_tensor_release(want);
}

#define VALUES(...) ((const double[]){__VA_ARGS__})
#define HEADER(descr, order, shape) \
    "{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape ", }\n"

static void test_other_types(void)
{
    reads_as(npy_file(HEADER(">f8", "False", "(1,)"),
                      "\x3f\xf8\x00\x00\x00\x00\x00\x00", 8),
             tensor_of(RITZ_F64, SHAPE(1), VALUES(1.5)), ">f8");
    reads_as(npy_file(HEADER(">i4", "False", "(2,)"),
                      "\xff\xff\xff\xfe\x00\x00\x01\x00", 8),
             tensor_of(RITZ_I64, SHAPE(2), VALUES(-2, 256)), ">i4");
    reads_as(npy_file(HEADER("<i2", "False", "(2,)"), "\xfe\xff\x00\x01", 4),
             tensor_of(RITZ_I64, SHAPE(2), VALUES(-2, 256)), "<i2");
    reads_as(npy_file(HEADER("<u2", "False", "(1,)"), "\xfe\xff", 2),
             tensor_of(RITZ_I64, SHAPE(1), VALUES(65534)), "<u2");
    reads_as(npy_file(HEADER("<u4", "False", "(1,)"), "\xff\xff\xff\xff", 4),
             tensor_of(RITZ_I64, SHAPE(1), VALUES(4294967295.0)), "<u4");
    reads_as(npy_file(HEADER("|i1", "False", "(2,)"), "\xff\x7f", 2),
             tensor_of(RITZ_I64, SHAPE(2), VALUES(-1, 127)), "|i1");
    reads_as(npy_file(HEADER("|b1", "False", "(2,)"), "\x01\x00", 2),
             tensor_of(RITZ_U8, SHAPE(2), VALUES(1, 0)), "|b1");
}

/* Table of IEEE 754 binary16: one, -2, largest, smallest normal, largest and
 * smallest subnormal, infinity. */
static void test_half(void)
{
    static const unsigned char bits[] = {0x00, 0x3c, 0x00, 0xc0, 0xff,
                                         0x7b, 0x00, 0x04, 0xff, 0x03,
                                         0x01, 0x00, 0x00, 0xfc};
    reads_as(npy_file(HEADER("<f2", "False", "(7,)"), bits, sizeof bits),
             tensor_of(RITZ_F32, SHAPE(7),
                       VALUES(1, -2, 65504, 0x1p-14, 0x1.ff8p-15, 0x1p-24,
                              -INFINITY)),
             "halves");
    ritz_tensor *t = NULL;
    ritz_npy_read(&t, npy_file(HEADER("<f2", "False", "(1,)"), "\x01\x7e", 2),
                  NULL);
    ok(t && isnan(ritz_tensor_get(t, 0)), "half a nan is a nan");
    ritz_tensor_release(t);
}

/* Element (i, j, k) is 100 i + 10 j + k, stored with i fastest. */
static void test_columns_first(void)
{
    unsigned char data[24];
    double want[24];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 4; k++) {
                data[i + 2 * (j + 3 * k)] =
                    (unsigned char)(100 * i + 10 * j + k);
                want[(i * 3 + j) * 4 + k] = 100 * i + 10 * j + k;
            }
    reads_as(npy_file(HEADER("|u1", "True", "(2, 3, 4)"), data, 24),
             tensor_of(RITZ_U8, SHAPE(2, 3, 4), want), "columns first");
    reads_as(npy_file(HEADER("|i1", "True", "(2, 3, 4)"), data, 24),
             tensor_of(RITZ_I64, SHAPE(2, 3, 4), want), "and widened");
    reads_as(npy_file(HEADER("|u1", "True", "(3,)"), "\1\2\3", 3),
             tensor_of(RITZ_U8, SHAPE(3), VALUES(1, 2, 3)), "one axis");
    reads_as(npy_file(HEADER("|u1", "True", "(0, 3)"), "", 0),
             tensor_of(RITZ_U8, SHAPE(0, 3), NULL), "no elements");
}

static void test_headers(void)
{
    ritz_tensor *want = tensor_of(RITZ_U8, SHAPE(2), VALUES(1, 2));
    static const char *const good[] = {
        "{'shape': (2,), 'fortran_order': False, 'descr': '|u1'}",
        "{ \"descr\" : \"|u1\" , \"fortran_order\":False,\"shape\":(2L,)}  \n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2), }",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        reads_as(npy_file(good[i], "\1\2", 2), ritz_tensor_retain(want),
                 good[i]);
    unsigned char version2[256] = "\x93NUMPY\x02\x00";
    const size_t n = strlen(good[0]);
    version2[8] = (unsigned char)n;
    memcpy(version2 + 12, good[0], n);
    memcpy(version2 + 12 + n, "\1\2", 2);
    put_bytes(tap_path("v2.npy"), version2, 14 + n);
    reads_as(tap_path("v2.npy"), want, "version 2");
}

static void refuses(const char *path, const char *part, const char *name)
{
    ritz_error err = {0};
    const ritz_status status = read_npy(path, &err);
    ok(status == RITZ_EFORMAT && strncmp(err.text, "npy: ", 5) == 0,
       "%s is refused", name);
    matches(err.text, part, "%s: the text", name);
}

static void test_refused(void)
{
    refuses(npy_file(HEADER("<c8", "False", "(1,)"), "12345678", 8),
            "wanted elements of real numbers or bool, got \"<c8\"", "complex");
    refuses(npy_file("{'descr': [('x', '<i4')], 'fortran_order': False, "
                     "'shape': (1,), }",
                     "1234", 4),
            "wanted a header with descr", "a record");
    refuses(npy_file(HEADER("<u8", "False", "(1,)"),
                     "\xff\xff\xff\xff\xff\xff\xff\xff", 8),
            "wanted integers below 2^63", "2^64 - 1");
    refuses(npy_file(HEADER("<f4", "False", "(3,)"), "12345678", 8),
            "wanted 12 bytes of data, got 8", "too short");
    refuses(npy_file(HEADER("<f4", "False", "(1,)"), "12345678", 8),
            "wanted the end of the file", "too long");
    refuses(npy_file(HEADER("<f4", "False", "(1000000000000,)"), "", 0),
            "wanted 4000000000000 bytes of data, got 0", "a tall claim");
    refuses(npy_file(HEADER("<f4", "False", "(9999999999999999999,)"), "", 0),
            "wanted a header", "a size beyond 63 bits");
    refuses(npy_file(HEADER("<f4", "False", "(4294967296, 4294967296)"), "", 0),
            "must fit in memory", "a product beyond 63 bits");
    refuses(npy_file(HEADER("<f4", "False", "(-1,)"), "", 0), "wanted a header",
            "a negative size");
    refuses(
        npy_file(HEADER("|u1", "False", "(1,1,1,1,1,1,1,1,1,1,1,1,1)"), "1", 1),
        "at most 12 axes", "thirteen axes");
    refuses(npy_file("{'descr': '|u1', 'fortran_order': False}", "1", 1),
            "wanted a header", "no shape");
    refuses(npy_file("{'descr': '|u1', 'descr': '|u1', 'fortran_order': "
                     "False, 'shape': (1,)}",
                     "1", 1),
            "wanted a header", "descr twice");
    put_bytes(tap_path("text"), "hello, world", 12);
    refuses(tap_path("text"), "wanted a NumPy array file", "a text");
    put_bytes(tap_path("v9"), "\x93NUMPY\x09\x00\x01\x00", 10);
    refuses(tap_path("v9"), "wanted version 1, 2 or 3, got 9", "version 9");
    refuses(tap_path(""), "wanted a file, got a folder", "a folder");
    refuses("/dev/null", "wanted a file, got a device", "a device");
    ritz_error err = {0};
    is_int(read_npy("/no/such.npy", &err), RITZ_EIO, "no file");
    is_text(err.text,
            "npy: cannot read /no/such.npy: No such file or directory", "text");
}

static void test_damage(void)
{
    const char *path = tap_path("good.npy");
    ritz_tensor *t = tensor_of(RITZ_F32, SHAPE(2, 2), VALUES(1, 2, 3, 4));
    ritz_npy_write(path, t, NULL);
    check_damage(path, read_npy);
    ritz_tensor_release(t);
    npy_file(HEADER(">i2", "True", "(2, 2)"), "12345678", 8);
    check_damage(tap_path("made.npy"), read_npy);
}

/* A limit on file sizes stands in for a full disk. */
static void test_full_disk(void)
{
    const ritz_shape shape = SHAPE(10000);
    const char *path = tap_path("full.npy");
    ritz_tensor *t;
    ritz_tensor_zeros(&t, RITZ_F32, &shape, NULL);
    put_bytes(path, "old", 3);
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){.rlim_cur = 4096, .rlim_max = old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    ritz_error err = {0};
    const ritz_status status = ritz_npy_write(path, t, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    is_int(status, RITZ_EIO, "no room for the array");
    matches(err.text, "File too large", "and the text says so");
    has_bytes(path, "old", 3, "the file that was there");
    ritz_tensor_release(t);
}

static void test_write_no_memory(void)
{
    ritz_tensor *t = tensor_of(RITZ_F32, SHAPE(2), VALUES(1, 2));
    ritz_status status = RITZ_ENOMEM;
    long n = 0;
    while (status == RITZ_ENOMEM && n < 100) {
        ritz_fail_allocation(++n);
        status = ritz_npy_write(tap_path("m.npy"), t, NULL);
        ritz_fail_allocation(0);
    }
    ok(status == RITZ_OK && n > 2, "written with all %ld requests", n - 1);
    ritz_tensor_release(t);
}

int main(void)
{
    tap_run("golden", test_golden);
    tap_run("golden headers", test_golden_headers);
    tap_run("golden padding", test_golden_padding);
    tap_run("round trips", test_round_trips);
    tap_run("other types", test_other_types);
    tap_run("half", test_half);
    tap_run("columns first", test_columns_first);
    tap_run("headers", test_headers);
    tap_run("refused", test_refused);
    tap_run("damage", test_damage);
    tap_run("full disk", test_full_disk);
    tap_run("write no memory", test_write_no_memory);
    return tap_end();
}
