/* test_chains.c - what fuses into one pass: reductions with what feeds and
 * follows them, values that are computed again, short axes. Values are compared
 * with plain loops, plans by their number of instructions.
 */
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "graph/build.h"
#include "graph/plan.h"
#include "graph/transform.h"
#include "tap.h"

#include <float.h>
#include <math.h>
#include <string.h>

static ritz_tensor *draws(int rank, const int64_t *dim)
{
    ritz_tensor *t = NULL;
    const ritz_shape s = ritz_shape_of(rank, dim);
    ritz_tensor_new(&t, RITZ_F64, &s, NULL);
    const ritz_key key = ritz_key_from_seed(7);
    for (int64_t i = 0; i < ritz_tensor_count(t); i++)
        ritz_tensor_set(t, i,
                        4.0 * ritz_random_uniform(key, (uint64_t)i) - 2.0);
    return t;
}

/* A function of one tensor, and its plan. */
typedef ritz_node *graph_fn(ritz_graph *g, ritz_node *x);

static ritz_plan *plan_of(graph_fn *f, const ritz_tensor *x, ritz_error *err)
{
    ritz_graph *g = ritz_graph_new();
    if (!g) {
        ritz_fail_memory(err, "test");
        return NULL;
    }
    ritz_plan *plan = NULL;
    ritz_node *in = ritz_input(g, ritz_tensor_dtype(x), ritz_tensor_shape(x));
    ritz_node *out = f(g, in);
    const ritz_plan_spec spec = {&in, 1, &out, 1, NULL, false};
    ritz_plan_compile(&plan, g, &spec, err);
    ritz_graph_delete(g);
    return plan;
}

/* f(x) from one plan that must have `most` instructions at most. */
static ritz_tensor *value(graph_fn *f, ritz_tensor *x, size_t most,
                          const char *what)
{
    ritz_error err = {0};
    ritz_tensor *y = NULL;
    ritz_plan *plan = plan_of(f, x, &err);
    if (plan) {
        const size_t n = ritz_plan_instructions(plan);
        ok(n <= most, "%s: %zu instructions, at most %zu", what, n, most);
        ritz_plan_run(plan, (ritz_tensor *[]){x}, &y, &err);
    }
    ok(y != NULL, "%s runs%s", what, err.text);
    ritz_plan_delete(plan);
    return y;
}

static ritz_node *softmax(ritz_graph *g, ritz_node *x)
{
    const int last = x->shape.rank - 1;
    ritz_node *e =
        ritz_exp(g, ritz_sub(g, x, ritz_reduce_max(g, x, &last, 1, true)));
    return ritz_div(g, e, ritz_reduce_sum(g, e, &last, 1, true));
}

static void rows(void)
{
    enum { ROWS = 300, WIDTH = 33 };
    ritz_tensor *x = draws(2, (int64_t[]){ROWS, WIDTH});
    ritz_tensor *y = value(softmax, x, 1, "a softmax");
    double worst = 0.0;
    for (int64_t r = 0; y && r < ROWS; r++) {
        double sum = 0.0;
        for (int64_t k = 0; k < WIDTH; k++)
            sum += exp(ritz_tensor_get(x, r * WIDTH + k));
        for (int64_t i = r * WIDTH; i < (r + 1) * WIDTH; i++) {
            const double want = exp(ritz_tensor_get(x, i)) / sum;
            worst = fmax(worst, fabs(ritz_tensor_get(y, i) - want));
        }
    }
    near(worst, 0.0, 8 * DBL_EPSILON, "a softmax");
    ritz_tensor_release(y);
    ritz_tensor_release(x);
}

/* The square of x, added up down its columns. */
static ritz_node *columns_of_squares(ritz_graph *g, ritz_node *x)
{
    return ritz_reduce_sum(g, ritz_square(g, x), (int[]){0}, 1, false);
}

static ritz_node *sum_of_squares(ritz_graph *g, ritz_node *x)
{
    return ritz_sum_all(g, ritz_square(g, x));
}

static void ends(void)
{
    enum { ROWS = 2000, WIDTH = 40 };
    ritz_tensor *x = draws(2, (int64_t[]){ROWS, WIDTH});
    ritz_tensor *y = value(columns_of_squares, x, 1, "a sum down columns");
    ritz_tensor *z = value(sum_of_squares, x, 1, "a sum of all");
    double worst = 0.0, all = 0.0;
    for (int64_t k = 0; y && k < WIDTH; k++) {
        double sum = 0.0;
        for (int64_t r = 0; r < ROWS; r++)
            sum += pow(ritz_tensor_get(x, r * WIDTH + k), 2);
        worst = fmax(worst, fabs(ritz_tensor_get(y, k) - sum));
        all += sum;
    }
    near(worst, 0.0, 1e-10, "a sum down columns");
    near(z ? ritz_tensor_get(z, 0) : NAN, all, 1e-8, "a sum of all");
    ritz_tensor_release(x);
    ritz_tensor_release(y);
    ritz_tensor_release(z);
}

/* The pull on each of three bodies: pairs[plane, body, body, system]. */
static ritz_node *pull(ritz_graph *g, ritz_node *q)
{
    ritz_node *d = ritz_sub(g, ritz_expand(g, q, 2), ritz_expand(g, q, 1));
    ritz_node *r2 = ritz_reduce_sum(g, ritz_square(g, d), (int[]){0}, 1, false);
    r2 = ritz_shift(g, r2, 0.5);
    return ritz_reduce_sum(g, ritz_div(g, d, ritz_mul(g, r2, ritz_sqrt(g, r2))),
                           (int[]){2}, 1, false);
}

