/* parallel.c - how many threads, the interrupt flag, and tiles over threads. */
#include "base/parallel.h"

#include "base/team.h"

#include <sched.h>
#include <stdatomic.h>

static atomic_int thread_count;
static atomic_bool interrupt_flag;
static bool (*poll_host)(void *);
static void *poll_context;

static int clamp(int n)
{
    return n < 1 ? 1 : n > RITZ_MAX_THREADS ? RITZ_MAX_THREADS : n;
}

static int available_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return CPU_COUNT(&set);
}

void ritz_threads_set(int threads)
{
    atomic_store(&thread_count, clamp(threads));
}

int ritz_threads(void)
{
    int n = atomic_load_explicit(&thread_count, memory_order_relaxed);
    if (n == 0) {
        n = clamp(available_processors());
        atomic_store(&thread_count, n);
    }
    return n;
}

void ritz_interrupt_raise(void)
{
    atomic_store_explicit(&interrupt_flag, true, memory_order_relaxed);
}

void ritz_interrupt_clear(void)
{
    atomic_store_explicit(&interrupt_flag, false, memory_order_relaxed);
}

bool ritz_interrupted(void)
{
    return atomic_load_explicit(&interrupt_flag, memory_order_relaxed);
}

void ritz_interrupt_poll_set(bool (*poll)(void *), void *context)
{
    poll_host = poll;
    poll_context = context;
}

bool ritz_interrupt_poll(void)
{
    if (poll_host && poll_host(poll_context))
        ritz_interrupt_raise();
    return ritz_interrupted();
}

static bool run_serially(size_t count, ritz_tile_fn *fn, void *context,
                         bool whole)
{
    for (size_t tile = 0; tile < count; tile++) {
        if (!whole && ritz_interrupted())
            return false;
        fn(context, tile, 0);
    }
    return true;
}

static bool run(size_t count, ritz_tile_fn *fn, void *context, bool whole)
{
    ritz_team_job job = {fn, context, count, ritz_threads(), whole};
    if ((size_t)job.threads > count)
        job.threads = (int)count;
    bool finished;
    if (job.threads > 1 && ritz_team_run(&job, &finished))
        return finished;
    return run_serially(count, fn, context, whole);
}

bool ritz_parallel(size_t count, ritz_tile_fn *fn, void *context)
{
    return run(count, fn, context, false);
}

void ritz_parallel_whole(size_t count, ritz_tile_fn *fn, void *context)
{
    run(count, fn, context, true);
}
