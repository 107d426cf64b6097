/* draw.c - random numbers: keys, and the run's stream.
 *
 * With `key` a draw is a function of it. Without one, the key is the next of
 * the run's stream; inside a trace that is refused, because the plan would
 * replay the same numbers for ever (engine.md E10).
 */
#include "script/tensor_lua.h"

#include "graph/build.h"
#include "script/compute.h"
#include "script/document.h"
#include "script/trace.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

enum { UNIFORM, NORMAL, RANDINT, PERMUTATION, KEY, SEED, STATE, BINDINGS };
static const ritz_binding bindings[BINDINGS + 1]; /* at the end */

/* What is drawn: a + (b - a) * u, or integers from a to b. */
typedef struct draw {
    const char *who;
    const ritz_function *record;
    const ritz_primitive *primitive;
    ritz_shape shape;
    ritz_dtype dtype;
    double a, b;
} draw;

/* Pushes a key of the stream. */
static void push_next_key(lua_State *L, const char *who)
{
    if (ritz_trace_current(L))
        ritz_refuse(L,
                    "%s: inside a trace a draw needs a key, or every replay "
                    "would repeat it: pass key = (see ritz.key, ritz.split)",
                    who);
    const ritz_key key = ritz_core_next_key(ritz_core_of(L));
    const ritz_shape shape = {.rank = 1, .dim = {2}};
    ritz_error err = {0};
    ritz_handle *h = ritz_handle_push(L);
    if (ritz_tensor_new(&h->tensor, RITZ_I64, &shape, &err) != RITZ_OK)
        ritz_raise(L, &err);
    memcpy(ritz_tensor_data_mut(h->tensor), key.word, sizeof key.word);
}

/* Replaces the arguments by the key alone, and fills in the draw. The names
 * of its two numbers are names[0] and names[1]. */
static ritz_operand read_arguments(lua_State *L, draw *d,
                                   const char *const names[3])
{
    lua_settop(L, 2);
    const int options = lua_type(L, 2) == LUA_TTABLE   ? 2
                        : lua_type(L, 1) == LUA_TTABLE ? 1
                                                       : 0;
    ritz_check_options(L, options, d->record);
    if (ritz_option(L, options, "shape"))
        d->shape = ritz_check_shape(L, lua_gettop(L), d->who);
    else if (!lua_isnil(L, 1))
        d->shape = ritz_check_shape(L, 1, d->who);
    if (ritz_option(L, options, "dtype"))
        d->dtype = ritz_check_dtype(L, -1, d->who);
    if (ritz_option(L, options, names[0]))
        d->a = ritz_check_number(L, -1, d->who, names[0]);
    if (ritz_option(L, options, names[1]))
        d->b = ritz_check_number(L, -1, d->who, names[1]);
    if (!ritz_option(L, options, "key"))
        push_next_key(L, d->who);
    return ritz_operand_at(L, lua_gettop(L), d->who, 1);
}

static void build_uniform(ritz_graph *g, ritz_node *const *x,
                          const void *context, ritz_node **out)
{
    const draw *d = context;
    ritz_node *u = ritz_draw(g, d->primitive, x[0], &d->shape, d->dtype);
    if (d->a != 0.0 || d->b != 1.0)
        u = ritz_shift(g, ritz_scale(g, u, d->b - d->a), d->a);
    out[0] = u;
}

static void build_normal(ritz_graph *g, ritz_node *const *x,
                         const void *context, ritz_node **out)
{
    const draw *d = context;
    ritz_node *z = ritz_draw(g, d->primitive, x[0], &d->shape, d->dtype);
    if (d->b != 1.0)
        z = ritz_scale(g, z, d->b);
    out[0] = d->a != 0.0 ? ritz_shift(g, z, d->a) : z;
}

static void build_randint(ritz_graph *g, ritz_node *const *x,
                          const void *context, ritz_node **out)
{
    const draw *d = context;
    ritz_node *u = ritz_draw(g, d->primitive, x[0], &d->shape, RITZ_F64);
    u = ritz_floor(g, ritz_scale(g, u, d->b - d->a + 1.0));
    out[0] = ritz_cast(g, ritz_shift(g, u, d->a), RITZ_I64);
}

