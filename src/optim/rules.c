/* rules.c - what the steps of all optimisers share.
 *
 * A rule is one step for one parameter: an elementwise chain over the
 * parameter, its gradient and its memory, so that it runs in one pass and in
 * place. What is the same for all elements, such as a bias correction, is
 * computed once on scalars: that shortens the chain, and equals the published
 * order up to rounding.
 */
#include "optim/inside.h"

#include <float.h>
#include <math.h>

static bool is_like(const ritz_node *x, const ritz_node *p)
{
    return x->dtype == p->dtype && ritz_shape_equal(&x->shape, &p->shape);
}

bool ritz_optim_check(ritz_graph *g, const ritz_call *call, const char *want)
{
    const char *who = call->function->name;
    const ritz_node *p = call->x[0];
    for (int i = 1; i < call->nx && ritz_graph_status(g, NULL) == RITZ_OK;
         i++) {
        const ritz_node *x = call->x[i];
        const bool alike = want[i] == 'p';
        if (x && !(alike ? is_like(x, p) : x->shape.rank == 0))
            ritz_graph_fail(g, RITZ_ESHAPE,
                            "%s: argument %d must be %s, got %s", who, i + 1,
                            alike ? ritz_type_of(p).text : "a scalar",
                            ritz_type_of(x).text);
    }
    if (!ritz_dtype_is_float(p->dtype))
        ritz_graph_fail(g, RITZ_EDTYPE,
                        "%s: parameters must be f32 or f64, got %s", who,
                        ritz_type_of(p).text);
    return ritz_graph_status(g, NULL) == RITZ_OK;
}

ritz_node *ritz_optim_number(ritz_graph *g, const ritz_call *call, int i)
{
    return ritz_cast(g, call->x[i], call->x[0]->dtype);
}

ritz_node *ritz_optim_shrink(ritz_graph *g, ritz_node *p, ritz_node *lr,
                             double decay)
{
    if (decay == 0)
        return p;
    return ritz_mul(g, p, ritz_shift(g, ritz_scale(g, lr, -decay), 1.0));
}

ritz_decayed ritz_optim_decay(ritz_graph *g, const ritz_call *call,
                              ritz_node *lr, int at)
{
    ritz_decayed d = {.p = call->x[0], .grad = call->x[1]};
    const double decay = call->v[at].number;
    if (call->v[at + 1].i)
        d.p = ritz_optim_shrink(g, d.p, lr, decay);
    else if (decay != 0) /* the gradient of loss + decay/2 |p|^2 */
        d.grad = ritz_add(g, d.grad, ritz_scale(g, d.p, decay));
    return d;
}

ritz_node *ritz_optim_mean(ritz_graph *g, ritz_node *old, ritz_node *now,
                           double beta)
{
    return ritz_add(g, ritz_scale(g, old, beta),
                    ritz_scale(g, now, 1.0 - beta));
}

ritz_node *ritz_optim_correction(ritz_graph *g, double beta, ritz_node *t)
{
    return ritz_neg(g, ritz_expm1(g, ritz_scale(g, t, log(beta))));
}

/* The slope of a root is infinite at 0, where a gradient was always 0 (an
 * inactive unit): a derivative through the step would be NaN. Not below the
 * smallest normal number, it is 0 there, and values do not change. */
ritz_node *ritz_optim_root(ritz_graph *g, ritz_node *v)
{
    const double least = v->dtype == RITZ_F32 ? FLT_MIN : DBL_MIN;
    return ritz_sqrt(g, ritz_maximum(g, v, ritz_scalar_like(g, v, least)));
}
