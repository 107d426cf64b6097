/* data_lua.h - what lua/ritz/data.lua needs: images and rows. */
#ifndef RITZ_SCRIPT_DATA_LUA_H
#define RITZ_SCRIPT_DATA_LUA_H

#include <lua.h>

/* Adds images, labels, order and rows to the table on top of the stack. */
void ritz_data_lua_open(lua_State *L);

#endif
