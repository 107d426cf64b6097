/* test_csv.c - tables of numbers as text. */
#include "tensor/formats.h"

#include "damage.h"
#include "tap.h"

#include <math.h>

#define VALUES(...) ((const double[]){__VA_ARGS__})

static ritz_status read_csv(const char *path, ritz_error *err)
{
    ritz_csv csv;
    const ritz_status status = ritz_csv_read(&csv, path, 0, err);
    ritz_csv_free(&csv);
    return status;
}

static const char *made(const char *text)
{
    const char *path = tap_path("made.csv");
    put_bytes(path, text, strlen(text));
    return path;
}

/* The table and, joined by '|', the names. */
static void reads_as(const char *text, char separator, ritz_tensor *want,
                     const char *names)
{
    ritz_csv csv;
    ritz_error err = {0};
    char got[200] = "";
    if (ritz_csv_read(&csv, made(text), separator, &err) != RITZ_OK)
        note("%s", err.text);
    for (size_t i = 0; i < csv.name_count; i++)
        strcat(strcat(got, i ? "|" : ""), csv.names[i]);
    ok(same_bits(csv.table, want), "%s", names);
    is_text(got, names, "the names");
    ritz_csv_free(&csv);
    ritz_tensor_release(want);
}

static void test_read(void)
{
    reads_as("1,2\n3,4\n", 0,
             tensor_of(RITZ_F64, SHAPE(2, 2), VALUES(1, 2, 3, 4)), "");
    reads_as("x,y\n1,2", 0, tensor_of(RITZ_F64, SHAPE(1, 2), VALUES(1, 2)),
             "x|y");
    reads_as("\xef\xbb\xbfx;\"y;\"\"z\"\"\"\r\n\r\n 1 ; -2.5e3 \r\n\r\n", 0,
             tensor_of(RITZ_F64, SHAPE(1, 2), VALUES(1, -2500)), "x|y;\"z\"");
    reads_as("a b\tc\n.5\t-inf\n", 0,
             tensor_of(RITZ_F64, SHAPE(1, 2), VALUES(0.5, -INFINITY)), "a b|c");
    reads_as("7", 0, tensor_of(RITZ_F64, SHAPE(1, 1), VALUES(7)), "");
    reads_as("only,names\n", 0, tensor_of(RITZ_F64, SHAPE(0, 2), NULL),
             "only|names");
    reads_as("1;2\n", ';', tensor_of(RITZ_F64, SHAPE(1, 2), VALUES(1, 2)), "");
    reads_as("\"1\",\"2\"\n3,4\n", 0,
             tensor_of(RITZ_F64, SHAPE(1, 2), VALUES(3, 4)), "1|2");
}

static void refuses(const char *text, const char *part)
{
    ritz_error err = {0};
    is_int(read_csv(made(text), &err), RITZ_EFORMAT, "%s", part);
    matches(err.text, part, "the text");
    ok(one_line_with(&err, tap_path("made.csv")), "in one line with the path");
}

static void test_refused(void)
{
    refuses("", "wanted numbers, got an empty file");
    refuses("\n \r\n", "wanted numbers, got an empty file");
    refuses("1,2\n\n3,x\n", "line 3, column 2: wanted a number, got \"x\"");
    refuses("1,2\n3,\n", "line 2, column 2: wanted a number, got \"\"");
    refuses("1\t2\n\t3\n", "line 2, column 1: wanted a number, got \"\"");
    refuses("1,,3\n4,5,6\n", "line 1, column 2: wanted a number, got \"\"");
    refuses("x,2\n3,4\n", "line 1, column 1: wanted a number, got \"x\"");
    refuses("1,2\n3 4,5\n", "line 2, column 1: wanted a number, got \"3 4\"");
    refuses("1,2\n3\n", "line 2: wanted 2 columns as above, got 1");
    refuses("a,b\n1,2,3\n", "line 2: wanted 2 columns as above, got 3");
    refuses("1\n\"a\nb\"\n",
            "line 2, column 1: wanted a number, got \"\"a?b\"");
    refuses("1\n\"2\n", "line 2, column 1: wanted a number, got \"\"2\"");
    put_bytes(tap_path("made.csv"), "1\n2\0003\n", 6);
    ritz_error err = {0};
    is_int(read_csv(tap_path("made.csv"), &err), RITZ_EFORMAT, "a zero byte");
    is_int(read_csv("/no/such.csv", &err), RITZ_EIO, "no file");
    is_text(err.text,
            "csv: cannot read /no/such.csv: No such file or directory", "text");
}

