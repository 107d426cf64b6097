/* host.c - what a script writes, and how it leaves.
 *
 * Panels own the terminal while they are open, so nothing may reach standard
 * output behind their back: print, io.write and io.stdout:write go through the
 * display. os.exit does not end the process, which has a screen to restore and
 * a run folder to complete: it unwinds the script as an interrupt does, by an
 * error that comes again at every instruction until the top level is reached.
 */
#include "script/host.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>

static const char host_key; /* its address in the registry */

ritz_host *ritz_host_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &host_key);
    ritz_host *host = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return host;
}

void ritz_host_write(lua_State *L, const char *bytes, size_t n)
{
    const ritz_host *host = ritz_host_of(L);
    if (!host)
        fwrite(bytes, 1, n, stdout);
    else if (host->options->display.write)
        host->options->display.write(host->options->display.context, bytes, n);
}

static int l_print(lua_State *L)
{
    const int n = lua_gettop(L);
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&line, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    ritz_host_write(L, text, length);
    return 0;
}

/* Writes the arguments from `first` on, strings and numbers. */
static void write_arguments(lua_State *L, int first)
{
    for (int i = first; i <= lua_gettop(L); i++) {
        size_t n;
        const char *text = luaL_checklstring(L, i, &n);
        ritz_host_write(L, text, n);
    }
}

static bool is_standard_output(lua_State *L, int index)
{
    const luaL_Stream *file = luaL_testudata(L, index, LUA_FILEHANDLE);
    return file && file->closef && file->f == stdout;
}

/* file:write(...); the upvalue is the library's own method. */
static int l_file_write(lua_State *L)
{
    if (!is_standard_output(L, 1)) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_insert(L, 1);
        lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
        return lua_gettop(L);
    }
    write_arguments(L, 2);
    lua_settop(L, 1);
    return 1;
}

/* io.write(...): to what io.output() is, which is upvalue 1. */
static int l_io_write(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_call(L, 0, 1);
    lua_insert(L, 1);
    lua_getfield(L, 1, "write");
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int leave(lua_State *L)
{
    return luaL_error(L, "os.exit inside a protected call");
}

static void leave_hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    leave(L);
}

static int l_exit(lua_State *L)
{
    ritz_host *host = ritz_host_of(L);
    host->exit_code = lua_isboolean(L, 1) ? !lua_toboolean(L, 1)
                                          : (int)luaL_optinteger(L, 1, 0);
    host->exiting = true;
    const int mask = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT;
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    lua_sethook(lua_tothread(L, -1), leave_hook, mask, 1);
    lua_sethook(L, leave_hook, mask, 1);
    return leave(L);
}

/* In the table on top: f with upvalue `inner`, both by name. */
static void wrap(lua_State *L, const char *name, const char *inner,
                 lua_CFunction f)
{
    lua_getfield(L, -1, inner);
    lua_pushcclosure(L, f, 1);
    lua_setfield(L, -2, name);
}

void ritz_host_open(lua_State *L, ritz_host *host)
{
    lua_pushlightuserdata(L, host);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &host_key);
    lua_pushcfunction(L, l_print);
    lua_setglobal(L, "print");
    lua_getglobal(L, LUA_IOLIBNAME);
    wrap(L, "write", "output", l_io_write);
    luaL_getmetatable(L, LUA_FILEHANDLE);
    lua_getfield(L, -1, "__index");
    wrap(L, "write", "write", l_file_write);
    lua_getglobal(L, LUA_OSLIBNAME);
    lua_pushcfunction(L, l_exit);
    lua_setfield(L, -2, "exit");
    lua_pop(L, 4);
}
