/* transform.c - jvp, vjp and vmap over the nodes between variables and
 * outputs.
 *
 * A node depends on a variable when it can be reached from it; such nodes
 * have larger ids than the variable. Each transform walks these ids once,
 * with one slot per id for what it carries (a tangent, a cotangent, the
 * batched counterpart). The rules append nodes beyond the range walked.
 */
#include "graph/transform.h"

#include "base/memory.h"
#include "graph/build.h"
#include "graph/internal.h"

#include <string.h>

/* The ids from the first variable to the end of the graph, and a slot each. */
typedef struct span {
    uint32_t first, count;
    ritz_node **slot; /* what the transform carries at id first + i */
    bool *depends;
} span;

static bool span_open(span *s, ritz_graph *g, ritz_node *const *variable,
                      int nvar)
{
    s->first = ritz_graph_size(g);
    for (int i = 0; i < nvar; i++)
        if (variable[i]->id < s->first)
            s->first = variable[i]->id;
    s->count = ritz_graph_size(g) - s->first;
    s->slot = ritz_new(s->count, sizeof *s->slot);
    s->depends = ritz_new(s->count, sizeof *s->depends);
    if (!s->slot || !s->depends)
        ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
    return ritz_graph_status(g, NULL) == RITZ_OK;
}

static void span_close(span *s)
{
    ritz_free(s->slot);
    ritz_free(s->depends);
}

static bool depends(const span *s, const ritz_node *n)
{
    return n->id >= s->first && n->id - s->first < s->count &&
           s->depends[n->id - s->first];
}

static ritz_node *carried(const span *s, const ritz_node *n)
{
    return depends(s, n) ? s->slot[n->id - s->first] : NULL;
}

static void mark_dependents(span *s, ritz_graph *g, ritz_node *const *variable,
                            int nvar)
{
    for (int i = 0; i < nvar; i++)
        s->depends[variable[i]->id - s->first] = true;
    for (uint32_t i = 0; i < s->count; i++) {
        const ritz_node *n = ritz_graph_node(g, s->first + i);
        for (int k = 0; k < n->nin && !s->depends[i]; k++)
            s->depends[i] = depends(s, n->in[k]);
    }
}

/* Leaves out what no output needs: the trace of a loop's body, for one. */
static bool keep_needed(span *s, ritz_graph *g, ritz_node *const *output,
                        int nout)
{
    bool *needed = ritz_new(s->count, sizeof *needed);
    if (!needed) {
        ritz_graph_fail(g, RITZ_ENOMEM, "graph: out of memory");
        return false;
    }
    for (int i = 0; i < nout; i++)
        if (depends(s, output[i]))
            needed[output[i]->id - s->first] = true;
    for (uint32_t i = s->count; i-- > 0;) {
        const ritz_node *n = ritz_graph_node(g, s->first + i);
        s->depends[i] = s->depends[i] && needed[i];
        for (int k = 0; s->depends[i] && k < n->nin; k++)
            if (depends(s, n->in[k]))
                needed[n->in[k]->id - s->first] = true;
    }
    ritz_free(needed);
    return true;
}

static bool is_one_of(const ritz_node *n, ritz_node *const *list, int count)
{
    for (int i = 0; i < count; i++)
        if (list[i] == n)
            return true;
    return false;
}

static ritz_rule rule_at(const ritz_node *n)
{
    return (ritz_rule){n->in, n->nin, n->out, n->nout, n->attr};
}

/* A part is done with its main node. */
static bool is_part(const ritz_node *n)
{
    return n->prim == &ritz_primitive_part;
}

/* Gives the outputs of n that were there when the walk began what they carry.
 */
static void carry_all(span *s, const ritz_node *n, ritz_node *const *value)
{
    for (int k = 0; k < n->nout; k++)
        if (n->out[k]->id - s->first < s->count)
            s->slot[n->out[k]->id - s->first] = value[k];
}

static bool moves(const ritz_node *n)
{
    return ritz_dtype_is_float(n->dtype);
}

ritz_node *ritz_variable(ritz_graph *g, ritz_node *x)
{
    return ritz_unary(g, &ritz_primitive_variable, x);
}

static ritz_node *zeros_like(ritz_graph *g, const ritz_node *x)
{
    return ritz_full_like(g, x, 0.0);
}

static ritz_node *add_or_first(ritz_graph *g, ritz_node *sum, ritz_node *term)
{
    if (!sum || !term)
        return sum ? sum : term;
    return ritz_add_padded(g, sum, term);
}

/* ct * slope, where a slope of one or minus one costs nothing. */
static ritz_node *times(ritz_graph *g, ritz_node *ct, ritz_node *slope)
{
    if (slope->prim == &ritz_primitive_constant) {
        if (slope->attr->value == 1.0)
            return ct;
        if (slope->attr->value == -1.0)
            return ritz_neg(g, ct);
    }
    return ritz_mul(g, ct, slope);
}

