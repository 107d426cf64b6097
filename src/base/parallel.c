/* parallel.c - tiles over threads. */
#include "base/parallel.h"

#include <sched.h>
#include <stdatomic.h>

#ifdef RITZ_PTHREADS
#include <pthread.h>
#else
#include <omp.h>
#endif

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

#ifdef RITZ_PTHREADS

typedef struct team {
    size_t count;
    ritz_tile_fn *fn;
    void *context;
    bool whole;
    atomic_size_t next;
    atomic_bool stopped;
} team;

typedef struct member {
    team *team;
    int worker;
} member;

static void *work(void *arg)
{
    const member *me = arg;
    team *t = me->team;
    for (;;) {
        if (!t->whole && ritz_interrupted()) {
            atomic_store(&t->stopped, true);
            return NULL;
        }
        const size_t tile = atomic_fetch_add(&t->next, 1);
        if (tile >= t->count)
            return NULL;
        t->fn(t->context, tile, me->worker);
    }
}

static bool run_team(size_t count, int threads, ritz_tile_fn *fn, void *context,
                     bool whole)
{
    team t = {.count = count, .fn = fn, .context = context, .whole = whole};
    pthread_t handle[RITZ_MAX_THREADS];
    member who[RITZ_MAX_THREADS];
    int started = 1;
    for (; started < threads; started++) {
        who[started] = (member){&t, started};
        if (pthread_create(&handle[started], NULL, work, &who[started]) != 0)
            break; /* the tiles are done by those that did start */
    }
    who[0] = (member){&t, 0};
    work(&who[0]);
    for (int i = 1; i < started; i++)
        pthread_join(handle[i], NULL);
    return !atomic_load(&t.stopped);
}

#else

static bool run_team(size_t count, int threads, ritz_tile_fn *fn, void *context,
                     bool whole)
{
    bool stopped = false;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) \
    reduction(||                                                   \
              : stopped)
    for (size_t tile = 0; tile < count; tile++) {
        if (!whole && ritz_interrupted())
            stopped = true;
        else
            fn(context, tile, omp_get_thread_num());
    }
    return !stopped;
}

#endif

static bool run(size_t count, ritz_tile_fn *fn, void *context, bool whole)
{
    int threads = ritz_threads();
    if ((size_t)threads > count)
        threads = (int)count;
    if (threads <= 1)
        return run_serially(count, fn, context, whole);
    return run_team(count, threads, fn, context, whole);
}

bool ritz_parallel(size_t count, ritz_tile_fn *fn, void *context)
{
    return run(count, fn, context, false);
}

void ritz_parallel_whole(size_t count, ritz_tile_fn *fn, void *context)
{
    run(count, fn, context, true);
}
