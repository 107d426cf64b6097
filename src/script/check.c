/* check.c - arguments from Lua, and raising errors: thing, wanted, got. */
#include "script/check.h"

#include "script/frames.h"
#include "script/handle.h"
#include "script/interrupt.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char sources_key; /* the names of chunks, in the registry */

/* The one copy of a name that is kept. */
static const char *keep_source(lua_State *L, const char *source)
{
    luaL_checkstack(L, 4, "an error's place");
    const int top = lua_gettop(L);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &sources_key) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &sources_key);
    }
    lua_pushstring(L, source);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushvalue(L, -1);
        lua_rawset(L, -4);
    }
    const char *kept = lua_tostring(L, -1);
    lua_settop(L, top);
    return kept;
}

ritz_place ritz_place_of(lua_State *L)
{
    lua_Debug ar;
    if (!ritz_frame_find(L, 0, &ar))
        return (ritz_place){"?", 0};
    return (ritz_place){keep_source(L, ar.short_src), ar.currentline};
}

int ritz_raise(lua_State *L, const ritz_error *err)
{
    if (err->status == RITZ_EINTERRUPTED)
        ritz_interrupt_check(L);
    const ritz_place place = ritz_place_of(L);
    if (place.line > 0)
        lua_pushfstring(L, "%s:%d: %s", place.source, place.line, err->text);
    else
        lua_pushstring(L, err->text);
    return lua_error(L);
}

int ritz_refuse(lua_State *L, const char *format, ...)
{
    ritz_error err = {.status = RITZ_EVALUE};
    va_list args;
    va_start(args, format);
    vsnprintf(err.text, sizeof err.text, format, args);
    va_end(args);
    return ritz_raise(L, &err);
}

ritz_got ritz_got_type(ritz_dtype dtype, const ritz_shape *shape)
{
    ritz_got got;
    char text[RITZ_SHAPE_TEXT];
    snprintf(got.text, sizeof got.text, "%s%s", ritz_dtype_name(dtype),
             shape->rank ? ritz_shape_text(text, shape) : "");
    return got;
}

static ritz_got got_handle(const ritz_handle *h)
{
    if (h->node)
        return ritz_got_type(h->node->dtype, &h->node->shape);
    if (h->tensor)
        return ritz_got_type(ritz_tensor_dtype(h->tensor),
                             ritz_tensor_shape(h->tensor));
    return (ritz_got){"a tensor that was given up"};
}

ritz_got ritz_got_at(lua_State *L, int index)
{
    ritz_got got;
    const ritz_handle *h = ritz_handle_test(L, index);
    const int type = lua_type(L, index);
    if (h)
        return got_handle(h);
    if (type == LUA_TSTRING)
        snprintf(got.text, sizeof got.text, "the string \"%.60s\"",
                 lua_tostring(L, index));
    else if (lua_isinteger(L, index))
        snprintf(got.text, sizeof got.text, "%lld",
                 (long long)lua_tointeger(L, index));
    else if (type == LUA_TNUMBER)
        snprintf(got.text, sizeof got.text, "%.14g", lua_tonumber(L, index));
    else if (type == LUA_TBOOLEAN)
        snprintf(got.text, sizeof got.text, "%s",
                 lua_toboolean(L, index) ? "true" : "false");
    else if (type == LUA_TNIL || type == LUA_TNONE)
        snprintf(got.text, sizeof got.text, "nothing");
    else
        snprintf(got.text, sizeof got.text, "a %s", luaL_typename(L, index));
    return got;
}

ritz_hint ritz_nearest_hint(const ritz_nearest *n)
{
    ritz_hint hint = {""};
    if (n->best)
        snprintf(hint.text, sizeof hint.text, ": did you mean \"%.40s\"?",
                 n->best);
    return hint;
}

lua_Integer ritz_check_integer(lua_State *L, int index, const char *who,
                               const char *what)
{
    int exact = 0;
    const lua_Integer i = lua_tointegerx(L, index, &exact);
    if (!exact || lua_type(L, index) != LUA_TNUMBER)
        ritz_refuse(L, "%s: %s must be an integer, got %s", who, what,
                    ritz_got_at(L, index).text);
    return i;
}

double ritz_check_number(lua_State *L, int index, const char *who,
                         const char *what)
{
    if (lua_type(L, index) != LUA_TNUMBER)
        ritz_refuse(L, "%s: %s must be a number, got %s", who, what,
                    ritz_got_at(L, index).text);
    return lua_tonumber(L, index);
}

ritz_dtype ritz_check_dtype(lua_State *L, int index, const char *who)
{
    ritz_dtype dtype = RITZ_F32;
    if (lua_type(L, index) != LUA_TSTRING ||
        !ritz_dtype_parse(&dtype, lua_tostring(L, index)))
        ritz_refuse(L,
                    "%s: dtype must be \"f32\", \"f64\", \"i64\" or \"u8\", "
                    "got %s",
                    who, ritz_got_at(L, index).text);
    return dtype;
}

ritz_shape ritz_check_shape(lua_State *L, int index, const char *who)
{
    ritz_shape shape = {0};
    if (lua_type(L, index) != LUA_TTABLE) {
        shape.rank = 1;
        shape.dim[0] = ritz_check_integer(L, index, who, "shape");
    } else {
        const lua_Unsigned n = lua_rawlen(L, index);
        if (n > RITZ_MAX_RANK)
            ritz_refuse(L, "%s: shape must have at most %d sizes, got %d", who,
                        RITZ_MAX_RANK, (int)n);
        shape.rank = (int)n;
        for (int i = 0; i < shape.rank; i++) {
            lua_rawgeti(L, index, i + 1);
            shape.dim[i] = ritz_check_integer(L, -1, who, "a size");
            lua_pop(L, 1);
        }
    }
    ritz_error err = {0};
    if (ritz_shape_check(&shape, &err) != RITZ_OK)
        ritz_refuse(L, "%s: %s", who, err.text);
    return shape;
}

bool ritz_option(lua_State *L, int options, const char *name)
{
    if (options == 0)
        return false;
    lua_pushstring(L, name);
    lua_rawget(L, options);
    if (!lua_isnil(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

static bool has_param(const ritz_function *f, const char *name)
{
    for (int i = 0; i < RITZ_PARAMS && f->params[i].name; i++)
        if (strcmp(name, f->params[i].name) == 0)
            return true;
    return false;
}

void ritz_check_options(lua_State *L, int options, const ritz_function *f)
{
    if (options == 0)
        return;
    for (lua_pushnil(L); lua_next(L, options); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            continue;
        const char *name = lua_tostring(L, -2);
        if (has_param(f, name))
            continue;
        ritz_nearest n = {.name = name};
        for (int i = 0; i < RITZ_PARAMS && f->params[i].name; i++)
            ritz_nearest_try(&n, f->params[i].name);
        ritz_refuse(L, "%s: unknown option \"%.40s\"%s", f->name, name,
                    ritz_nearest_hint(&n).text);
    }
}
