/* optim.c - the list of records. */
#include "optim/inside.h"

#include <stddef.h>

const ritz_function *const ritz_optim_functions[] = {
    &ritz_optim_sgd_step,      &ritz_optim_momentum_step,
    &ritz_optim_adam_step,     &ritz_optim_step_factor,
    &ritz_optim_cosine_factor, &ritz_optim_linear_factor,
    &ritz_optim_warmup_factor, NULL,
};
