/* test_plan.c - compiled plans against plain loops: fusion, products,
 * convolutions, donation, constants, errors, and equal bits for any number of
 * threads.
 */
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "graph/build.h"
#include "graph/plan.h"
#include "graph/transform.h"
#include "tap.h"

#include <math.h>
#include <string.h>

static ritz_tensor *random_tensor(ritz_dtype dtype, int rank,
                                  const int64_t *dim, uint64_t seed)
{
    ritz_tensor *t = NULL;
    const ritz_shape s = ritz_shape_of(rank, dim);
    ritz_error err;
    if (ritz_tensor_new(&t, dtype, &s, &err) != RITZ_OK)
        return NULL;
    const ritz_key key = ritz_key_from_seed(seed);
    for (int64_t i = 0; i < ritz_tensor_count(t); i++)
        ritz_tensor_set(t, i,
                        2.0 * ritz_random_uniform(key, (uint64_t)i) - 1.0);
    return t;
}

static ritz_tensor *value_of(ritz_graph *g, ritz_node *n)
{
    ritz_tensor *t = NULL;
    ritz_error err = {0};
    if (ritz_evaluate(g, &n, 1, &t, &err) != RITZ_OK)
        note("evaluate: %s", err.text);
    return t;
}

static bool same_bits(const ritz_tensor *a, const ritz_tensor *b)
{
    return a && b && ritz_tensor_bytes(a) == ritz_tensor_bytes(b) &&
           memcmp(ritz_tensor_data(a), ritz_tensor_data(b),
                  ritz_tensor_bytes(a)) == 0;
}

static void chain(void)
{
    ritz_graph *g = ritz_graph_new();
    ritz_tensor *x = random_tensor(RITZ_F64, 2, (int64_t[]){700, 10}, 1);
    ritz_tensor *b = random_tensor(RITZ_F64, 1, (int64_t[]){10}, 2);
    ritz_node *nx = ritz_capture(g, x), *nb = ritz_capture(g, b);
    ritz_node *y = ritz_tanh(g, ritz_add(g, ritz_scale(g, nx, 3.0), nb));
    y = ritz_sub(g, ritz_transpose(g, ritz_transpose(g, y)),
                 ritz_mul(g, nx, nb));
    ritz_tensor *t = value_of(g, y);
    double worst = 0.0;
    for (int64_t i = 0; t && i < 7000; i++) {
        const double xi = ritz_tensor_get(x, i),
                     bi = ritz_tensor_get(b, i % 10);
        worst = fmax(worst, fabs(ritz_tensor_get(t, i) -
                                 (tanh(3.0 * xi + bi) - xi * bi)));
    }
    near(worst, 0.0, 1e-14, "a chain with a broadcast operand");
    ritz_tensor_release(t);
    ritz_tensor_release(x);
    ritz_tensor_release(b);
    ritz_graph_delete(g);
}

static void permuted(void)
{
    ritz_graph *g = ritz_graph_new();
    ritz_tensor *x = random_tensor(RITZ_F32, 3, (int64_t[]){30, 40, 50}, 1);
    ritz_node *nx = ritz_capture(g, x);
    ritz_node *y = ritz_permute(g, nx, (int[]){2, 0, 1});
    ritz_tensor *t = value_of(g, ritz_neg(g, y));
    int64_t wrong = 0;
    for (int64_t i = 0; i < 50; i++)
        for (int64_t j = 0; j < 30; j++)
            for (int64_t k = 0; t && k < 40; k++)
                wrong += ritz_tensor_get(t, (i * 30 + j) * 40 + k) !=
                         -ritz_tensor_get(x, (j * 40 + k) * 50 + i);
    is_int(wrong, 0, "permute, then negate");
    ritz_tensor_release(t);
    ritz_tensor_release(x);
    ritz_graph_delete(g);
}

