/* test_tensor.c - the life of tensors: who holds, shares, frees, recycles. */
#include "tensor/tensor.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "damage.h"
#include "tap.h"
#include "tensor/pool.h"

#include <math.h>
#include <stdint.h>

static bool aligned(const ritz_tensor *t)
{
    return (uintptr_t)ritz_tensor_data(t) % RITZ_ALIGN == 0;
}

static void test_make(void)
{
    const ritz_shape shape = SHAPE(3, 5);
    for (int d = 0; d < RITZ_DTYPES; d++) {
        const ritz_dtype dtype = (ritz_dtype)d;
        const char *name = ritz_dtype_name(dtype);
        ritz_tensor *t;
        is_int(ritz_tensor_fill(&t, dtype, &shape, 7, NULL), RITZ_OK, "%s",
               name);
        ok(aligned(t), "%s: aligned", name);
        is_int(ritz_tensor_count(t), 15, "%s: count", name);
        is_int(ritz_tensor_bytes(t), 15 * ritz_dtype_size(dtype), "%s: bytes",
               name);
        near(ritz_tensor_get(t, 14), 7, 0, "%s: the last element", name);
        is_int(ritz_tensor_get_i64(t, 0), 7, "%s: the first", name);
        ok(ritz_shape_equal(ritz_tensor_shape(t), &shape), "%s: shape", name);
        ritz_tensor_release(t);
        ritz_tensor_zeros(&t, dtype, &shape, NULL);
        near(ritz_tensor_get(t, 14), 0, 0, "%s: zeros in recycled storage",
             name);
        ritz_tensor_release(t);
    }
    ritz_tensor_release(NULL);
}

static void test_size_zero(void)
{
    const ritz_shape shape = SHAPE(2, 0, 3), flat = SHAPE(0), s = SCALAR;
    ritz_tensor *t, *v;
    is_int(ritz_tensor_zeros(&t, RITZ_F32, &shape, NULL), RITZ_OK, "no rows");
    is_int(ritz_tensor_count(t), 0, "no elements");
    ok(ritz_tensor_data(t) && aligned(t), "still data to point to");
    is_int(ritz_tensor_rows(&v, t, 1, 2, NULL), RITZ_OK, "a row of nothing");
    ritz_tensor_release(v);
    is_int(ritz_tensor_reshape(&v, t, &flat, NULL), RITZ_OK, "reshaped");
    ritz_tensor_release(v);
    ritz_tensor_release(t);
    is_int(ritz_tensor_fill(&t, RITZ_F64, &s, 0.5, NULL), RITZ_OK, "a scalar");
    is_int(ritz_tensor_count(t), 1, "has one element");
    ritz_tensor_release(t);
}

static void test_views(void)
{
    const ritz_shape shape = SHAPE(4, 2), flat = SHAPE(4);
    const double x[] = {1, 2, 3, 4, 5, 6, 7, 8};
    ritz_tensor *t = tensor_of(RITZ_F32, shape, x), *rows, *line;
    ok(ritz_tensor_is_sole(t), "a fresh tensor is held once");
    is_int(ritz_tensor_rows(&rows, t, 1, 3, NULL), RITZ_OK, "rows 2 and 3");
    near(ritz_tensor_get(rows, 0), 3, 0, "begin with row 2");
    is_int(ritz_tensor_count(rows), 4, "and have 4 elements");
    ok(!ritz_tensor_is_sole(t) && !ritz_tensor_is_sole(rows),
       "neither may be written");
    is_int(ritz_tensor_reshape(&line, rows, &flat, NULL), RITZ_OK, "in a line");
    ok(ritz_tensor_data(line) == ritz_tensor_data(rows), "of the same storage");
    ritz_tensor_release(t);
    ok(!ritz_tensor_is_sole(rows), "two views are two holders");
    ritz_tensor_release(rows);
    ok(ritz_tensor_is_sole(line), "the last view may be written");
    near(ritz_tensor_get(line, 3), 6, 0, "and still reads right");
    ritz_tensor_retain(line);
    ok(!ritz_tensor_is_sole(line), "held twice it may not");
    ritz_tensor_release(line);
    ritz_tensor_release(line);
}