static int run(lua_State *L, const draw *d, const ritz_operand *key,
               ritz_compute_fn *build)
{
    ritz_node *x[1];
    return ritz_compute(L, &(ritz_computation){.operand = key,
                                               .x = x,
                                               .operands = 1,
                                               .results = 1,
                                               .build = build,
                                               .context = d});
}

static int l_uniform(lua_State *L)
{
    draw d = {.who = "uniform",
              .record = &bindings[UNIFORM].record,
              .primitive = &ritz_primitive_uniform,
              .b = 1.0};
    const ritz_operand key =
        read_arguments(L, &d, (const char *const[]){"low", "high", NULL});
    return run(L, &d, &key, build_uniform);
}

static int l_normal(lua_State *L)
{
    draw d = {.who = "normal",
              .record = &bindings[NORMAL].record,
              .primitive = &ritz_primitive_normal,
              .b = 1.0};
    const ritz_operand key =
        read_arguments(L, &d, (const char *const[]){"mean", "std", NULL});
    return run(L, &d, &key, build_normal);
}

static int l_randint(lua_State *L)
{
    draw d = {.who = "randint",
              .record = &bindings[RANDINT].record,
              .primitive = &ritz_primitive_uniform,
              .dtype = RITZ_I64,
              .a = 1.0,
              .b = 0.0};
    const ritz_operand key =
        read_arguments(L, &d, (const char *const[]){"low", "high", NULL});
    if (d.a != floor(d.a) || d.b != floor(d.b) || !(d.a <= d.b) ||
        d.b - d.a >= 0x1p53)
        return ritz_refuse(L,
                           "randint: wanted integers low <= high, got low = "
                           "%.14g and high = %.14g",
                           d.a, d.b);
    if (d.dtype != RITZ_I64)
        return ritz_refuse(L, "randint: dtype must be i64, got %s",
                           ritz_dtype_name(d.dtype));
    return run(L, &d, &key, build_randint);
}

/* Keys and orders, which need concrete values. */

static int l_key(lua_State *L)
{
    const lua_Integer seed = ritz_check_integer(L, 1, "key", "the seed");
    const ritz_key key = ritz_key_from_seed((uint64_t)seed);
    const ritz_shape shape = {.rank = 1, .dim = {2}};
    ritz_error err = {0};
    ritz_handle *h = ritz_handle_push(L);
    if (ritz_tensor_new(&h->tensor, RITZ_I64, &shape, &err) != RITZ_OK)
        return ritz_raise(L, &err);
    memcpy(ritz_tensor_data_mut(h->tensor), key.word, sizeof key.word);
    return 1;
}

static ritz_key check_key(lua_State *L, int index, const char *who)
{
    const ritz_tensor *t = ritz_handle_concrete(L, index, who);
    ritz_key key;
    if (ritz_tensor_dtype(t) != RITZ_I64 || ritz_tensor_count(t) != 2)
        ritz_refuse(L,
                    "%s: wanted a key, i64[2] as from ritz.key(seed), got "
                    "%s",
                    who, ritz_got_at(L, index).text);
    memcpy(key.word, ritz_tensor_data(t), sizeof key.word);
    return key;
}

/* Fisher and Yates' shuffle (Knuth, TAOCP 2, 3.4.2, algorithm P). */
static void shuffle(int64_t *order, int64_t n, ritz_key key)
{
    uint64_t position = 0;
    for (int64_t i = 0; i < n; i++)
        order[i] = i + 1;
    for (int64_t i = n - 1; i > 0; i--) {
        const int64_t k =
            (int64_t)ritz_random_below(key, &position, (uint64_t)i + 1);
        const int64_t swapped = order[i];
        order[i] = order[k];
        order[k] = swapped;
    }
}

