/* handle.c - the userdata that Lua holds: its life and its metatable. */
#include "script/handle.h"

#include "script/trace.h"

#include <lauxlib.h>

static const char metatable_key; /* its address, in the registry */

ritz_handle *ritz_handle_new(lua_State *L, ritz_core *core, int metatable)
{
    ritz_handle *h = lua_newuserdatauv(L, sizeof *h, 0);
    *h = (ritz_handle){.mark = &metatable_key, .birth = ++core->births};
    lua_pushvalue(L, metatable);
    lua_setmetatable(L, -2);
    return h;
}

ritz_handle *ritz_handle_push(lua_State *L)
{
    ritz_handle_push_metatable(L);
    ritz_handle *h = ritz_handle_new(L, ritz_core_of(L), lua_gettop(L));
    lua_remove(L, -2);
    return h;
}

ritz_handle *ritz_handle_push_node(lua_State *L, ritz_node *node)
{
    const ritz_trace *trace = ritz_trace_current(L);
    const ritz_place place = ritz_place_of(L);
    ritz_handle *h = ritz_handle_push(L);
    h->place = place;
    h->trace = trace->serial;
    h->node = node;
    return h;
}

ritz_handle *ritz_handle_test(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TUSERDATA ||
        lua_rawlen(L, index) != sizeof(ritz_handle))
        return NULL;
    ritz_handle *h = lua_touserdata(L, index);
    return h->mark == &metatable_key ? h : NULL;
}

void ritz_handle_live(lua_State *L, const ritz_handle *h)
{
    if (h->tensor)
        return;
    const ritz_trace *trace = ritz_trace_current(L);
    const bool here = h->node && trace && trace->serial == h->trace;
    if (here && !ritz_trace_has_ended(trace, h->node))
        return;
    if (here)
        ritz_refuse(L,
                    "a value for one element of a vmap, or one step of a "
                    "loop, outlived it: it was made at %s:%d; return it from "
                    "the function instead",
                    h->place.source, h->place.line);
    if (h->node)
        ritz_refuse(L,
                    "a traced value outlived its trace: it was made at %s:%d; "
                    "return it from the traced function instead",
                    h->place.source, h->place.line);
    ritz_refuse(L,
                "a tensor was given up at %s:%d (donated, or closed): use "
                "what that call returned",
                h->place.source ? h->place.source : "?", h->place.line);
}

void ritz_handle_release(ritz_handle *h)
{
    ritz_tensor_release(h->tensor);
    h->tensor = NULL;
    h->node = NULL;
}

void ritz_handle_give_up(ritz_handle *h, const ritz_place *place)
{
    h->place = *place;
    ritz_handle_release(h);
}

ritz_dtype ritz_handle_dtype(const ritz_handle *h)
{
    return h->node ? h->node->dtype : ritz_tensor_dtype(h->tensor);
}

const ritz_shape *ritz_handle_shape(const ritz_handle *h)
{
    return h->node ? &h->node->shape : ritz_tensor_shape(h->tensor);
}

ritz_tensor *ritz_handle_concrete(lua_State *L, int index, const char *who)
{
    const ritz_handle *h = ritz_handle_test(L, index);
    if (!h)
        ritz_refuse(L, "%s: wanted a tensor, got %s", who,
                    ritz_got_at(L, index).text);
    ritz_handle_live(L, h);
    if (h->node)
        ritz_refuse(L,
                    "%s: a traced value has no numbers yet, got %s: compute "
                    "with it, and choose with ritz.where",
                    who, ritz_got_at(L, index).text);
    return h->tensor;
}

static int collect(lua_State *L)
{
    ritz_handle_release(lua_touserdata(L, 1));
    return 0;
}

static int close(lua_State *L)
{
    const ritz_place place = ritz_place_of(L);
    ritz_handle_give_up(lua_touserdata(L, 1), &place);
    return 0;
}

void ritz_handle_push_metatable(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

void ritz_handle_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"__gc", collect},
        {"__close", close},
        {NULL, NULL},
    };
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_pushliteral(L, "ritz.tensor");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}
