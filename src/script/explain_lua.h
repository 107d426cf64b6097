/* explain_lua.h - plans, as tables of Lua. */
#ifndef RITZ_SCRIPT_EXPLAIN_LUA_H
#define RITZ_SCRIPT_EXPLAIN_LUA_H

#include <lua.h>

/* Adds find_nonfinite and plan to the table on top of the stack, which is
 * ritz.internal. */
void ritz_explain_lua_open(lua_State *L);

#endif
