/* worker.c - the thread that runs Lua and computes.
 *
 * An interrupt is a flag, which long computations test, and a signal to this
 * thread, whose handler installs Lua's hook. A handler may run on any thread,
 * but only the worker knows which coroutine runs, and only its own signal finds
 * it in a defined place. Both are ignored while no job runs: a Ctrl-C that
 * comes too late must not hit the next job.
 */
#include "ui/worker.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ui/terminal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum {
    STACK = 64 << 20, /* deep recursion in patterns, parsers and C kernels */
    DEADLY_STACK = 64 << 10
};

struct ritz_worker {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t change;
    const ritz_script_options *opt;
    ritz_script *script;
    ritz_status started;
    ritz_error error; /* of the start */
    bool ready, has_job, has_answer, quit;
    ritz_job job;
    ritz_answer answer;
};

/* What handlers need; there is one worker in a process. */
static _Atomic(ritz_worker *) current;
static atomic_bool busy;
static pthread_t current_thread;

void ritz_worker_interrupt(void)
{
    if (!atomic_load(&busy))
        return;
    ritz_interrupt_raise();
    pthread_kill(current_thread, SIGUSR1);
}

bool ritz_worker_busy(void)
{
    return atomic_load(&busy);
}

static void on_interrupt(int signal)
{
    (void)signal;
    ritz_worker *worker = atomic_load(&current);
    if (worker && atomic_load(&busy) && ritz_interrupted())
        ritz_script_interrupt_install(worker->script);
}

/* No SA_RESTART: a script that waits for input is woken too. */
static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
}

/* Signals for the interface go to its thread. */
static void leave_signals_to_interface(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGWINCH);
    sigaddset(&set, SIGTSTP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void write_reference(ritz_script *script, const char *folder,
                            ritz_answer *out)
{
    ritz_error err = {0};
    if (ritz_script_reference(script, folder, &err) != RITZ_OK) {
        out->verdict = RITZ_FAILED;
        ritz_text_puts(&out->error, err.text);
    }
}

static void run_job(ritz_script *script, const ritz_job *job, ritz_answer *out)
{
    switch (job->kind) {
    case RITZ_JOB_EVAL:
        out->verdict =
            ritz_script_eval(script, job->text, &out->shown, &out->error);
        ritz_script_complete(script, "", 0, &out->words);
        break;
    case RITZ_JOB_TEXT:
        out->verdict = ritz_script_run_text(script, job->name, job->text,
                                            job->length, &out->error);
        break;
    case RITZ_JOB_FILE:
        out->verdict = ritz_script_run_file(script, job->name, &out->error);
        break;
    case RITZ_JOB_COMPLETE:
        ritz_script_complete(script, job->text, job->point, &out->words);
        break;
    case RITZ_JOB_REFERENCE:
        write_reference(script, job->name, out);
        break;
    }
    if (out->verdict == RITZ_EXIT)
        out->exit_code = ritz_script_exit_code(script);
}

static ritz_answer answer_job(ritz_script *script, const ritz_job *job)
{
    ritz_answer out = {.kind = job->kind, .verdict = RITZ_DONE};
    const double start = ritz_seconds();
    run_job(script, job, &out);
    out.seconds = ritz_seconds() - start;
    atomic_store(&busy, false);
    fflush(stdout);
    if (ritz_interrupted() || out.verdict == RITZ_INTERRUPTED)
        clearerr(stdout); /* a write that was cut short is no full disk */
    ritz_interrupt_clear();
    return out;
}

/* With the lock held; runs jobs without it. */
static void serve(ritz_worker *worker)
{
    for (;;) {
        while (!worker->has_job && !worker->quit)
            pthread_cond_wait(&worker->change, &worker->lock);
        if (worker->quit)
            return;
        pthread_mutex_unlock(&worker->lock);
        ritz_answer answer = answer_job(worker->script, &worker->job);
        pthread_mutex_lock(&worker->lock);
        worker->answer = answer;
        worker->has_job = false;
        worker->has_answer = true;
        pthread_cond_broadcast(&worker->change);
        ritz_wake();
    }
}

static void *work(void *arg)
{
    ritz_worker *worker = arg;
    static char stack[DEADLY_STACK];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    stack_t old;
    sigaltstack(&alternate, &old);
    leave_signals_to_interface();
    pthread_mutex_lock(&worker->lock);
    current_thread = pthread_self();
    worker->started =
        ritz_script_new(&worker->script, worker->opt, &worker->error);
    worker->ready = true;
    pthread_cond_broadcast(&worker->change);
    if (worker->started == RITZ_OK) {
        atomic_store(&current, worker);
        serve(worker);
        atomic_store(&current, NULL);
        ritz_script_delete(worker->script);
    }
    pthread_mutex_unlock(&worker->lock);
    sigaltstack(&old, NULL); /* a sanitizer unmaps its own when we end */
    return NULL;
}

static void free_worker(ritz_worker *worker)
{
    pthread_cond_destroy(&worker->change);
    pthread_mutex_destroy(&worker->lock);
    ritz_free(worker);
}

static int start_thread(ritz_worker *worker)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    const int code = pthread_create(&worker->thread, &attributes, work, worker);
    pthread_attr_destroy(&attributes);
    return code;
}

