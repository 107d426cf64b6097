/* inside.h - the records that optim.c lists, and what rules share. */
#ifndef RITZ_OPTIM_INSIDE_H
#define RITZ_OPTIM_INSIDE_H

#include "graph/build.h"
#include "graph/infer.h"
#include "optim/optim.h"

#include <math.h>

extern const ritz_function ritz_optim_sgd_step, ritz_optim_momentum_step,
    ritz_optim_sgd_sai_step, ritz_optim_lion_step;
extern const ritz_function ritz_optim_adagrad_step, ritz_optim_rmsprop_step;
extern const ritz_function ritz_optim_adam_step, ritz_optim_adabelief_step,
    ritz_optim_adan_step;
extern const ritz_function ritz_optim_adamp_step, ritz_optim_sgdp_step;
extern const ritz_function ritz_optim_muon_step;
extern const ritz_function ritz_optim_step_factor, ritz_optim_cosine_factor,
    ritz_optim_linear_factor, ritz_optim_warmup_factor,
    ritz_optim_exponential_factor, ritz_optim_polynomial_factor,
    ritz_optim_inverse_sqrt_factor;

/* Checks the operands of a rule: one letter of `want` for each, p for what has
 * dtype and shape of the first, s for a scalar. Missing ones pass. */
bool ritz_optim_check(ritz_graph *g, const ritz_call *call, const char *want);

/* Operand i, a scalar, in the dtype of the parameter. */
ritz_node *ritz_optim_number(ritz_graph *g, const ritz_call *call, int i);

/* p - lr decay p, with the factor computed once. */
ritz_node *ritz_optim_shrink(ritz_graph *g, ritz_node *p, ritz_node *lr,
                             double decay);

/* Parameter and gradient after weight decay: RITZ_OPTIM_DECAY is parameter
 * `at` of the record, RITZ_OPTIM_DECOUPLED the one after it. */
typedef struct ritz_decayed {
    ritz_node *p, *grad;
} ritz_decayed;
ritz_decayed ritz_optim_decay(ritz_graph *g, const ritz_call *call,
                              ritz_node *lr, int at);

/* beta old + (1 - beta) now. */
ritz_node *ritz_optim_mean(ritz_graph *g, ritz_node *old, ritz_node *now,
                           double beta);

/* 1 - beta^t, without cancellation for beta near 1. */
ritz_node *ritz_optim_correction(ritz_graph *g, double beta, ritz_node *t);

/* The root of a mean of squares. */
ritz_node *ritz_optim_root(ritz_graph *g, ritz_node *v);

/* Parameters of records. */
#define RITZ_OPTIM_DECAY                                                     \
    {                                                                        \
        .name = "weight_decay", .kind = RITZ_PARAM_NUMBER, .high = INFINITY, \
        .doc = "times the parameter, added to the gradient"                  \
    }
#define RITZ_OPTIM_DECOUPLED                                            \
    {                                                                   \
        .name = "decoupled", .kind = RITZ_PARAM_BOOL,                   \
        .doc = "decay times rate and parameter, taken off the latter, " \
               "instead"                                                \
    }
#define RITZ_OPTIM_OWN_DECAY(value)                                          \
    {                                                                        \
        .name = "weight_decay", .kind = RITZ_PARAM_NUMBER, .high = INFINITY, \
        .fallback = (value),                                                 \
        .doc = "times rate and parameter, taken off the parameter "          \
               "(decoupled)"                                                 \
    }
#define RITZ_OPTIM_BETA(word, value, text)                              \
    {                                                                   \
        .name = (word), .kind = RITZ_PARAM_NUMBER, .fallback = (value), \
        .low = 1e-9, .high = 0.999999999, .doc = (text)                 \
    }
#define RITZ_OPTIM_ADAM_BETAS                                    \
    RITZ_OPTIM_BETA("beta1", 0.9, "decay of the mean gradient"), \
        RITZ_OPTIM_BETA("beta2", 0.999, "decay of the mean square")
#define RITZ_OPTIM_EPS(value)                                          \
    {                                                                  \
        .name = "eps", .kind = RITZ_PARAM_NUMBER, .fallback = (value), \
        .high = 1.0, .doc = "added to the root"                        \
    }
#define RITZ_OPTIM_MOMENTUM(value)                                          \
    {                                                                       \
        .name = "momentum", .kind = RITZ_PARAM_NUMBER, .fallback = (value), \
        .high = 1.0, .doc = "what remains of m in each step"                \
    }
#define RITZ_OPTIM_NESTEROV(value)                                        \
    {                                                                     \
        .name = "nesterov", .kind = RITZ_PARAM_BOOL, .fallback = (value), \
        .doc = "look ahead along m"                                       \
    }

#endif
