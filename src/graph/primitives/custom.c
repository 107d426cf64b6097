/* custom.c - functions whose derivative the user gives.
 *
 * The node's operands are, one list after the other: outputs, arguments,
 * directions (placeholders), results of the rule, and what both parts read of
 * older nodes, which batching must know. Applying the rule copies it with
 * directions in the place of the placeholders.
 */
#include "graph/custom.h"

#include "base/memory.h"
#include "graph/batch.h"
#include "graph/build.h"
#include "graph/cut.h"
#include "graph/infer.h"
#include "graph/primitives/linear.h"
#include "graph/transform.h"

#include <string.h>

/* placeholder. attr: a[0..n-1] is the shape, dtype the dtype. */

ritz_node *ritz_placeholder(ritz_graph *g, ritz_dtype dtype,
                            const ritz_shape *shape)
{
    ritz_attr attr = {.dtype = (int32_t)dtype,
                      .axis = (int32_t)ritz_graph_size(g)};
    ritz_attr_set_shape(&attr, shape);
    return ritz_apply(g, &ritz_primitive_placeholder, NULL, 0, &attr);
}

const ritz_primitive ritz_primitive_placeholder = {
    .function = {.name = "placeholder",
                 .summary = "A direction that a rule is given before."},
    .class = RITZ_CLASS_LEAF,
    .infer = ritz_infer_shape,
    .no_derivative = "none, because it depends on nothing",
};

/* custom. attr: n outputs, a[0] arguments, flags: forward. */

typedef struct layout {
    int nout, nx, ndirection, nresult, nread;
    int x, direction, result, read; /* where the lists begin */
} layout;

static layout layout_of(const ritz_attr *attr, int nin)
{
    layout l = {.nout = attr->n, .nx = (int)attr->a[0]};
    l.ndirection = attr->flags ? l.nx : l.nout;
    l.nresult = attr->flags ? l.nout : l.nx;
    l.x = l.nout;
    l.direction = l.x + l.nx;
    l.result = l.direction + l.ndirection;
    l.read = l.result + l.nresult;
    l.nread = nin - l.read;
    return l;
}

static int count_outputs(const ritz_attr *attr)
{
    return attr->n;
}

static ritz_status infer_custom(ritz_type *out, ritz_node *const *in, int nin,
                                const ritz_attr *attr, ritz_error *err)
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

static void apply(ritz_graph *g, ritz_node *const *in, int nin,
                  const ritz_attr *attr, ritz_node **out)
{
    ritz_node *main = ritz_apply(g, &ritz_primitive_custom, in, nin, attr);
    for (int k = 0; k < attr->n; k++)
        out[k] = ritz_output(main, k);
}

/* The results of the rule with with[i] in the place of operand i of `count`
 * operands from `first` on, where it is not NULL. */
static void copy_rule(ritz_graph *g, const ritz_rule *at,
                      ritz_node *const *with, int first, int count,
                      ritz_node **result)
{
    const layout l = layout_of(at->attr, at->nin);
    ritz_node **map = ritz_new(ritz_graph_size(g), sizeof *map);
    for (int i = 0; i < l.nresult; i++)
        result[i] =
            map ? NULL
                : ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
    if (!map)
        return;
    for (int i = 0; i < count; i++)
        if (with[i])
            map[at->in[first + i]->id] = with[i];
    ritz_copy_nodes(g, g, map, at->in + l.result, l.nresult, result);
    ritz_free(map);
}

/* The rule for directions as they are; NULL is zero. */
static void apply_rule(ritz_graph *g, const ritz_rule *at, const layout *l,
                       ritz_node *const *direction, ritz_node **result)
{
    ritz_node **list = scratch(g, l->ndirection);
    for (int i = 0; list && i < l->ndirection; i++)
        list[i] = direction[i]
                      ? direction[i]
                      : ritz_full_like(g, at->in[l->direction + i], 0.0);
    if (list)
        copy_rule(g, at, list, l->direction, l->ndirection, result);
}

/* The transpose of the rule: from cotangents of its results. */
static void transpose_rule(ritz_graph *g, const ritz_rule *at, const layout *l,
                           ritz_node *const *ct, ritz_node **result)
{
    ritz_node **zero = scratch(g, l->ndirection);
    ritz_node **made = scratch(g, l->nresult);
    if (!zero || !made)
        return;
    for (int i = 0; i < l->ndirection; i++)
        zero[i] =
            ritz_variable(g, ritz_full_like(g, at->in[l->direction + i], 0.0));
    apply_rule(g, at, l, zero, made);
    if (ritz_graph_status(g, NULL) == RITZ_OK)
        ritz_vjp(g, made, ct, l->nresult, zero, l->ndirection, result);
}

static void custom_push(ritz_graph *g, const ritz_rule *at,
                        ritz_node *const *tangent, ritz_node **result)
{
    const layout l = layout_of(at->attr, at->nin);
    bool any = false;
    for (int i = 0; i < l.nx; i++)
        any = any || tangent[l.x + i];
    if (any && at->attr->flags)
        apply_rule(g, at, &l, tangent + l.x, result);
    else if (any)
        transpose_rule(g, at, &l, tangent + l.x, result);
}