static void test_view_errors(void)
{
    const ritz_shape shape = SHAPE(4, 2), other = SHAPE(3, 3), s = SCALAR;
    ritz_tensor *t, *v;
    ritz_error err = {0};
    ritz_tensor_zeros(&t, RITZ_F32, &shape, NULL);
    is_int(ritz_tensor_rows(&v, t, 2, 5, &err), RITZ_EVALUE, "beyond the end");
    is_text(err.text, "rows: wanted rows within 1 to 4, got 3 to 5", "text");
    is_int(ritz_tensor_rows(&v, t, -1, 2, &err), RITZ_EVALUE, "before row 1");
    is_int(ritz_tensor_rows(&v, t, 3, 2, &err), RITZ_EVALUE, "backwards");
    ok(v == NULL, "no result");
    is_int(ritz_tensor_reshape(&v, t, &other, &err), RITZ_ESHAPE, "reshape");
    is_text(err.text, "reshape: wanted 8 elements as in [4,2], got [3,3]",
            "text of reshape");
    ritz_tensor_release(t);
    ritz_tensor_zeros(&t, RITZ_F32, &s, NULL);
    is_int(ritz_tensor_rows(&v, t, 0, 1, &err), RITZ_ESHAPE, "no axis");
    is_text(err.text, "rows: wanted a tensor with axes, got a scalar", "text");
    ritz_tensor_release(t);
}

static void test_elements(void)
{
    const ritz_shape shape = SHAPE(2);
    ritz_tensor *t;
    ritz_tensor_zeros(&t, RITZ_I64, &shape, NULL);
    ritz_tensor_set(t, 0, -2.9);
    is_int(ritz_tensor_get_i64(t, 0), -2, "i64 truncates toward zero");
    ritz_tensor_set(t, 0, 1e300);
    is_int(ritz_tensor_get_i64(t, 0), INT64_MAX, "and stops at its end");
    ritz_tensor_set(t, 0, -INFINITY);
    is_int(ritz_tensor_get_i64(t, 0), INT64_MIN, "at the other too");
    ritz_tensor_set(t, 0, NAN);
    is_int(ritz_tensor_get_i64(t, 0), 0, "nan is 0");
    ritz_tensor_release(t);
    ritz_tensor_zeros(&t, RITZ_U8, &shape, NULL);
    ritz_tensor_set(t, 0, 300);
    ritz_tensor_set(t, 1, -3);
    is_int(ritz_tensor_get_i64(t, 0), 255, "u8 stops at 255");
    is_int(ritz_tensor_get_i64(t, 1), 0, "and at 0");
    ritz_tensor_release(t);
    const double x[] = {2.75, NAN};
    t = tensor_of(RITZ_F64, shape, x);
    is_int(ritz_tensor_get_i64(t, 0), 2, "a float read as integer");
    is_int(ritz_tensor_get_i64(t, 1), 0, "nan read as integer");
    ritz_tensor_release(t);
}

static void test_cast(void)
{
    const double x[] = {0, 1, 200};
    for (int from = 0; from < RITZ_DTYPES; from++)
        for (int to = 0; to < RITZ_DTYPES; to++) {
            const char *a = ritz_dtype_name((ritz_dtype)from);
            const char *b = ritz_dtype_name((ritz_dtype)to);
            ritz_tensor *t = tensor_of((ritz_dtype)from, SHAPE(3), x), *c;
            ritz_tensor *want = tensor_of((ritz_dtype)to, SHAPE(3), x);
            is_int(ritz_tensor_cast(&c, t, (ritz_dtype)to, NULL), RITZ_OK,
                   "%s to %s", a, b);
            ok(same_bits(c, want), "%s to %s: same values", a, b);
            ritz_tensor_release(t);
            ritz_tensor_release(c);
            ritz_tensor_release(want);
        }
}

/* 2^60 + 2^36 + 1 lies just above the middle of two floats: rounding to double
 * first loses the 1, and the tie then goes to the even float below. */
static void test_cast_rounds_once(void)
{
    const ritz_shape s = SCALAR;
    const int64_t x = (INT64_C(1) << 60) + (INT64_C(1) << 36) + 1;
    ritz_tensor *t, *c;
    ritz_tensor_new(&t, RITZ_I64, &s, NULL);
    memcpy(ritz_tensor_data_mut(t), &x, sizeof x);
    ritz_tensor_cast(&c, t, RITZ_F32, NULL);
    near(ritz_tensor_get(c, 0), 0x1p60 + 0x1p37, 0, "i64 to f32 rounds once");
    ritz_tensor_release(t);
    ritz_tensor_release(c);
}

