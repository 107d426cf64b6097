/* test_factor.c - plans that call LAPACK: the same bits for any number of
 * threads, a call that is left behind by an interrupt, memory that fails.
 */
#include "base/memory.h"
#include "base/parallel.h"
#include "graph/build.h"
#include "graph/matrix.h"
#include "graph/plan.h"
#include "tap.h"

#include <string.h>
#include <unistd.h>

enum { RESULTS = 12 };

/* A plan of one input, and what it gives. */
typedef struct factored {
    ritz_graph *g;
    ritz_plan *plan;
    ritz_tensor *in, *out[RESULTS];
    int nout;
} factored;

/* Matrices that differ, diagonally dominant and symmetric. */
static void fill(ritz_tensor *t, int64_t count, int64_t n)
{
    for (int64_t b = 0; b < count; b++)
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++) {
                const double far = (double)((i * j + b) % 7) - 3.0;
                ritz_tensor_set(t, (b * n + i) * n + j,
                                i == j ? 4.0 * (double)n : far);
            }
}

static int all_results(ritz_graph *g, ritz_node *x, ritz_node **out)
{
    ritz_node *many[] = {ritz_eigh(g, x), ritz_svd(g, x), ritz_qr(g, x),
                         ritz_lu(g, x)};
    int n = 0;
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < many[i]->nout; k++)
            out[n++] = many[i]->out[k];
    out[n++] = ritz_cholesky(g, x);
    out[n++] = ritz_solve(g, x, x, 0);
    out[n++] = ritz_argsort(g, x, 2, true);
    return n;
}

static int eigh_alone(ritz_graph *g, ritz_node *x, ritz_node **out)
{
    out[0] = ritz_eigh(g, x);
    out[1] = ritz_output(out[0], 1);
    return 2;
}

typedef int build_fn(ritz_graph *g, ritz_node *x, ritz_node **out);

static ritz_status compile(factored *f, ritz_dtype dtype, int64_t count,
                           int64_t n, build_fn *build, ritz_error *err)
{
    const ritz_shape s = ritz_shape_of(3, (int64_t[]){count, n, n});
    ritz_node *out[RESULTS];
    *f = (factored){.g = ritz_graph_new()};
    if (!f->g)
        return ritz_fail(err, RITZ_ENOMEM, "no memory for a graph");
    ritz_status status = ritz_tensor_new(&f->in, dtype, &s, err);
    if (status != RITZ_OK)
        return status;
    fill(f->in, count, n);
    ritz_node *x = ritz_input(f->g, dtype, &s);
    f->nout = build(f->g, x, out);
    const ritz_plan_spec spec = {
        .input = &x, .nin = 1, .output = out, .nout = f->nout};
    return ritz_plan_compile(&f->plan, f->g, &spec, err);
}

static ritz_status run(factored *f, ritz_error *err)
{
    for (int k = 0; k < f->nout; k++) {
        ritz_tensor_release(f->out[k]);
        f->out[k] = NULL;
    }
    return ritz_plan_run(f->plan, &f->in, f->out, err);
}

static void release(factored *f)
{
    for (int k = 0; k < f->nout; k++)
        ritz_tensor_release(f->out[k]);
    ritz_tensor_release(f->in);
    ritz_plan_delete(f->plan);
    ritz_graph_delete(f->g);
}

static bool same_bits(const ritz_tensor *a, const ritz_tensor *b)
{
    return ritz_tensor_bytes(a) == ritz_tensor_bytes(b) &&
           memcmp(ritz_tensor_data(a), ritz_tensor_data(b),
                  ritz_tensor_bytes(a)) == 0;
}

static void test_threads(void)
{
    for (int d = 0; d < 2; d++) {
        const ritz_dtype dtype = d ? RITZ_F64 : RITZ_F32;
        factored one, more;
        ritz_error err = {0};
        ritz_threads_set(1);
        if (!ok(compile(&one, dtype, 30, 20, all_results, &err) == RITZ_OK &&
                    run(&one, &err) == RITZ_OK,
                "with one thread %s", err.text))
            return;
        for (int threads = 2; threads <= 4; threads++) {
            ritz_threads_set(threads);
            compile(&more, dtype, 30, 20, all_results, &err);
            ok(run(&more, &err) == RITZ_OK, "with %d threads", threads);
            for (int k = 0; k < one.nout; k++)
                ok(same_bits(one.out[k], more.out[k]),
                   "%s: result %d has the same bits", ritz_dtype_name(dtype),
                   k);
            release(&more);
        }
        release(&one);
    }
    ritz_threads_set(2);
}

/* Says stop after so many questions. */
static bool ask(void *context)
{
    return --*(long *)context < 0;
}

/* A small plan of the same instructions tells how often is asked before and
 * after them: one question more is asked while LAPACK works. */
static long questions_of_small(void)
{
    factored f;
    ritz_error err = {0};
    long left = 1000;
    compile(&f, RITZ_F64, 1, 3, eigh_alone, &err);
    ritz_interrupt_poll_set(ask, &left);
    run(&f, &err);
    ritz_interrupt_poll_set(NULL, NULL);
    release(&f);
    return 1000 - left;
}

static void test_left_behind(void)
{
    factored f;
    ritz_error err = {0};
    const long questions = questions_of_small();
    long left = 0;
    compile(&f, RITZ_F64, 1, 700, eigh_alone, &err);
    ritz_interrupt_poll_set(ask, &left);
    ok(run(&f, &err) == RITZ_EINTERRUPTED, "it is not begun when told to stop");
    ritz_interrupt_clear();
    const size_t before = ritz_live_bytes(); /* with what the pool keeps */
    left = questions;
    ritz_interrupt_poll_set(ask, &left);
    ok(run(&f, &err) == RITZ_EINTERRUPTED, "a long call is interrupted");
    ritz_interrupt_poll_set(NULL, NULL);
    ritz_interrupt_clear();
    ok(!f.out[0] && !f.out[1], "and gives nothing");
    while (ritz_live_bytes() > before)
        usleep(1000);
    ok(true, "what it worked on is freed when it ends");
    release(&f);
}

static void test_errand(void)
{
    factored f;
    ritz_error err = {0};
    ok(compile(&f, RITZ_F64, 1, 300, eigh_alone, &err) == RITZ_OK &&
           run(&f, &err) == RITZ_OK,
       "a call on an errand of its own ends %s", err.text);
    double sum = 0;
    for (int i = 0; i < 300; i++)
        sum += ritz_tensor_get(f.out[0], i);
    near(sum, 300.0 * 1200.0, 1e-7, "its eigenvalues sum to the trace");
    release(&f);
}

static void test_no_memory(void)
{
    long at = 0;
    ritz_status status = RITZ_ENOMEM;
    long failed = 0;
    do {
        factored f;
        ritz_error err = {0};
        ritz_fail_allocation(++at);
        status = compile(&f, RITZ_F32, 2, 4, all_results, &err);
        if (status == RITZ_OK)
            status = run(&f, &err);
        const bool reached = ritz_fail_allocation(0) >= at;
        failed += status == RITZ_ENOMEM;
        if (status != RITZ_OK && status != RITZ_ENOMEM)
            ok(false, "request %ld fails as memory: %s", at, err.text);
        release(&f);
        if (!reached)
            break;
    } while (at < 5000);
    ok(failed > 10 && status == RITZ_OK,
       "each failing request is survived (%ld)", failed);
}

int main(void)
{
    tap_run("threads", test_threads);
    tap_run("a long call is left behind", test_left_behind);
    tap_run("a long call ends", test_errand);
    tap_run("no memory", test_no_memory);
    return tap_end();
}
