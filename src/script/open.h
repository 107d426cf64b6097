/* open.h - a Lua state becomes one with ritz in it.
 *
 * The same two steps serve the program and the module of a stock lua5.4: the C
 * functions, then lua/ritz/prelude.lua, which completes them.
 */
#ifndef RITZ_SCRIPT_OPEN_H
#define RITZ_SCRIPT_OPEN_H

#include <lua.h>

/* Pushes the table `ritz` and makes it what require "ritz" gives. `lua_dir` is
 * where the Lua part of ritz lives. Raises what goes wrong. */
int ritz_open(lua_State *L, const char *lua_dir);

/* The entry of ritz.so. */
int luaopen_ritz(lua_State *L);

#endif
