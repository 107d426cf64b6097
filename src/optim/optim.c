/* optim.c - the list of records. */
#include "optim/inside.h"

#include <stddef.h>

const ritz_function *const ritz_optim_functions[] = {
    &ritz_optim_sgd_step,
    &ritz_optim_momentum_step,
    &ritz_optim_sgd_sai_step,
    &ritz_optim_lion_step,
    &ritz_optim_adagrad_step,
    &ritz_optim_rmsprop_step,
    &ritz_optim_adam_step,
    &ritz_optim_adabelief_step,
    &ritz_optim_adan_step,
    &ritz_optim_adamp_step,
    &ritz_optim_sgdp_step,
    &ritz_optim_muon_step,
    &ritz_optim_step_factor,
    &ritz_optim_cosine_factor,
    &ritz_optim_linear_factor,
    &ritz_optim_warmup_factor,
    &ritz_optim_exponential_factor,
    &ritz_optim_polynomial_factor,
    &ritz_optim_inverse_sqrt_factor,
    NULL,
};
