/* test_thread.c - an errand that ends, one that is left behind, and who clears
 * up. */
#include "base/thread.h"

#include "base/memory.h"
#include "tap.h"

#include <semaphore.h>
#include <stdatomic.h>

typedef struct trip {
    sem_t go, dropped;
    bool waits; /* for go */
    atomic_int runs, drops;
} trip;

static void run(void *context)
{
    trip *t = context;
    if (t->waits)
        while (sem_wait(&t->go) != 0)
            ;
    atomic_fetch_add(&t->runs, 1);
}

static void drop(void *context)
{
    trip *t = context;
    atomic_fetch_add(&t->drops, 1);
    sem_post(&t->dropped);
}

static bool at_once(void)
{
    return true;
}

static bool never(void)
{
    return false;
}

static trip *start(bool waits)
{
    static trip t;
    t = (trip){.waits = waits};
    sem_init(&t.go, 0, 0);
    sem_init(&t.dropped, 0, 0);
    return &t;
}

static void test_end(void)
{
    trip *t = start(false);
    const ritz_errand e = {run, drop, t};
    ok(ritz_errand_run(&e, never), "an errand ends");
    is_int(t->runs, 1, "after it has run once");
    is_int(t->drops, 0, "and what it was given is the caller's again");
}

static void test_left(void)
{
    trip *t = start(true);
    const ritz_errand e = {run, drop, t};
    ok(!ritz_errand_run(&e, at_once), "an errand is left behind");
    is_int(t->runs + t->drops, 0, "while it runs");
    sem_post(&t->go);
    while (sem_wait(&t->dropped) != 0)
        ;
    is_int(t->runs, 1, "it runs to its end");
    is_int(t->drops, 1, "and then what it was given is dropped");
}

static void test_no_memory(void)
{
    trip *t = start(false);
    const ritz_errand e = {run, drop, t};
    ritz_fail_allocation(1);
    ok(ritz_errand_run(&e, at_once), "without memory it runs here");
    ritz_fail_allocation(0);
    is_int(t->runs, 1, "once");
    is_int(t->drops, 0, "and is not dropped");
}

int main(void)
{
    tap_run("an errand that ends", test_end);
    tap_run("an errand that is left", test_left);
    tap_run("no memory", test_no_memory);
    return tap_end();
}