static ritz_status wait_for_start(ritz_worker *worker, ritz_error *err)
{
    pthread_mutex_lock(&worker->lock);
    while (!worker->ready)
        pthread_cond_wait(&worker->change, &worker->lock);
    const ritz_status status = worker->started;
    if (err)
        *err = worker->error;
    pthread_mutex_unlock(&worker->lock);
    if (status != RITZ_OK)
        pthread_join(worker->thread, NULL);
    return status;
}

ritz_status ritz_worker_start(ritz_worker **out, const ritz_script_options *opt,
                              ritz_error *err)
{
    ritz_worker *worker = ritz_new(1, sizeof *worker);
    if (!worker)
        return ritz_fail_memory(err, "the worker");
    worker->opt = opt;
    pthread_mutex_init(&worker->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&worker->change, &attributes);
    pthread_condattr_destroy(&attributes);
    catch_interrupts();
    const int code = start_thread(worker);
    const ritz_status status =
        code
            ? ritz_fail(err, RITZ_ENOMEM, "no thread for the worker (%d)", code)
            : wait_for_start(worker, err);
    if (status == RITZ_OK)
        *out = worker;
    else
        free_worker(worker);
    return status;
}

void ritz_worker_submit(ritz_worker *worker, const ritz_job *job)
{
    ritz_interrupt_clear();
    atomic_store(&busy, job->kind != RITZ_JOB_COMPLETE);
    pthread_mutex_lock(&worker->lock);
    worker->job = *job;
    worker->has_job = true;
    pthread_cond_broadcast(&worker->change);
    pthread_mutex_unlock(&worker->lock);
}

/* With the lock held. */
static bool take_answer(ritz_worker *worker, ritz_answer *out)
{
    if (!worker->has_answer)
        return false;
    *out = worker->answer;
    worker->answer = (ritz_answer){0};
    worker->has_answer = false;
    return true;
}

bool ritz_worker_answer(ritz_worker *worker, ritz_answer *out)
{
    pthread_mutex_lock(&worker->lock);
    const bool there = take_answer(worker, out);
    pthread_mutex_unlock(&worker->lock);
    return there;
}

static struct timespec in(double seconds)
{
    struct timespec when;
    clock_gettime(CLOCK_MONOTONIC, &when);
    const time_t whole = (time_t)seconds;
    when.tv_sec += whole;
    when.tv_nsec += (long)((seconds - (double)whole) * 1e9);
    if (when.tv_nsec >= 1000000000) {
        when.tv_nsec -= 1000000000;
        when.tv_sec++;
    }
    return when;
}

bool ritz_worker_wait(ritz_worker *worker, ritz_answer *out, double seconds)
{
    const struct timespec until = in(seconds);
    pthread_mutex_lock(&worker->lock);
    int code = 0;
    while (!worker->has_answer && code == 0)
        code = pthread_cond_timedwait(&worker->change, &worker->lock, &until);
    const bool there = take_answer(worker, out);
    pthread_mutex_unlock(&worker->lock);
    return there;
}

void ritz_worker_stop(ritz_worker *worker)
{
    if (!worker)
        return;
    pthread_mutex_lock(&worker->lock);
    worker->quit = true;
    pthread_cond_broadcast(&worker->change);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);
    ritz_answer_free(&worker->answer);
    free_worker(worker);
}

void ritz_answer_free(ritz_answer *answer)
{
    ritz_text_free(&answer->shown);
    ritz_text_free(&answer->error);
    ritz_completions_free(&answer->words);
    *answer = (ritz_answer){0};
}
