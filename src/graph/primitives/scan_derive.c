/* scan_derive.c - the derivative of a scan is a scan.
 *
 * The derivative of the body is made once, in the body's own graph, and cut:
 * what depends on the tangents (or cotangents) becomes the body of a new scan,
 * what it reads of the rest becomes stacked results of the old one. Forward
 * mode runs with the old scan, reverse mode against it.
 *
 * A constant's cotangent is the sum over all steps: a further carry of the
 * reversed scan, added to in the order in which an unrolled loop would.
 */
#include "graph/scan.h"
#include "graph/scan_sum.h"

#include "base/memory.h"
#include "graph/build.h"
#include "graph/internal.h"
#include "graph/transform.h"

#include <string.h>

enum { CONSTANT, CARRY, ELEMENT, CLASSES };

/* The new scan while it is put together: inputs by class, as the body and as
 * the outside see them, then outputs. */
typedef struct assembly {
    ritz_node **inner[CLASSES], **outer[CLASSES];
    int count[CLASSES];
    ritz_node **carry, **result;
    int carries, results;
} assembly;

typedef struct derivation {
    ritz_graph *g, *inside; /* the body's */
    ritz_node *scan;
    ritz_node *const *in;
    ritz_scan_spec spec;
    bool *moving, *out; /* by input and output: part of the derivative */
    /* Tangents (cotangents) in the body, and the inputs (outputs) that they
     * belong to; the derivatives made of them. */
    ritz_node **from, **to, **value;
    int froms;
    ritz_excerpt cut;
    bool *varies; /* by id in the body's graph: differs from step to step */
    assembly a;
    ritz_sums sums;
    int first_sum; /* of those that become results */
    bool *outside; /* by input: its sum is taken after the loop */
} derivation;

static void *list(derivation *d, int count, size_t size)
{
    return ritz_graph_list(d->g, count, size);
}

static bool good(const derivation *d)
{
    return ritz_graph_status(d->g, NULL) == RITZ_OK;
}

static bool open_derivation(derivation *d, ritz_graph *g, const ritz_rule *at)
{
    d->g = g;
    d->scan = at->out[0];
    d->in = at->in;
    d->spec = ritz_scan_spec_of(at->attr);
    d->inside = d->spec.body->graph;
    const int nin = d->spec.body->nin, nout = d->spec.body->nout;
    const int most = nin + nout;
    d->moving = list(d, nin, sizeof *d->moving);
    d->out = list(d, nout, sizeof *d->out);
    d->from = list(d, most, sizeof *d->from);
    d->to = list(d, most, sizeof *d->to);
    d->value = list(d, most, sizeof *d->value);
    return good(d);
}

static bool open_assembly(derivation *d)
{
    const int most = d->cut.body.nin + d->spec.body->nin + d->spec.body->nout;
    for (int c = 0; c < CLASSES; c++) {
        d->a.inner[c] = list(d, most, sizeof *d->a.inner[c]);
        d->a.outer[c] = list(d, most, sizeof *d->a.outer[c]);
    }
    d->a.carry = list(d, most, sizeof *d->a.carry);
    d->a.result = list(d, most, sizeof *d->a.result);
    return good(d);
}

static int class_of(const derivation *d, int input)
{
    return input < d->spec.constants                     ? CONSTANT
           : input < d->spec.constants + d->spec.carries ? CARRY
                                                         : ELEMENT;
}

static void add_input(assembly *a, int class, ritz_node *inner,
                      ritz_node *outer)
{
    a->inner[class][a->count[class]] = inner;
    a->outer[class][a->count[class]++] = outer;
}

static ritz_node *input_like(ritz_graph *g, const ritz_node *n)
{
    return ritz_input(g, n->dtype, &n->shape);
}

static ritz_node *or_zeros(ritz_graph *g, ritz_node *n, const ritz_node *like)
{
    return n ? n : ritz_full_like(g, like, 0.0);
}

/* Residuals. */