static ritz_node *no_rule(ritz_graph *g, const ritz_node *n, const char *what)
{
    return ritz_graph_fail(
        g, RITZ_EVALUE, "%s: has no %s rule (%s)", n->prim->function.name, what,
        n->prim->no_derivative ? n->prim->no_derivative : "missing");
}

/* Forward mode. */

static ritz_node *push_elementwise(ritz_graph *g, const ritz_rule *at,
                                   const ritz_primitive *prim,
                                   ritz_node *const *tangent)
{
    ritz_node *sum = NULL;
    for (int i = 0; i < at->nin; i++) {
        ritz_node *slope = tangent[i] ? prim->partial(g, at, i) : NULL;
        if (slope)
            sum = add_or_first(g, sum, times(g, tangent[i], slope));
    }
    return sum;
}

static ritz_node *push_one(ritz_graph *g, const ritz_node *n,
                           ritz_node *const *tangent)
{
    const ritz_rule at = rule_at(n);
    if (!moves(n))
        return NULL;
    if (n->prim->partial)
        return push_elementwise(g, &at, n->prim, tangent);
    if (n->prim->jvp)
        return n->prim->jvp(g, &at, tangent);
    return n->prim->no_derivative ? NULL : no_rule(g, n, "jvp");
}

static void push_many(ritz_graph *g, const ritz_node *n, span *s,
                      ritz_node *const *tangent)
{
    const ritz_rule at = rule_at(n);
    ritz_node **result = ritz_graph_list(g, n->nout, sizeof *result);
    if (!n->prim->many->jvp && !n->prim->no_derivative)
        no_rule(g, n, "jvp");
    if (!result || !n->prim->many->jvp)
        return;
    n->prim->many->jvp(g, &at, tangent, result);
    for (int k = 0; k < at.nout; k++)
        if (!moves(at.out[k]))
            result[k] = NULL;
    carry_all(s, n, result);
}

static void push(ritz_graph *g, const ritz_node *n, span *s)
{
    ritz_node *few[RITZ_MAX_OPERANDS] = {0}, **tangent = few;
    bool any = false;
    if (n->nin > RITZ_MAX_OPERANDS)
        tangent = ritz_graph_list(g, n->nin, sizeof *tangent);
    for (int i = 0; tangent && i < n->nin; i++) {
        tangent[i] = carried(s, n->in[i]);
        any = any || tangent[i];
    }
    if (!any)
        return;
    if (n->prim->many)
        push_many(g, n, s, tangent);
    else
        s->slot[n->id - s->first] = push_one(g, n, tangent);
}

void ritz_jvp(ritz_graph *g, ritz_node *const *variable,
              ritz_node *const *tangent, int nvar, ritz_node *const *output,
              int nout, ritz_node **result)
{
    span s = {0};
    if (span_open(&s, g, variable, nvar)) {
        mark_dependents(&s, g, variable, nvar);
        for (int i = 0; i < nvar; i++)
            s.slot[variable[i]->id - s.first] = tangent[i];
        const bool kept = keep_needed(&s, g, output, nout);
        for (uint32_t i = 0; kept && i < s.count; i++) {
            ritz_node *n = ritz_graph_node(g, s.first + i);
            if (s.depends[i] && !is_part(n) && !is_one_of(n, variable, nvar))
                push(g, n, &s);
        }
    }
    for (int i = 0; i < nout; i++) {
        ritz_node *t = s.slot && s.depends ? carried(&s, output[i]) : NULL;
        result[i] = t ? t : zeros_like(g, output[i]);
    }
    span_close(&s);
}

/* Reverse mode. */

static ritz_node *pull(ritz_graph *g, ritz_node *n, int i, ritz_node *ct)
{
    const ritz_rule at = rule_at(n);
    if (n->prim->partial) {
        ritz_node *slope = n->prim->partial(g, &at, i);
        return slope ? times(g, ct, slope) : NULL;
    }
    if (n->prim->vjp)
        return n->prim->vjp(g, &at, i, ct);
    return n->prim->no_derivative ? NULL : no_rule(g, n, "vjp");
}

static void add_cotangent(ritz_graph *g, span *s, const ritz_node *x,
                          ritz_node *ct)
{
    ritz_node **slot = &s->slot[x->id - s->first];
    *slot = add_or_first(g, *slot, ct);
}

static bool wants_cotangent(const span *s, const ritz_node *x)
{
    return depends(s, x) && moves(x);
}

