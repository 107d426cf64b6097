/* create.c - tensors from numbers, tables and shapes.
 *
 * A shape is a list of sizes; the dtype follows as a string or an option, in
 * the same table if you like: ritz.zeros{2, 3, dtype = "f64"}. The default is
 * f32. All of these are concrete, also while a trace is open.
 */
#include "script/tensor_lua.h"

#include "script/document.h"
#include "script/handle.h"

#include <lauxlib.h>
#include <math.h>
#include <stdint.h>

enum {
    TENSOR,
    ZEROS,
    ONES,
    FULL,
    ZEROS_LIKE,
    ONES_LIKE,
    FULL_LIKE,
    EYE,
    ARANGE,
    LINSPACE,
    CONSTANT,
    IS_TENSOR,
    BINDINGS
};
static const ritz_binding bindings[BINDINGS + 1]; /* at the end */

/* The dtype at `index`, a string or a table of options, else in the table at
 * 1, else the fallback. */
static ritz_dtype dtype_argument(lua_State *L, int index, int which,
                                 ritz_dtype fallback)
{
    const ritz_function *f = &bindings[which].record;
    const char *who = f->name;
    if (lua_type(L, index) == LUA_TSTRING)
        return ritz_check_dtype(L, index, who);
    const int options = !lua_isnoneornil(L, index)     ? index
                        : lua_type(L, 1) == LUA_TTABLE ? 1
                                                       : 0;
    if (options && lua_type(L, options) != LUA_TTABLE)
        return ritz_check_dtype(L, options, who); /* raises */
    ritz_check_options(L, options, f);
    if (!ritz_option(L, options, "dtype"))
        return fallback;
    const ritz_dtype dtype = ritz_check_dtype(L, -1, who);
    lua_pop(L, 1);
    return dtype;
}

/* Every function here ends so: the result is in its handle. */
static int finish(lua_State *L, ritz_status status, const ritz_error *err)
{
    if (status != RITZ_OK)
        return ritz_raise(L, err);
    ritz_core_collect(L);
    return 1;
}

static int push_filled(lua_State *L, ritz_dtype dtype, const ritz_shape *shape,
                       double value)
{
    ritz_error err = {0};
    ritz_handle *h = ritz_handle_push(L);
    return finish(L, ritz_tensor_fill(&h->tensor, dtype, shape, value, &err),
                  &err);
}

static ritz_tensor *push_new(lua_State *L, ritz_dtype dtype,
                             const ritz_shape *shape)
{
    ritz_error err = {0};
    ritz_handle *h = ritz_handle_push(L);
    if (ritz_tensor_new(&h->tensor, dtype, shape, &err) != RITZ_OK)
        ritz_raise(L, &err);
    return h->tensor;
}

/* From nested tables. */

static ritz_shape shape_of_nested(lua_State *L, int index)
{
    ritz_shape shape = {0};
    luaL_checkstack(L, RITZ_MAX_RANK + 4, "tensor");
    const int top = lua_gettop(L);
    lua_pushvalue(L, index);
    while (lua_type(L, -1) == LUA_TTABLE) {
        if (shape.rank == RITZ_MAX_RANK)
            ritz_refuse(L, "tensor: wanted at most %d nested tables",
                        RITZ_MAX_RANK);
        shape.dim[shape.rank++] = (int64_t)lua_rawlen(L, -1);
        lua_rawgeti(L, -1, 1);
    }
    lua_settop(L, top);
    return shape;
}

static void check_whole(lua_State *L, double v, ritz_dtype dtype)
{
    const bool u8 = dtype == RITZ_U8;
    if (v != floor(v) || (u8 && (v < 0 || v > UINT8_MAX)) || fabs(v) >= 0x1p63)
        ritz_refuse(L, "tensor: %s holds %s, got %.14g", ritz_dtype_name(dtype),
                    u8 ? "integers from 0 to 255" : "integers", v);
}

/* Stores the number on top of the stack. */
static void store(lua_State *L, ritz_tensor *t, int64_t i)
{
    const ritz_dtype dtype = ritz_tensor_dtype(t);
    const ritz_handle *h = ritz_handle_test(L, -1);
    if (h)
        ritz_refuse(L,
                    "tensor: wanted numbers in the table, got %s: "
                    "ritz.concatenate joins tensors",
                    ritz_got_at(L, -1).text);
    if (lua_type(L, -1) != LUA_TNUMBER)
        ritz_refuse(L, "tensor: wanted numbers in the table, got %s",
                    ritz_got_at(L, -1).text);
    if (!ritz_dtype_is_float(dtype))
        check_whole(L, lua_tonumber(L, -1), dtype);
    if (dtype == RITZ_I64)
        ((int64_t *)ritz_tensor_data_mut(t))[i] = (int64_t)lua_tointeger(L, -1);
    else
        ritz_tensor_set(t, i, lua_tonumber(L, -1));
}

