/* data_lua.c - what lua/ritz/data.lua needs: images and rows.
 *
 * Images are stored as bytes and used as f32 in 0..1: they are converted once,
 * when they are read, because a batch is then a copy of whole rows and nothing
 * else. That takes 188 MB for the 60,000 images of Fashion-MNIST. The order of
 * an epoch is drawn at its start and is a tensor like any other.
 */
#include "script/data_lua.h"

#include "base/parallel.h"
#include "base/random.h"
#include "kernel/move.h"
#include "script/check.h"
#include "script/core.h"
#include "tensor/formats.h"

#include <lauxlib.h>

enum {
    TILE_BYTES = 1 << 20 /* of pixels converted or rows copied by one thread at
                            a time: below it, waking a thread costs more */
};

/* --- reading ----------------------------------------------------------- */

typedef struct pixels {
    float *to;
    const unsigned char *from;
    size_t count;
} pixels;

static void scale_tile(void *context, size_t tile, int worker)
{
    const pixels *p = context;
    (void)worker;
    const size_t first = tile * TILE_BYTES;
    const size_t last =
        first + TILE_BYTES < p->count ? first + TILE_BYTES : p->count;
    for (size_t i = first; i < last; i++)
        p->to[i] = (float)p->from[i] / 255.0f;
}

/* Reads a file of u8 of this rank. The tensor is Lua's, on top of the stack. */
static ritz_tensor *push_bytes(lua_State *L, const char *path, int rank)
{
    ritz_error err = {0};
    ritz_tensor **slot = ritz_core_push_slot(L);
    if (ritz_idx_read(slot, path, &err) != RITZ_OK)
        ritz_raise(L, &err);
    const ritz_shape *shape = ritz_tensor_shape(*slot);
    if (ritz_tensor_dtype(*slot) != RITZ_U8 || shape->rank != rank) {
        char text[RITZ_SHAPE_TEXT];
        ritz_refuse(L, "%s: u8 of rank %d wanted, got %s%s", path, rank,
                    ritz_dtype_name(ritz_tensor_dtype(*slot)),
                    ritz_shape_text(text, shape));
    }
    return *slot;
}

/* images(path): f32[n,height,width,1] in 0..1. */
static int l_images(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    const ritz_tensor *bytes = push_bytes(L, path, 3);
    ritz_shape shape = *ritz_tensor_shape(bytes);
    shape.dim[shape.rank++] = 1;
    ritz_tensor **out = ritz_core_push_slot(L);
    ritz_error err = {0};
    if (ritz_tensor_new(out, RITZ_F32, &shape, &err) != RITZ_OK)
        return ritz_raise(L, &err);
    pixels p = {.to = ritz_tensor_data_mut(*out),
                .from = ritz_tensor_data(bytes),
                .count = (size_t)ritz_tensor_count(bytes)};
    if (!ritz_parallel((p.count + TILE_BYTES - 1) / TILE_BYTES, scale_tile, &p))
        return ritz_refuse(L, "interrupted");
    ritz_core_collect(L);
    return 1;
}

/* labels(path, classes): i64[n], counted from 1. */
static int l_labels(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    const lua_Integer classes = luaL_checkinteger(L, 2);
    const ritz_tensor *bytes = push_bytes(L, path, 1);
    ritz_tensor **out = ritz_core_push_slot(L);
    ritz_error err = {0};
    if (ritz_tensor_new(out, RITZ_I64, ritz_tensor_shape(bytes), &err) !=
        RITZ_OK)
        return ritz_raise(L, &err);
    const unsigned char *from = ritz_tensor_data(bytes);
    int64_t *to = ritz_tensor_data_mut(*out);
    for (int64_t i = 0; i < ritz_tensor_count(bytes); i++) {
        if (from[i] >= classes)
            return ritz_refuse(L, "%s: labels of 0 to %lld wanted, got %d",
                               path, (long long)classes - 1, from[i]);
        to[i] = from[i] + 1;
    }
    return 1;
}

/* --- rows -------------------------------------------------------------- */

/* order(n, seed, epoch): 1 to n in an order drawn from seed and epoch, by
 * Fisher and Yates (Knuth, volume 2, algorithm 3.4.2 P). */
