/* nn.c - the list of records, and the checks that they share. */
#include "nn/inside.h"

const ritz_function *const ritz_nn_functions[] = {
    &ritz_nn_relu,        &ritz_nn_leaky_relu,
    &ritz_nn_elu,         &ritz_nn_gelu,
    &ritz_nn_silu,        &ritz_nn_mean,
    &ritz_nn_var,         &ritz_nn_std,
    &ritz_nn_min,         &ritz_nn_norm,
    &ritz_nn_dot,         &ritz_nn_logsumexp,
    &ritz_nn_softmax,     &ritz_nn_log_softmax,
    &ritz_nn_linear,      &ritz_nn_conv2d,
    &ritz_nn_max_pool2d,  &ritz_nn_avg_pool2d,
    &ritz_nn_layer_norm,  &ritz_nn_rms_norm,
    &ritz_nn_group_norm,  &ritz_nn_attention,
    &ritz_nn_lstm_cell,   &ritz_nn_gru_cell,
    &ritz_nn_batch_norm,  &ritz_nn_dropout,
    &ritz_nn_one_hot,     &ritz_nn_embedding,
    &ritz_nn_mse,         &ritz_nn_cross_entropy,
    &ritz_nn_accuracy,    &ritz_nn_sort,
    &ritz_nn_top_k,       &ritz_nn_take_along,
    &ritz_nn_argmin,      &ritz_nn_quantile,
    &ritz_nn_median,      &ritz_nn_searchsorted,
    &ritz_nn_transpose,   &ritz_nn_tril,
    &ritz_nn_triu,        &ritz_nn_diag,
    &ritz_nn_diagonal,    &ritz_nn_trace,
    &ritz_nn_outer,       &ritz_nn_det,
    &ritz_nn_slogdet,     &ritz_nn_inv,
    &ritz_nn_lstsq,       &ritz_nn_matrix_power,
    &ritz_nn_prod,        &ritz_nn_cumprod,
    &ritz_nn_cummax,      &ritz_nn_cummin,
    &ritz_nn_any,         &ritz_nn_all,
    &ritz_nn_flip,        &ritz_nn_roll,
    &ritz_nn_stack,       &ritz_nn_tile,
    &ritz_nn_repeat,      &ritz_nn_squeeze,
    &ritz_nn_expand,      &ritz_nn_move_axis,
    &ritz_nn_meshgrid,    &ritz_nn_clip,
    &ritz_nn_log2,        &ritz_nn_log10,
    &ritz_nn_exp2,        &ritz_nn_logaddexp,
    &ritz_nn_greater,     &ritz_nn_greater_equal,
    &ritz_nn_logical_not, &ritz_nn_logical_and,
    &ritz_nn_logical_or,  &ritz_nn_is_nan,
    &ritz_nn_nan_to_num,  &ritz_nn_allclose,
    &ritz_nn_einsum,      NULL,
};

static bool is_whole(const ritz_graph *g)
{
    return ritz_graph_status(g, NULL) == RITZ_OK;
}

bool ritz_nn_wants_float(ritz_graph *g, const char *who, const ritz_node *x)
{
    if (is_whole(g) && !ritz_dtype_is_float(x->dtype))
        ritz_graph_fail(g, RITZ_EDTYPE,
                        "%s: wants f32 or f64, got %s: convert with "
                        ":to(\"f32\")",
                        who, ritz_type_of(x).text);
    return is_whole(g);
}

bool ritz_nn_wants_rank(ritz_graph *g, const char *who, const ritz_node *x,
                        int rank, const char *want)
{
    if (is_whole(g) && x->shape.rank < rank)
        ritz_graph_fail(g, RITZ_ESHAPE, "%s: wants %s, got %s", who, want,
                        ritz_type_of(x).text);
    return is_whole(g);
}

bool ritz_nn_wants_index(ritz_graph *g, const char *who, const ritz_node *x)
{
    if (is_whole(g) && x->dtype != RITZ_I64)
        ritz_graph_fail(g, RITZ_EDTYPE,
                        "%s: wants i64, counted from 1, got %s: convert with "
                        ":to(\"i64\")",
                        who, ritz_type_of(x).text);
    return is_whole(g);
}

bool ritz_nn_wants_key(ritz_graph *g, const char *who, const ritz_node *key)
{
    const ritz_shape *s = &key->shape;
    if (is_whole(g) &&
        (key->dtype != RITZ_I64 || s->rank != 1 || s->dim[0] != 2))
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "%s: wants a key, i64[2] (ritz.key), got %s", who,
                        ritz_type_of(key).text);
    return is_whole(g);
}

bool ritz_nn_wants_vector(ritz_graph *g, const char *who, const char *name,
                          const ritz_node *v, const ritz_node *x)
{
    const int64_t size =
        x->shape.rank > 0 ? x->shape.dim[x->shape.rank - 1] : 0;
    if (v && is_whole(g) && (v->shape.rank != 1 || v->shape.dim[0] != size))
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "%s: %s must be [%lld], one for each channel of %s, "
                        "got %s",
                        who, name, (long long)size, ritz_type_of(x).text,
                        ritz_type_of(v).text);
    return is_whole(g);
}
