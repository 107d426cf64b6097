/* plot_lua.h - figures, panels and series as values of Lua. */
#ifndef RITZ_SCRIPT_PLOT_LUA_H
#define RITZ_SCRIPT_PLOT_LUA_H

#include <lua.h>

/* Adds figure(title), values(v), announce(figure) and the table of methods of
 * each kind to the table on top of the stack. */
void ritz_plot_lua_open(lua_State *L);

#endif
