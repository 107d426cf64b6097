/* jacobian.c - all derivatives of all elements: unit directions, batched. */
#include "graph/build.h"
#include "graph/transform.h"

#include <string.h>

static int64_t count_all(ritz_node *const *node, int n)
{
    int64_t sum = 0;
    for (int i = 0; i < n; i++)
        sum += ritz_shape_count(&node[i]->shape);
    return sum;
}

/* `size` tensors like x, of which those from `first` on have a one at element
 * 1, 2, ... and the others are zero. */
static ritz_node *units(ritz_graph *g, const ritz_node *x, int64_t size,
                        int64_t first)
{
    const ritz_shape line = {.rank = 1, .dim = {size}};
    ritz_shape full = {.rank = x->shape.rank + 1, .dim = {size}};
    memcpy(full.dim + 1, x->shape.dim,
           (size_t)x->shape.rank * sizeof *full.dim);
    ritz_node *element = ritz_iota(g, RITZ_I64, &line, 0, 1.0 - (double)first);
    ritz_node *one =
        ritz_one_hot(g, element, ritz_shape_count(&x->shape), x->dtype);
    return ritz_reshape(g, one, &full);
}

/* The block of `all`, [size, ...], in the rows of one unit tensor. */
static ritz_node *block(ritz_graph *g, ritz_node *all, const ritz_node *output,
                        const ritz_node *variable, int64_t first, bool forward)
{
    const ritz_node *seeded = forward ? variable : output;
    const int64_t count = ritz_shape_count(&seeded->shape);
    ritz_shape s = output->shape;
    for (int i = 0; i < variable->shape.rank; i++)
        s.dim[s.rank++] = variable->shape.dim[i];
    ritz_node *rows = ritz_slice_axis(g, all, 0, first, first + count);
    if (forward && ritz_graph_status(g, NULL) == RITZ_OK)
        rows = ritz_move_axis(g, rows, 0, rows->shape.rank - 1);
    return ritz_reshape(g, rows, &s);
}

/* Refuses a rank that no tensor can have, before a shape of it is made. */
static bool fits(ritz_graph *g, ritz_node *const *variable, int nvar,
                 ritz_node *const *output, int nout)
{
    for (int o = 0; o < nout; o++)
        for (int i = 0; i < nvar; i++)
            if (output[o]->shape.rank + variable[i]->shape.rank >=
                RITZ_MAX_RANK) {
                ritz_graph_fail(g, RITZ_ESHAPE,
                                "jacobian: wanted axes of result and argument "
                                "below %d together, got %d and %d",
                                RITZ_MAX_RANK, output[o]->shape.rank,
                                variable[i]->shape.rank);
                return false;
            }
    return true;
}

void ritz_jacobian(ritz_graph *g, ritz_node *const *variable, int nvar,
                   ritz_node *const *output, int nout, bool forward,
                   ritz_node **result)
{
    ritz_node *const *seeded = forward ? variable : output;
    const int nseeded = forward ? nvar : nout, nother = forward ? nout : nvar;
    const int64_t size = count_all(seeded, nseeded);
    ritz_node **list = ritz_arena_alloc(
        ritz_graph_arena(g), 2 * (size_t)(nseeded + nother), sizeof *list);
    if (!list)
        ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
    if (!list || !fits(g, variable, nvar, output, nout))
        return;
    ritz_node **unit = list, **one = unit + nseeded;
    ritz_node **moved = one + nseeded, **all = moved + nother;
    int64_t first = 0;
    for (int i = 0; i < nseeded; i++) {
        unit[i] = units(g, seeded[i], size, first);
        one[i] = ritz_batch_variable(g, unit[i], 0);
        first += ritz_shape_count(&seeded[i]->shape);
    }
    if (forward)
        ritz_jvp(g, variable, one, nvar, output, nout, moved);
    else
        ritz_vjp(g, output, one, nout, variable, nvar, moved);
    ritz_vmap(g, one, unit, nseeded, size, moved, nother, all);
    first = 0;
    for (int s = 0; s < nseeded; s++) {
        for (int k = 0; k < nother; k++) {
            const int o = forward ? k : s, i = forward ? s : k;
            result[o * nvar + i] =
                block(g, all[k], output[o], variable[i], first, forward);
        }
        first += ritz_shape_count(&seeded[s]->shape);
    }
}