static void test_write(void)
{
    static const char *const names[] = {"x", "a,\"b\"", "3"};
    ritz_tensor *t = tensor_of(RITZ_F64, SHAPE(2, 3),
                               VALUES(0.1, 1.0 / 3, -2, NAN, 1e300, -INFINITY));
    static const char want[] = "x,\"a,\"\"b\"\"\",\"3\"\n"
                               "0.1,0.3333333333333333,-2\n"
                               "nan,1e+300,-inf\n";
    is_int(ritz_csv_write(tap_path("w.csv"), t, names, ',', NULL), RITZ_OK,
           "written");
    has_bytes(tap_path("w.csv"), want, sizeof want - 1, "f64[2,3]");
    ritz_tensor_release(t);
    t = tensor_of(RITZ_F32, SHAPE(2), VALUES(0.1, 16777216));
    ritz_csv_write(tap_path("w.csv"), t, NULL, ';', NULL);
    has_bytes(tap_path("w.csv"), "0.1\n16777216\n", 13, "f32[2]");
    ritz_tensor_release(t);
    t = tensor_of(RITZ_U8, SHAPE(1, 2), VALUES(0, 255));
    ritz_csv_write(tap_path("w.csv"), t, NULL, '\t', NULL);
    has_bytes(tap_path("w.csv"), "0\t255\n", 6, "u8[1,2]");
    ritz_tensor_release(t);
    t = tensor_of(RITZ_U8, SHAPE(1, 1, 2), VALUES(0, 255));
    ritz_error err = {0};
    is_int(ritz_csv_write(tap_path("n.csv"), t, NULL, ',', &err), RITZ_ESHAPE,
           "three axes");
    matches(err.text, "wanted a vector or a matrix, got [1,1,2]", "the text");
    ritz_tensor_release(t);
}

/* Numbers of all sizes, from the bits of a simple generator. */
static void test_round_trip(void)
{
    enum { N = 2000 };
    const ritz_shape shape = SHAPE(N / 4, 4);
    ritz_tensor *t;
    ritz_tensor_new(&t, RITZ_F64, &shape, NULL);
    uint64_t bits = 1;
    for (int64_t i = 0; i < N; i++) {
        double x;
        do {
            bits = bits * UINT64_C(6364136223846793005) + 1442695040888963407u;
            memcpy(&x, &bits, sizeof x);
        } while (!isfinite(x));
        ritz_tensor_set(t, i, x);
    }
    static const char *const names[] = {"", " b ", "c\nd", "nan"};
    ritz_csv back;
    ritz_csv_write(tap_path("trip.csv"), t, names, ';', NULL);
    is_int(ritz_csv_read(&back, tap_path("trip.csv"), 0, NULL), RITZ_OK,
           "read back");
    ok(same_bits(back.table, t), "%d numbers come back to the bit", N);
    for (size_t i = 0; i < 4; i++)
        is_text(i < back.name_count ? back.names[i] : NULL, names[i],
                "name %zu", i);
    ritz_csv_free(&back);
    ritz_tensor_release(t);
}

static void test_float_digits(void)
{
    bool same = true;
    ritz_tensor *t, *narrow;
    const ritz_shape shape = SHAPE(500);
    ritz_tensor_new(&t, RITZ_F32, &shape, NULL);
    for (int64_t i = 0; i < 500; i++)
        ritz_tensor_set(t, i, exp(0.37 * (double)(i - 250)));
    ritz_csv back;
    ritz_csv_write(tap_path("f.csv"), t, NULL, ',', NULL);
    ritz_csv_read(&back, tap_path("f.csv"), 0, NULL);
    ritz_tensor_cast(&narrow, back.table, RITZ_F32, NULL);
    for (int64_t i = 0; i < 500; i++)
        same = same && ritz_tensor_get(narrow, i) == ritz_tensor_get(t, i);
    ok(same, "500 floats come back to the bit");
    ritz_tensor_release(narrow);
    ritz_tensor_release(t);
    ritz_csv_free(&back);
}

static void test_damage(void)
{
    made("a,\"b\"\"\",c\n1,-2.5,nan\n\n4e5,5,6\n");
    check_flips(tap_path("made.csv"), read_csv);
    check_memory(tap_path("made.csv"), read_csv);
}

int main(void)
{
    tap_run("read", test_read);
    tap_run("refused", test_refused);
    tap_run("write", test_write);
    tap_run("round trip", test_round_trip);
    tap_run("float digits", test_float_digits);
    tap_run("damage", test_damage);
    return tap_end();
}
