/* test_shape.c - dtypes and shapes: names, sizes, broadcasting, overflow. */
#include "tensor/dtype.h"
#include "tensor/shape.h"

#include "damage.h"
#include "tap.h"

#include <stdint.h>

static void test_dtypes(void)
{
    static const char *const name[] = {"f32", "f64", "i64", "u8"};
    static const int size[] = {4, 8, 8, 1};
    for (int i = 0; i < RITZ_DTYPES; i++) {
        ritz_dtype back = RITZ_DTYPES;
        is_text(ritz_dtype_name((ritz_dtype)i), name[i], "name of dtype %d", i);
        is_int(ritz_dtype_size((ritz_dtype)i), size[i], "size of %s", name[i]);
        ok(ritz_dtype_parse(&back, name[i]) && (int)back == i, "parse %s",
           name[i]);
    }
    ritz_dtype untouched = RITZ_U8;
    ok(!ritz_dtype_parse(&untouched, "f16"), "f16 is no dtype");
    ok(!ritz_dtype_parse(&untouched, ""), "nor is nothing");
    is_int(untouched, RITZ_U8, "the result is left alone");
    ok(ritz_dtype_is_float(RITZ_F32) && ritz_dtype_is_float(RITZ_F64),
       "two are floats");
    ok(!ritz_dtype_is_float(RITZ_I64) && !ritz_dtype_is_float(RITZ_U8),
       "two are not");
}

static void test_counts(void)
{
    const ritz_shape a = SHAPE(2, 3, 4), z = SHAPE(2, 0, 4), s = SCALAR;
    is_int(ritz_shape_count(&a), 24, "count of [2,3,4]");
    is_int(ritz_shape_count(&z), 0, "count of [2,0,4]");
    is_int(ritz_shape_count(&s), 1, "count of a scalar");
    int64_t stride[RITZ_MAX_RANK];
    ritz_shape_strides(stride, &a);
    is_int(stride[0], 12, "stride of the first axis");
    is_int(stride[1], 4, "of the second");
    is_int(stride[2], 1, "of the last");
}

static void test_equal(void)
{
    ritz_shape a = SHAPE(2, 3), b = SHAPE(2, 3), c = SHAPE(3, 2);
    const ritz_shape d = SHAPE(2, 3, 1);
    b.dim[5] = 7; /* beyond the rank: not looked at */
    ok(ritz_shape_equal(&a, &b), "[2,3] is [2,3]");
    ok(!ritz_shape_equal(&a, &c), "[2,3] is not [3,2]");
    ok(!ritz_shape_equal(&a, &d), "[2,3] is not [2,3,1]");
}

/* NumPy's examples, from "Broadcasting" in its user guide. */
static void test_broadcast(void)
{
    const ritz_shape a = SHAPE(8, 1, 6, 1), b = SHAPE(7, 1, 5);
    const ritz_shape ab = SHAPE(8, 7, 6, 5), s = SCALAR, v = SHAPE(3);
    const ritz_shape w = SHAPE(4), z = SHAPE(0), one = SHAPE(1);
    ritz_shape out;
    ok(ritz_shape_broadcast(&out, &a, &b) && ritz_shape_equal(&out, &ab),
       "[8,1,6,1] and [7,1,5] give [8,7,6,5]");
    ok(ritz_shape_broadcast(&out, &b, &a) && ritz_shape_equal(&out, &ab),
       "in either order");
    ok(ritz_shape_broadcast(&out, &s, &a) && ritz_shape_equal(&out, &a),
       "a scalar changes nothing");
    ok(!ritz_shape_broadcast(&out, &v, &w), "[3] and [4] do not fit");
    ok(!ritz_shape_broadcast(&out, &z, &v), "[0] and [3] do not fit");
    ok(ritz_shape_broadcast(&out, &z, &one) && ritz_shape_equal(&out, &z),
       "[0] and [1] give [0]");
    out = a;
    ok(ritz_shape_broadcast(&out, &out, &b) && ritz_shape_equal(&out, &ab),
       "the result may be an operand");
}

static void test_check(void)
{
    ritz_error err = {0};
    const ritz_shape good = SHAPE(INT64_C(1) << 40, 0, INT64_C(1) << 10);
    const ritz_shape large = SHAPE(INT64_C(1) << 40, 0, INT64_C(1) << 40);
    const ritz_shape negative = SHAPE(2, -1), s = SCALAR;
    const ritz_shape most = SHAPE((INT64_C(1) << 59) - 1);
    const ritz_shape more = SHAPE(INT64_C(1) << 59);
    const ritz_shape wide = {.rank = RITZ_MAX_RANK + 1};
    is_int(ritz_shape_check(&s, &err), RITZ_OK, "a scalar");
    is_int(ritz_shape_check(&good, &err), RITZ_OK, "no elements");
    is_int(ritz_shape_check(&most, &err), RITZ_OK, "below the limit");
    is_int(ritz_shape_check(&more, &err), RITZ_ESHAPE, "above it");
    is_int(ritz_shape_check(&large, &err), RITZ_ESHAPE, "strides overflow");
    is_text(err.text,
            "shape: a tensor must fit in memory, got "
            "[1099511627776,0,1099511627776]",
            "and the text says so");
    is_int(ritz_shape_check(&negative, &err), RITZ_ESHAPE, "a negative size");
    is_text(err.text, "shape: size 2 must be 0 or more, got -1",
            "and the text says so");
    is_int(ritz_shape_check(&wide, &err), RITZ_ESHAPE, "too many axes");
    is_text(err.text, "shape: rank must be 0 to 12, got 13",
            "and the text says so");
}

static void test_text(void)
{
    char text[RITZ_SHAPE_TEXT];
    const ritz_shape a = SHAPE(2, 3), s = SCALAR;
    is_text(ritz_shape_text(text, &a), "[2,3]", "a matrix");
    is_text(ritz_shape_text(text, &s), "[]", "a scalar");
    ritz_shape widest = {.rank = RITZ_MAX_RANK};
    for (int i = 0; i < RITZ_MAX_RANK; i++)
        widest.dim[i] = INT64_MIN;
    ritz_shape_text(text, &widest);
    ok(strlen(text) < RITZ_SHAPE_TEXT, "the widest text fits");
    matches(text, "...]", "because it is cut");
}

int main(void)
{
    tap_run("dtypes", test_dtypes);
    tap_run("counts", test_counts);
    tap_run("equal", test_equal);
    tap_run("broadcast", test_broadcast);
    tap_run("check", test_check);
    tap_run("text", test_text);
    return tap_end();
}