/* Stores the elements of the table on top of the stack. */
static void store_nested(lua_State *L, ritz_tensor *t, int axis, int64_t *next)
{
    const ritz_shape *s = ritz_tensor_shape(t);
    if (axis == s->rank) {
        store(L, t, (*next)++);
        return;
    }
    luaL_checkstack(L, 4, "tensor");
    if (lua_type(L, -1) != LUA_TTABLE)
        ritz_refuse(L,
                    "tensor: rows must be alike, wanted a table of %lld, "
                    "got %s",
                    (long long)s->dim[axis], ritz_got_at(L, -1).text);
    if ((int64_t)lua_rawlen(L, -1) != s->dim[axis])
        ritz_refuse(L,
                    "tensor: rows must be alike, wanted %lld entries, got "
                    "%llu",
                    (long long)s->dim[axis],
                    (unsigned long long)lua_rawlen(L, -1));
    for (int64_t i = 0; i < s->dim[axis]; i++) {
        lua_rawgeti(L, -1, i + 1);
        store_nested(L, t, axis + 1, next);
        lua_pop(L, 1);
    }
}

static int l_tensor(lua_State *L)
{
    lua_settop(L, 2);
    const int type = lua_type(L, 1);
    if (ritz_handle_test(L, 1)) {
        lua_getfield(L, 1, "to");
        lua_pushvalue(L, 1);
        lua_pushvalue(L, 2);
        if (lua_isnil(L, 2))
            lua_pop(L, 1), lua_getfield(L, 1, "dtype");
        lua_call(L, 2, 1);
        return 1;
    }
    if (type != LUA_TTABLE && type != LUA_TNUMBER)
        return ritz_refuse(L,
                           "tensor: wanted a table of numbers or a number, "
                           "got %s",
                           ritz_got_at(L, 1).text);
    const ritz_dtype dtype = dtype_argument(L, 2, TENSOR, RITZ_F32);
    const ritz_shape shape = shape_of_nested(L, 1);
    ritz_tensor *t = push_new(L, dtype, &shape);
    int64_t next = 0;
    lua_pushvalue(L, 1);
    store_nested(L, t, 0, &next);
    lua_pop(L, 1);
    ritz_core_collect(L);
    return 1;
}

/* From shapes. */

static int l_zeros(lua_State *L)
{
    const ritz_shape shape = ritz_check_shape(L, 1, "zeros");
    return push_filled(L, dtype_argument(L, 2, ZEROS, RITZ_F32), &shape, 0.0);
}

static int l_ones(lua_State *L)
{
    const ritz_shape shape = ritz_check_shape(L, 1, "ones");
    return push_filled(L, dtype_argument(L, 2, ONES, RITZ_F32), &shape, 1.0);
}

static int l_full(lua_State *L)
{
    const ritz_shape shape = ritz_check_shape(L, 1, "full");
    const double value = ritz_check_number(L, 2, "full", "the value");
    const ritz_dtype dtype = dtype_argument(L, 3, FULL, RITZ_F32);
    if (!ritz_dtype_is_float(dtype))
        check_whole(L, value, dtype);
    return push_filled(L, dtype, &shape, value);
}

static const ritz_handle *check_like(lua_State *L, const char *who)
{
    const ritz_handle *h = ritz_handle_test(L, 1);
    if (!h)
        ritz_refuse(L, "%s: wanted a tensor, got %s", who,
                    ritz_got_at(L, 1).text);
    ritz_handle_live(L, h);
    return h;
}

static int push_like(lua_State *L, int which, int dtype_at, double value)
{
    const ritz_handle *h = check_like(L, bindings[which].record.name);
    const ritz_dtype dtype =
        dtype_argument(L, dtype_at, which, ritz_handle_dtype(h));
    if (!ritz_dtype_is_float(dtype))
        check_whole(L, value, dtype);
    return push_filled(L, dtype, ritz_handle_shape(h), value);
}

static int l_zeros_like(lua_State *L)
{
    return push_like(L, ZEROS_LIKE, 2, 0.0);
}

static int l_ones_like(lua_State *L)
{
    return push_like(L, ONES_LIKE, 2, 1.0);
}

static int l_full_like(lua_State *L)
{
    return push_like(L, FULL_LIKE, 3,
                     ritz_check_number(L, 2, "full_like", "the value"));
}

