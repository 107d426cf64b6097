/* open.c - a Lua state becomes one with ritz in it. */
#include "script/open.h"

#include "base/parallel.h"
#include "script/core.h"
#include "script/data_lua.h"
#include "script/document.h"
#include "script/explain_lua.h"
#include "script/files.h"
#include "script/frames.h"
#include "script/nn_lua.h"
#include "script/plot_lua.h"
#include "script/run_lua.h"

#include <dlfcn.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_path(lua_State *L, const char *lua_dir)
{
    lua_getglobal(L, LUA_LOADLIBNAME);
    lua_getfield(L, -1, "path");
    const char *path = lua_tostring(L, -1);
    lua_pushfstring(L, "%s/?.lua;%s", lua_dir, path ? path : "");
    lua_setfield(L, -3, "path");
    lua_pop(L, 2);
}

static void set_loaded(lua_State *L, const char *name, int index)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(L, index);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

int ritz_open(lua_State *L, const char *lua_dir)
{
    ritz_frames_own(L, lua_dir);
    add_path(L, lua_dir);
    ritz_core_open(L);
    const int ritz = lua_gettop(L);
    set_loaded(L, "ritz", ritz);
    ritz_document_open(L);
    ritz_files_open(L);
    ritz_run_lua_open(L);
    ritz_data_lua_open(L);
    ritz_nn_lua_open(L);
    ritz_explain_lua_open(L);
    ritz_plot_lua_open(L);
    set_loaded(L, "ritz.internal", ritz + 1);
    lua_pushfstring(L, "%s/ritz/prelude.lua", lua_dir);
    const char *prelude = lua_tostring(L, -1);
    if (luaL_loadfilex(L, prelude, "t") != LUA_OK)
        return luaL_error(L, "the Lua part of ritz is missing or broken: %s",
                          lua_tostring(L, -1));
    lua_pushvalue(L, ritz);
    lua_pushvalue(L, ritz + 1);
    lua_call(L, 2, 0);
    lua_settop(L, ritz);
    return 1;
}

/* A stock lua5.4 answers Ctrl-C by a hook on its main coroutine, for whatever
 * comes next: the executor asks whether it is there. Hooks of debuggers and
 * profilers ask for less. */
static bool host_was_interrupted(void *state)
{
    const int all = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT;
    return lua_gethookmask(state) == all && lua_gethookcount(state) == 1;
}

static bool has_prelude(const char *lua_dir)
{
    char path[4096];
    const int n = snprintf(path, sizeof path, "%s/ritz/prelude.lua", lua_dir);
    return n > 0 && (size_t)n < sizeof path && access(path, R_OK) == 0;
}

/* Pushes the folder of the Lua part: named by the environment, beside the
 * module as in the source tree and its builds, or where it is installed. */
static const char *push_lua_dir(lua_State *L)
{
    const char *named = getenv("RITZ_LUADIR");
    if (named && *named)
        return lua_pushstring(L, named);
    Dl_info info;
    if (dladdr((const void *)(size_t)luaopen_ritz, &info) && info.dli_fname) {
        const char *slash = strrchr(info.dli_fname, '/');
        lua_pushlstring(L, slash ? info.dli_fname : ".",
                        slash ? (size_t)(slash - info.dli_fname) : 1);
        const char *beside = lua_pushfstring(L, "%s/lua", lua_tostring(L, -1));
        if (has_prelude(beside))
            return beside;
    }
    return lua_pushliteral(L, RITZ_LUADIR);
}

int luaopen_ritz(lua_State *L)
{
    const char *lua_dir = push_lua_dir(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    ritz_interrupt_poll_set(host_was_interrupted, lua_tothread(L, -1));
    lua_pop(L, 1);
    return ritz_open(L, lua_dir);
}
