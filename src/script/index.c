/* index.c - x[i], x[{i, j}], x[{{1, 3}, {}, t}]: parts of a tensor.
 *
 * One item for each axis: an integer takes one row and drops the axis, a
 * table {first, last, step} is a range that includes its ends, {} is all, an
 * i64 tensor takes the rows it lists. Axes without an item stay whole.
 * Everything counts from 1, or from the end when negative.
 */
#include "script/tensor_lua.h"

#include "graph/build.h"
#include "script/compute.h"

#include <lauxlib.h>
#include <string.h>

typedef struct selection {
    ritz_shape shape; /* of the tensor */
    int64_t start[RITZ_MAX_RANK], stop[RITZ_MAX_RANK], step[RITZ_MAX_RANK];
    bool drop[RITZ_MAX_RANK];
    int taken; /* the axis with an index tensor, or -1 */
} selection;

static int64_t check_row(lua_State *L, int64_t i, int axis, int64_t size)
{
    const int64_t at = i < 0 ? i + size : i - 1;
    if (i == 0 || at < 0 || at >= size)
        ritz_refuse(L,
                    "index: axis %d has %lld rows, wanted 1 to %lld or -%lld "
                    "to -1, got %lld",
                    axis + 1, (long long)size, (long long)size, (long long)size,
                    (long long)i);
    return at;
}

static int64_t range_entry(lua_State *L, int index, int nth, int64_t fallback)
{
    lua_rawgeti(L, index, nth);
    const int64_t i = lua_isnil(L, -1)
                          ? fallback
                          : ritz_check_integer(L, -1, "index", "a range's end");
    lua_pop(L, 1);
    return i;
}

static void select_range(lua_State *L, int index, selection *s, int axis)
{
    const int64_t size = s->shape.dim[axis];
    const int64_t first = range_entry(L, index, 1, 1);
    const int64_t last = range_entry(L, index, 2, size);
    const int64_t step = range_entry(L, index, 3, 1);
    const int64_t from = first < 0 ? first + size : first - 1;
    const int64_t to = last < 0 ? last + size + 1 : last;
    if (step < 1)
        ritz_refuse(L, "index: a range's step must be at least 1, got %lld",
                    (long long)step);
    if (from < 0 || to > size || to < from)
        ritz_refuse(L,
                    "index: axis %d has %lld rows, wanted a range in 1 to "
                    "%lld, got %lld to %lld",
                    axis + 1, (long long)size, (long long)size,
                    (long long)first, (long long)last);
    s->start[axis] = from;
    s->stop[axis] = to;
    s->step[axis] = step;
}

static void select_taken(lua_State *L, int index, selection *s, int axis,
                         ritz_operand *operand)
{
    if (s->taken >= 0)
        ritz_refuse(L, "index: wanted one index tensor, got two");
    operand[1] = ritz_operand_at(L, index, "index", 2);
    const ritz_handle *h = operand[1].handle;
    if (!h || ritz_handle_dtype(h) != RITZ_I64)
        ritz_refuse(L, "index: an index tensor must be i64, got %s",
                    ritz_got_at(L, index).text);
    s->taken = axis;
}

static void select_item(lua_State *L, int index, selection *s, int axis,
                        ritz_operand *operand)
{
    s->start[axis] = 0;
    s->stop[axis] = s->shape.dim[axis];
    s->step[axis] = 1;
    if (lua_type(L, index) == LUA_TTABLE) {
        select_range(L, index, s, axis);
    } else if (ritz_handle_test(L, index)) {
        select_taken(L, index, s, axis, operand);
    } else {
        const int64_t i = ritz_check_integer(L, index, "index", "a row");
        s->start[axis] = check_row(L, i, axis, s->shape.dim[axis]);
        s->stop[axis] = s->start[axis] + 1;
        s->drop[axis] = true;
    }
}

static void build_selection(ritz_graph *g, ritz_node *const *x,
                            const void *context, ritz_node **out)
{
    const selection *s = context;
    ritz_node *y = ritz_slice(g, x[0], s->start, s->stop, s->step);
    ritz_shape shape = {0};
    for (int i = 0; i < s->shape.rank; i++) {
        if (i == s->taken)
            for (int k = 0; k < x[1]->shape.rank; k++)
                shape.dim[shape.rank++] = x[1]->shape.dim[k];
        else if (!s->drop[i])
            shape.dim[shape.rank++] =
                (s->stop[i] - s->start[i] + s->step[i] - 1) / s->step[i];
    }
    if (s->taken >= 0)
        y = ritz_take_axis(g, y, x[1], s->taken, 0);
    out[0] = ritz_reshape(g, y, &shape);
}

/* A row of a concrete tensor shares its storage. */
static int push_row(lua_State *L, const ritz_handle *h, int64_t at)
{
    ritz_shape shape = *ritz_tensor_shape(h->tensor);
    ritz_handle *row = ritz_handle_push(L);
    ritz_tensor *rows = NULL;
    ritz_error err = {0};
    ritz_status status = ritz_tensor_rows(&rows, h->tensor, at, at + 1, &err);
    shape.rank--;
    memmove(shape.dim, shape.dim + 1, (size_t)shape.rank * sizeof *shape.dim);
    if (status == RITZ_OK)
        status = ritz_tensor_reshape(&row->tensor, rows, &shape, &err);
    ritz_tensor_release(rows);
    if (status != RITZ_OK)
        return ritz_raise(L, &err);
    if (h->birth < row->birth)
        row->birth = h->birth;
    ritz_core_collect(L);
    return 1;
}

static void check_items(lua_State *L, int64_t items, int rank)
{
    if (items > rank)
        ritz_refuse(L, "index: wanted at most %d items for %s, got %lld", rank,
                    ritz_got_at(L, 1).text, (long long)items);
}

int ritz_tensor_index(lua_State *L)
{
    lua_settop(L, 2);
    ritz_operand operand[2] = {ritz_operand_at(L, 1, "index", 1)};
    const ritz_handle *h = operand[0].handle;
    selection s = {.shape = *ritz_handle_shape(h), .taken = -1};
    const bool list = lua_type(L, 2) == LUA_TTABLE;
    const int64_t items = list ? (int64_t)lua_rawlen(L, 2) : 1;
    check_items(L, items, s.shape.rank);
    if (!list && h->tensor && lua_type(L, 2) == LUA_TNUMBER) {
        const int64_t i = ritz_check_integer(L, 2, "index", "a row");
        return push_row(L, h, check_row(L, i, 0, s.shape.dim[0]));
    }
    for (int i = 0; i < s.shape.rank; i++) {
        if (!list && i == 0)
            lua_pushvalue(L, 2);
        else if (i < items)
            lua_rawgeti(L, 2, i + 1);
        else
            lua_newtable(L);
        select_item(L, lua_gettop(L), &s, i, operand);
        lua_pop(L, 1); /* an index tensor is held by argument 2 */
    }
    ritz_node *x[2];
    return ritz_compute(L, &(ritz_computation){
                               .operand = operand,
                               .x = x,
                               .operands = s.taken >= 0 ? 2 : 1,
                               .results = 1,
                               .build = build_selection,
                               .context = &s,
                           });
}
