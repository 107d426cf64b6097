/* test_parallel.c - each tile once, known workers, and stopping. */
#include "base/parallel.h"
#include "tap.h"

#include <stdatomic.h>

enum { TILES = 1000 };

typedef struct tally {
    atomic_int runs[TILES];
    atomic_int workers; /* the highest seen */
    atomic_int total;
    atomic_int late; /* begun with the flag standing */
    int stop_after;  /* raises the flag then; 0: never */
} tally;

static void count_tile(void *context, size_t tile, int worker)
{
    tally *t = context;
    if (ritz_interrupted())
        atomic_fetch_add(&t->late, 1);
    atomic_fetch_add(&t->runs[tile], 1);
    int seen = atomic_load(&t->workers);
    while (worker > seen)
        if (atomic_compare_exchange_weak(&t->workers, &seen, worker))
            break;
    if (atomic_fetch_add(&t->total, 1) + 1 == t->stop_after)
        ritz_interrupt_raise();
}

static bool each_ran(const tally *t, size_t count, int times)
{
    for (size_t i = 0; i < count; i++)
        if (atomic_load(&t->runs[i]) != times)
            return false;
    return true;
}

static void test_tiles(void)
{
    for (int threads = 1; threads <= 8; threads *= 2) {
        static tally t;
        t = (tally){0};
        ritz_threads_set(threads);
        is_int(ritz_threads(), threads, "%d threads are set", threads);
        ok(ritz_parallel(TILES, count_tile, &t), "all of it ran");
        ok(each_ran(&t, TILES, 1), "each tile once, %d threads", threads);
        ok(atomic_load(&t.workers) < threads, "workers below %d", threads);
        ok(ritz_parallel(3, count_tile, &t), "fewer tiles than threads");
        ok(each_ran(&t, 3, 2), "each of three tiles once more");
        ok(ritz_parallel(0, count_tile, &t), "no tiles at all");
        is_int(atomic_load(&t.total), TILES + 3, "nothing else ran");
    }
}

static void test_bounds(void)
{
    ritz_threads_set(0);
    is_int(ritz_threads(), 1, "no threads are one");
    ritz_threads_set(-5);
    is_int(ritz_threads(), 1, "negative threads are one");
    ritz_threads_set(1000000);
    is_int(ritz_threads(), RITZ_MAX_THREADS, "too many are the most");
    ritz_threads_set(2);
}

static void test_interrupt(void)
{
    for (int threads = 1; threads <= 4; threads *= 2) {
        static tally t;
        t = (tally){.stop_after = 10};
        ritz_threads_set(threads);
        ritz_interrupt_clear();
        ok(!ritz_parallel(TILES, count_tile, &t), "stopped on the way");
        ok(ritz_interrupted(), "the flag stands until it is cleared");
        ok(atomic_load(&t.total) >= 10, "not before the tenth tile");
        ok(atomic_load(&t.late) < threads,
           "only what was in flight came later: %d, %d threads",
           atomic_load(&t.late), threads);
        t = (tally){0};
        ok(!ritz_parallel(TILES, count_tile, &t), "a standing flag stops");
        is_int(atomic_load(&t.total), 0, "before the first tile");
        ritz_interrupt_clear();
        ok(ritz_parallel(TILES, count_tile, &t), "cleared, it runs again");
    }
}

static bool ask(void *context)
{
    return *(bool *)context;
}

static void test_poll(void)
{
    bool wish = false;
    ritz_interrupt_clear();
    ok(!ritz_interrupt_poll(), "nobody to ask: no interrupt");
    ritz_interrupt_poll_set(ask, &wish);
    ok(!ritz_interrupt_poll(), "the host has no wish");
    wish = true;
    ok(ritz_interrupt_poll() && ritz_interrupted(), "the host's wish counts");
    ritz_interrupt_poll_set(NULL, NULL);
    ritz_interrupt_clear();
    ok(!ritz_interrupt_poll(), "nobody to ask any more");
}

/* Helpers come late, sleep and wake between regions: none runs a tile twice
 * or of a region that is over. */
static void test_many_regions(void)
{
    enum { REGIONS = 20000, FEW = 7 };
    static tally t;
    t = (tally){0};
    ritz_threads_set(4);
    for (int i = 0; i < REGIONS; i++)
        ritz_parallel(FEW, count_tile, &t);
    ok(each_ran(&t, FEW, REGIONS), "%d small regions, each tile once", REGIONS);
    is_int(atomic_load(&t.total), REGIONS * FEW, "and nothing else");
}

int main(void)
{
    ok(ritz_threads() >= 1 && ritz_threads() <= RITZ_MAX_THREADS,
       "as many threads as processors: %d", ritz_threads());
    tap_run("many regions", test_many_regions);
    tap_run("tiles", test_tiles);
    tap_run("bounds", test_bounds);
    tap_run("interrupt", test_interrupt);
    tap_run("poll", test_poll);
    return tap_end();
}
