/* optim.h - update rules and schedules, as compositions of primitives.
 *
 * A rule takes one parameter with its gradient and what it remembers, and
 * gives the new values; walking over all parameters, counting steps and
 * choosing options is done in lua/ritz/optim.lua.
 */
#ifndef RITZ_OPTIM_OPTIM_H
#define RITZ_OPTIM_OPTIM_H

#include "graph/function.h"

/* All records of this module, ended by NULL. */
extern const ritz_function *const ritz_optim_functions[];

#endif
