/* test_print.c - tensors as people see them. */
#include "tensor/print.h"

#include "base/memory.h"
#include "damage.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>

static void describes(ritz_tensor *t, const char *want)
{
    ritz_text text = {0};
    ritz_tensor_describe(&text, t);
    is_text(ritz_text_view(&text), want, "the line");
    ritz_text_free(&text);
    ritz_tensor_release(t);
}

static void prints(ritz_tensor *t, int width, const char *want)
{
    ritz_text text = {0};
    ritz_tensor_print(&text, t, width);
    is_text(ritz_text_view(&text), want, "the table");
    ritz_text_free(&text);
    ritz_tensor_release(t);
}

static ritz_tensor *counting(ritz_dtype dtype, ritz_shape shape)
{
    ritz_tensor *t = NULL;
    ritz_tensor_new(&t, dtype, &shape, NULL);
    for (int64_t i = 0; i < ritz_tensor_count(t); i++)
        ritz_tensor_set(t, i, (double)(i + 1));
    return t;
}

#define VALUES(...) ((const double[]){__VA_ARGS__})

static void test_small(void)
{
    const double pi = acos(-1);
    describes(tensor_of(RITZ_F32, SCALAR, VALUES(pi)), "f32 3.14159");
    describes(tensor_of(RITZ_I64, SCALAR, VALUES(42)), "i64 42");
    describes(tensor_of(RITZ_F64, SHAPE(0, 3), NULL), "f64[0,3]  empty");
    describes(tensor_of(RITZ_F32, SHAPE(2), VALUES(0, tanh(1))),
              "f32[2]  0 0.761594");
    describes(tensor_of(RITZ_F64, SHAPE(6),
                        VALUES(-0.0, 1e300, 1e-7, -NAN, -INFINITY, 123456.5)),
              "f64[6]  0 1e+300 1e-07 nan -inf 123456");
    describes(counting(RITZ_U8, SHAPE(2, 2)), "u8[2,2]  1 2 3 4");
}

/* The example of design: one line for tanh(x) exp(-x^2). */
static void test_line(void)
{
    const ritz_shape shape = SHAPE(200);
    ritz_tensor *t;
    ritz_tensor_new(&t, RITZ_F32, &shape, NULL);
    for (int64_t i = 0; i < 200; i++) {
        const double x = -3 + 6 * (double)i / 199;
        ritz_tensor_set(t, i, tanh(x) * exp(-x * x));
    }
    describes(t, "f32[200]  -0.000123 -0.000147 -0.000176 ... 0.000123   "
                 "min -0.3752  mean 0  max 0.3752  ▄▃▃██▃▃▄");
}

static void test_statistics(void)
{
    describes(counting(RITZ_I64, SHAPE(16)),
              "i64[16]  1 2 3 ... 16   min 1  mean 8.5  max 16  ████████");
    /* Seven zeros and a one: the bars between are empty. */
    describes(tensor_of(RITZ_F32, SHAPE(10),
                        VALUES(0, 0, 0, 0, 0, 0, 0, NAN, 1, INFINITY)),
              "f32[10]  0 0 0 ... inf   min 0  mean 0.125  max 1  "
              "█▁▁▁▁▁▁▂  1 nan  1 inf");
    describes(tensor_of(RITZ_F64, SHAPE(9), VALUES(5, 5, 5, 5, 5, 5, 5, 5, 5)),
              "f64[9]  5 5 5 ... 5   min 5  mean 5  max 5");
    describes(tensor_of(RITZ_F64, SHAPE(9),
                        VALUES(NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN)),
              "f64[9]  nan nan nan ... nan   9 nan");
    describes(tensor_of(RITZ_F64, SHAPE(9),
                        VALUES(-1.5e308, 1.5e308, 0, 0, 0, 0, 0, 0, 0)),
              "f64[9]  -1.5e+308 1.5e+308 0 ... 0   min -1.5e+308  mean 0  "
              "max 1.5e+308  ▂▁▁▁█▁▁▂");
}

/* Beside a large value a small one is rounded, but never to nothing. */
static void test_digits(void)
{
    describes(tensor_of(RITZ_F64, SHAPE(9),
                        VALUES(1.0 / 3, 1e-9, 0, 1000, 0, 0, 0, 0, 2.5)),
              "f64[9]  0.33 1e-09 0 ... 2.5   min 0  mean 111.4  max 1000  "
              "█▁▁▁▁▁▁▂");
}