static void test_cast_range(void)
{
    static const struct {
        ritz_dtype from, to;
        double x;
        bool fits;
    } cases[] = {
        {RITZ_F64, RITZ_U8, 255.9, true},
        {RITZ_F64, RITZ_U8, 256, false},
        {RITZ_F64, RITZ_U8, -0.9, true},
        {RITZ_F64, RITZ_U8, -1, false},
        {RITZ_F32, RITZ_U8, 255.5, true},
        {RITZ_F32, RITZ_U8, NAN, false},
        {RITZ_I64, RITZ_U8, 255, true},
        {RITZ_I64, RITZ_U8, 256, false},
        {RITZ_I64, RITZ_U8, -1, false},
        {RITZ_F64, RITZ_I64, -0x1p63, true},
        {RITZ_F64, RITZ_I64, 0x1p63, false},
        {RITZ_F32, RITZ_I64, NAN, false},
        {RITZ_F32, RITZ_I64, 0x1p62, true},
        {RITZ_F32, RITZ_I64, INFINITY, false},
        {RITZ_F64, RITZ_F32, 1e300, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double x[] = {1, cases[i].x};
        ritz_tensor *t = tensor_of(cases[i].from, SHAPE(2), x), *c;
        const ritz_status s = ritz_tensor_cast(&c, t, cases[i].to, NULL);
        is_int(s, cases[i].fits ? RITZ_OK : RITZ_EVALUE, "%s %g to %s",
               ritz_dtype_name(cases[i].from), cases[i].x,
               ritz_dtype_name(cases[i].to));
        ritz_tensor_release(c);
        ritz_tensor_release(t);
    }
    const double x[] = {1, 300};
    ritz_tensor *t = tensor_of(RITZ_F32, SHAPE(2), x), *c;
    ritz_error err = {0};
    ritz_tensor_cast(&c, t, RITZ_U8, &err);
    is_text(err.text,
            "cast: wanted values that fit in u8, got 300 at element 2",
            "the text says what and where");
    ritz_tensor_release(t);
}

static void test_pool(void)
{
    ritz_tensor_pool_clear();
    const ritz_shape shape = SHAPE(100, 10);
    const ritz_pool_state before = ritz_pool_look();
    ritz_tensor *t;
    ritz_tensor_new(&t, RITZ_F32, &shape, NULL);
    const void *data = ritz_tensor_data(t);
    const size_t live = ritz_tensor_live_bytes();
    ok(live >= before.live + 4000 && live < before.live + 5000,
       "4000 bytes of elements are counted, with little more");
    ritz_tensor_release(t);
    is_int(ritz_tensor_live_bytes(), before.live, "and no longer");
    ok(ritz_pool_look().pooled >= 4000, "the block waits in the pool");
    ritz_tensor_new(&t, RITZ_F32, &shape, NULL);
    ok(ritz_tensor_data(t) == data, "and is used again");
    is_int(ritz_pool_look().fresh, before.fresh + 1, "one from the heap");
    ritz_tensor_release(t);
    ritz_tensor_pool_clear();
    is_int(ritz_pool_look().pooled, 0, "cleared");
    is_int(ritz_live_bytes(), before.live, "nothing is held");
}

static void test_pool_bound(void)
{
    size_t most = 0;
    for (int64_t i = 1; i <= 400; i++) { /* twice the limit, in all classes */
        const ritz_shape shape = SHAPE(i * 16384);
        ritz_tensor *t;
        ritz_tensor_new(&t, RITZ_F32, &shape, NULL);
        ritz_tensor_release(t);
        const size_t pooled = ritz_pool_look().pooled;
        most = pooled > most ? pooled : most;
    }
    ok(most <= RITZ_POOL_LIMIT, "the pool keeps below its limit");
    const ritz_shape large = SHAPE(RITZ_POOL_LIMIT + 1);
    const size_t pooled = ritz_pool_look().pooled;
    ritz_tensor *t;
    ritz_tensor_new(&t, RITZ_U8, &large, NULL);
    ritz_tensor_release(t);
    is_int(ritz_pool_look().pooled, pooled,
           "what can never fit does not empty the pool");
    ritz_tensor_pool_clear();
}

/* A loop that makes and drops tensors lives in the memory of one turn. */
static void test_many(void)
{
    ritz_tensor_pool_clear();
    const ritz_shape shape = SHAPE(64, 64);
    const size_t before = ritz_pool_look().fresh;
    size_t most = 0;
    for (int i = 0; i < 10000; i++) {
        ritz_tensor *t, *v;
        ritz_tensor_new(&t, RITZ_F64, &shape, NULL);
        ritz_tensor_rows(&v, t, i % 64, 64, NULL);
        most = ritz_live_bytes() > most ? ritz_live_bytes() : most;
        ritz_tensor_release(t);
        ritz_tensor_release(v);
    }
    is_int(ritz_pool_look().fresh - before, 2, "two blocks serve 20,000");
    ok(most < 40000, "and hold %zu bytes at most", most);
}

static ritz_status make_all(ritz_error *err)
{
    const ritz_shape shape = SHAPE(4, 4), flat = SHAPE(8);
    ritz_tensor *t = NULL, *rows = NULL, *line = NULL, *cast = NULL;
    ritz_status s = ritz_tensor_fill(&t, RITZ_F32, &shape, 1, err);
    if (s == RITZ_OK)
        s = ritz_tensor_rows(&rows, t, 1, 3, err);
    if (s == RITZ_OK)
        s = ritz_tensor_reshape(&line, rows, &flat, err);
    if (s == RITZ_OK)
        s = ritz_tensor_cast(&cast, line, RITZ_I64, err);
    ritz_tensor_release(t);
    ritz_tensor_release(rows);
    ritz_tensor_release(line);
    ritz_tensor_release(cast);
    return s;
}

static void test_no_memory(void)
{
    for (int round = 0; round < 2; round++) { /* from the heap, from the pool */
        if (round == 0)
            ritz_tensor_pool_clear();
        for (long n = 1; n <= 5; n++) {
            ritz_error err = {0};
            ritz_fail_allocation(n);
            const ritz_status s = make_all(&err);
            ritz_fail_allocation(0);
            is_int(s, n <= 4 ? RITZ_ENOMEM : RITZ_OK, "request %ld", n);
            if (n == 1)
                is_text(err.text, "tensor: no memory for f32[4,4]", "text");
        }
    }
    is_int(ritz_tensor_live_bytes(), 0, "nothing is lost");
    const ritz_shape huge = SHAPE(INT64_C(1) << 58);
    ritz_tensor *t;
    is_int(ritz_tensor_new(&t, RITZ_U8, &huge, NULL), RITZ_ENOMEM,
           "more than there is");
    is_int(ritz_tensor_new(&t, RITZ_F64, &huge, NULL), RITZ_ENOMEM,
           "more than can be");
    ok(t == NULL, "no result");
}

static void hold_and_drop(void *context, size_t tile, int worker)
{
    (void)worker;
    ritz_tensor *t = context, *v;
    for (int64_t i = 0; i < 1000; i++) {
        const int64_t row = (int64_t)(tile + (size_t)i) % 8;
        if (ritz_tensor_rows(&v, t, row, 8, NULL) == RITZ_OK)
            ritz_tensor_release(v);
    }
}

static void test_threads(void)
{
    const ritz_shape shape = SHAPE(8, 3);
    ritz_tensor *t;
    ritz_tensor_fill(&t, RITZ_F32, &shape, 2, NULL);
    ritz_threads_set(4);
    ok(ritz_parallel(16, hold_and_drop, t), "16,000 views on 4 threads");
    ok(ritz_tensor_is_sole(t), "every one was dropped");
    ritz_tensor_release(t);
    is_int(ritz_tensor_live_bytes(), 0, "nothing is held");
}

int main(void)
{
    tap_run("make", test_make);
    tap_run("size zero", test_size_zero);
    tap_run("views", test_views);
    tap_run("view errors", test_view_errors);
    tap_run("elements", test_elements);
    tap_run("cast", test_cast);
    tap_run("cast rounds once", test_cast_rounds_once);
    tap_run("cast range", test_cast_range);
    tap_run("pool", test_pool);
    tap_run("pool bound", test_pool_bound);
    tap_run("many", test_many);
    tap_run("no memory", test_no_memory);
    tap_run("threads", test_threads);
    return tap_end();
}
