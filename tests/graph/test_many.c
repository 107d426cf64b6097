/* test_many.c - transforms of a primitive with several outputs: of a pair
 * (x + y, x y) that is made here and has rules but no instruction, because
 * its derivatives and its batch need none.
 */
#include "graph/build.h"
#include "graph/plan.h"
#include "graph/transform.h"
#include "tap.h"

#include <math.h>

static int two(const ritz_attr *attr)
{
    (void)attr;
    return 2;
}

static ritz_status infer_pair(ritz_type *out, ritz_node *const *in, int nin,
                              const ritz_attr *attr, ritz_error *err)
{
    (void)nin, (void)attr;
    if (!ritz_shape_equal(&in[0]->shape, &in[1]->shape))
        return ritz_fail(err, RITZ_ESHAPE, "pair: shapes must agree");
    for (int k = 0; k < 2; k++)
        out[k] = (ritz_type){in[0]->dtype, in[0]->shape};
    return RITZ_OK;
}

static void push_pair(ritz_graph *g, const ritz_rule *at,
                      ritz_node *const *tangent, ritz_node **result)
{
    for (int i = 0; i < 2; i++) {
        if (!tangent[i])
            continue;
        ritz_node *product = ritz_mul(g, tangent[i], at->in[1 - i]);
        result[0] = result[0] ? ritz_add(g, result[0], tangent[i]) : tangent[i];
        result[1] = result[1] ? ritz_add(g, result[1], product) : product;
    }
}

static void pull_pair(ritz_graph *g, const ritz_rule *at, ritz_node *const *ct,
                      const bool *wanted, ritz_node **result)
{
    for (int i = 0; i < 2; i++) {
        if (!wanted[i])
            continue;
        ritz_node *product = ct[1] ? ritz_mul(g, ct[1], at->in[1 - i]) : NULL;
        result[i] = ct[0] && product ? ritz_add(g, ct[0], product)
                    : ct[0]          ? ct[0]
                                     : product;
    }
}

static void batch_pair(ritz_graph *g, const ritz_rule *at, ritz_node *const *in,
                       const bool *batched, int64_t size, ritz_node **result)
{
    (void)at, (void)batched, (void)size;
    result[0] = ritz_add(g, in[0], in[1]);
    result[1] = ritz_mul(g, in[0], in[1]);
}

static const ritz_many rules = {.outputs = two,
                                .infer = infer_pair,
                                .jvp = push_pair,
                                .vjp = pull_pair,
                                .batch = batch_pair};
static const ritz_primitive pair = {
    .function = {.name = "pair"}, .class = RITZ_CLASS_KERNEL, .many = &rules};

static ritz_node *apply_pair(ritz_graph *g, ritz_node *x, ritz_node *y)
{
    return ritz_apply(g, &pair, (ritz_node *[]){x, y}, 2, NULL);
}

static double number(ritz_graph *g, ritz_node *n)
{
    ritz_tensor *t = NULL;
    ritz_error err = {0};
    double value = NAN;
    if (ritz_evaluate(g, &n, 1, &t, &err) == RITZ_OK)
        value = ritz_tensor_get(t, 0);
    else
        note("evaluate: %s", err.text);
    ritz_tensor_release(t);
    return value;
}

static ritz_node *variable(ritz_graph *g, double value)
{
    return ritz_variable(g, ritz_scalar(g, RITZ_F64, value));
}

static void outputs(void)
{
    ritz_graph *g = ritz_graph_new();
    ritz_node *p = apply_pair(g, variable(g, 3), variable(g, 5));
    is_int(p->nout, 2, "two outputs");
    ok(ritz_output(p, 0) == p, "a node is its own first output");
    const ritz_node *part = ritz_output(p, 1);
    ok(part->prim == &ritz_primitive_part && part->in[0] == p &&
           part->dtype == RITZ_F64,
       "the second is a part of it");
    const int64_t three = 3;
    const ritz_shape s = ritz_shape_of(1, &three);
    ritz_node *bad = apply_pair(g, p, ritz_full(g, RITZ_F64, &s, 1));
    ritz_error err = {0};
    ok(ritz_graph_status(g, &err) == RITZ_ESHAPE, "a bad pair is refused");
    ok(ritz_output(bad, 1) == bad, "and is harmless in all its outputs");
    ritz_graph_delete(g);
}

