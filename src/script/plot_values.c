/* plot_values.c - numbers that a script wants drawn.
 *
 * Tensors of any dtype, lists and single numbers become rows of doubles, the
 * numbers of figures, in a userdata that Lua frees.
 */
#include "script/plot_values.h"

#include "script/check.h"
#include "script/core.h"

#include <lauxlib.h>
#include <string.h>

#define VALUES "ritz.values"

ritz_values *ritz_values_push(lua_State *L, int64_t rows, int64_t columns)
{
    const size_t count = (size_t)(rows * columns); /* fits: a tensor has it */
    ritz_values *v =
        lua_newuserdatauv(L, sizeof *v + count * sizeof *v->item, 0);
    v->rows = rows;
    v->columns = columns;
    luaL_setmetatable(L, VALUES);
    return v;
}

const ritz_values *ritz_values_check(lua_State *L, int index)
{
    return luaL_checkudata(L, index, VALUES);
}

static const ritz_values *values_of_list(lua_State *L)
{
    ritz_values *v = ritz_values_push(L, (int64_t)lua_rawlen(L, 1), 1);
    for (int64_t i = 0; i < v->rows; i++) {
        if (lua_rawgeti(L, 1, i + 1) != LUA_TNUMBER)
            ritz_refuse(L, "plot: numbers wanted, got %s as element %lld",
                        ritz_got_at(L, -1).text, (long long)i + 1);
        v->item[i] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    return v;
}

static const ritz_values *values_of_tensor(lua_State *L)
{
    const ritz_tensor *t = ritz_core_check_tensor(L, 1, "plot");
    const ritz_shape *s = ritz_tensor_shape(t);
    if (s->rank > 2)
        ritz_refuse(L, "plot: a vector or a matrix wanted, got %s",
                    ritz_got_at(L, 1).text);
    ritz_values *v = ritz_values_push(L, s->rank > 0 ? s->dim[0] : 1,
                                      s->rank > 1 ? s->dim[1] : 1);
    for (int64_t i = 0; i < v->rows * v->columns; i++)
        v->item[i] = ritz_tensor_get(t, i);
    return v;
}

/* values(v): from a tensor of rank 0 to 2, a list of numbers, or a number.
 * Gives them with their rows and columns. */
static int l_values(lua_State *L)
{
    const ritz_values *v;
    if (lua_type(L, 1) == LUA_TNUMBER) {
        ritz_values *one = ritz_values_push(L, 1, 1);
        one->item[0] = lua_tonumber(L, 1);
        v = one;
    } else {
        v = lua_istable(L, 1) ? values_of_list(L) : values_of_tensor(L);
    }
    lua_pushinteger(L, v->rows);
    lua_pushinteger(L, v->columns);
    return 3;
}

const double *ritz_values_column(lua_State *L, const ritz_values *v,
                                 lua_Integer column)
{
    if (column < 1 || column > v->columns)
        ritz_refuse(L, "plot: column 1 to %lld wanted, got %lld",
                    (long long)v->columns, (long long)column);
    if (v->columns == 1)
        return v->item;
    ritz_values *one = ritz_values_push(L, v->rows, 1);
    for (int64_t i = 0; i < v->rows; i++)
        one->item[i] = v->item[i * v->columns + column - 1];
    return one->item;
}

double ritz_check_value(lua_State *L, int index)
{
    if (lua_type(L, index) == LUA_TNUMBER)
        return lua_tonumber(L, index);
    const ritz_tensor *t = ritz_core_check_tensor(L, index, "plot");
    if (ritz_tensor_count(t) != 1)
        ritz_refuse(L,
                    "plot: a number or a tensor of one element wanted, got "
                    "%s",
                    ritz_got_at(L, index).text);
    return ritz_tensor_get(t, 0);
}

int ritz_check_word(lua_State *L, int index, const char *what,
                    const char *const *words)
{
    const char *got = luaL_checkstring(L, index);
    luaL_Buffer wanted;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], got) == 0)
            return i;
    luaL_buffinit(L, &wanted);
    for (int i = 0; words[i]; i++) {
        luaL_addstring(&wanted, i > 0 ? ", " : "");
        luaL_addstring(&wanted, words[i]);
    }
    luaL_pushresult(&wanted);
    return ritz_refuse(L, "plot: %s must be one of %s; got \"%s\"", what,
                       lua_tostring(L, -1), got);
}

void ritz_values_open(lua_State *L)
{
    luaL_newmetatable(L, VALUES);
    lua_pop(L, 1);
    lua_pushcfunction(L, l_values);
    lua_setfield(L, -2, "values");
}