static int input_index(const derivation *d, const ritz_node *n)
{
    for (int i = 0; i < d->spec.body->nin; i++)
        if (d->spec.body->in[i] == n)
            return i;
    return -1;
}

/* A value of the body that is the same in every step, made outside. */
static ritz_node *bring_out(derivation *d, ritz_node *n)
{
    ritz_body body = *d->spec.body;
    ritz_node *out;
    body.nin = d->spec.constants;
    body.out = &n;
    body.nout = 1;
    ritz_body_inline(d->g, &body, d->in, &out);
    return out;
}

/* Gives input `inner` of the new body the values of n, of the old one. */
static void add_residual(derivation *d, ritz_node *n, ritz_node *inner)
{
    const int i = input_index(d, n);
    const int class = i < 0 ? CARRY : class_of(d, i);
    if (class != CARRY)
        add_input(&d->a, class, inner, d->in[i]);
    else if (!d->varies[n->id])
        add_input(&d->a, CONSTANT, inner, bring_out(d, n));
    else
        add_input(&d->a, ELEMENT, inner, ritz_scan_stack(d->scan, n));
}

/* Marks what differs from step to step, and what does not have to be stacked:
 * constants, elements and what is the same in every step. */
static bool mark_varying(derivation *d)
{
    const ritz_body *b = d->spec.body;
    const int size = (int)ritz_graph_size(d->inside);
    bool *in = list(d, b->nin, sizeof *in);
    bool *given = list(d, size, sizeof *given);
    for (int i = d->spec.constants; in && i < b->nin; i++)
        in[i] = true;
    d->varies = good(d) ? ritz_body_dependents(d->g, b, in) : NULL;
    for (int id = 0; d->varies && id < size; id++)
        given[id] = !d->varies[id];
    for (int i = 0; d->varies && i < b->nin; i++)
        given[b->in[i]->id] = class_of(d, i) != CARRY;
    d->cut.given = given;
    return d->varies != NULL;
}

/* Cuts what depends on `from` and leads to `value`, and begins the new scan
 * with its residuals. */
static bool cut(derivation *d, int values)
{
    ritz_graph_inherit(d->g, d->inside);
    if (!good(d) || !mark_varying(d))
        return false;
    if (ritz_body_cut(&d->cut, d->g, d->from, d->froms, d->value, values) &&
        open_assembly(d))
        for (int i = 0; i < d->cut.operands; i++)
            add_residual(d, d->cut.operand[i], d->cut.body.in[d->froms + i]);
    ritz_free(d->varies);
    return good(d);
}

static ritz_node *assemble(derivation *d, bool reverse)
{
    assembly *a = &d->a;
    const int nin = a->count[CONSTANT] + a->count[CARRY] + a->count[ELEMENT];
    ritz_body *body = list(d, 1, sizeof *body);
    ritz_node **inner = list(d, nin, sizeof *inner);
    ritz_node **outer = list(d, nin, sizeof *outer);
    ritz_node **out = list(d, a->carries + a->results, sizeof *out);
    if (!good(d))
        return NULL;
    int n = 0;
    for (int c = 0; c < CLASSES; c++)
        for (int i = 0; i < a->count[c]; i++, n++) {
            inner[n] = a->inner[c][i];
            outer[n] = a->outer[c][i];
        }
    memcpy(out, a->carry, (size_t)a->carries * sizeof *out);
    memcpy(out + a->carries, a->result, (size_t)a->results * sizeof *out);
    *body = (ritz_body){d->cut.body.graph, inner, out, nin,
                        a->carries + a->results};
    const ritz_scan_spec spec = {body, d->spec.length, a->count[CONSTANT],
                                 a->carries, reverse};
    return ritz_scan(d->g, &spec, outer);
}

/* Forward mode. */

static void choose_tangents(derivation *d, ritz_node *const *tangent)
{
    const ritz_body *b = d->spec.body;
    for (int i = 0; i < b->nin; i++)
        d->moving[i] = tangent[i] && ritz_dtype_is_float(b->in[i]->dtype);
    ritz_scan_spread(d->g, &d->spec, true, d->moving, d->out);
    for (int i = 0; i < b->nin; i++)
        if (d->moving[i]) {
            d->from[d->froms] = input_like(d->inside, b->in[i]);
            d->to[d->froms++] = b->in[i];
        }
}

