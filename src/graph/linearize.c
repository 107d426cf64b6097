/* linearize.c - the linear part of a computation, with what it reads kept. */
#include "graph/linearize.h"

#include "base/memory.h"
#include "graph/build.h"
#include "graph/compile/simplify.h"
#include "graph/cut.h"
#include "graph/plan.h"
#include "graph/primitives/linear.h"
#include "graph/transform.h"

#include <string.h>

struct ritz_linear {
    ritz_graph *graph; /* of the linear part; what it reads is captured */
    ritz_node **in, **out;
    int nin, nout;
    ritz_plan *plan; /* of one direction, made by the first run */
    ritz_plan *many; /* of `size` directions; NULL: none yet */
    int64_t size;
};

static ritz_status out_of_memory(ritz_error *err)
{
    return ritz_fail_memory(err, "a linear function");
}

static ritz_linear *new_linear(int nin, int nout)
{
    ritz_linear *l = ritz_new(1, sizeof *l);
    if (!l)
        return NULL;
    *l = (ritz_linear){.graph = ritz_graph_new(),
                       .in = ritz_new((size_t)nin, sizeof(void *)),
                       .out = ritz_new((size_t)nout, sizeof(void *)),
                       .nin = nin,
                       .nout = nout};
    if (l->graph && l->in && l->out)
        return l;
    ritz_linear_delete(l);
    return NULL;
}

void ritz_linear_delete(ritz_linear *l)
{
    if (!l)
        return;
    ritz_plan_delete(l->plan);
    ritz_plan_delete(l->many);
    ritz_graph_delete(l->graph);
    ritz_free(l->in);
    ritz_free(l->out);
    ritz_free(l);
}

/* Making: the graph is simplified first, so that equal values are kept once
 * and what is kept is what a plan would compute. */

typedef struct making {
    ritz_graph *small;
    ritz_node **node; /* outputs, then values, of the simplified graph */
    ritz_node **in;   /* directions there */
    ritz_node **map;  /* from its ids to the linear graph */
    ritz_tensor **kept;
    ritz_cut cut;
} making;

static void drop(making *m, int kept)
{
    for (int i = 0; m->kept && i < kept; i++)
        ritz_tensor_release(m->kept[i]);
    ritz_graph_delete(m->small);
    ritz_free(m->node);
    ritz_free(m->in);
    ritz_free(m->map);
    ritz_free(m->kept);
    ritz_cut_free(&m->cut);
}

static ritz_status simplify(making *m, ritz_graph *g,
                            const ritz_linear_spec *spec, ritz_error *err)
{
    const int n = spec->nout + spec->nvalue;
    ritz_node **both = ritz_new((size_t)n, sizeof *both);
    ritz_node **map = ritz_new(ritz_graph_size(g), sizeof *map);
    m->small = ritz_graph_new();
    m->node = ritz_new((size_t)n, sizeof *m->node);
    m->in = ritz_new((size_t)spec->nin, sizeof *m->in);
    ritz_status status = out_of_memory(err);
    if (both && map && m->small && m->node && m->in) {
        for (int i = 0; i < n; i++)
            both[i] =
                i < spec->nout ? spec->output[i] : spec->value[i - spec->nout];
        status = ritz_simplify(m->small, g, both, n, m->node, map, err);
    }
    for (int i = 0; status == RITZ_OK && i < spec->nin; i++) {
        const ritz_node *d = spec->direction[i];
        m->in[i] =
            map[d->id] ? map[d->id] : ritz_input(m->small, d->dtype, &d->shape);
        status = ritz_graph_status(m->small, err);
    }
    ritz_free(both);
    ritz_free(map);
    return status;
}

/* Runs what does not move: values[], and the kept nodes that are not captured
 * tensors already. */
static ritz_status compute_kept(making *m, const ritz_linear_spec *spec,
                                ritz_tensor **values, ritz_error *err)
{
    const size_t most = (size_t)(spec->nvalue + m->cut.count);
    ritz_node **node = ritz_new(most, sizeof *node);
    ritz_tensor **tensor = ritz_new(most, sizeof *tensor);
    m->kept = ritz_new((size_t)m->cut.count, sizeof *m->kept);
    ritz_status status = out_of_memory(err);
    if (node && tensor && m->kept) {
        int n = 0;
        for (int i = 0; i < spec->nvalue; i++)
            node[n++] = m->node[spec->nout + i];
        for (int i = 0; i < m->cut.count; i++)
            if (!m->cut.kept[i]->value)
                node[n++] = m->cut.kept[i];
        status =
            n > 0 ? ritz_evaluate(m->small, node, n, tensor, err) : RITZ_OK;
    }
    if (status == RITZ_OK) {
        memcpy(values, tensor, (size_t)spec->nvalue * sizeof *values);
        int n = spec->nvalue;
        for (int i = 0; i < m->cut.count; i++) {
            ritz_tensor *captured = m->cut.kept[i]->value;
            m->kept[i] = captured ? ritz_tensor_retain(captured) : tensor[n++];
        }
    }
    ritz_free(node);
    ritz_free(tensor);
    return status;
}

static ritz_status fill(ritz_linear *l, making *m, ritz_error *err)
{
    m->map = ritz_new(ritz_graph_size(m->small), sizeof *m->map);
    if (!m->map)
        return out_of_memory(err);
    for (int i = 0; i < l->nin; i++) {
        const ritz_node *d = m->in[i];
        l->in[i] = ritz_input(l->graph, d->dtype, &d->shape);
        m->map[d->id] = l->in[i];
    }
    for (int i = 0; i < m->cut.count; i++)
        m->map[m->cut.kept[i]->id] = ritz_capture(l->graph, m->kept[i]);
    ritz_copy_nodes(l->graph, m->small, m->map, m->node, l->nout, l->out);
    return ritz_graph_status(l->graph, err);
}