static void reductions(void)
{
    static const int64_t dims[][3] = {
        {3, 50000, 1}, {4, 7, 5}, {2, 3000, 17}, {1, 9, 9000}, {5, 0, 3}};
    for (size_t c = 0; c < sizeof dims / sizeof *dims; c++) {
        ritz_graph *g = ritz_graph_new();
        const int64_t *d = dims[c];
        ritz_tensor *x = random_tensor(RITZ_F64, 3, d, c);
        ritz_tensor *t = value_of(
            g, ritz_reduce_sum(g, ritz_capture(g, x), (int[]){1}, 1, false));
        double worst = 0.0;
        for (int64_t o = 0; t && o < d[0]; o++)
            for (int64_t i = 0; i < d[2]; i++) {
                double sum = 0.0;
                for (int64_t r = 0; r < d[1]; r++)
                    sum += ritz_tensor_get(x, (o * d[1] + r) * d[2] + i);
                worst =
                    fmax(worst, fabs(sum - ritz_tensor_get(t, o * d[2] + i)));
            }
        ok(t != NULL, "a sum has a value");
        near(worst, 0.0, 1e-10, "sum over the middle of %dx%dx%d", (int)d[0],
             (int)d[1], (int)d[2]);
        ritz_tensor_release(t);
        ritz_tensor_release(x);
        ritz_graph_delete(g);
    }
}

/* A training step of a small network, as examples run it. */
typedef struct network {
    ritz_tensor *x, *y, *p[4];
} network;

static network small_network(void)
{
    network n;
    n.x = random_tensor(RITZ_F32, 2, (int64_t[]){256, 100}, 1);
    n.y = random_tensor(RITZ_F32, 2, (int64_t[]){256, 10}, 2);
    n.p[0] = random_tensor(RITZ_F32, 2, (int64_t[]){100, 300}, 3);
    n.p[1] = random_tensor(RITZ_F32, 1, (int64_t[]){300}, 4);
    n.p[2] = random_tensor(RITZ_F32, 2, (int64_t[]){300, 10}, 5);
    n.p[3] = random_tensor(RITZ_F32, 1, (int64_t[]){10}, 6);
    return n;
}

static void release_network(network *n)
{
    ritz_tensor_release(n->x);
    ritz_tensor_release(n->y);
    for (int i = 0; i < 4; i++)
        ritz_tensor_release(n->p[i]);
}

static ritz_plan *compile_step(const network *n, ritz_error *err)
{
    ritz_graph *g = ritz_graph_new();
    ritz_node *in[6], *v[4], *grad[4], *out[5];
    if (!g) {
        ritz_fail_memory(err, "graph");
        return NULL;
    }
    in[0] = ritz_input(g, RITZ_F32, ritz_tensor_shape(n->x));
    in[1] = ritz_input(g, RITZ_F32, ritz_tensor_shape(n->y));
    for (int i = 0; i < 4; i++) {
        in[2 + i] = ritz_input(g, RITZ_F32, ritz_tensor_shape(n->p[i]));
        v[i] = ritz_variable(g, in[2 + i]);
    }
    ritz_node *h = ritz_tanh(g, ritz_add(g, ritz_matmul(g, in[0], v[0]), v[1]));
    ritz_node *e =
        ritz_sub(g, ritz_add(g, ritz_matmul(g, h, v[2]), v[3]), in[1]);
    ritz_node *loss =
        ritz_mean_axes(g, ritz_square(g, e), (int[]){0, 1}, 2, false);
    ritz_node *one = ritz_scalar(g, RITZ_F32, 1.0);
    ritz_vjp(g, &loss, &one, 1, v, 4, grad);
    out[0] = loss;
    for (int i = 0; i < 4; i++)
        out[1 + i] = ritz_sub(g, in[2 + i], ritz_scale(g, grad[i], 0.01));
    const bool donate[6] = {false, false, true, true, true, true};
    ritz_plan *plan = NULL;
    const ritz_plan_spec spec = {in, 6, out, 5, donate, false};
    ritz_plan_compile(&plan, g, &spec, err);
    ritz_graph_delete(g);
    return plan;
}

static double train(network *n, ritz_plan *plan, int steps, ritz_error *err)
{
    double loss = NAN;
    for (int s = 0; s < steps; s++) {
        ritz_tensor *in[6] = {n->x, n->y, n->p[0], n->p[1], n->p[2], n->p[3]};
        ritz_tensor *out[5];
        if (ritz_plan_run(plan, in, out, err) != RITZ_OK)
            return NAN;
        loss = ritz_tensor_get(out[0], 0);
        ritz_tensor_release(out[0]);
        for (int i = 0; i < 4; i++) {
            ritz_tensor_release(in[2 + i]);
            n->p[i] = out[1 + i];
        }
    }
    return loss;
}

