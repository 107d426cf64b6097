/* inside.h - the records that optim.c lists. */
#ifndef RITZ_OPTIM_INSIDE_H
#define RITZ_OPTIM_INSIDE_H

#include "optim/optim.h"

extern const ritz_function ritz_optim_sgd_step, ritz_optim_momentum_step,
    ritz_optim_adam_step;
extern const ritz_function ritz_optim_step_factor, ritz_optim_cosine_factor,
    ritz_optim_linear_factor, ritz_optim_warmup_factor;

#endif
