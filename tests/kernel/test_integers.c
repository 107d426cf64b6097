/* test_integers.c - i64 arithmetic is total and floored; casts hold within the
 * range. */
#include "tap.h"

#include "kernel/kernel.h"

#include <math.h>

static int64_t apply(ritz_op op, int64_t a, int64_t b, int64_t c)
{
    int64_t av[5], bv[5], cv[5], y[5];
    for (int i = 0; i < 5; i++)
        av[i] = a, bv[i] = b, cv[i] = c;
    ritz_kernels_for(RITZ_I64)->block[op][0](y, av, bv, cv, 5);
    return y[4];
}

static void division(void)
{
    static const int64_t value[] = {0,   1,  -1, 2,         -2,        3,
                                    -3,  7,  -7, INT64_MAX, INT64_MIN, 10,
                                    -10, 64, 99, -1000};
    enum { N = sizeof value / sizeof *value };
    bool identity = true, floored = true;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            const int64_t a = value[i], b = value[j];
            const int64_t q = apply(RITZ_OP_div, a, b, 0);
            const int64_t r = apply(RITZ_OP_mod, a, b, 0);
            identity &= (uint64_t)a == (uint64_t)q * (uint64_t)b + (uint64_t)r;
            if (b > 0)
                floored &= r >= 0 && r < b;
            else if (b < 0)
                floored &= r <= 0 && r > b;
            else
                floored &= q == 0 && r == a;
        }
    ok(identity, "a = (a // b) * b + a %% b");
    ok(floored, "the remainder has the divisor's sign");
    is_int(apply(RITZ_OP_div, -7, 2, 0), -4, "-7 // 2");
    is_int(apply(RITZ_OP_div, INT64_MIN, -1, 0), INT64_MIN, "wraps");
}

static void arithmetic(void)
{
    is_int(apply(RITZ_OP_add, INT64_MAX, 1, 0), INT64_MIN, "add wraps");
    is_int(apply(RITZ_OP_mul, 1LL << 62, 4, 0), 0, "mul wraps");
    is_int(apply(RITZ_OP_abs, -5, 0, 0), 5, "abs");
    is_int(apply(RITZ_OP_neg, INT64_MIN, 0, 0), INT64_MIN, "neg wraps");
    is_int(apply(RITZ_OP_sign, -9, 0, 0), -1, "sign");
    is_int(apply(RITZ_OP_sign, 0, 0, 0), 0, "sign of 0");
    is_int(apply(RITZ_OP_square, -9, 0, 0), 81, "square");
    is_int(apply(RITZ_OP_max, -9, 4, 0), 4, "max");
    is_int(apply(RITZ_OP_min, -9, 4, 0), -9, "min");
    is_int(apply(RITZ_OP_less, INT64_MIN, INT64_MAX, 0), 1, "less");
    is_int(apply(RITZ_OP_equal, (1LL << 53) + 1, 1LL << 53, 0), 0,
           "equal beyond 53 bits");
    is_int(apply(RITZ_OP_select, 0, 1, 2), 2, "select");
    is_int(apply(RITZ_OP_muladd, 3, 4, 5), 17, "muladd");
    is_int(apply(RITZ_OP_submul, 3, 4, 5), -7, "submul");
    const ritz_kernels *k = ritz_kernels_for(RITZ_I64);
    ok(!k->block[RITZ_OP_exp][0] && !k->uniform && !k->product,
       "no exp, draws or products of i64");
    ok(!ritz_kernels_for(RITZ_U8)->block[RITZ_OP_add][0],
       "no arithmetic of u8");
}

static void casts(void)
{
    const double x[] = {1.9, -1.9, 300, -300, NAN, 1e30, -1e30, 255.5};
    const int64_t whole[] = {1, -1, 300, -300, 0, INT64_MAX, INT64_MIN, 255};
    const uint8_t byte[] = {1, 0, 255, 0, 0, 255, 0, 255};
    float single[8];
    int64_t y[8];
    uint8_t u[8], v[8];
    double d[8];
    for (int i = 0; i < 8; i++)
        single[i] = (float)x[i];
    ritz_kernels_for(RITZ_I64)->cast[RITZ_F64](y, x, 8);
    for (int i = 0; i < 8; i++)
        is_int(y[i], whole[i], "i64 from %g", x[i]);
    ritz_kernels_for(RITZ_I64)->cast[RITZ_F32](y, single, 8);
    for (int i = 0; i < 8; i++)
        is_int(y[i], whole[i], "i64 from f32 %g", x[i]);
    ritz_kernels_for(RITZ_U8)->cast[RITZ_F64](u, x, 8);
    ritz_kernels_for(RITZ_U8)->cast[RITZ_I64](v, whole, 8);
    for (int i = 0; i < 8; i++)
        ok(u[i] == byte[i] && v[i] == byte[i], "u8 from %g", x[i]);
    ritz_kernels_for(RITZ_F64)->cast[RITZ_U8](d, byte, 8);
    ok(d[0] == 1 && d[7] == 255, "f64 from u8");
    ritz_kernels_for(RITZ_F32)->cast[RITZ_I64](single, whole, 8);
    ok(single[2] == 300 && single[6] == -0x1p63f, "f32 from i64");
    ritz_kernels_for(RITZ_U8)->block[RITZ_OP_copy][0](v, byte, NULL, NULL, 8);
    ok(v[2] == 255, "u8 is copied");
}

int main(void)
{
    tap_run("division", division);
    tap_run("arithmetic", arithmetic);
    tap_run("casts", casts);
    return tap_end();
}
