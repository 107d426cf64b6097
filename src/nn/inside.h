/* inside.h - checks and the list of records that the files of nn share. */
#ifndef RITZ_NN_INSIDE_H
#define RITZ_NN_INSIDE_H

#include "graph/build.h"
#include "graph/infer.h"
#include "nn/nn.h"

/* Report to the graph what is wrong and return false; also when the graph has
 * failed before, since then shapes mean nothing. */
bool ritz_nn_wants_float(ritz_graph *g, const char *who, const ritz_node *x);
/* `want` says the shape: "images [..., height, width, channels]". */
bool ritz_nn_wants_rank(ritz_graph *g, const char *who, const ritz_node *x,
                        int rank, const char *want);
bool ritz_nn_wants_index(ritz_graph *g, const char *who, const ritz_node *x);
bool ritz_nn_wants_key(ritz_graph *g, const char *who, const ritz_node *key);
/* A vector with one entry for each of the `size` entries of x's last axis;
 * NULL passes. */
bool ritz_nn_wants_vector(ritz_graph *g, const char *who, const char *name,
                          const ritz_node *v, const ritz_node *x);

/* y without these axes, which have size 1. */
ritz_node *ritz_nn_drop_axes(ritz_graph *g, ritz_node *y, const int *axes,
                             int n);

extern const ritz_function ritz_nn_relu, ritz_nn_leaky_relu, ritz_nn_elu,
    ritz_nn_gelu, ritz_nn_silu;
extern const ritz_function ritz_nn_mean, ritz_nn_var, ritz_nn_std, ritz_nn_min,
    ritz_nn_norm, ritz_nn_dot;
extern const ritz_function ritz_nn_logsumexp, ritz_nn_softmax,
    ritz_nn_log_softmax;
extern const ritz_function ritz_nn_linear, ritz_nn_conv2d, ritz_nn_max_pool2d,
    ritz_nn_avg_pool2d;
extern const ritz_function ritz_nn_layer_norm, ritz_nn_rms_norm,
    ritz_nn_group_norm, ritz_nn_batch_norm, ritz_nn_dropout;
extern const ritz_function ritz_nn_attention, ritz_nn_lstm_cell,
    ritz_nn_gru_cell;
extern const ritz_function ritz_nn_one_hot, ritz_nn_embedding;
extern const ritz_function ritz_nn_sort, ritz_nn_top_k, ritz_nn_take_along,
    ritz_nn_argmin, ritz_nn_quantile, ritz_nn_median, ritz_nn_searchsorted;
extern const ritz_function ritz_nn_transpose, ritz_nn_tril, ritz_nn_triu,
    ritz_nn_diag, ritz_nn_diagonal, ritz_nn_trace, ritz_nn_outer, ritz_nn_det,
    ritz_nn_slogdet, ritz_nn_inv, ritz_nn_lstsq, ritz_nn_matrix_power;
extern const ritz_function ritz_nn_prod, ritz_nn_cumprod, ritz_nn_cummax,
    ritz_nn_cummin, ritz_nn_any, ritz_nn_all;
extern const ritz_function ritz_nn_flip, ritz_nn_roll, ritz_nn_stack,
    ritz_nn_tile, ritz_nn_repeat, ritz_nn_squeeze, ritz_nn_expand,
    ritz_nn_move_axis, ritz_nn_meshgrid;
extern const ritz_function ritz_nn_clip, ritz_nn_log2, ritz_nn_log10,
    ritz_nn_exp2, ritz_nn_logaddexp, ritz_nn_greater, ritz_nn_greater_equal,
    ritz_nn_logical_not, ritz_nn_logical_and, ritz_nn_logical_or,
    ritz_nn_is_nan, ritz_nn_nan_to_num, ritz_nn_allclose;
extern const ritz_function ritz_nn_einsum;
extern const ritz_function ritz_nn_mse, ritz_nn_cross_entropy, ritz_nn_accuracy;

#endif