static void add_tangents(derivation *d, ritz_node *const *tangent)
{
    int n = 0;
    for (int i = 0; i < d->spec.body->nin; i++)
        if (d->moving[i])
            add_input(&d->a, class_of(d, i), d->cut.body.in[n++],
                      or_zeros(d->g, tangent[i], d->in[i]));
}

void ritz_scan_jvp(ritz_graph *g, const ritz_rule *at,
                   ritz_node *const *tangent, ritz_node **result)
{
    derivation d = {0};
    if (!open_derivation(&d, g, at))
        return;
    const ritz_body *b = d.spec.body;
    choose_tangents(&d, tangent);
    ritz_node **moved = list(&d, b->nout, sizeof *moved);
    int n = 0;
    for (int k = 0; moved && k < b->nout; k++)
        if (d.out[k])
            moved[n++] = b->out[k];
    if (n == 0 || !moved)
        return;
    ritz_jvp(d.inside, d.to, d.from, d.froms, moved, n, d.value);
    if (!cut(&d, n))
        return;
    add_tangents(&d, tangent);
    n = 0;
    for (int k = 0; k < b->nout; k++)
        if (d.out[k] && k < d.spec.carries)
            d.a.carry[d.a.carries++] = d.cut.body.out[n++];
        else if (d.out[k])
            d.a.result[d.a.results++] = d.cut.body.out[n++];
    ritz_node *scan = assemble(&d, d.spec.reverse);
    n = 0;
    for (int k = 0; scan && k < b->nout; k++)
        if (d.out[k])
            result[k] = ritz_output(scan, n++);
}

/* Reverse mode. */

static bool is_asked(const derivation *d, ritz_node *const *ct, int k)
{
    return d->out[k] && (k < d->spec.carries || ct[k]);
}

static void choose_cotangents(derivation *d, ritz_node *const *ct,
                              const bool *wanted)
{
    const ritz_body *b = d->spec.body;
    memcpy(d->moving, wanted, (size_t)b->nin * sizeof *wanted);
    ritz_scan_spread(d->g, &d->spec, true, d->moving, d->out);
    for (int k = 0; k < b->nout; k++)
        if (is_asked(d, ct, k)) {
            d->from[d->froms] = input_like(d->inside, b->out[k]);
            d->to[d->froms++] = b->out[k];
        }
}

/* The cotangents of the moving inputs, in the body: d->value. */
static int pull_body(derivation *d)
{
    const ritz_body *b = d->spec.body;
    ritz_node **variable = list(d, b->nin, sizeof *variable);
    int n = 0;
    for (int i = 0; variable && i < b->nin; i++)
        if (d->moving[i])
            variable[n++] = b->in[i];
    if (variable)
        ritz_vjp(d->inside, d->to, d->from, d->froms, variable, n, d->value);
    return n;
}

static void add_cotangents(derivation *d, ritz_node *const *ct)
{
    int n = 0;
    for (int k = 0; k < d->spec.body->nout; k++)
        if (is_asked(d, ct, k)) {
            const bool carry = k < d->spec.carries;
            add_input(&d->a, carry ? CARRY : ELEMENT, d->cut.body.in[n++],
                      or_zeros(d->g, ct[k], d->scan->out[k]));
        }
}

/* A carry that starts from zero and adds up `term` of all steps. */
static void add_sum(derivation *d, const ritz_node *like, ritz_node *term)
{
    ritz_node *sum = input_like(d->cut.body.graph, like);
    add_input(&d->a, CARRY, sum, ritz_full_like(d->g, like, 0.0));
    d->a.carry[d->a.carries++] = ritz_add(d->cut.body.graph, sum, term);
}

