/* trim_scan.c - scans without what nobody reads. */
#include "base/memory.h"
#include "graph/compile/loop_parts.h"
#include "graph/compile/simplify.h"
#include "graph/internal.h"
#include "graph/scan.h"

#include <string.h>

typedef struct trimming {
    ritz_graph *to;
    ritz_scan_spec spec;
    ritz_node *const *in;
    bool *live;   /* by output: it is made in every step */
    bool *needed; /* by id in the body's graph */
    bool *fixed;  /* by carry: it never changes */
} trimming;

static void mark_needed(const trimming *t)
{
    const ritz_body *b = t->spec.body;
    for (int k = 0; k < b->nout; k++)
        if (t->live[k])
            t->needed[b->out[k]->id] = true;
    for (uint32_t id = ritz_graph_size(b->graph); id-- > 0;) {
        const ritz_node *n = ritz_graph_node(b->graph, id);
        for (int i = 0; t->needed[id] && i < n->nin; i++)
            t->needed[n->in[i]->id] = true;
    }
}

/* A carry is live when it is read at the end or by a live step. */
static void find_live(const trimming *t)
{
    const ritz_body *b = t->spec.body;
    for (bool grew = true; grew;) {
        grew = false;
        mark_needed(t);
        for (int k = 0; k < t->spec.carries; k++)
            if (!t->live[k] && !t->fixed[k] &&
                t->needed[b->in[t->spec.constants + k]->id])
                t->live[k] = grew = true;
    }
}

/* The body in a graph of its own, where equal nodes are one. */
static bool simplify_body(ritz_loop_parts *p, const ritz_body *old)
{
    ritz_body *b = &p->body;
    ritz_node **map = ritz_new(ritz_graph_size(old->graph), sizeof *map);
    *b = (ritz_body){.graph = ritz_graph_child(p->to),
                     .in = ritz_graph_list(p->to, old->nin, sizeof *b->in),
                     .out = ritz_graph_list(p->to, old->nout, sizeof *b->out),
                     .nin = old->nin,
                     .nout = old->nout};
    ritz_error err = {0};
    ritz_status status = RITZ_OK;
    if (!map)
        ritz_graph_fail(p->to, RITZ_ENOMEM, "compile: out of memory");
    if (ritz_graph_status(p->to, NULL) == RITZ_OK) {
        for (int i = 0; i < b->nin; i++)
            map[old->in[i]->id] = b->in[i] =
                ritz_input(b->graph, old->in[i]->dtype, &old->in[i]->shape);
        status = ritz_simplify(b->graph, old->graph, old->out, old->nout,
                               b->out, map, &err);
    }
    if (status != RITZ_OK)
        ritz_graph_fail(p->to, status, "%s", err.text);
    ritz_free(map);
    return ritz_graph_status(p->to, NULL) == RITZ_OK;
}

static ritz_node *build(trimming *t, int *place)
{
    const ritz_body *old = t->spec.body;
    const int constants = t->spec.constants, carries = t->spec.carries;
    ritz_body *body = ritz_graph_list(t->to, 1, sizeof *body);
    ritz_node **inner = ritz_graph_list(t->to, old->nin, sizeof *inner);
    ritz_node **outer = ritz_graph_list(t->to, old->nin, sizeof *outer);
    ritz_node **out = ritz_graph_list(t->to, old->nout, sizeof *out);
    ritz_scan_spec s = {body, t->spec.length, 0, 0, t->spec.reverse};
    if (!body || !inner || !outer || !out)
        return NULL;
    *body = (ritz_body){old->graph, inner, out, 0, 0};
    for (int class = 0; class < 3; class ++)
        for (int i = 0; i < old->nin; i++) {
            const int carry = i - constants;
            const bool carried = carry >= 0 && carry < carries;
            const bool moves = carried && !t->fixed[carry];
            const int own = moves ? 1 : i < constants || carried ? 0 : 2;
            if (own != class ||
                !(moves ? t->live[carry] : t->needed[old->in[i]->id]))
                continue;
            inner[body->nin] = old->in[i];
            outer[body->nin++] = t->in[i];
            s.constants += class == 0;
            s.carries += class == 1;
        }
    for (int k = 0; k < old->nout; k++)
        if (t->live[k]) {
            place[k] = body->nout;
            out[body->nout++] = old->out[k];
        }
    if (body->nout == 0)
        return NULL;
    ritz_loop_parts p = {.to = t->to, .spec = s, .outer = outer};
    if (!simplify_body(&p, body))
        return NULL;
    ritz_loop_ahead(&p);
    ritz_loop_carry_over(&p);
    for (int k = carries; k < old->nout; k++)
        place[k] += p.spec.carries - s.carries;
    *body = p.body;
    p.spec.body = body;
    return ritz_graph_status(t->to, NULL) == RITZ_OK
               ? ritz_scan(t->to, &p.spec, p.outer)
               : NULL;
}

static bool open_trimming(trimming *t, const bool *read)
{
    const ritz_body *b = t->spec.body;
    t->live = ritz_graph_list(t->to, b->nout, sizeof *t->live);
    t->fixed = ritz_graph_list(t->to, t->spec.carries, sizeof *t->fixed);
    t->needed = ritz_new(ritz_graph_size(b->graph), sizeof *t->needed);
    if (!t->live || !t->fixed || !t->needed)
        return false;
    for (int k = 0; k < t->spec.carries; k++)
        t->fixed[k] = b->out[k] == b->in[t->spec.constants + k];
    for (int k = 0; k < b->nout; k++)
        t->live[k] = read[k] && !(k < t->spec.carries && t->fixed[k]);
    return true;
}

ritz_node *const *ritz_trim_scan(ritz_graph *to, const ritz_node *n,
                                 ritz_node *const *in, const bool *read)
{
    trimming t = {.to = to, .spec = ritz_scan_spec_of(n->attr), .in = in};
    ritz_node **out = ritz_graph_list(to, n->nout, sizeof *out);
    int *place = ritz_graph_list(to, n->nout, sizeof *place);
    const bool opened = open_trimming(&t, read);
    if (opened && out && place) {
        find_live(&t);
        ritz_node *scan = build(&t, place);
        for (int k = 0; k < n->nout; k++)
            out[k] = k < t.spec.carries && t.fixed[k] ? in[t.spec.constants + k]
                     : t.live[k] && scan ? ritz_output(scan, place[k])
                                         : ritz_graph_node(to, 0);
    }
    ritz_free(t.needed);
    return opened && place ? out : NULL;
}
