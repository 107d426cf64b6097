/* nn_lua.h - what lua/ritz/nn.lua needs of the trace. */
#ifndef RITZ_SCRIPT_NN_LUA_H
#define RITZ_SCRIPT_NN_LUA_H

#include <lua.h>

/* Adds layer to the table on top of the stack. */
void ritz_nn_lua_open(lua_State *L);

#endif
