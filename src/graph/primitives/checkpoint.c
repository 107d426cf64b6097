/* checkpoint.c - recomputing instead of storing: checkpoint and barrier.
 *
 * A checkpoint has as operands the outputs of a part of the graph and the nodes
 * outside of it that the part reads. Its value is that of the former. Reverse
 * mode copies the part behind barriers, which keep the compiler from finding
 * that the copy equals what it computed before.
 */
#include "graph/custom.h"

#include "base/memory.h"
#include "graph/batch.h"
#include "graph/build.h"
#include "graph/cut.h"
#include "graph/infer.h"
#include "graph/transform.h"

#include <string.h>

/* barrier. attr: a[0] tells it from others. */

static ritz_node *barrier_push(ritz_graph *g, const ritz_rule *at,
                               ritz_node *const *tangent)
{
    (void)g, (void)at;
    return tangent[0];
}

static ritz_node *barrier_pull(ritz_graph *g, const ritz_rule *at, int i,
                               ritz_node *ct)
{
    (void)g, (void)at, (void)i;
    return ct;
}

ritz_node *ritz_barrier(ritz_graph *g, ritz_node *x, int64_t serial)
{
    const ritz_attr attr = {.a = {serial}};
    return ritz_apply(g, &ritz_primitive_barrier, &x, 1, &attr);
}

const ritz_primitive ritz_primitive_barrier = {
    .function = {.name = "barrier",
                 .summary = "The same value, computed with anew."},
    .class = RITZ_CLASS_ALIAS,
    .infer = ritz_infer_alias,
    .jvp = barrier_push,
    .vjp = barrier_pull,
    .batch = ritz_batch_elementwise,
};

/* checkpoint. attr: n outputs. in: the outputs, then what is read. */

static int count_outputs(const ritz_attr *attr)
{
    return attr->n;
}

static ritz_status infer_checkpoint(ritz_type *out, ritz_node *const *in,
                                    int nin, const ritz_attr *attr,
                                    ritz_error *err)
{
    (void)nin, (void)err;
    for (int k = 0; k < attr->n; k++)
        out[k] = (ritz_type){in[k]->dtype, in[k]->shape};
    return RITZ_OK;
}

static void *scratch(ritz_graph *g, int count)
{
    void *list = ritz_arena_alloc(ritz_graph_arena(g), (size_t)count + 1,
                                  sizeof(ritz_node *));
    if (!list)
        ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
    return list;
}

/* Writes the outputs of a checkpoint whose part reads from in[n] on. */
static void apply(ritz_graph *g, ritz_node *const *in, int nin, int n,
                  ritz_node **out)
{
    const ritz_attr attr = {.n = n};
    ritz_node *main = ritz_apply(g, &ritz_primitive_checkpoint, in, nin, &attr);
    for (int k = 0; k < n; k++)
        out[k] = ritz_output(main, k);
}

void ritz_checkpoint(ritz_graph *g, uint32_t first, ritz_node *const *output,
                     int nout, ritz_node **out)
{
    int nread;
    ritz_node **read = ritz_read_outside(g, first, output, nout, &nread);
    ritz_node **in = scratch(g, nout + nread);
    for (int k = 0; k < nout; k++)
        out[k] = output[k];
    if (!read || !in || nout == 0)
        return;
    memcpy(in, output, (size_t)nout * sizeof *in);
    memcpy(in + nout, read, (size_t)nread * sizeof *in);
    apply(g, in, nout + nread, nout, out);
    for (int k = 0; k < nout; k++)
        if (ritz_graph_status(g, NULL) == RITZ_OK)
            out[k]->weak = in[k]->weak; /* `out` may be `output` */
}

/* The tangents are a part of their own, which reads the same and the tangents
 * of what was read. */
static void checkpoint_push(ritz_graph *g, const ritz_rule *at,
                            ritz_node *const *tangent, ritz_node **result)
{
    const int n = at->nout, nread = at->nin - n;
    ritz_node **in = scratch(g, n + 2 * nread);
    ritz_node **out = scratch(g, n);
    int moved = 0, nin = 0;
    if (!in || !out)
        return;
    for (int k = 0; k < n; k++)
        if (tangent[k])
            in[nin++] = tangent[k];
    moved = nin;
    for (int i = n; i < at->nin; i++)
        in[nin++] = at->in[i];
    for (int i = n; i < at->nin; i++)
        if (tangent[i])
            in[nin++] = tangent[i];
    if (moved > 0)
        apply(g, in, nin, moved, out);
    for (int k = 0, m = 0; k < n && moved > 0; k++)
        result[k] = tangent[k] ? out[m++] : NULL;
}

/* Copies the part behind barriers, which `from` receives. */
static bool copy_part(ritz_graph *g, const ritz_rule *at, ritz_node **from,
                      ritz_node **copy)
{
    const int n = at->nout;
    const int64_t serial = ritz_graph_size(g);
    for (int i = n; i < at->nin; i++)
        from[i - n] = ritz_barrier(g, at->in[i], serial);
    ritz_node **map = ritz_new(ritz_graph_size(g), sizeof *map);
    if (!map) {
        ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
        return false;
    }
    for (int i = n; i < at->nin; i++)
        map[at->in[i]->id] = from[i - n];
    ritz_copy_nodes(g, g, map, at->in, n, copy);
    ritz_free(map);
    return ritz_graph_status(g, NULL) == RITZ_OK;
}

static void checkpoint_pull(ritz_graph *g, const ritz_rule *at,
                            ritz_node *const *ct, const bool *wanted,
                            ritz_node **result)
{
    const int n = at->nout, nread = at->nin - n;
    ritz_node **copy = scratch(g, n), **from = scratch(g, nread);
    ritz_node **made = scratch(g, nread);
    int count = 0;
    if (!copy || !from || !made || !copy_part(g, at, from, copy))
        return;
    for (int i = 0; i < nread; i++)
        if (wanted[n + i])
            from[count++] = from[i];
    ritz_vjp(g, copy, ct, n, from, count, made);
    for (int i = at->nin; i-- > n;)
        if (wanted[i])
            result[i] = made[--count];
}

static void checkpoint_batch(ritz_graph *g, const ritz_rule *at,
                             ritz_node *const *in, const bool *batched,
                             int64_t size, ritz_node **result)
{
    ritz_node **list = scratch(g, at->nin);
    if (!list)
        return;
    for (int i = 0; i < at->nin; i++)
        list[i] =
            i < at->nout ? ritz_with_batch(g, in[i], batched[i], size) : in[i];
    apply(g, list, at->nin, at->nout, result);
}

static const ritz_many checkpoint_rules = {
    .outputs = count_outputs,
    .infer = infer_checkpoint,
    .jvp = checkpoint_push,
    .vjp = checkpoint_pull,
    .batch = checkpoint_batch,
};

const ritz_primitive ritz_primitive_checkpoint = {
    .function = {.name = "checkpoint",
                 .summary = "Values that reverse mode computes anew."},
    .class = RITZ_CLASS_ALIAS,
    .many = &checkpoint_rules,
};
