/* test_safetensors.c - .safetensors, against what the reference writer writes,
 * and files that try to lie.
 */
#include "tensor/formats.h"

#include "damage.h"
#include "tap.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>

#define VALUES(...) ((const double[]){__VA_ARGS__})

static ritz_status read_bundle(const char *path, ritz_error *err)
{
    ritz_bundle bundle;
    const ritz_status status = ritz_safetensors_read(&bundle, path, err);
    ritz_bundle_free(&bundle);
    return status;
}

static void add(ritz_bundle *bundle, const char *name, ritz_tensor *t)
{
    ritz_bundle_add(bundle, name, t, NULL);
    ritz_tensor_release(t);
}

/* The arrays of the golden file, in no order. */
static ritz_bundle some_arrays(void)
{
    ritz_bundle b = {0};
    add(&b, "b", tensor_of(RITZ_U8, SHAPE(3), VALUES(0, 1, 2)));
    add(&b, "a.w", tensor_of(RITZ_F32, SHAPE(1, 2), VALUES(1.5, -2)));
    add(&b, "i", tensor_of(RITZ_I64, SHAPE(1), VALUES(7)));
    add(&b, "d", tensor_of(RITZ_F64, SHAPE(1), VALUES(1)));
    add(&b, "s", tensor_of(RITZ_F32, SCALAR, VALUES(2)));
    ritz_bundle_note(&b, "k", "v \xc3\xbc", NULL);
    return b;
}

/* safetensors 0.8 for Python, save_file of the same arrays. */
static const char golden[] =
    "\x30\x01\0\0\0\0\0\0"
    "{\"__metadata__\":{\"k\":\"v \xc3\xbc\"},"
    "\"i\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
    "\"d\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[8,16]},"
    "\"a.w\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[16,24]},"
    "\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[24,28]},"
    "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[28,31]}} "
    "\7\0\0\0\0\0\0\0"
    "\0\0\0\0\0\0\xf0\x3f"
    "\0\0\xc0\x3f\0\0\0\xc0"
    "\0\0\0\x40"
    "\0\1\2";

static void test_golden(void)
{
    ritz_bundle b = some_arrays();
    const char *path = tap_path("golden");
    is_int(ritz_safetensors_write(path, &b, NULL), RITZ_OK, "written");
    has_bytes(path, golden, sizeof golden - 1, "five arrays and a note");
    ritz_bundle_free(&b);
    is_int(ritz_safetensors_write(path, &b, NULL), RITZ_OK, "nothing");
    has_bytes(path, "\x08\0\0\0\0\0\0\0{}      ", 16, "an empty bundle");
    is_int(ritz_safetensors_read(&b, path, NULL), RITZ_OK, "is read");
    is_int(b.count + b.note_count, 0, "and is empty");
    ritz_bundle_free(&b);
}

static void test_round_trip(void)
{
    ritz_bundle b = some_arrays(), back = {0};
    add(&b, "none", tensor_of(RITZ_F32, SHAPE(0, 3), NULL));
    add(&b, "nan", tensor_of(RITZ_F64, SHAPE(2), VALUES(NAN, -INFINITY)));
    add(&b, "", tensor_of(RITZ_U8, SHAPE(1), VALUES(9)));
    add(&b, "layer \"1\"\\\xe2\x82\xac\n", tensor_of(RITZ_U8, SHAPE(0), NULL));
    ritz_bundle_note(&b, "", "line\nline", NULL);
    const char *path = tap_path("trip");
    is_int(ritz_safetensors_write(path, &b, NULL), RITZ_OK, "written");
    is_int(ritz_safetensors_read(&back, path, NULL), RITZ_OK, "read");
    is_int(back.count, b.count, "as many");
    for (size_t i = 0; i < b.count; i++)
        ok(same_bits(b.items[i].tensor,
                     ritz_bundle_find(&back, b.items[i].name)),
           "array %zu comes back", i);
    for (size_t i = 1; i < back.count; i++)
        ok(strcmp(back.items[i - 1].name, back.items[i].name) < 0,
           "name %zu is in order", i);
    is_text(ritz_bundle_find_note(&back, "k"), "v \xc3\xbc", "a note");
    is_text(ritz_bundle_find_note(&back, ""), "line\nline", "another");
    ok(!ritz_bundle_find(&back, "x") && !ritz_bundle_find_note(&back, "x"),
       "what is not there is not found");
    ritz_bundle_free(&back);
    ritz_bundle_free(&b);
}