static int l_permutation(lua_State *L)
{
    const lua_Integer n = ritz_check_integer(L, 1, "permutation", "the count");
    lua_settop(L, 2);
    const int options = lua_type(L, 2) == LUA_TTABLE ? 2 : 0;
    ritz_check_options(L, options, &bindings[PERMUTATION].record);
    if (!ritz_option(L, options, "key"))
        push_next_key(L, "permutation");
    const ritz_key key = check_key(L, lua_gettop(L), "permutation");
    const ritz_shape shape = {.rank = 1, .dim = {n}};
    ritz_error err = {0};
    ritz_handle *h = ritz_handle_push(L);
    if (ritz_tensor_new(&h->tensor, RITZ_I64, &shape, &err) != RITZ_OK)
        return ritz_raise(L, &err);
    shuffle(ritz_tensor_data_mut(h->tensor), n, key);
    ritz_core_collect(L);
    return 1;
}

static int l_seed(lua_State *L)
{
    ritz_core_seed(L, (uint64_t)ritz_check_integer(L, 1, "seed", "the seed"));
    return 0;
}

/* The stream: the words of its key, and how many keys were drawn. */
static int l_random_state(lua_State *L)
{
    ritz_core *core = ritz_core_of(L);
    const ritz_shape shape = {.rank = 1, .dim = {3}};
    if (!lua_isnoneornil(L, 1)) {
        const ritz_tensor *t = ritz_handle_concrete(L, 1, "random_state");
        if (ritz_tensor_dtype(t) != RITZ_I64 ||
            !ritz_shape_equal(ritz_tensor_shape(t), &shape))
            return ritz_refuse(L,
                               "random_state: wanted the i64[3] that it gave, "
                               "got %s",
                               ritz_got_at(L, 1).text);
        const int64_t *word = ritz_tensor_data(t);
        memcpy(core->stream.word, word, sizeof core->stream.word);
        core->drawn = (uint64_t)word[2];
    }
    ritz_error err = {0};
    ritz_handle *h = ritz_handle_push(L);
    if (ritz_tensor_new(&h->tensor, RITZ_I64, &shape, &err) != RITZ_OK)
        return ritz_raise(L, &err);
    int64_t *word = ritz_tensor_data_mut(h->tensor);
    memcpy(word, core->stream.word, sizeof core->stream.word);
    word[2] = (int64_t)core->drawn;
    return 1;
}

/* The records. */