static void test_ascii(void)
{
    ritz_tensor_print_ascii(true);
    describes(tensor_of(RITZ_F32, SHAPE(9), VALUES(0, 0, 0, 0, 1, 1, 1, 2, 2)),
              "f32[9]  0 0 0 ... 2   min 0  mean 0.7778  max 2  #___*__=");
    ritz_tensor_print_ascii(false);
}

static void test_matrix(void)
{
    prints(counting(RITZ_F32, SHAPE(2, 3)), 80,
           "f32[2,3]\n"
           "  1  2  3\n"
           "  4  5  6");
    prints(tensor_of(RITZ_F64, SHAPE(2, 2), VALUES(1, -0.5, 1e-10, 0.125)), 80,
           "f64[2,2]\n"
           "      1   -0.5\n"
           "  1e-10  0.125");
    prints(counting(RITZ_I64, SHAPE(12, 9)), 30,
           "i64[12,9]\n"
           "    1    2  ...    8    9\n"
           "   10   11  ...   17   18\n"
           "   19   20  ...   26   27\n"
           "  ...\n"
           "   82   83  ...   89   90\n"
           "   91   92  ...   98   99\n"
           "  100  101  ...  107  108\n"
           "min 1  mean 54.5  max 108  ████████");
}

static void test_vector(void)
{
    prints(counting(RITZ_U8, SHAPE(10)), 16,
           "u8[10]\n"
           "   1   2   3   4\n"
           "   5   6   7   8\n"
           "   9  10\n"
           "min 1  mean 5.5  max 10  █▅▅▅▅▅▅█");
    prints(counting(RITZ_I64, SHAPE(3)), 80, "i64[3]  1 2 3");
    prints(counting(RITZ_I64, SHAPE(104)), 80,
           "i64[104]  1 2 3 ... 104   min 1  mean 52.5  max 104  ████████");
}

static void test_blocks(void)
{
    prints(counting(RITZ_F32, SHAPE(2, 1, 2)), 80,
           "f32[2,1,2]\n"
           "[1,:,:]\n"
           "  1  2\n"
           "[2,:,:]\n"
           "  3  4");
    prints(counting(RITZ_U8, SHAPE(2, 3, 1, 2)), 80,
           "u8[2,3,1,2]\n"
           "[1,1,:,:]\n"
           "   1   2\n"
           "[1,2,:,:]\n"
           "   3   4\n"
           "...\n"
           "[2,3,:,:]\n"
           "  11  12\n"
           "min 1  mean 6.5  max 12  █▅█▅▅█▅█");
}

/* Whatever the width and shape, no line is wider, but for one column. */
static void test_widths(void)
{
    bool fits = true;
    for (int width = 40; width <= 120; width += 7)
        for (int64_t columns = 1; columns < 60; columns += 3) {
            ritz_tensor *t = counting(RITZ_I64, SHAPE(3, columns));
            ritz_text text = {0};
            ritz_tensor_print(&text, t, width);
            const char *p = ritz_text_view(&text);
            while (*p) {
                const size_t n = strcspn(p, "\n");
                if ((p[0] == ' ') && n > (size_t)width)
                    fits = false;
                p += n + (p[n] == '\n');
            }
            ritz_text_free(&text);
            ritz_tensor_release(t);
        }
    ok(fits, "rows stay within the width");
}

static void test_no_memory(void)
{
    ritz_tensor *t = counting(RITZ_F32, SHAPE(30, 30));
    ritz_text text = {.failed = true};
    long n = 0;
    for (; text.failed && n < 1000; n++) {
        ritz_text_free(&text);
        ritz_fail_allocation(n + 1);
        ritz_tensor_print(&text, t, 80);
        ritz_fail_allocation(0);
    }
    ok(!text.failed && n > 2, "with all %ld requests the text is whole", n - 1);
    ritz_text_free(&text);
    ritz_tensor_release(t);
}

int main(void)
{
    tap_run("small", test_small);
    tap_run("line", test_line);
    tap_run("statistics", test_statistics);
    tap_run("digits", test_digits);
    tap_run("ascii", test_ascii);
    tap_run("matrix", test_matrix);
    tap_run("vector", test_vector);
    tap_run("blocks", test_blocks);
    tap_run("widths", test_widths);
    tap_run("no memory", test_no_memory);
    return tap_end();
}