/* A file of this header and these bytes. */
static const char *made(const char *header, const void *data, size_t n)
{
    unsigned char bytes[1024] = {0};
    const size_t length = strlen(header);
    bytes[0] = (unsigned char)(length & 255);
    bytes[1] = (unsigned char)(length >> 8);
    memcpy(bytes + 8, header, length);
    if (n > 0)
        memcpy(bytes + 8 + length, data, n);
    const char *path = tap_path("made");
    put_bytes(path, bytes, 8 + length + n);
    return path;
}

#define ENTRY(name, dtype, shape, begin, end)                \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape \
    ",\"data_offsets\":[" #begin "," #end "]}"

static void test_other_types(void)
{
    ritz_bundle b = {0};
    ritz_error err = {0};
    const char *path =
        made("{" ENTRY("i4", "I32", "[1]", 0, 4) "," ENTRY(
                 "h", "F16", "[1]", 4,
                 6) "," ENTRY("bf", "BF16", "[2]", 6,
                              10) "," ENTRY("o", "BOOL", "[2]", 10, 12) "}  ",
             "\xfe\xff\xff\xff\x00\x3e\xc0\x3f\x80\xff\1\0", 12);
    is_int(ritz_safetensors_read(&b, path, &err), RITZ_OK, "read%s", err.text);
    const struct {
        const char *name;
        ritz_tensor *want;
    } cases[] = {
        {"i4", tensor_of(RITZ_I64, SHAPE(1), VALUES(-2))},
        {"h", tensor_of(RITZ_F32, SHAPE(1), VALUES(1.5))},
        {"bf", tensor_of(RITZ_F32, SHAPE(2), VALUES(1.5, -INFINITY))},
        {"o", tensor_of(RITZ_U8, SHAPE(2), VALUES(1, 0))},
    };
    for (int i = 0; i < 4; i++) {
        ok(same_bits(ritz_bundle_find(&b, cases[i].name), cases[i].want), "%s",
           cases[i].name);
        ritz_tensor_release(cases[i].want);
    }
    ritz_bundle_free(&b);
}

static void refuses(const char *path, const char *part, const char *name)
{
    ritz_error err = {0};
    is_int(read_bundle(path, &err), RITZ_EFORMAT, "%s is refused", name);
    matches(err.text, part, "%s: the text", name);
    matches(err.text, path, "%s: the path", name);
}

static void test_layouts_refused(void)
{
    refuses(made("{" ENTRY("a", "U8", "[2]", 0, 2) "," ENTRY("b", "U8", "[2]",
                                                             1, 3) "}",
                 "123", 3),
            "\"b\": wanted data that begins at 2, where the one before ends, "
            "got 1",
            "an overlap");
    refuses(made("{" ENTRY("a", "U8", "[1]", 0, 1) "," ENTRY("b", "U8", "[1]",
                                                             2, 3) "}",
                 "123", 3),
            "wanted data that begins at 1", "a gap");
    refuses(made("{" ENTRY("a", "U8", "[1]", 1, 2) "}", "12", 2),
            "wanted data that begins at 0", "a gap at the start");
    refuses(made("{" ENTRY("a", "U8", "[2]", 0, 2) "}", "123", 3),
            "wanted 2 bytes of data, got 3", "trailing bytes");
    refuses(made("{" ENTRY("a", "U8", "[2]", 0, 2) "}", "1", 1),
            "wanted 2 bytes of data, got 1", "missing bytes");
    refuses(made("{" ENTRY("a", "F32", "[2]", 0, 4) "}", "1234", 4),
            "\"a\": wanted 8 bytes for F32[2], got 4", "a wrong size");
    refuses(made("{" ENTRY("a", "U8", "[1]", 1, 0) "}", "1", 1),
            "\"a\": wanted data_offsets [begin, end], got [1,0]", "backwards");
    refuses(made("{" ENTRY("a", "U8", "[4000000000000]", 0, 4000000000000) "}",
                 "1", 1),
            "wanted 4000000000000 bytes of data, got 1", "a tall claim");
}