static void custom_pull(ritz_graph *g, const ritz_rule *at,
                        ritz_node *const *ct, const bool *wanted,
                        ritz_node **result)
{
    const layout l = layout_of(at->attr, at->nin);
    ritz_node **made = scratch(g, l.nx);
    if (!made)
        return;
    if (at->attr->flags)
        transpose_rule(g, at, &l, ct, made);
    else
        apply_rule(g, at, &l, ct, made);
    for (int i = 0; i < l.nx; i++)
        if (wanted[l.x + i])
            result[l.x + i] = made[i];
}

/* The rule for a batch, by vmap over all that it reads: list[i] is what stands
 * for operand i from the arguments on, with a batch where batched[i]. */
static void batch_rule(ritz_graph *g, const ritz_rule *at,
                       ritz_node *const *list, const bool *batched,
                       int64_t size, ritz_node **result)
{
    const layout l = layout_of(at->attr, at->nin);
    ritz_node **with = scratch(g, at->nin), **copy = scratch(g, l.nresult);
    ritz_node **element = scratch(g, at->nin), **whole = scratch(g, at->nin);
    int n = 0;
    if (!with || !copy || !element || !whole)
        return;
    for (int i = l.x; i < at->nin; i++)
        if (batched[i] && (i < l.result || i >= l.read)) {
            whole[n] = list[i];
            with[i] = element[n++] = ritz_batch_variable(g, list[i], 0);
        }
    copy_rule(g, at, with, 0, at->nin, copy);
    if (ritz_graph_status(g, NULL) == RITZ_OK)
        ritz_vmap(g, element, whole, n, size, copy, l.nresult, result);
}

static void custom_batch(ritz_graph *g, const ritz_rule *at,
                         ritz_node *const *in, const bool *batched,
                         int64_t size, ritz_node **result)
{
    const layout l = layout_of(at->attr, at->nin);
    ritz_node **list = scratch(g, at->nin);
    bool *has = scratch(g, at->nin);
    if (!list || !has)
        return;
    for (int i = 0; i < at->nin; i++) {
        has[i] = i < l.result || batched[i];
        list[i] = i < l.direction ? ritz_with_batch(g, in[i], batched[i], size)
                                  : in[i];
        if (i >= l.direction && i < l.result) {
            const ritz_shape s = ritz_shape_with_batch(&at->in[i]->shape, size);
            list[i] = ritz_placeholder(g, at->in[i]->dtype, &s);
        }
    }
    batch_rule(g, at, list, has, size, list + l.result);
    if (ritz_graph_status(g, NULL) == RITZ_OK)
        apply(g, list, at->nin, at->attr, result);
}

static const ritz_many custom_rules = {
    .outputs = count_outputs,
    .infer = infer_custom,
    .jvp = custom_push,
    .vjp = custom_pull,
    .batch = custom_batch,
};

const ritz_primitive ritz_primitive_custom = {
    .function = {.name = "custom",
                 .summary = "Values whose derivative the user gave."},
    .class = RITZ_CLASS_ALIAS,
    .many = &custom_rules,
};

static bool is_one_of(const ritz_node *n, ritz_node *const *list, int count)
{
    for (int i = 0; i < count; i++)
        if (list[i] == n)
            return true;
    return false;
}

/* Writes the outputs and results, then all that they read but the arguments:
 * gives the number of operands. */
static int fill(ritz_node **in, const layout *l, const ritz_custom_spec *s,
                ritz_node *const *read, int nread)
{
    int nin = l->read;
    memcpy(in, s->output, (size_t)l->nout * sizeof *in);
    memcpy(in + l->x, s->x, (size_t)l->nx * sizeof *in);
    memcpy(in + l->direction, s->direction, (size_t)l->ndirection * sizeof *in);
    memcpy(in + l->result, s->result, (size_t)l->nresult * sizeof *in);
    for (int i = 0; i < nread; i++)
        if (!is_one_of(read[i], s->x, s->nx))
            in[nin++] = read[i];
    return nin;
}

void ritz_custom(ritz_graph *g, const ritz_custom_spec *s, ritz_node **out)
{
    const ritz_attr attr = {.n = s->nout, .a = {s->nx}, .flags = s->forward};
    const layout l = layout_of(&attr, 0);
    ritz_node **both = scratch(g, l.nout + l.nresult);
    for (int k = 0; k < s->nout; k++)
        out[k] = s->output[k];
    if (!both || s->nout == 0)
        return;
    memcpy(both, s->output, (size_t)l.nout * sizeof *both);
    memcpy(both + l.nout, s->result, (size_t)l.nresult * sizeof *both);
    int nread;
    ritz_node **read =
        ritz_read_outside(g, s->first, both, l.nout + l.nresult, &nread);
    ritz_node **in = read ? scratch(g, l.read + nread) : NULL;
    if (!in)
        return;
    const int nin = fill(in, &l, s, read, nread);
    apply(g, in, nin, &attr, out);
    for (int k = 0; k < s->nout; k++)
        if (ritz_graph_status(g, NULL) == RITZ_OK)
            out[k]->weak = s->output[k]->weak;
}
