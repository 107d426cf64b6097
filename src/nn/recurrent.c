/* recurrent.c - what a recurrent cell does between its products.
 *
 * The products stay outside: that with the inputs is one for all steps, ahead
 * of the loop, and only that with the state is made in every step.
 */
#include "nn/inside.h"

/* Part i of `parts` of the last axis, and its sigmoid. */
static ritz_node *part(ritz_graph *g, ritz_node *z, int i, int parts)
{
    const int last = z->shape.rank - 1;
    const int64_t n = z->shape.dim[last] / parts;
    return ritz_slice_axis(g, z, last, i * n, (i + 1) * n);
}

static ritz_node *gate(ritz_graph *g, ritz_node *z, int i, int parts)
{
    return ritz_sigmoid(g, part(g, z, i, parts));
}

/* z is like h, but so many times as wide. */
static bool is_wide(const ritz_node *z, const ritz_node *h, int parts)
{
    const int last = h->shape.rank - 1;
    ritz_shape want = h->shape;
    if (last >= 0)
        want.dim[last] *= parts;
    return last >= 0 && z->dtype == h->dtype &&
           ritz_shape_equal(&z->shape, &want);
}

/* All operands but the last are `parts` times as wide as the last. */
static bool check(ritz_graph *g, const ritz_call *call, int parts)
{
    const char *who = call->function->name;
    const ritz_node *h = call->x[call->nx - 1];
    if (!ritz_nn_wants_float(g, who, h))
        return false;
    for (int i = 0; i < call->nx - 1; i++)
        if (!is_wide(call->x[i], h, parts)) {
            ritz_graph_fail(g, RITZ_ESHAPE,
                            "%s: argument %d must be %d times as wide as the "
                            "last, %s, got %s",
                            who, i + 1, parts, ritz_type_of(h).text,
                            ritz_type_of(call->x[i]).text);
            return false;
        }
    return true;
}

static void build_lstm(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *z = call->x[0], *c = call->x[1];
    out[0] = out[1] = NULL;
    if (!check(g, call, 4))
        return;
    ritz_node *candidate = ritz_tanh(g, part(g, z, 2, 4));
    c = ritz_add(g, ritz_mul(g, gate(g, z, 1, 4), c),
                 ritz_mul(g, gate(g, z, 0, 4), candidate));
    out[0] = ritz_mul(g, gate(g, z, 3, 4), ritz_tanh(g, c));
    out[1] = c;
}

const ritz_function ritz_nn_lstm_cell = {
    .module = "ritz",
    .name = "lstm_cell",
    .signature = "ritz.lstm_cell(z, c)",
    .summary = "One step of an LSTM: the new state h and the new memory c.",
    .details = "z is [..., 4 n], the sum x w + h u + b, with input gate i, "
               "forget gate f, candidate g and output gate o in this order, "
               "and c is [..., n]. c' = sigmoid(f) c + sigmoid(i) tanh(g), and "
               "h' = sigmoid(o) tanh(c').",
    .source = "Hochreiter and Schmidhuber 1997; Gers et al. 2000 (forget gate)",
    .example =
        "(ritz.lstm_cell(ritz.zeros{4}, ritz.tensor{2}))  --> {0.380797}",
    .tensors = 2,
    .results = 2,
    .build = build_lstm,
};

static void build_gru(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0], *u = call->x[1], *h = call->x[2];
    out[0] = NULL;
    if (!check(g, call, 3))
        return;
    ritz_node *sum = ritz_add(g, x, u);
    ritz_node *reset = gate(g, sum, 0, 3), *keep = gate(g, sum, 1, 3);
    ritz_node *candidate = ritz_tanh(
        g, ritz_add(g, part(g, x, 2, 3), ritz_mul(g, reset, part(g, u, 2, 3))));
    out[0] =
        ritz_add(g, candidate, ritz_mul(g, keep, ritz_sub(g, h, candidate)));
}

const ritz_function ritz_nn_gru_cell = {
    .module = "ritz",
    .name = "gru_cell",
    .signature = "ritz.gru_cell(x, u, h)",
    .summary = "One step of a GRU: the new state h.",
    .details = "x is [..., 3 n], the part of the inputs, and u [..., 3 n], "
               "that of the state h [..., n], with reset gate r, update gate z "
               "and candidate n in this order. n = tanh(x_n + sigmoid(x_r + "
               "u_r) u_n), h' = n + sigmoid(x_z + u_z) (h - n). As in PyTorch, "
               "the reset gate acts after the product with the state; in the "
               "paper it acts before.",
    .source = "Cho et al. 2014, equations 5 to 8, with the gates of PyTorch",
    .example = "ritz.gru_cell(ritz.zeros{3}, ritz.zeros{3}, ritz.tensor{2})"
               "  --> {1}",
    .tensors = 3,
    .build = build_gru,
};