/* The parts of n have larger ids: what they carry is complete. */
static void pull_many(ritz_graph *g, span *s, const ritz_node *n)
{
    const ritz_rule at = rule_at(n);
    ritz_node **ct = ritz_graph_list(g, n->nout, sizeof *ct);
    ritz_node **result = ritz_graph_list(g, n->nin, sizeof *result);
    bool *wanted = ritz_graph_list(g, n->nin, sizeof *wanted);
    bool any = false;
    if (!ct || !result || !wanted)
        return;
    for (int k = 0; k < n->nout; k++) {
        ct[k] = carried(s, n->out[k]);
        any = any || ct[k];
    }
    for (int i = 0; i < n->nin; i++)
        wanted[i] = wants_cotangent(s, n->in[i]);
    if (any && n->prim->many->vjp)
        n->prim->many->vjp(g, &at, ct, wanted, result);
    else if (any && !n->prim->no_derivative)
        no_rule(g, n, "vjp");
    for (int i = 0; i < at.nin; i++)
        if (wanted[i])
            add_cotangent(g, s, at.in[i], result[i]);
}

static void pull_back(ritz_graph *g, span *s, ritz_node *n)
{
    ritz_node *ct = s->slot[n->id - s->first];
    if (n->prim->many) {
        pull_many(g, s, n);
        return;
    }
    for (int i = 0; ct && i < n->nin; i++)
        if (wants_cotangent(s, n->in[i]))
            add_cotangent(g, s, n->in[i], pull(g, n, i, ct));
}

void ritz_vjp(ritz_graph *g, ritz_node *const *output,
              ritz_node *const *cotangent, int nout, ritz_node *const *variable,
              int nvar, ritz_node **result)
{
    span s = {0};
    if (span_open(&s, g, variable, nvar)) {
        mark_dependents(&s, g, variable, nvar);
        for (int i = 0; i < nout; i++)
            if (cotangent[i] && depends(&s, output[i])) {
                ritz_node **slot = &s.slot[output[i]->id - s.first];
                *slot = add_or_first(g, *slot, cotangent[i]);
            }
        for (uint32_t i = s.count; i-- > 0;) {
            ritz_node *n = ritz_graph_node(g, s.first + i);
            if (s.depends[i] && !is_part(n) && !is_one_of(n, variable, nvar))
                pull_back(g, &s, n);
        }
    }
    for (int i = 0; i < nvar; i++) {
        ritz_node *ct = s.slot && s.depends ? carried(&s, variable[i]) : NULL;
        result[i] = ct ? ct : zeros_like(g, variable[i]);
    }
    span_close(&s);
}

/* Batching. */

ritz_node *ritz_batch_variable(ritz_graph *g, ritz_node *x, int axis)
{
    ritz_shape shape = {0};
    for (int i = 0; i < x->shape.rank; i++)
        if (i != axis)
            shape.dim[shape.rank++] = x->shape.dim[i];
    return ritz_input(g, x->dtype, &shape);
}

static void spread(ritz_graph *g, const ritz_node *n, span *s, int64_t size)
{
    ritz_node **in = ritz_graph_list(g, n->nin, sizeof *in);
    ritz_node **result = ritz_graph_list(g, n->nout, sizeof *result);
    bool *batched = ritz_graph_list(g, n->nin, sizeof *batched);
    if (!in || !batched || !result)
        return;
    for (int i = 0; i < n->nin; i++) {
        batched[i] = depends(s, n->in[i]);
        in[i] = batched[i] ? carried(s, n->in[i]) : n->in[i];
    }
    const ritz_rule at = rule_at(n);
    if (n->prim->many && n->prim->many->batch)
        n->prim->many->batch(g, &at, in, batched, size, result);
    else if (n->prim->batch)
        result[0] = n->prim->batch(g, &at, in, batched, size);
    else
        no_rule(g, n, "batching");
    if (ritz_graph_status(g, NULL) == RITZ_OK)
        carry_all(s, n, result);
}

static ritz_node *repeat(ritz_graph *g, ritz_node *x, int64_t size)
{
    ritz_shape shape = {.rank = x->shape.rank + 1, .dim = {size}};
    memcpy(shape.dim + 1, x->shape.dim,
           (size_t)x->shape.rank * sizeof *shape.dim);
    return ritz_broadcast(g, x, &shape);
}

void ritz_vmap(ritz_graph *g, ritz_node *const *variable,
               ritz_node *const *batched, int nvar, int64_t size,
               ritz_node *const *output, int nout, ritz_node **result)
{
    span s = {0};
    if (span_open(&s, g, variable, nvar)) {
        mark_dependents(&s, g, variable, nvar);
        for (int i = 0; i < nvar; i++)
            s.slot[variable[i]->id - s.first] = batched[i];
        const bool kept = keep_needed(&s, g, output, nout);
        for (uint32_t i = 0; kept && i < s.count; i++) {
            ritz_node *n = ritz_graph_node(g, s.first + i);
            if (s.depends[i] && !is_part(n) && !is_one_of(n, variable, nvar) &&
                ritz_graph_status(g, NULL) == RITZ_OK)
                spread(g, n, &s, size);
        }
    }
    for (int i = 0; i < nout; i++) {
        ritz_node *y = s.slot && s.depends ? carried(&s, output[i]) : NULL;
        result[i] = y ? y : repeat(g, output[i], size);
    }
    span_close(&s);
}
