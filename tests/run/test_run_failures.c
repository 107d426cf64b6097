/* test_run_failures.c - what a run leaves when the disk is full, the process is
 * killed, or memory runs out. */
#include "runs.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Runs `work` in a process of its own; its exit code. */
static int in_child(int (*work)(void))
{
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0)
        _exit(work());
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void limit_files(rlim_t bytes)
{
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* A file that may not grow stands for a full disk: write() is cut short. */
static int fill_metrics(void)
{
    ritz_run *run = begin(tap_path("disk"));
    limit_files(100); /* two lines of 42 bytes, and a part of the third */
    ritz_error err = {0};
    int written = 0;
    while (ritz_run_metric(run, 10 + written, "accuracy", 0.25, &err) ==
           RITZ_OK)
        written++;
    limit_files(RLIM_INFINITY);
    const bool again =
        ritz_run_metric(run, 99, "accuracy", 0.25, NULL) == RITZ_OK;
    const bool said = strstr(err.text, "metrics.jsonl: ") != NULL;
    ritz_run_delete(run);
    return written == 2 && again && said ? 0 : 1;
}

static int begin_on_full_disk(void)
{
    limit_files(0);
    const ritz_run_options opt = options(tap_path("nodisk"));
    ritz_error err = {0};
    ritz_run *run;
    return ritz_run_begin(&run, &opt, &err) == RITZ_EIO &&
                   strstr(err.text, "manifest.json: ")
               ? 0
               : 1;
}

static void test_full_disk(void)
{
    is_int(in_child(fill_metrics), 0, "two lines fit, the third is an error");
    is_file(in(tap_path("disk"), "metrics.jsonl"),
            "{\"step\":10,\"name\":\"accuracy\",\"value\":0.25}\n"
            "{\"step\":11,\"name\":\"accuracy\",\"value\":0.25}\n"
            "{\"step\":99,\"name\":\"accuracy\",\"value\":0.25}\n",
            "no half line is left");
    is_int(in_child(begin_on_full_disk), 0, "begin says that the disk is full");
    ok(!is_there(tap_path("nodisk")), "and leaves no folder");
}

/* Writes metrics until it is killed; says on the pipe how many it has. */
static void write_for_ever(int pipe_end)
{
    ritz_run *run = begin(tap_path("killed"));
    for (int64_t step = 1;; step++) {
        ritz_run_metric(run, step, "loss", 1.0 / (double)step, NULL);
        if (write(pipe_end, "x", 1) != 1)
            _exit(1);
    }
}

static void test_killed(void)
{
    enum { WANTED = 1000 };
    int ends[2];
    char byte;
    if (pipe(ends) != 0)
        abort();
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0)
        write_for_ever(ends[1]);
    close(ends[1]);
    int seen = 0;
    while (seen < WANTED && read(ends[0], &byte, 1) == 1)
        seen++;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ends[0]);

    char *text = NULL;
    size_t n = 0, lines = 0;
    ritz_file_read(&text, &n, in(tap_path("killed"), "metrics.jsonl"), NULL);
    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n';
    ok(seen == WANTED && lines >= WANTED, "a killed run keeps its lines");
    ok(n > 0 && text[n - 1] == '\n', "and all of them are whole");
    ritz_free(text);
    json_t *root = manifest(tap_path("killed"));
    is_text(fact(root, "state", NULL), "running", "its state is still running");
    json_decref(root);
}

static ritz_status whole_run(const char *folder, bool *begun)
{
    const ritz_run_options opt = options(folder);
    ritz_run *run;
    ritz_status status = ritz_run_begin(&run, &opt, NULL);
    *begun = status == RITZ_OK;
    char *path = NULL;
    if (status == RITZ_OK)
        status = ritz_run_set_text(run, RITZ_RUN_OPTIONS, "a", "b", NULL);
    if (status == RITZ_OK)
        status = ritz_run_add_data(run, opt.script, NULL);
    if (status == RITZ_OK)
        status = ritz_run_metric(run, 1, "loss", 1.5, NULL);
    if (status == RITZ_OK)
        status = ritz_run_path(&path, run, "x.svg", NULL);
    if (status == RITZ_OK)
        status = ritz_run_end(run, RITZ_RUN_DONE, NULL, NULL);
    ritz_free(path);
    ritz_run_delete(run);
    return status;
}

static void test_no_memory(void)
{
    char folder[64];
    bool begun = false, clean = true, named = true;
    long n = 1;
    for (; n < 1000; n++) {
        snprintf(folder, sizeof folder, "memory%ld", n);
        ritz_fail_allocation(n);
        const ritz_status status = whole_run(tap_path(folder), &begun);
        if (ritz_fail_allocation(0) < n)
            break; /* there was no n-th request */
        named = named && (status == RITZ_OK || status == RITZ_ENOMEM);
        clean = clean && (begun || !is_there(tap_path(folder)));
    }
    ok(named, "every failed request is \"no memory\" or no matter");
    ok(clean, "a run that could not begin left no folder");
    ok(begun && n > 60 && n < 1000, "%ld requests, then all went well", n - 1);
}

int main(void)
{
    script();
    tap_run("full disk", test_full_disk);
    tap_run("killed", test_killed);
    tap_run("no memory", test_no_memory);
    return tap_end();
}