ritz_status ritz_linear_new(ritz_linear **out, ritz_graph *g,
                            const ritz_linear_spec *spec, ritz_tensor **values,
                            ritz_error *err)
{
    making m = {0};
    *out = NULL;
    memset(values, 0, (size_t)spec->nvalue * sizeof *values);
    ritz_linear *l = new_linear(spec->nin, spec->nout);
    ritz_status status = l ? simplify(&m, g, spec, err) : out_of_memory(err);
    if (status == RITZ_OK)
        status = ritz_cut_find(&m.cut, m.small, m.in, spec->nin, m.node,
                               spec->nout, err);
    if (status == RITZ_OK)
        status = compute_kept(&m, spec, values, err);
    if (status == RITZ_OK)
        status = fill(l, &m, err);
    drop(&m, m.cut.count);
    if (status == RITZ_OK) {
        *out = l;
        return RITZ_OK;
    }
    for (int i = 0; i < spec->nvalue; i++) {
        ritz_tensor_release(values[i]);
        values[i] = NULL;
    }
    ritz_linear_delete(l);
    return status;
}

/* Running. */

ritz_status ritz_linear_run(ritz_linear *l, ritz_tensor **in, ritz_tensor **out,
                            ritz_error *err)
{
    const ritz_plan_spec spec = {l->in, l->nin, l->out, l->nout, NULL, false};
    ritz_status status = RITZ_OK;
    if (!l->plan)
        status = ritz_plan_compile(&l->plan, l->graph, &spec, err);
    return status == RITZ_OK ? ritz_plan_run(l->plan, in, out, err) : status;
}

/* The plan of `size` directions: the linear part, batched. */
static ritz_status compile_many(ritz_linear *l, int64_t size, ritz_error *err)
{
    ritz_graph *g = ritz_graph_new();
    const size_t n = (size_t)(2 * l->nin + 2 * l->nout);
    ritz_node **node = ritz_new(n, sizeof *node);
    ritz_status status = out_of_memory(err);
    if (g && node) {
        ritz_node **one = node, **all = one + l->nin;
        ritz_node **out = all + l->nin, **result = out + l->nout;
        for (int i = 0; i < l->nin; i++) {
            const ritz_shape with =
                ritz_shape_with_batch(&l->in[i]->shape, size);
            all[i] = ritz_input(g, l->in[i]->dtype, &with);
            one[i] = ritz_batch_variable(g, all[i], 0);
        }
        ritz_linear_append(l, g, one, out);
        ritz_vmap(g, one, all, l->nin, size, out, l->nout, result);
        const ritz_plan_spec spec = {all, l->nin, result, l->nout, NULL, false};
        status = ritz_plan_compile(&l->many, g, &spec, err);
    }
    l->size = size;
    ritz_free(node);
    ritz_graph_delete(g);
    return status;
}

ritz_status ritz_linear_run_many(ritz_linear *l, int64_t size, ritz_tensor **in,
                                 ritz_tensor **out, ritz_error *err)
{
    ritz_status status = RITZ_OK;
    if (l->many && l->size != size) {
        ritz_plan_delete(l->many);
        l->many = NULL;
    }
    if (!l->many)
        status = compile_many(l, size, err);
    return status == RITZ_OK ? ritz_plan_run(l->many, in, out, err) : status;
}

void ritz_linear_append(const ritz_linear *l, ritz_graph *g,
                        ritz_node *const *in, ritz_node **out)
{
    ritz_node **map = ritz_new(ritz_graph_size(l->graph), sizeof *map);
    if (!map) {
        for (int i = 0; i < l->nout; i++)
            out[i] = ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
        return;
    }
    for (int i = 0; i < l->nin; i++)
        map[l->in[i]->id] = in[i];
    ritz_copy_nodes(g, l->graph, map, l->out, l->nout, out);
    ritz_free(map);
}

ritz_status ritz_linear_transpose(ritz_linear **out, const ritz_linear *from,
                                  ritz_error *err)
{
    ritz_linear *l = new_linear(from->nout, from->nin);
    const size_t n = (size_t)(from->nin + from->nout);
    ritz_node **node = ritz_new(n, sizeof *node);
    ritz_status status = out_of_memory(err);
    *out = NULL;
    if (l && node) {
        ritz_node **x = node, **y = node + from->nin;
        for (int i = 0; i < from->nin; i++)
            x[i] = ritz_full_like(l->graph, from->in[i], 0.0);
        for (int i = 0; i < from->nin; i++)
            x[i] = ritz_variable(l->graph, x[i]);
        ritz_linear_append(from, l->graph, x, y);
        for (int i = 0; i < l->nin; i++)
            l->in[i] =
                ritz_input(l->graph, from->out[i]->dtype, &from->out[i]->shape);
        ritz_vjp(l->graph, y, l->in, l->nin, x, l->nout, l->out);
        status = ritz_graph_status(l->graph, err);
    }
    ritz_free(node);
    if (status == RITZ_OK)
        *out = l;
    else
        ritz_linear_delete(l);
    return status;
}

int ritz_linear_ins(const ritz_linear *l)
{
    return l->nin;
}

int ritz_linear_outs(const ritz_linear *l)
{
    return l->nout;
}

ritz_node *ritz_linear_in(const ritz_linear *l, int i)
{
    return l->in[i];
}

ritz_node *ritz_linear_out(const ritz_linear *l, int i)
{
    return l->out[i];
}
