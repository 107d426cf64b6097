/* interrupt.h - ending Lua code that runs, wherever it runs.
 *
 * The flag (base/parallel.h) stops the executor; the hook installed here stops
 * Lua code. It is set only when there is an interrupt, since a standing count
 * hook slows a tight loop 2.3 times, and on the coroutine that runs, since a
 * hook belongs to one coroutine.
 */
#ifndef RITZ_SCRIPT_INTERRUPT_H
#define RITZ_SCRIPT_INTERRUPT_H

#include <lua.h>

/* Replaces coroutine.resume, wrap and close by functions that keep track of
 * the running coroutine. Pushes nothing. */
int ritz_interrupt_open(lua_State *L);
void ritz_interrupt_close(void); /* before the state is closed */

/* Async-signal-safe, on the thread that runs the state: from now on every
 * instruction raises "interrupted", until the flag is cleared. */
void ritz_interrupt_install(void);

/* Raises "interrupted" if the flag is up. */
void ritz_interrupt_check(lua_State *L);

#endif
