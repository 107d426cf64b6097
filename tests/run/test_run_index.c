/* test_run_index.c - the index of runs: what it answers, many runs at once, and
 * a file that is none. */
#include "runs.h"

#include <sqlite3.h>
#include <sys/wait.h>

/* The first column of the first row as text; owned. */
static char *ask(const char *folder, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *s = NULL;
    char *answer = NULL;
    if (sqlite3_open(in(folder, "runs.sqlite"), &db) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        answer = ritz_copy_text((const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    sqlite3_close(db);
    return answer;
}

static void answers(const char *folder, const char *sql, const char *want)
{
    char *got = ask(folder, sql);
    is_text(got, want, "%s", sql);
    ritz_free(got);
}

static void test_index(void)
{
    const char *parent = tap_path("indexed");
    ritz_run *run = begin(tap_path("indexed/a"));
    answers(parent, "SELECT state FROM runs WHERE id = 'a'", "running");
    ritz_run_metric(run, 1, "loss", 3.0, NULL);
    ritz_run_metric(run, 1, "accuracy", 0.5, NULL);
    ritz_run_metric(run, 2, "loss", 1.0, NULL);
    ritz_run_end(run, RITZ_RUN_DONE, NULL, NULL);
    ritz_run_delete(run);
    answers(parent, "SELECT state FROM runs WHERE seed = 7", "done");
    answers(parent, "SELECT metrics FROM runs",
            "{\"loss\": 1, \"accuracy\": 0.5}");
    answers(parent, "SELECT seconds >= 0 AND seconds < 60 FROM runs", "1");
    answers(parent, "SELECT count(*) FROM runs", "1");
}

static int one_of_many(void)
{
    char parent[1024];
    snprintf(parent, sizeof parent, "%s/", tap_path("many"));
    const ritz_run_options opt = options(parent);
    ritz_run *run;
    if (ritz_run_begin(&run, &opt, NULL) != RITZ_OK)
        return 1;
    const bool good = ritz_run_end(run, RITZ_RUN_DONE, NULL, NULL) == RITZ_OK &&
                      !ritz_run_warning(run);
    ritz_run_delete(run);
    return good ? 0 : 1;
}

static void test_concurrent(void)
{
    enum { MANY = 8 };
    fflush(stdout);
    for (int i = 0; i < MANY; i++)
        if (fork() == 0)
            _exit(one_of_many());
    int good = 0, status;
    while (wait(&status) > 0)
        good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    is_int(good, MANY, "runs at once");
    answers(tap_path("many"), "SELECT count(*) FROM runs WHERE state = 'done'",
            "8");
}

static void test_broken_index(void)
{
    const char *parent = tap_path("broken");
    mkdir(parent, 0777);
    ritz_file_write(in(parent, "runs.sqlite"), "this is no database, is it", 26,
                    NULL);
    ritz_run *run = begin(tap_path("broken/a"));
    ok(run != NULL, "an index that is none stops no run");
    matches(ritz_run_warning(run), "runs.sqlite: file is not a database",
            "but is a warning");
    ok(ritz_run_end(run, RITZ_RUN_DONE, NULL, NULL) == RITZ_OK, "it ends well");
    ritz_run_delete(run);
}

int main(void)
{
    script();
    tap_run("index", test_index);
    tap_run("concurrent", test_concurrent);
    tap_run("broken index", test_broken_index);
    return tap_end();
}
