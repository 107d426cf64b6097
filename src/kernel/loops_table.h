/* loops_table.h - the rows of a table that floats and integers share. */
#define ROW1(f) [RITZ_OP_##f] = {f##_0}
#define ROW2(f) [RITZ_OP_##f] = {f##_0, f##_1, f##_2}
#define ROW3(f) \
    [RITZ_OP_##f] = {f##_0, f##_1, f##_2, f##_3, f##_4, f##_5, f##_6}

#define COMMON_ROWS                                                        \
    ROW1(copy), ROW1(neg), ROW1(abs), ROW1(sign), ROW1(square), ROW2(add), \
        ROW2(sub), ROW2(mul), ROW2(div), ROW2(mod), ROW2(max), ROW2(min),  \
        ROW2(less), ROW2(less_equal), ROW2(equal), ROW2(not_equal),        \
        ROW3(select), ROW3(muladd), ROW3(submul)

#define FLOAT_ROWS                                                           \
    ROW1(reciprocal), ROW1(sqrt), ROW1(rsqrt), ROW1(exp), ROW1(expm1),       \
        ROW1(log), ROW1(log1p), ROW1(sin), ROW1(cos), ROW1(tan), ROW1(asin), \
        ROW1(acos), ROW1(atan), ROW1(sinh), ROW1(cosh), ROW1(tanh),          \
        ROW1(sigmoid), ROW1(softplus), ROW1(erf), ROW1(floor), ROW1(ceil),   \
        ROW1(round), ROW1(is_finite), ROW2(pow), ROW2(atan2)

#define COMMON_FIELDS                                             \
    .dtype = DTYPE, .size = sizeof(real), .sum_rows = sum_rows,   \
    .max_rows = max_rows, .argmax_rows = argmax_rows,             \
    .spread_rows = spread_rows, .sum_columns = sum_columns,       \
    .max_columns = max_columns, .cumsum_columns = cumsum_columns, \
    .sum_pool = sum_pool, .max_pool = max_pool,                   \
    .cast = {[RITZ_F32] = cast_f32,                               \
             [RITZ_F64] = cast_f64,                               \
             [RITZ_I64] = cast_i64,                               \
             [RITZ_U8] = cast_u8}