static void test_entries_refused(void)
{
    refuses(made("{" ENTRY("a", "F8_E4M3", "[1]", 0, 1) "}", "1", 1),
            "\"a\": wanted a dtype of real numbers or BOOL, got \"F8_E4M3\"",
            "a dtype of 8 bits");
    refuses(made("{" ENTRY("a", "U8", "[-1]", 0, 1) "}", "1", 1),
            "\"a\": wanted sizes of 0 or more, got [-1]", "a negative size");
    refuses(made("{" ENTRY("a", "U8", "[1.0]", 0, 1) "}", "1", 1),
            "wanted sizes of 0 or more", "a size with a point");
    refuses(
        made("{" ENTRY("a", "U8", "[4294967296,4294967296]", 0, 1) "}", "1", 1),
        "must fit in memory", "a product beyond 63 bits");
    refuses(made("{" ENTRY("a", "U8", "[1,1,1,1,1,1,1,1,1,1,1,1,1]", 0, 1) "}",
                 "1", 1),
            "wanted a shape of at most 12 axes", "13 axes");
    refuses(made("{" ENTRY("a", "U8", "3", 0, 3) "}", "123", 3),
            "wanted a shape of at most 12 axes, got 3", "a shape of no list");
    refuses(made("{\"a\":{\"dtype\":\"U8\",\"shape\":[]}}", "1", 1),
            "wanted dtype, shape and data_offsets", "no offsets");
    refuses(made("{\"a\":[]}", "", 0),
            "\"a\": wanted dtype, shape and data_offsets, got []", "a list");
    refuses(made("{" ENTRY("a", "U8", "[1]", 0, 1) "," ENTRY("a", "U8", "[1]",
                                                             0, 1) "}",
                 "1", 1),
            "wanted a header in JSON, got duplicate object key",
            "a name twice");
    refuses(made("{\"__metadata__\":{\"k\":1}}", "", 0),
            "\"__metadata__\": wanted strings only, got 1", "a note of 1");
    refuses(made("{\"__metadata__\":[]}", "", 0),
            "\"__metadata__\": wanted an object of strings, got []",
            "a list of notes");
}

static void test_headers_refused(void)
{
    refuses(made(" {}", "", 0), "got no brace", "a blank first");
    refuses(made("{} x", "", 0), "wanted a header in JSON", "a letter last");
    refuses(made("{\"\\u0000\":1}", "", 0), "wanted a header in JSON",
            "a zero in a name");
    refuses(made("", "", 0), "got no brace", "no header");
    put_bytes(tap_path("long"), "\xff\xff\xff\xff\xff\xff\xff\xff{}", 10);
    refuses(tap_path("long"),
            "wanted a header of at most 100000000 bytes, got "
            "18446744073709551615",
            "a long header");
    put_bytes(tap_path("short"), "\x40\0\0\0\0\0\0\0{}", 10);
    refuses(tap_path("short"), "wanted 64 bytes of header, got 2",
            "a short file");
    refuses(tap_path(""), "wanted a file, got a folder", "a folder");
}

/* An object in an object in an object... must not take the stack. */
static void test_deep(void)
{
    enum { DEEP = 200000 };
    char *bytes = ritz_new(8 + DEEP, 1);
    memset(bytes, '[', 8 + DEEP);
    memcpy(bytes, "\x40\x0d\x03\0\0\0\0\0{\"a\":", 13);
    put_bytes(tap_path("deep"), bytes, 8 + DEEP);
    refuses(tap_path("deep"), "wanted a header in JSON", "a deep header");
    ritz_free(bytes);
}