static void threads(void)
{
    ritz_error err = {0};
    network a = small_network(), b = small_network();
    ritz_plan *plan = compile_step(&a, &err);
    if (!ok(plan != NULL, "a training step compiles %s", err.text))
        return;
    ritz_text text = {0};
    ritz_plan_print(plan, &text);
    note("%s", ritz_text_view(&text));
    ritz_text_free(&text);
    ritz_threads_set(1);
    const double first = train(&a, plan, 1, &err);
    const double loss = train(&a, plan, 50, &err);
    ok(loss < 0.5 * first, "the loss falls from %g to %g", first, loss);
    for (int t = 2; t <= 4; t++) {
        ritz_threads_set(t);
        release_network(&b);
        b = small_network();
        train(&b, plan, 51, &err);
        for (int i = 0; i < 4; i++)
            ok(same_bits(a.p[i], b.p[i]),
               "parameter %d has the same bits with %d threads", i, t);
    }
    ritz_plan_delete(plan);
    release_network(&a);
    release_network(&b);
}

static void donation(void)
{
    ritz_error err = {0};
    network n = small_network();
    ritz_plan *plan = compile_step(&n, &err);
    const void *storage = ritz_tensor_data(n.p[0]);
    ritz_tensor *held = ritz_tensor_retain(n.p[1]);
    const double before = ritz_tensor_get(held, 3);
    train(&n, plan, 1, &err);
    ok(ritz_tensor_data(n.p[0]) == storage, "a donated parameter is updated "
                                            "in its own storage");
    ok(ritz_tensor_get(held, 3) == before && n.p[1] != held,
       "one that is held elsewhere is copied instead");
    ritz_tensor_release(held);
    const double kept = ritz_tensor_get(n.p[0], 7);
    ritz_tensor *in[6] = {n.x, n.y, n.p[0], n.p[1], n.p[2], n.p[3]}, *out[5];
    ritz_interrupt_raise();
    is_int(ritz_plan_run(plan, in, out, &err), RITZ_EINTERRUPTED,
           "an interrupted step says so");
    ritz_interrupt_clear();
    ok(in[2] == n.p[0] && ritz_tensor_get(n.p[0], 7) == kept,
       "and leaves parameters as they were");
    ritz_plan_delete(plan);
    release_network(&n);
}

/* Convolution and its derivatives against the definition. */
enum { N = 3, H = 9, W = 8, C = 2, K = 3, F = 4 };

static ritz_node *convolve(ritz_graph *g, ritz_node *x, ritz_node *w)
{
    const ritz_window_spec spec = {{K, K}, {1, 1}, {1, 1, 1, 1}};
    ritz_node *u = ritz_unfold_window(g, x, &spec);
    const ritz_shape rows = {.rank = 2, .dim = {N * H * W, K * K * C}};
    const ritz_shape image = {.rank = 4, .dim = {N, H, W, F}};
    return ritz_reshape(g, ritz_matmul(g, ritz_reshape(g, u, &rows), w),
                        &image);
}

/* Visits every (output, input, weight) triple of the convolution. */
static void each_term(double *out, double *dx, double *dw, const ritz_tensor *x,
                      const ritz_tensor *w, const ritz_tensor *ct)
{
    for (int64_t n = 0; n < N; n++)
        for (int64_t y = 0; y < H; y++)
            for (int64_t z = 0; z < W; z++)
                for (int64_t t = 0; t < K * K * C; t++) {
                    const int64_t iy = y + t / C / K - 1;
                    const int64_t iz = z + t / C % K - 1;
                    if (iy < 0 || iy >= H || iz < 0 || iz >= W)
                        continue;
                    const int64_t at = ((n * H + iy) * W + iz) * C + t % C;
                    for (int64_t f = 0; f < F; f++) {
                        const int64_t o = ((n * H + y) * W + z) * F + f;
                        const double c = ritz_tensor_get(ct, o);
                        out[o] += ritz_tensor_get(x, at) *
                                  ritz_tensor_get(w, t * F + f);
                        dx[at] += c * ritz_tensor_get(w, t * F + f);
                        dw[t * F + f] += c * ritz_tensor_get(x, at);
                    }
                }
}