static int l_order(lua_State *L)
{
    const lua_Integer n = luaL_checkinteger(L, 1);
    const ritz_key seed = ritz_key_from_seed((uint64_t)luaL_checkinteger(L, 2));
    const ritz_key key =
        ritz_key_fold_in(seed, (uint64_t)luaL_checkinteger(L, 3));
    ritz_tensor **out = ritz_core_push_slot(L);
    ritz_error err = {0};
    if (ritz_tensor_new(out, RITZ_I64, &(ritz_shape){.rank = 1, .dim = {n}},
                        &err) != RITZ_OK)
        return ritz_raise(L, &err);
    int64_t *order = ritz_tensor_data_mut(*out);
    for (int64_t i = 0; i < n; i++)
        order[i] = i + 1;
    uint64_t position = 0;
    for (int64_t i = n - 1; i > 0; i--) {
        const int64_t j =
            (int64_t)ritz_random_below(key, &position, (uint64_t)i + 1);
        const int64_t swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
    return 1;
}

typedef struct row_copy {
    char *to;
    const char *from;
    const int64_t *index;
    int64_t length, count, inner, tile_rows;
    size_t size;
} row_copy;

static void copy_tile(void *context, size_t tile, int worker)
{
    const row_copy *c = context;
    (void)worker;
    const int64_t first = (int64_t)tile * c->tile_rows;
    const int64_t rest = c->count - first;
    ritz_take(c->to + (size_t)(first * c->inner) * c->size, c->from,
              c->index + first, 1, c->length,
              rest < c->tile_rows ? rest : c->tile_rows, c->inner, c->size);
}

/* Where the count is the leading axis, and the elements of a row. */
static int64_t row_elements(const ritz_shape *shape)
{
    int64_t n = 1;
    for (int axis = 1; axis < shape->rank; axis++)
        n *= shape->dim[axis];
    return n;
}

/* Rows of t in the order of index[first..first+count-1], which are 1-based and
 * known to be in range: they come from `order`. */
static ritz_status take_rows(ritz_tensor **out, const ritz_tensor *t,
                             const int64_t *index, int64_t count,
                             ritz_error *err)
{
    ritz_shape shape = *ritz_tensor_shape(t);
    const int64_t length = shape.dim[0];
    shape.dim[0] = count;
    const ritz_status status =
        ritz_tensor_new(out, ritz_tensor_dtype(t), &shape, err);
    if (status != RITZ_OK)
        return status;
    row_copy c = {.to = ritz_tensor_data_mut(*out),
                  .from = ritz_tensor_data(t),
                  .index = index,
                  .length = length,
                  .count = count,
                  .inner = row_elements(&shape),
                  .size = ritz_dtype_size(ritz_tensor_dtype(t))};
    const int64_t row_bytes = c.inner * (int64_t)c.size;
    c.tile_rows = row_bytes < TILE_BYTES ? TILE_BYTES / (row_bytes + 1) + 1 : 1;
    const int64_t tiles = (count + c.tile_rows - 1) / c.tile_rows;
    if (!ritz_parallel((size_t)tiles, copy_tile, &c))
        return ritz_fail(err, RITZ_EINTERRUPTED, "interrupted");
    return RITZ_OK;
}

/* rows(t, first, count, order): rows of t; in the order of a tensor of
 * `order`, or as they stand, sharing storage, without one. */
static int l_rows(lua_State *L)
{
    ritz_tensor *t = ritz_core_check_tensor(L, 1, "rows");
    const lua_Integer first = luaL_checkinteger(L, 2) - 1;
    const lua_Integer count = luaL_checkinteger(L, 3);
    const ritz_tensor *order =
        lua_isnoneornil(L, 4) ? NULL : ritz_core_check_tensor(L, 4, "rows");
    const ritz_shape *shape = ritz_tensor_shape(t);
    const int64_t length = shape->rank > 0 ? shape->dim[0] : 0;
    if (first < 0 || count < 0 || count > length - first ||
        (order && ritz_tensor_count(order) != length))
        return ritz_refuse(L, "rows: 1 to %lld wanted, got %lld to %lld",
                           (long long)length, (long long)first + 1,
                           (long long)(first + count));
    ritz_tensor **out = ritz_core_push_slot(L);
    ritz_error err = {0};
    ritz_status status;
    if (order)
        status =
            take_rows(out, t, (const int64_t *)ritz_tensor_data(order) + first,
                      count, &err);
    else
        status = ritz_tensor_rows(out, t, first, first + count, &err);
    if (status != RITZ_OK)
        return ritz_raise(L, &err);
    ritz_core_collect(L);
    return 1;
}

void ritz_data_lua_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"images", l_images}, {"labels", l_labels}, {"order", l_order},
        {"rows", l_rows},     {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
