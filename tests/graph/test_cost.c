/* test_cost.c - what an application costs, against counts by hand; and that a
 * plan of it counts the same. */
#include "graph/build.h"
#include "graph/cost.h"
#include "graph/matrix.h"
#include "graph/plan.h"
#include "tap.h"

static ritz_node *input(ritz_graph *g, int rank, const int64_t *dim)
{
    const ritz_shape s = ritz_shape_of(rank, dim);
    return ritz_input(g, RITZ_F64, &s);
}

#define INPUT(g, ...)                                                   \
    input(g, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), \
          (int64_t[]){__VA_ARGS__})

static void costs(ritz_node *n, double flops, double elements, const char *name)
{
    const ritz_cost c = ritz_cost_of(n);
    near(c.flops, flops, 0, "%s: operations", name);
    near(c.bytes, elements * 8, 0, "%s: bytes", name);
}

static void test_counts(void)
{
    ritz_graph *g = ritz_graph_new();
    ritz_node *a = INPUT(g, 3, 4), *b = INPUT(g, 4, 5), *c = INPUT(g, 2, 6, 6);
    const int axis = 1;
    costs(ritz_add(g, a, a), 12, 36, "add");
    costs(ritz_tanh(g, a), 12, 24, "tanh");
    costs(ritz_matmul(g, a, b), 2 * 3 * 4 * 5, 12 + 20 + 15, "matmul");
    costs(ritz_matmul_ta(g, c, c), 2 * 2 * 216, 72 * 3, "two products");
    costs(ritz_reduce_sum(g, a, &axis, 1, false), 12, 12 + 3, "sum");
    costs(ritz_cumsum(g, a, 0, false), 12, 24, "cumsum");
    costs(ritz_transpose(g, a), 0, 0, "transpose");
    costs(ritz_pad(g, a, (int64_t[]){1, 0}, (int64_t[]){0, 0}, NULL), 0,
          12 + 16, "pad");
    costs(ritz_triangular_solve(g, c, c, 0), 2 * 216, 72 * 3, "triangular");
    ritz_node *wide = ritz_svd(g, a);
    costs(wide, 6 * 4 * 9 + 20 * 27, 12 + 9 + 3 + 12, "svd");
    ok(ritz_graph_status(g, NULL) == RITZ_OK, "the graph is whole");
    ritz_graph_delete(g);
}

static void counts_alike(ritz_graph *g, ritz_node *in, ritz_node *out,
                         const char *name)
{
    ritz_plan *plan = NULL;
    ritz_error err = {0};
    const ritz_plan_spec spec = {
        .input = &in, .nin = 1, .output = &out, .nout = 1};
    if (!ok(ritz_plan_compile(&plan, g, &spec, &err) == RITZ_OK,
            "%s compiles %s", name, err.text))
        return;
    near(ritz_plan_flops(plan), ritz_cost_of(out).flops, 0,
         "%s: the plan counts alike", name);
    ritz_plan_delete(plan);
}

static void test_plans(void)
{
    ritz_graph *g = ritz_graph_new();
    ritz_node *a = INPUT(g, 2, 6, 6);
    const int axis = 1;
    counts_alike(g, a, ritz_exp(g, a), "exp");
    counts_alike(g, a, ritz_matmul_tb(g, a, a), "matmul");
    counts_alike(g, a, ritz_reduce_sum(g, a, &axis, 1, false), "sum");
    counts_alike(g, a, ritz_cumsum(g, a, 1, true), "cumsum");
    counts_alike(g, a, ritz_lu(g, a), "lu");
    counts_alike(g, a, ritz_solve(g, a, a, 0), "solve");
    ritz_graph_delete(g);
}

int main(void)
{
    tap_run("counts by hand", test_counts);
    tap_run("counts of plans", test_plans);
    return tap_end();
}
