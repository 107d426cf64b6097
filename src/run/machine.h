/* machine.h - what a manifest says about where a run ran. */
#ifndef RITZ_RUN_MACHINE_H
#define RITZ_RUN_MACHINE_H

#include "run/facts.h"

/* "cpu" and "cores" of the section "machine". */
void ritz_machine_facts(ritz_facts *facts);

/* The section "git": the commit of the repository around the file `path`. No
 * repository, or one that is kept in a way unknown here: no fact. */
void ritz_git_facts(ritz_facts *facts, const char *path);

#endif