/* Decides which sums are taken outside. */
static bool plan_sums(derivation *d)
{
    const ritz_body *b = d->spec.body;
    ritz_node *const *value = d->cut.body.out;
    int room = d->a.count[ELEMENT], n = 0;
    for (int i = 0; i < d->spec.constants; i++)
        if (d->moving[i])
            room += ritz_sum_room(value[n++]);
    d->outside = list(d, b->nin, sizeof *d->outside);
    d->a.result = list(d, b->nin + room, sizeof *d->a.result);
    d->sums.inner = list(d, room, sizeof *d->sums.inner);
    d->sums.outer = list(d, room, sizeof *d->sums.outer);
    if (!good(d))
        return false;
    for (; d->sums.count < d->a.count[ELEMENT]; d->sums.count++) {
        d->sums.inner[d->sums.count] = d->a.inner[ELEMENT][d->sums.count];
        d->sums.outer[d->sums.count] = d->a.outer[ELEMENT][d->sums.count];
    }
    d->first_sum = d->sums.count;
    n = 0;
    for (int i = 0; i < d->spec.constants; i++)
        if (d->moving[i])
            d->outside[i] = ritz_sum_products(&d->sums, value[n++]);
    n = 0;
    for (int i = 0; i < d->spec.constants; i++)
        if (d->moving[i]) {
            d->outside[i] = d->outside[i] || ritz_sum_rows(&d->sums, value[n]);
            n++;
        }
    return true;
}

/* The new carries are the cotangents of the carries, then sums; the results
 * are those of the elements, then what sums outside read. */
static void add_pulled(derivation *d)
{
    const ritz_body *b = d->spec.body;
    ritz_node *const *value = d->cut.body.out;
    int n = 0;
    for (int i = 0; i < b->nin; i++)
        if (d->moving[i]) {
            if (class_of(d, i) == CARRY)
                d->a.carry[d->a.carries++] = value[n];
            n++;
        }
    n = 0;
    for (int i = 0; i < b->nin; i++)
        if (d->moving[i]) {
            if (class_of(d, i) == CONSTANT && !d->outside[i])
                add_sum(d, b->in[i], value[n]);
            else if (class_of(d, i) == ELEMENT)
                d->a.result[d->a.results++] = value[n];
            n++;
        }
    for (int k = d->first_sum; k < d->sums.count; k++)
        d->a.result[d->a.results++] = (ritz_node *)d->sums.inner[k];
}

static void give_pulled(derivation *d, ritz_node *scan, const bool *wanted,
                        ritz_node **result)
{
    int next[CLASSES] = {0}, n = 0;
    for (int i = 0; i < d->spec.body->nin; i++)
        if (d->moving[i] && class_of(d, i) == CARRY)
            next[CONSTANT]++; /* sums come after the carries */
    next[ELEMENT] = d->a.carries;
    for (int k = d->first_sum,
             at = d->a.carries + d->a.results - (d->sums.count - d->first_sum);
         k < d->sums.count; k++, at++)
        d->sums.outer[k] = ritz_output(scan, at);
    for (int i = 0; i < d->spec.body->nin; i++) {
        if (!d->moving[i])
            continue;
        ritz_node *term = d->cut.body.out[n++];
        ritz_node *ct = class_of(d, i) == CONSTANT && d->outside[i]
                            ? ritz_sum_outside(d->g, &d->sums, term)
                            : ritz_output(scan, next[class_of(d, i)]++);
        if (wanted[i])
            result[i] = ct;
    }
}

void ritz_scan_vjp(ritz_graph *g, const ritz_rule *at, ritz_node *const *ct,
                   const bool *wanted, ritz_node **result)
{
    derivation d = {0};
    if (!open_derivation(&d, g, at))
        return;
    choose_cotangents(&d, ct, wanted);
    if (d.froms == 0 || !good(&d) || !cut(&d, pull_body(&d)))
        return;
    add_cotangents(&d, ct);
    if (!plan_sums(&d))
        return;
    add_pulled(&d);
    ritz_graph_inherit(g, d.cut.body.graph);
    ritz_node *scan = assemble(&d, !d.spec.reverse);
    if (scan)
        give_pulled(&d, scan, wanted, result);
}
