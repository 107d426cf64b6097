/* host.h - what the bindings know about the program they run in.
 *
 * In a stock lua5.4 there is no script: then ritz_host gives NULL, and what is
 * shown goes to standard output.
 */
#ifndef RITZ_SCRIPT_HOST_H
#define RITZ_SCRIPT_HOST_H

#include "script/script.h"

#include <lua.h>

struct ritz_run;

typedef struct ritz_host {
    const ritz_script_options *options;
    struct ritz_run *run; /* the run folder of a batch; else NULL */
    bool exiting;         /* os.exit was called */
    int exit_code;
} ritz_host;

/* `host` is borrowed and lives as long as the state. Replaces print, io.write,
 * the method write of standard output, and os.exit. */
void ritz_host_open(lua_State *L, ritz_host *host);
ritz_host *ritz_host_of(lua_State *L); /* NULL in a stock lua5.4 */

void ritz_host_write(lua_State *L, const char *bytes, size_t n);

#endif