static double distance(const ritz_tensor *t, const double *want)
{
    double worst = 0.0;
    for (int64_t i = 0; t && i < ritz_tensor_count(t); i++)
        worst = fmax(worst, fabs(ritz_tensor_get(t, i) - want[i]));
    return t ? worst : NAN;
}

static void convolution(void)
{
    static double out[N * H * W * F], dx[N * H * W * C], dw[K * K * C * F];
    ritz_graph *g = ritz_graph_new();
    ritz_tensor *x = random_tensor(RITZ_F64, 4, (int64_t[]){N, H, W, C}, 1);
    ritz_tensor *w = random_tensor(RITZ_F64, 2, (int64_t[]){K * K * C, F}, 2);
    ritz_tensor *ct = random_tensor(RITZ_F64, 4, (int64_t[]){N, H, W, F}, 3);
    each_term(out, dx, dw, x, w, ct);
    ritz_node *v[2] = {ritz_variable(g, ritz_capture(g, x)),
                       ritz_variable(g, ritz_capture(g, w))};
    ritz_node *c = ritz_capture(g, ct), *result[3];
    result[0] = convolve(g, v[0], v[1]);
    ritz_vjp(g, result, &c, 1, v, 2, result + 1);
    ritz_tensor *t[3] = {0};
    ritz_error err = {0};
    ok(ritz_evaluate(g, result, 3, t, &err) == RITZ_OK, "evaluates %s",
       err.text);
    near(distance(t[0], out), 0.0, 1e-12, "convolution");
    near(distance(t[1], dx), 0.0, 1e-12, "its gradient in the image");
    near(distance(t[2], dw), 0.0, 1e-12, "its gradient in the kernel");
    for (int i = 0; i < 3; i++)
        ritz_tensor_release(t[i]);
    ritz_tensor_release(x);
    ritz_tensor_release(w);
    ritz_tensor_release(ct);
    ritz_graph_delete(g);
}

static void results_of_inputs(void)
{
    ritz_graph *g = ritz_graph_new();
    const ritz_shape s = {.rank = 1, .dim = {3}};
    ritz_node *x = ritz_input(g, RITZ_F32, &s);
    ritz_node *two = ritz_full(g, RITZ_F32, &s, 2.0);
    ritz_node *out[4] = {x, x, two, ritz_neg(g, x)};
    ritz_plan *plan = NULL;
    ritz_error err = {0};
    const ritz_plan_spec spec = {&x, 1, out, 4, (bool[]){true}, false};
    ok(ritz_plan_compile(&plan, g, &spec, &err) == RITZ_OK, "compiles %s",
       err.text);
    ritz_tensor *in = random_tensor(RITZ_F32, 1, s.dim, 1), *t[4];
    const double first = ritz_tensor_get(in, 0);
    ok(plan && ritz_plan_run(plan, &in, t, &err) == RITZ_OK, "runs");
    if (plan) {
        near(ritz_tensor_get(t[0], 0), first, 0, "an input as a result");
        near(ritz_tensor_get(t[1], 0), first, 0, "and once more");
        near(ritz_tensor_get(t[2], 2), 2.0, 0, "a constant as a result");
        near(ritz_tensor_get(t[3], 0), -first, 0, "a value as a result");
        for (int i = 0; i < 4; i++)
            ritz_tensor_release(t[i]);
    }
    ritz_tensor_release(in);
    ritz_plan_delete(plan);
    ritz_graph_delete(g);
}

static void out_of_memory(void)
{
    network n = small_network();
    long made = 0;
    for (long at = 1; at < 5000; at++) {
        ritz_error err = {0};
        ritz_fail_allocation(at);
        ritz_plan *plan = compile_step(&n, &err);
        ritz_fail_allocation(0);
        if (plan) {
            made = at;
            ritz_plan_delete(plan);
            break;
        }
        if (err.status != RITZ_ENOMEM)
            ok(false, "request %ld fails as memory: %s", at, err.text);
    }
    ok(made > 10, "compiling survives each failing request (%ld)", made - 1);
    release_network(&n);
}

int main(void)
{
    tap_run("chain", chain);
    tap_run("permuted", permuted);
    tap_run("reductions", reductions);
    tap_run("convolution", convolution);
    tap_run("results_of_inputs", results_of_inputs);
    tap_run("donation", donation);
    tap_run("threads", threads);
    tap_run("out_of_memory", out_of_memory);
    return tap_end();
}
