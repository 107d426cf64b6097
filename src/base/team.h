/* team.h - the threads that stand ready to help with tiles. */
#ifndef RITZ_BASE_TEAM_H
#define RITZ_BASE_TEAM_H

#include "base/parallel.h"

typedef struct ritz_team_job {
    ritz_tile_fn *fn;
    void *context;
    size_t count;
    int threads; /* 2 or more, the caller included */
    bool whole;  /* do not look at the interrupt flag */
} ritz_team_job;

/* Runs the tiles on the caller and on helpers; *finished is false when the
 * interrupt flag left some undone. Returns false, with nothing run, when the
 * team is at work for another thread. */
bool ritz_team_run(const ritz_team_job *job, bool *finished);

#endif
