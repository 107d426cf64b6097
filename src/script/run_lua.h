/* run_lua.h - the run folder of a batch, from Lua, and what a script tells of
 * its progress.
 */
#ifndef RITZ_SCRIPT_RUN_LUA_H
#define RITZ_SCRIPT_RUN_LUA_H

#include "script/host.h"

#include <lua.h>

/* Adds to the table on top of the stack, ritz.internal, what lua/ritz/run.lua
 * needs. */
void ritz_run_lua_open(lua_State *L);

/* Begins the run of a script if there is to be a folder (options.out). */
ritz_status ritz_host_begin_run(ritz_host *host, const char *script,
                                ritz_error *err);
/* Ends it; `message` says why a run failed and may be NULL. */
ritz_status ritz_host_end_run(ritz_host *host, ritz_verdict verdict,
                              const char *message, ritz_error *err);

#endif
