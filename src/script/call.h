/* call.h - Lua functions made of records (graph/function.h). */
#ifndef RITZ_SCRIPT_CALL_H
#define RITZ_SCRIPT_CALL_H

#include "graph/function.h"

#include <lua.h>

/* Calls a record with the values on the stack of the running function: its
 * operands, then its parameters in order or a last table of options. Returns
 * the number of results pushed. */
int ritz_call_function(lua_State *L, const ritz_function *f);

/* Pushes a Lua function that calls the record. */
void ritz_push_function(lua_State *L, const ritz_function *f);
/* The record of such a function, or NULL. */
const ritz_function *ritz_function_of(lua_State *L, int index);

#endif