static int l_eye(lua_State *L)
{
    const lua_Integer n = ritz_check_integer(L, 1, "eye", "the size");
    const ritz_dtype dtype = dtype_argument(L, 2, EYE, RITZ_F32);
    const ritz_shape shape = {.rank = 2, .dim = {n, n}};
    ritz_error err = {0};
    ritz_handle *h = ritz_handle_push(L);
    const ritz_status status =
        ritz_tensor_zeros(&h->tensor, dtype, &shape, &err);
    for (int64_t i = 0; status == RITZ_OK && i < n; i++)
        ritz_tensor_set(h->tensor, i * n + i, 1.0);
    return finish(L, status, &err);
}

static int push_line(lua_State *L, ritz_dtype dtype, int64_t n, double start,
                     double step)
{
    const ritz_shape shape = {.rank = 1, .dim = {n}};
    ritz_tensor *t = push_new(L, dtype, &shape);
    for (int64_t i = 0; i < n; i++)
        ritz_tensor_set(t, i, start + step * (double)i);
    ritz_core_collect(L);
    return 1;
}

static int l_arange(lua_State *L)
{
    int numbers = 0;
    while (numbers < 3 && lua_type(L, numbers + 1) == LUA_TNUMBER)
        numbers++;
    if (numbers == 0)
        ritz_check_number(L, 1, "arange", "the end");
    const double first = numbers > 1 ? lua_tonumber(L, 1) : 0.0;
    const double end = lua_tonumber(L, numbers > 1 ? 2 : 1);
    const double step = numbers > 2 ? lua_tonumber(L, 3) : 1.0;
    const ritz_dtype dtype = dtype_argument(L, numbers + 1, ARANGE, RITZ_F32);
    const double n = ceil((end - first) / step);
    if (!(fabs(n) < 0x1p53))
        return ritz_refuse(L,
                           "arange: wanted a finite number of steps, got "
                           "%g to %g by %g",
                           first, end, step);
    if (!ritz_dtype_is_float(dtype)) {
        check_whole(L, first, dtype);
        check_whole(L, step, dtype);
    }
    return push_line(L, dtype, n > 0 ? (int64_t)n : 0, first, step);
}

static int l_linspace(lua_State *L)
{
    const double first = ritz_check_number(L, 1, "linspace", "the first value");
    const double last = ritz_check_number(L, 2, "linspace", "the last value");
    const lua_Integer n = ritz_check_integer(L, 3, "linspace", "the count");
    const ritz_dtype dtype = dtype_argument(L, 4, LINSPACE, RITZ_F32);
    if (n < 1 || !ritz_dtype_is_float(dtype))
        return ritz_refuse(L,
                           "linspace: wanted a count of at least 1 and f32 "
                           "or f64, got %lld and %s",
                           (long long)n, ritz_dtype_name(dtype));
    const double step = n > 1 ? (last - first) / (double)(n - 1) : 0.0;
    push_line(L, dtype, n, first, step);
    if (n > 1)
        ritz_tensor_set(ritz_handle_test(L, -1)->tensor, n - 1, last);
    return 1;
}

/* About tensors. */

static int l_constant(lua_State *L)
{
    ritz_tensor *t = ritz_handle_concrete(L, 1, "constant");
    ritz_handle *h = ritz_handle_push(L);
    h->tensor = ritz_tensor_retain(t);
    h->birth = RITZ_BIRTH_CONSTANT;
    return 1;
}

static int l_is_tensor(lua_State *L)
{
    lua_pushboolean(L, ritz_handle_test(L, 1) != NULL);
    return 1;
}

/* The records. */

#define DTYPE_PARAM                                                    \
    {                                                                  \
        {                                                              \
            .name = "dtype", .kind = RITZ_PARAM_DTYPE,                 \
            .doc = "\"f32\" when left out, \"f64\", \"i64\" or \"u8\"" \
        }                                                              \
    }