static double pull_of(const ritz_tensor *q, int64_t plane, int64_t body,
                      int64_t system, int64_t systems)
{
    double sum = 0.0;
    for (int64_t other = 0; other < 3; other++) {
        double d[2];
        for (int64_t k = 0; k < 2; k++)
            d[k] = ritz_tensor_get(q, (k * 3 + body) * systems + system) -
                   ritz_tensor_get(q, (k * 3 + other) * systems + system);
        const double r2 = d[0] * d[0] + d[1] * d[1] + 0.5;
        sum += d[plane] / (r2 * sqrt(r2));
    }
    return sum;
}

static void short_axes(void)
{
    enum { SYSTEMS = 700 };
    ritz_tensor *q = draws(3, (int64_t[]){2, 3, SYSTEMS});
    ritz_tensor *y = value(pull, q, 2, "the pull of three bodies");
    double worst = 0.0;
    for (int64_t i = 0; y && i < ritz_tensor_count(y); i++)
        worst = fmax(worst, fabs(ritz_tensor_get(y, i) -
                                 pull_of(q, i / SYSTEMS / 3, i / SYSTEMS % 3,
                                         i % SYSTEMS, SYSTEMS)));
    near(worst, 0.0, 1e-14, "the pull of three bodies");
    ritz_tensor_release(y);
    ritz_tensor_release(q);
}

/* The product of an activation, and the activation's slope, which was read
 * from a dozen stored values and now from two: x and its tanh. */
static ritz_node *slope_after_product(ritz_graph *g, ritz_node *x)
{
    ritz_node *t = ritz_tanh(g, x);
    ritz_node *y = ritz_mul(g, ritz_shift(g, t, 1.0), x);
    ritz_node *p = ritz_matmul(g, ritz_transpose(g, y), y);
    ritz_node *slope = ritz_add(
        g, ritz_shift(g, t, 1.0),
        ritz_mul(g, x,
                 ritz_sub(g, ritz_scalar_like(g, t, 1.0), ritz_square(g, t))));
    return ritz_matmul(g, slope, p);
}

static void computed_again(void)
{
    enum { ROWS = 600, WIDTH = 16 };
    ritz_error err = {0};
    ritz_tensor *x = draws(2, (int64_t[]){ROWS, WIDTH});
    ritz_plan *plan = plan_of(slope_after_product, x, &err);
    /* Two at a time: the activation and its tanh, then this and the slope. */
    ok(plan && ritz_plan_bytes(plan) < 3 * ROWS * WIDTH * 8,
       "an activation's slope needs two arrays (%zu bytes)",
       plan ? ritz_plan_bytes(plan) : 0);
    ritz_plan_delete(plan);
    ritz_tensor_release(x);
}

/* Large enough for several tiles, with each kind of reduction. */
static ritz_node *every_reduction(ritz_graph *g, ritz_node *x)
{
    ritz_node *s = softmax(g, x);
    ritz_node *down = columns_of_squares(g, s);
    return ritz_add(g, ritz_mul(g, down, ritz_sum_all(g, ritz_tanh(g, x))),
                    columns_of_squares(g, ritz_exp(g, x)));
}

static void threads(void)
{
    const int before = ritz_threads();
    ritz_tensor *x = draws(2, (int64_t[]){3000, 50}), *first = NULL;
    for (int n = 1; n <= 4; n++) {
        ritz_threads_set(n);
        ritz_tensor *y = value(every_reduction, x, 9, "reductions");
        if (!first)
            first = ritz_tensor_retain(y);
        ok(y && memcmp(ritz_tensor_data(y), ritz_tensor_data(first),
                       ritz_tensor_bytes(y)) == 0,
           "the same bits with %d threads", n);
        ritz_tensor_release(y);
    }
    ritz_threads_set(before);
    ritz_tensor_release(first);
    ritz_tensor_release(x);
}

/* inf is made in the middle of a chain and seen at its end. */
static ritz_node *overflow(ritz_graph *g, ritz_node *x)
{
    ritz_node *e = ritz_exp(g, ritz_scale(g, x, 1000.0));
    return ritz_neg(g, ritz_shift(g, e, 1.0));
}

static void not_finite(void)
{
    ritz_error err = {0};
    ritz_tensor *x = draws(1, (int64_t[]){1000});
    ritz_plan *plan = plan_of(overflow, x, &err);
    const ritz_origin *where = NULL;
    const char *name = NULL;
    ritz_plan_find_nonfinite(plan, (ritz_tensor *[]){x}, &where, &name, &err);
    is_text(name ? name : "none", "exp", "the step that overflows is named");
    ritz_plan_delete(plan);
    ritz_tensor_release(x);
}

static void out_of_memory(void)
{
    static graph_fn *const list[] = {every_reduction, pull,
                                     slope_after_product};
    ritz_tensor *x = draws(3, (int64_t[]){2, 3, 100});
    for (size_t f = 0; f < sizeof list / sizeof *list; f++) {
        ritz_plan *plan = NULL;
        for (long at = 1; !plan && at < 5000; at++) {
            ritz_error err = {0};
            ritz_fail_allocation(at);
            plan = plan_of(list[f], x, &err);
            ritz_fail_allocation(0);
            if (!plan && err.status != RITZ_ENOMEM)
                ok(false, "request %ld fails as memory: %s", at, err.text);
        }
        ok(plan != NULL, "function %zu survives each failing request", f + 1);
        ritz_plan_delete(plan);
    }
    ritz_tensor_release(x);
}

int main(void)
{
    tap_run("rows", rows);
    tap_run("ends", ends);
    tap_run("short_axes", short_axes);
    tap_run("computed_again", computed_again);
    tap_run("threads", threads);
    tap_run("not_finite", not_finite);
    tap_run("out_of_memory", out_of_memory);
    return tap_end();
}
