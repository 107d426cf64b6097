/* thread.c - threads that nobody joins, and work that its caller may leave.
 *
 * LAPACK cannot be interrupted. An errand gives such a call a thread and
 * memory of its own, so that whoever waits for it can walk away: the one who
 * is last, the caller or the call, clears up.
 */
#include "base/thread.h"

#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

bool ritz_thread_start(void *(*run)(void *), void *arg)
{
    pthread_t thread;
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    const bool started = pthread_create(&thread, NULL, run, arg) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (started)
        pthread_detach(thread);
    return started;
}

typedef struct walk {
    ritz_errand errand;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool done, left;
} walk;

enum { LOOK = 5000000 }; /* nanoseconds between two looks at `stop` */

static void end_walk(walk *w)
{
    pthread_cond_destroy(&w->ended);
    pthread_mutex_destroy(&w->lock);
    ritz_free(w);
}

static void *run_errand(void *arg)
{
    walk *w = arg;
    w->errand.run(w->errand.context);
    pthread_mutex_lock(&w->lock);
    const bool left = w->left;
    w->done = true;
    pthread_cond_signal(&w->ended);
    pthread_mutex_unlock(&w->lock);
    if (left) {
        w->errand.drop(w->errand.context);
        end_walk(w);
    }
    return NULL;
}

static struct timespec soon(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += LOOK;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

/* Waits for the end, or until told to stop; true when it has ended. */
static bool wait_for(walk *w, bool (*stop)(void))
{
    pthread_mutex_lock(&w->lock);
    while (!w->done && !w->left) {
        const struct timespec until = soon();
        if (pthread_cond_timedwait(&w->ended, &w->lock, &until) == ETIMEDOUT &&
            !w->done) {
            pthread_mutex_unlock(&w->lock); /* `stop` may take its time */
            const bool leave = stop();
            pthread_mutex_lock(&w->lock);
            w->left = leave && !w->done;
        }
    }
    const bool done = w->done;
    pthread_mutex_unlock(&w->lock);
    return done;
}

static walk *new_walk(const ritz_errand *e)
{
    walk *w = ritz_new(1, sizeof *w);
    if (!w)
        return NULL;
    pthread_condattr_t monotonic;
    w->errand = *e;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return w;
}

bool ritz_errand_run(const ritz_errand *e, bool (*stop)(void))
{
    walk *w = new_walk(e);
    if (!w || !ritz_thread_start(run_errand, w)) {
        if (w)
            end_walk(w);
        e->run(e->context);
        return true;
    }
    const bool done = wait_for(w, stop);
    if (done)
        end_walk(w);
    return done;
}
