/* team.c - the threads that stand ready to help with tiles.
 *
 * A training step has dozens of parallel regions of some ten microseconds, so
 * a helper that has just worked looks for the next region for a moment before
 * it sleeps. It must be no longer than a moment: OpenMP's barriers wait
 * actively for milliseconds, and with other programs on the same two cores
 * (measured at load 8) that made a step of a convolutional network cost 76 ms
 * of processor time instead of 13.
 *
 * Every thread begins with its own part of the tiles, the same one each time,
 * and helps with the others' parts after it: so what one region wrote is in
 * the cache of the core that reads it in the next.
 *
 * Nobody ever waits for a helper that is asleep. A region is open or closed;
 * a helper enters only while it is open, and the caller, out of tiles, closes
 * it and waits for those inside. All that is one word, `gate`:
 *   bits 32..63 the number of the region, bit 31 open, bits 0..30 inside.
 */
#include "base/team.h"

#include "base/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* Looks at the gate before sleeping: some 40 us, the longest gap between two
 * regions of a small step. With 400 a step of 784-128-10 took 620 us with two
 * threads, with 2000 550. */
enum { LOOKS = 2000 };

#define OPEN   (UINT64_C(1) << 31)
#define INSIDE (OPEN - 1)

enum { LINE = 64 };

/* On a cache line of its own. */
typedef struct part {
    _Alignas(LINE) atomic_size_t next; /* tile */
} part;

static struct {
    atomic_flag busy; /* somebody runs a region */
    ritz_team_job job;
    part part[RITZ_MAX_THREADS];
    atomic_bool stopped;
    _Atomic uint64_t gate;

    pthread_mutex_t lock;
    pthread_cond_t opened, emptied;
    atomic_int sleepers;
    atomic_bool caller_sleeps;
    int helpers; /* started so far */
} team = {.busy = ATOMIC_FLAG_INIT,
          .lock = PTHREAD_MUTEX_INITIALIZER,
          .opened = PTHREAD_COND_INITIALIZER,
          .emptied = PTHREAD_COND_INITIALIZER};

static void breathe(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

/* Where the part of a thread begins, and the one before it ends. */
static size_t first_tile(const ritz_team_job *job, int of)
{
    return job->count * (size_t)of / (size_t)job->threads;
}

/* False when the interrupt flag was seen. */
static bool run_part(const ritz_team_job *job, int of, int worker)
{
    const size_t end = first_tile(job, of + 1);
    for (;;) {
        const size_t tile = atomic_fetch_add(&team.part[of].next, 1);
        if (tile >= end)
            return true;
        if (!job->whole && ritz_interrupted()) {
            atomic_store(&team.stopped, true);
            return false;
        }
        job->fn(job->context, tile, worker);
    }
}

static void run_tiles(int worker)
{
    const ritz_team_job *job = &team.job;
    for (int i = 0; i < job->threads; i++)
        if (!run_part(job, (worker + i) % job->threads, worker))
            return;
}

static bool is_new(uint64_t gate, uint64_t last)
{
    return (gate & OPEN) && gate >> 32 != last;
}

static uint64_t wait_for_region(uint64_t last)
{
    for (int i = 0; i < LOOKS; i++) {
        const uint64_t gate = atomic_load(&team.gate);
        if (is_new(gate, last))
            return gate;
        breathe();
    }
    pthread_mutex_lock(&team.lock);
    atomic_fetch_add(&team.sleepers, 1);
    uint64_t gate;
    while (gate = atomic_load(&team.gate), !is_new(gate, last))
        pthread_cond_wait(&team.opened, &team.lock);
    atomic_fetch_sub(&team.sleepers, 1);
    pthread_mutex_unlock(&team.lock);
    return gate;
}

/* Goes inside, unless the region closed meanwhile. */
static bool enter(uint64_t gate)
{
    const uint64_t region = gate >> 32;
    while ((gate & OPEN) && gate >> 32 == region)
        if (atomic_compare_exchange_weak(&team.gate, &gate, gate + 1))
            return true;
    return false;
}

static void leave(void)
{
    const uint64_t before = atomic_fetch_sub(&team.gate, 1);
    if ((before & (OPEN | INSIDE)) == 1 && atomic_load(&team.caller_sleeps)) {
        pthread_mutex_lock(&team.lock);
        pthread_cond_signal(&team.emptied);
        pthread_mutex_unlock(&team.lock);
    }
}

static void *help(void *arg)
{
    const int worker = (int)(intptr_t)arg;
    uint64_t last = 0;
    for (;;) {
        const uint64_t gate = wait_for_region(last);
        last = gate >> 32;
        if (!enter(gate))
            continue;
        if (worker < team.job.threads)
            run_tiles(worker);
        leave();
    }
    return NULL;
}

static void open_region(const ritz_team_job *job)
{
    team.job = *job;
    for (int of = 0; of < job->threads; of++)
        atomic_store_explicit(&team.part[of].next, first_tile(job, of),
                              memory_order_relaxed);
    atomic_store(&team.stopped, false);
    const uint64_t region = (atomic_load(&team.gate) >> 32) + 1;
    atomic_store(&team.gate, region << 32 | OPEN);
    if (atomic_load(&team.sleepers) > 0) {
        pthread_mutex_lock(&team.lock);
        pthread_cond_broadcast(&team.opened);
        pthread_mutex_unlock(&team.lock);
    }
}

static void close_region(void)
{
    atomic_fetch_and(&team.gate, ~OPEN);
    for (int i = 0; i < LOOKS; i++) {
        if (!(atomic_load(&team.gate) & INSIDE))
            return;
        breathe();
    }
    pthread_mutex_lock(&team.lock);
    atomic_store(&team.caller_sleeps, true);
    while (atomic_load(&team.gate) & INSIDE)
        pthread_cond_wait(&team.emptied, &team.lock);
    atomic_store(&team.caller_sleeps, false);
    pthread_mutex_unlock(&team.lock);
}

bool ritz_team_run(const ritz_team_job *job, bool *finished)
{
    if (atomic_flag_test_and_set(&team.busy))
        return false;
    /* Tiles that a thread could not be had for are run by the others. */
    while (team.helpers < job->threads - 1 &&
           ritz_thread_start(help, (void *)(intptr_t)(team.helpers + 1)))
        team.helpers++;
    open_region(job);
    run_tiles(0);
    close_region();
    *finished = !atomic_load(&team.stopped);
    atomic_flag_clear(&team.busy);
    return true;
}
