/* lookup.c - dropout, one-hot vectors and embeddings. */
#include "nn/inside.h"

static void build_dropout(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0], *key = call->x[1];
    const double rate = call->v[0].number;
    out[0] = NULL;
    if (!ritz_nn_wants_float(g, "dropout", x) ||
        !ritz_nn_wants_key(g, "dropout", key))
        return;
    ritz_node *u =
        ritz_draw(g, &ritz_primitive_uniform, key, &x->shape, x->dtype);
    ritz_node *keep = ritz_less_equal(g, ritz_scalar_like(g, u, rate), u);
    /* rate < 1, so the quotient is finite. */
    out[0] = ritz_where(g, keep, ritz_scale(g, x, 1.0 / (1.0 - rate)),
                        ritz_scalar_like(g, x, 0.0));
}

const ritz_function ritz_nn_dropout = {
    .module = "ritz",
    .name = "dropout",
    .signature = "ritz.dropout(x, key, rate)",
    .summary = "Sets elements to 0 with probability `rate` and scales the "
               "others, so that the mean stays.",
    .details = "The key decides which; the same key, the same elements.",
    .source = "Srivastava et al. 2014, section 10",
    .example = "ritz.dropout(ritz.ones{3}, ritz.key(1), 0)  --> {1, 1, 1}",
    .tensors = 2,
    .params = {{.name = "rate",
                .kind = RITZ_PARAM_NUMBER,
                .fallback = 0.5,
                .high = 0.999999,
                .doc = "the probability of 0"}},
    .build = build_dropout,
};

static void build_one_hot(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *index = call->x[0];
    out[0] = NULL;
    if (!ritz_nn_wants_index(g, "one_hot", index))
        return;
    const ritz_dtype dtype =
        call->v[1].given ? (ritz_dtype)call->v[1].i : RITZ_F32;
    if (index->shape.rank == RITZ_MAX_RANK)
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "one_hot: wants at most %d axes, got %s",
                        RITZ_MAX_RANK - 1, ritz_type_of(index).text);
    else
        out[0] = ritz_one_hot(g, index, call->v[0].i, dtype);
}

const ritz_function ritz_nn_one_hot = {
    .module = "ritz",
    .name = "one_hot",
    .signature = "ritz.one_hot(index, classes, dtype)",
    .summary = "For each index a vector with 1 at that position and 0 "
               "elsewhere.",
    .details = "index is i64, counted from 1; the result has one more axis. "
               "An index outside gives zeros.",
    .source = "JAX's nn.one_hot, counted from 1",
    .example = "ritz.one_hot(ritz.tensor({2, 1}, \"i64\"), 2)"
               "  --> {{0, 1}, {1, 0}}",
    .tensors = 1,
    .params = {{.name = "classes",
                .kind = RITZ_PARAM_INT,
                .required = true,
                .low = 0,
                .high = 1e9,
                .doc = "the length of the vectors"},
               {.name = "dtype",
                .kind = RITZ_PARAM_DTYPE,
                .doc = "of the result; f32 when left out"}},
    .build = build_one_hot,
};

static void build_embedding(ritz_graph *g, const ritz_call *call,
                            ritz_node **out)
{
    ritz_node *table = call->x[0], *index = call->x[1];
    out[0] = NULL;
    if (ritz_nn_wants_rank(g, "embedding", table, 2, "a table [n, size]") &&
        ritz_nn_wants_index(g, "embedding", index))
        out[0] = ritz_take_axis(g, table, index, 0, 0);
}

const ritz_function ritz_nn_embedding = {
    .module = "ritz",
    .name = "embedding",
    .signature = "ritz.embedding(table, index)",
    .summary = "The rows of a table at the given positions.",
    .details = "table is [n, size], index i64, 1 to n, of any shape; the "
               "result is [shape of index, size].",
    .source = "Bengio et al. 2003",
    .example = "ritz.embedding(ritz.tensor{{1, 2}, {3, 4}}, "
               "ritz.tensor({2}, \"i64\"))  --> {{3, 4}}",
    .tensors = 2,
    .build = build_embedding,
};