static const ritz_binding bindings[BINDINGS + 1] = {
    [TENSOR] =
        {.record =
             {.module = "ritz",
              .name = "tensor",
              .params = DTYPE_PARAM,
              .signature = "ritz.tensor(values, dtype)",
              .summary =
                  "A tensor from a number, or from nested tables of numbers.",
              .details =
                  "Rows must be alike. dtype is \"f32\" when left out; also a "
                  "field of the first table. A tensor is cast to the dtype.",
              .example = "ritz.tensor{{1, 2}, {3, 4}}.shape  --> {2, 2}"},
         .call = l_tensor},
    [ZEROS] =
        {.record =
             {.module = "ritz",
              .name = "zeros",
              .params = DTYPE_PARAM,
              .signature = "ritz.zeros(shape, dtype)",
              .summary = "A tensor of zeros.",
              .details =
                  "dtype is \"f32\" when left out; also a field of the first "
                  "table.",
              .example = "ritz.zeros{2, 3}:numel()  --> 6"},
         .call = l_zeros},
    [ONES] =
        {.record =
             {.module = "ritz",
              .name = "ones",
              .params = DTYPE_PARAM,
              .signature = "ritz.ones(shape, dtype)",
              .summary = "A tensor of ones.",
              .details =
                  "dtype is \"f32\" when left out; also a field of the first "
                  "table.",
              .example = "ritz.ones{2, 3}:sum():item()  --> 6.0"},
         .call = l_ones},
    [FULL] =
        {.record =
             {.module = "ritz",
              .name = "full",
              .params = DTYPE_PARAM,
              .signature = "ritz.full(shape, value, dtype)",
              .summary = "A tensor with one value everywhere.",
              .details =
                  "dtype is \"f32\" when left out; also a field of the first "
                  "table.",
              .example = "ritz.full({2}, 7):totable()  --> {7.0, 7.0}"},
         .call = l_full},
    [ZEROS_LIKE] =
        {.record =
             {.module = "ritz",
              .name = "zeros_like",
              .params = DTYPE_PARAM,
              .signature = "ritz.zeros_like(x, dtype)",
              .summary = "Zeros of the shape and dtype of x.",
              .details = "x may be a traced value.",
              .example =
                  "ritz.zeros_like(ritz.ones{2}):totable()  --> {0.0, 0.0}"},
         .call = l_zeros_like},
    [ONES_LIKE] =
        {.record =
             {.module = "ritz",
              .name = "ones_like",
              .params = DTYPE_PARAM,
              .signature = "ritz.ones_like(x, dtype)",
              .summary = "Ones of the shape and dtype of x.",
              .details = "x may be a traced value.",
              .example =
                  "ritz.ones_like(ritz.zeros{2}):totable()  --> {1.0, 1.0}"},
         .call = l_ones_like},
    [FULL_LIKE] =
        {.record =
             {.module = "ritz",
              .name = "full_like",
              .params = DTYPE_PARAM,
              .signature = "ritz.full_like(x, value, dtype)",
              .summary = "One value in the shape and dtype of x.",
              .details = "x may be a traced value.",
              .example =
                  "ritz.full_like(ritz.zeros{2}, 3):totable()  --> {3.0, 3.0}"},
         .call = l_full_like},
    [EYE] =
        {.record = {.module = "ritz",
                    .name = "eye",
                    .params = DTYPE_PARAM,
                    .signature = "ritz.eye(n, dtype)",
                    .summary = "The identity matrix of size n.",
                    .example =
                        "ritz.eye(2):totable()  --> {{1.0, 0.0}, {0.0, 1.0}}"},
         .call = l_eye},
    [ARANGE] =
        {.record =
             {.module = "ritz",
              .name = "arange",
              .params = DTYPE_PARAM,
              .signature = "ritz.arange(start, stop, step, dtype)",
              .summary = "The numbers from start up to, and without, stop.",
              .details =
                  "ritz.arange(stop) starts from 0; the step is 1 when left "
                  "out.",
              .source = "NumPy's arange",
              .example = "ritz.arange(1, 4):totable()  --> {1.0, 2.0, 3.0}"},
         .call = l_arange},
    [LINSPACE] =
        {.record =
             {.module = "ritz",
              .name = "linspace",
              .params = DTYPE_PARAM,
              .signature = "ritz.linspace(first, last, n, dtype)",
              .summary = "n numbers at equal distances, both ends included.",
              .details = "dtype is \"f32\" when left out.",
              .source = "NumPy's linspace",
              .example =
                  "ritz.linspace(0, 1, 3):totable()  --> {0.0, 0.5, 1.0}"},
         .call = l_linspace},
    [CONSTANT] =
        {.record = {.module = "ritz",
                    .name = "constant",
                    .signature = "ritz.constant(x)",
                    .summary =
                        "x, as a tensor that ritz.jit may keep in its plans.",
                    .details =
                        "A plan holds the values from when it was made: later "
                        "changes "
                        "of the variable that held x do not reach it.",
                    .example = "local c = ritz.constant(ritz.ones{2})\n"
                               "ritz.jit(function(x) return x + c "
                               "end)(ritz.ones{2}):totable()"
                               "  --> {2.0, 2.0}"},
         .call = l_constant},
    [IS_TENSOR] =
        {.record =
             {.module = "ritz",
              .name = "is_tensor",
              .signature = "ritz.is_tensor(x)",
              .summary =
                  "true when x is a tensor, or stands for one in a trace.",
              .example = "ritz.is_tensor(ritz.ones{2})  --> true"},
         .call = l_is_tensor},
};

void ritz_create_open(lua_State *L)
{
    ritz_bindings(L, bindings);
}