static void refuses_to_write(const ritz_bundle *b, const char *part)
{
    ritz_error err = {0};
    const char *path = tap_path("refused");
    is_int(ritz_safetensors_write(path, b, &err), RITZ_EVALUE, "%s", part);
    matches(err.text, part, "and the text says so");
    FILE *f = fopen(path, "rb");
    ok(!f, "no file is left");
    if (f)
        fclose(f);
}

static void test_write_refused(void)
{
    ritz_bundle b = some_arrays();
    ritz_bundle_add(&b, "i", b.items[0].tensor, NULL);
    refuses_to_write(&b, "wanted each name once, got \"i\" twice");
    ritz_bundle_free(&b);
    b = some_arrays();
    ritz_bundle_add(&b, "__metadata__", b.items[0].tensor, NULL);
    refuses_to_write(&b, "wanted names other than __metadata__");
    ritz_bundle_free(&b);
    b = some_arrays();
    ritz_bundle_add(&b, "\xff", b.items[0].tensor, NULL);
    refuses_to_write(&b, "wanted names and notes in UTF-8");
    ritz_bundle_free(&b);
    b = some_arrays();
    ritz_bundle_note(&b, "k", "again", NULL);
    refuses_to_write(&b, "each note once");
    ritz_bundle_free(&b);
}

static void test_damage(void)
{
    put_bytes(tap_path("good"), golden, sizeof golden - 1);
    check_damage(tap_path("good"), read_bundle);
}

static ritz_status write_arrays(void)
{
    ritz_bundle b = {0};
    ritz_tensor *t = NULL;
    const ritz_shape shape = SHAPE(2);
    ritz_status s = ritz_tensor_zeros(&t, RITZ_F32, &shape, NULL);
    if (s == RITZ_OK)
        s = ritz_bundle_add(&b, "t", t, NULL);
    if (s == RITZ_OK)
        s = ritz_bundle_note(&b, "k", "v", NULL);
    if (s == RITZ_OK)
        s = ritz_safetensors_write(tap_path("memory"), &b, NULL);
    ritz_bundle_free(&b);
    ritz_tensor_release(t);
    return s;
}

static void test_write_no_memory(void)
{
    ritz_status status = RITZ_ENOMEM;
    long n = 0;
    while (status == RITZ_ENOMEM && n < 1000) {
        ritz_fail_allocation(++n);
        status = write_arrays();
        ritz_fail_allocation(0);
    }
    ok(status == RITZ_OK && n > 10, "written with all %ld requests", n - 1);
    is_int(ritz_tensor_live_bytes(), 0, "nothing is lost");
}

static void test_full_disk(void)
{
    ritz_bundle b = some_arrays();
    const ritz_shape shape = SHAPE(10000);
    ritz_tensor *t = NULL;
    ritz_tensor_zeros(&t, RITZ_F32, &shape, NULL);
    add(&b, "large", t);
    const char *path = tap_path("full");
    put_bytes(path, "old", 3);
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){.rlim_cur = 4096, .rlim_max = old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    ritz_error err = {0};
    const ritz_status status = ritz_safetensors_write(path, &b, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    is_int(status, RITZ_EIO, "no room for the arrays");
    matches(err.text, "File too large", "and the text says so");
    has_bytes(path, "old", 3, "the file that was there");
    ritz_bundle_free(&b);
}

int main(void)
{
    tap_run("golden", test_golden);
    tap_run("round trip", test_round_trip);
    tap_run("other types", test_other_types);
    tap_run("layouts refused", test_layouts_refused);
    tap_run("entries refused", test_entries_refused);
    tap_run("headers refused", test_headers_refused);
    tap_run("deep", test_deep);
    tap_run("write refused", test_write_refused);
    tap_run("damage", test_damage);
    tap_run("write no memory", test_write_no_memory);
    tap_run("full disk", test_full_disk);
    return tap_end();
}