static const ritz_binding bindings[BINDINGS + 1] = {
    [UNIFORM] =
        {.record =
             {.module = "ritz",
              .name = "uniform",
              .params =
                  {{.name = "shape",
                    .kind = RITZ_PARAM_SHAPE,
                    .doc = "the sizes, if not given first"},
                   {.name = "low",
                    .kind = RITZ_PARAM_NUMBER,
                    .fallback = 0,
                    .doc = "the least value"},
                   {.name = "high",
                    .kind =
                        RITZ_PARAM_NUMBER,
                    .fallback =
                        1,
                    .doc = "above all values"},
                   {.name = "key",
                    .kind =
                        RITZ_PARAM_ANY,
                    .doc = "as from ritz.key; left out: the run's stream"},
                   {.name = "dtype",
                    .kind =
                        RITZ_PARAM_DTYPE,
                    .doc = "\"f32\" when left out, or \"f64\""}},
              .signature = "ritz.uniform(shape, {low, high, key, dtype})",
              .summary =
                  "Uniform draws from low (0) to, and without, high (1).",
              .details =
                  "Without `key` the next key of the run's stream is used; "
                  "inside "
                  "a trace that is an error. The options may stand in the "
                  "table "
                  "of the shape.",
              .source = "Salmon et al. 2011, Philox4x32-10",
              .example =
                  "ritz.uniform{2, 3, key = ritz.key(1)}.shape  --> {2, 3}"},
         .call = l_uniform},
    [NORMAL] =
        {.record =
             {.module = "ritz",
              .name = "normal",
              .params =
                  {{.name = "shape",
                    .kind =
                        RITZ_PARAM_SHAPE,
                    .doc = "the sizes, if not given first"},
                   {.name = "mean",
                    .kind =
                        RITZ_PARAM_NUMBER,
                    .fallback = 0,
                    .doc = "the mean"},
                   {.name = "std",
                    .kind =
                        RITZ_PARAM_NUMBER,
                    .fallback = 1,
                    .doc = "the standard deviation"},
                   {.name = "key",
                    .kind =
                        RITZ_PARAM_ANY,
                    .doc = "as from ritz.key; left out: the run's stream"},
                   {.name = "dtype",
                    .kind =
                        RITZ_PARAM_DTYPE,
                    .doc = "\"f32\" when left out, or \"f64\""}},
              .signature = "ritz.normal(shape, {mean, std, key, dtype})",
              .summary = "Normal draws.",
              .details =
                  "Without `key` the next key of the run's stream is used; "
                  "inside "
                  "a trace that is an error. The options may stand in the "
                  "table "
                  "of the shape.",
              .source = "Box and Muller 1958, on Philox4x32-10",
              .example =
                  "ritz.normal{2, 3, key = ritz.key(1)}.shape  --> {2, 3}"},
         .call = l_normal},
    [RANDINT] =
        {.record =
             {.module = "ritz",
              .name = "randint",
              .params =
                  {{.name = "shape",
                    .kind =
                        RITZ_PARAM_SHAPE,
                    .doc = "the sizes, if not given first"},
                   {.name = "low",
                    .kind =
                        RITZ_PARAM_INT,
                    .fallback = 1,
                    .doc = "the least value"},
                   {.name = "high",
                    .kind =
                        RITZ_PARAM_INT,
                    .required = true,
                    .doc = "the greatest value"},
                   {.name = "key",
                    .kind =
                        RITZ_PARAM_ANY,
                    .doc = "as from ritz.key; left out: the run's stream"},
                   {.name = "dtype",
                    .kind =
                        RITZ_PARAM_DTYPE,
                    .doc = "\"i64\", which it is anyway"}},
              .signature = "ritz.randint(shape, {low, high, key})",
              .summary =
                  "Integers from low (1) to high, both included, as i64.",
              .details =
                  "Without `key` the next key of the run's stream is used; "
                  "inside "
                  "a trace that is an error.",
              .source = "Salmon et al. 2011, Philox4x32-10",
              .example =
                  "ritz.randint({3}, {high = 1, key = ritz.key(1)}):totable()  "
                  "--> {1, 1, 1}"},
         .call = l_randint},
    [PERMUTATION] =
        {.record =
             {.module = "ritz",
              .name = "permutation",
              .params = {{.name = "key",
                          .kind =
                              RITZ_PARAM_ANY,
                          .doc =
                              "as from ritz.key; left out: the run's stream"}},
              .signature = "ritz.permutation(n, {key})",
              .summary = "The integers from 1 to n in a random order.",
              .details =
                  "Without `key` the next key of the run's stream is used; "
                  "inside "
                  "a trace that is an error.",
              .source = "Knuth, TAOCP 2, 3.4.2, algorithm P",
              .example =
                  "ritz.permutation(5, {key = ritz.key(1)}):sum():item()  --> "
                  "15"},
         .call = l_permutation},
    [KEY] = {.record =
                 {.module = "ritz",
                  .name = "key",
                  .signature = "ritz.key(seed)",
                  .summary =
                      "The key, i64[2], of an independent stream of random "
                      "numbers.",
                  .details =
                      "ritz.split and ritz.fold_in make more keys of one.",
                  .source = "Salmon et al. 2011, Philox4x32-10",
                  .example = "ritz.key(1).shape  --> {2}"},
             .call = l_key},
    [SEED] = {.record = {.module = "ritz",
                         .name = "seed",
                         .signature = "ritz.seed(seed)",
                         .summary =
                             "Starts the run's stream of random numbers anew.",
                         .example =
                             "ritz.seed(7)\nlocal a = "
                             "ritz.uniform{}:item()\nritz.seed(7)\n"
                             "return a == ritz.uniform{}:item()  --> true"},
              .call = l_seed},
    [STATE] =
        {.record = {.module = "ritz",
                    .name = "random_state",
                    .signature = "ritz.random_state(state)",
                    .summary = "Where the run's stream of random numbers "
                               "is; with a state, goes on from there.",
                    .details = "The state is i64[3] and may be saved. Draws "
                               "with a key do not depend on it.",
                    .example = "local s = ritz.random_state()\n"
                               "local a = ritz.uniform{}:item()\n"
                               "ritz.random_state(s)\n"
                               "return a == ritz.uniform{}:item()  --> true"},
         .call = l_random_state},
};

void ritz_draw_open(lua_State *L)
{
    ritz_bindings(L, bindings);
}