/* loss = 3 (x + y) + 2 x y, or one of the terms alone. */
static ritz_node *loss_of(ritz_graph *g, ritz_node *p, int which)
{
    ritz_node *a = ritz_scale(g, ritz_output(p, 0), 3);
    ritz_node *b = ritz_scale(g, ritz_output(p, 1), 2);
    return which == 0 ? a : which == 1 ? b : ritz_add(g, a, b);
}

static void reverse(void)
{
    static const double expected[3][2] = {{3, 3}, {10, 6}, {13, 9}};
    for (int which = 0; which < 3; which++) {
        ritz_graph *g = ritz_graph_new();
        ritz_node *v[] = {variable(g, 3), variable(g, 5)}, *grad[2];
        ritz_node *loss = loss_of(g, apply_pair(g, v[0], v[1]), which);
        ritz_node *one = ritz_scalar(g, RITZ_F64, 1);
        ritz_vjp(g, &loss, &one, 1, v, 2, grad);
        for (int i = 0; i < 2; i++)
            near(number(g, grad[i]), expected[which][i], 0,
                 "reverse, loss %d, input %d", which, i);
        ritz_vjp(g, grad, &one, 1, v + 1, 1, grad);
        near(number(g, grad[0]), which == 0 ? 0 : 2, 0,
             "the mixed second derivative of loss %d", which);
        ritz_graph_delete(g);
    }
}

static void forward(void)
{
    ritz_graph *g = ritz_graph_new();
    ritz_node *v[] = {variable(g, 3), variable(g, 5)}, *out[2];
    ritz_node *p = apply_pair(g, v[0], v[1]);
    ritz_node *t[] = {ritz_scalar(g, RITZ_F64, 7), ritz_scalar(g, RITZ_F64, 1)};
    ritz_jvp(g, v, t, 2, p->out, 2, out);
    near(number(g, out[0]), 8, 0, "forward, first output");
    near(number(g, out[1]), 38, 0, "forward, second output");
    ritz_jvp(g, v, t, 1, p->out, 2, out);
    near(number(g, out[1]), 35, 0, "forward, one input moves");
    ritz_graph_delete(g);
}

static void batched(void)
{
    ritz_graph *g = ritz_graph_new();
    const int64_t three = 3;
    const ritz_shape s = ritz_shape_of(1, &three);
    ritz_node *x = ritz_iota(g, RITZ_F64, &s, 0, 1);
    ritz_node *v = ritz_batch_variable(g, x, 0), *out[3];
    ritz_node *p = apply_pair(g, v, ritz_scalar(g, RITZ_F64, 5));
    ritz_node *loss = loss_of(g, p, 2), *one = ritz_scalar(g, RITZ_F64, 1);
    ritz_node *list[] = {p->out[0], p->out[1], NULL};
    ritz_vjp(g, &loss, &one, 1, &v, 1, &list[2]);
    ritz_vmap(g, &v, &x, 1, 3, list, 3, out);
    near(number(g, ritz_sum_all(g, out[0])), 21, 0, "batched, first output");
    near(number(g, ritz_sum_all(g, out[1])), 30, 0, "batched, second output");
    near(number(g, ritz_sum_all(g, out[2])), 39, 0, "batched gradient");
    ritz_graph_delete(g);
}

int main(void)
{
    tap_run("outputs", outputs);
    tap_run("reverse", reverse);
    tap_run("forward", forward);
    tap_run("batched", batched);
    return tap_end();
}
