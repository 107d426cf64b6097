/* pattern.h - string.find, match, gmatch and gsub that can be interrupted. */
#ifndef RITZ_SCRIPT_PATTERN_H
#define RITZ_SCRIPT_PATTERN_H

#include <lua.h>

/* What a pattern does when it sees the interrupt flag: raises a Lua error. */
typedef int ritz_pattern_stop(lua_State *L);

/* Replaces the four functions in the table `string` of this state and leaves
 * the others alone. Pushes nothing. An interrupt raises "interrupted", until
 * ritz_pattern_on_stop names another function. */
int ritz_pattern_open(lua_State *L);
void ritz_pattern_on_stop(lua_State *L, ritz_pattern_stop *stop);

#endif
