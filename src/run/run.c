/* run.c - the life of a run: begin, metrics, end.
 *
 * What must survive a kill is on the disk when a call returns: the manifest is
 * replaced as a whole, and a line of metrics is one write to a file that is
 * opened for appending. Times are kept apart from everything else, so that two
 * runs of one seed can be compared byte by byte.
 */
#include "run/run.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "run/facts.h"
#include "run/folder.h"
#include "run/index.h"
#include "run/json.h"
#include "run/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MANIFEST_FORMAT = 1, TIME_BYTES = sizeof "2026-11-22T20:13:15Z" };

typedef struct last_value {
    char *name;
    double value;
} last_value;

struct ritz_run {
    char *folder;
    char *script;         /* NULL: none */
    ritz_facts facts;     /* the manifest */
    int metrics;          /* file descriptor */
    off_t metrics_length; /* of whole lines */
    ritz_text line;       /* reused */
    last_value *last;     /* of each metric, in order of appearance */
    size_t last_count, last_capacity;
    uint64_t seed;
    double start; /* ritz_seconds */
    char started[TIME_BYTES];
    char warning[RITZ_ERROR_TEXT];
};

static const char *const state_name[] = {"running", "done", "failed",
                                         "interrupted"};
static const char *const section_name[] = {"machine", "options", "versions"};

/* --- facts --------------------------------------------------------------- */

static ritz_status checked(ritz_run *run, ritz_error *err)
{
    return run->facts.failed ? ritz_fail_memory(err, "run: manifest") : RITZ_OK;
}

static void text_if_known(ritz_run *run, const char *section, const char *name,
                          const char *value)
{
    if (value)
        ritz_facts_text(&run->facts, section, name, value);
}

static void add_seed(ritz_run *run)
{
    ritz_text json = {0};
    ritz_text_printf(&json, "%llu", (unsigned long long)run->seed);
    ritz_facts_json(&run->facts, "seed", NULL, &json);
}

static void add_arguments(ritz_run *run, const ritz_run_options *opt)
{
    ritz_text json = {0};
    ritz_text_puts(&json, "[");
    for (size_t i = 0; i < opt->arg_count; i++) {
        ritz_text_puts(&json, i ? ", " : "");
        ritz_json_text(&json, opt->args[i]);
    }
    ritz_text_puts(&json, "]");
    ritz_facts_json(&run->facts, "arguments", NULL, &json);
}

static ritz_status add_script(ritz_run *run, const char *path, ritz_error *err)
{
    char digest[RITZ_DIGEST_TEXT];
    const ritz_status status = ritz_digest_file(digest, path, err);
    if (status != RITZ_OK)
        return status;
    ritz_facts_text(&run->facts, "script", "path", path);
    ritz_facts_text(&run->facts, "script", "sha256", digest);
    ritz_git_facts(&run->facts, path);
    return RITZ_OK;
}

static void utc_now(char text[TIME_BYTES])
{
    const time_t now = time(NULL);
    struct tm utc;
    strftime(text, TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
}

static ritz_status first_facts(ritz_run *run, const ritz_run_options *opt,
                               ritz_error *err)
{
    ritz_facts *facts = &run->facts;
    ritz_facts_integer(facts, "format", NULL, MANIFEST_FORMAT);
    ritz_facts_text(facts, "state", NULL, state_name[RITZ_RUN_RUNNING]);
    ritz_facts_text(facts, "times", "start", run->started);
    add_seed(run);
    add_arguments(run, opt);
    ritz_machine_facts(facts);
    ritz_facts_integer(facts, "machine", "threads", opt->threads);
    text_if_known(run, "machine", "simd", opt->simd);
    text_if_known(run, "machine", "blas_kernel", opt->blas_kernel);
    text_if_known(run, "machine", "tiles", opt->tiles);
    text_if_known(run, "versions", "ritz", opt->version);
    ritz_facts_text(facts, "versions", "jansson", jansson_version_str());
    ritz_facts_text(facts, "versions", "sqlite", sqlite3_libversion());
    const ritz_status status =
        opt->script ? add_script(run, opt->script, err) : RITZ_OK;
    return status == RITZ_OK ? checked(run, err) : status;
}

ritz_status ritz_run_set_text(ritz_run *run, ritz_run_section section,
                              const char *name, const char *value,
                              ritz_error *err)
{
    ritz_facts_text(&run->facts, section_name[section], name, value);
    return checked(run, err);
}

ritz_status ritz_run_set_number(ritz_run *run, ritz_run_section section,
                                const char *name, double value, ritz_error *err)
{
    ritz_facts_number(&run->facts, section_name[section], name, value);
    return checked(run, err);
}

ritz_status ritz_run_set_integer(ritz_run *run, ritz_run_section section,
                                 const char *name, int64_t value,
                                 ritz_error *err)
{
    ritz_facts_integer(&run->facts, section_name[section], name, value);
    return checked(run, err);
}

ritz_status ritz_run_set_boolean(ritz_run *run, ritz_run_section section,
                                 const char *name, bool value, ritz_error *err)
{
    ritz_text json = {0};
    ritz_text_puts(&json, value ? "true" : "false");
    ritz_facts_json(&run->facts, section_name[section], name, &json);
    return checked(run, err);
}

ritz_status ritz_run_add_data(ritz_run *run, const char *path, ritz_error *err)
{
    char digest[RITZ_DIGEST_TEXT];
    const ritz_status status = ritz_digest_file(digest, path, err);
    if (status != RITZ_OK)
        return status;
    struct stat info;
    if (stat(path, &info) != 0)
        return ritz_fail(err, RITZ_EIO, "run: cannot read %s: %s", path,
                         strerror(errno));
    ritz_text json = {0};
    ritz_text_printf(&json, "{\"bytes\": %lld, \"sha256\": \"%s\"}",
                     (long long)info.st_size, digest);
    ritz_facts_json(&run->facts, "data", path, &json);
    return checked(run, err);
}

/* --- the folder ---------------------------------------------------------- */

static ritz_status join(char **out, const ritz_run *run, const char *name,
                        ritz_error *err)
{
    ritz_text path = {0};
    ritz_text_printf(&path, "%s/%s", run->folder, name);
    if (path.failed) {
        ritz_text_free(&path);
        return ritz_fail_memory(err, "run");
    }
    *out = path.bytes;
    return RITZ_OK;
}

ritz_status ritz_run_publish(ritz_run *run, ritz_error *err)
{
    ritz_text json = {0};
    char *path = NULL;
    ritz_status status = checked(run, err);
    if (status == RITZ_OK)
        status = join(&path, run, "manifest.json", err);
    if (status == RITZ_OK) {
        ritz_facts_write(&json, &run->facts);
        status = json.failed
                     ? ritz_fail_memory(err, "run: manifest")
                     : ritz_file_write(path, json.bytes, json.length, err);
    }
    ritz_text_free(&json);
    ritz_free(path);
    return status;
}

static ritz_status open_metrics(ritz_run *run, ritz_error *err)
{
    char *path = NULL;
    ritz_status status = join(&path, run, "metrics.jsonl", err);
    if (status != RITZ_OK)
        return status;
    run->metrics =
        open(path, O_WRONLY | O_CREAT | O_APPEND | O_EXCL | O_CLOEXEC, 0666);
    if (run->metrics < 0)
        status = ritz_fail(err, RITZ_EIO, "run: cannot write %s: %s", path,
                           strerror(errno));
    ritz_free(path);
    return status;
}

/* Takes back what begin made, when it fails half way. */
static void unmake(ritz_run *run, bool fresh)
{
    static const char *const made[] = {"manifest.json", "metrics.jsonl"};
    for (size_t i = 0; i < 2; i++) {
        char path[PATH_MAX];
        if (snprintf(path, sizeof path, "%s/%s", run->folder, made[i]) <
            PATH_MAX)
            unlink(path);
    }
    if (fresh)
        rmdir(run->folder);
}

static ritz_status fill_folder(ritz_run *run, bool fresh, ritz_error *err)
{
    ritz_status status = open_metrics(run, err);
    if (status == RITZ_OK)
        status = ritz_run_publish(run, err);
    if (status != RITZ_OK)
        unmake(run, fresh);
    return status;
}

/* --- the index ----------------------------------------------------------- */

static void last_values(ritz_text *json, const ritz_run *run)
{
    ritz_text_puts(json, "{");
    for (size_t i = 0; i < run->last_count; i++) {
        ritz_text_puts(json, i ? ", " : "");
        ritz_json_text(json, run->last[i].name);
        ritz_text_puts(json, ": ");
        ritz_json_number(json, run->last[i].value);
    }
    ritz_text_puts(json, "}");
}

/* Splits "a/b/c" into "a/b" and "c"; `path` is changed. */
static const char *split(char *path, const char **name)
{
    char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    if (!slash)
        return ".";
    if (slash == path)
        return "/";
    *slash = '\0';
    return path;
}

static ritz_status put_row(ritz_run *run, ritz_run_state state, ritz_error *err)
{
    ritz_text metrics = {0};
    last_values(&metrics, run);
    char *path = ritz_copy_text(run->folder);
    ritz_status status = RITZ_OK;
    if (!path || metrics.failed) {
        status = ritz_fail_memory(err, "index of runs");
    } else {
        ritz_index_row row = {
            .script = run->script,
            .state = state_name[state],
            .started = run->started,
            .seed = run->seed,
            .seconds = ritz_seconds() - run->start,
            .metrics = metrics.bytes,
        };
        const char *above = split(path, &row.id);
        status = ritz_index_put(above, &row, err);
    }
    ritz_free(path);
    ritz_text_free(&metrics);
    return status;
}

/* The index is a convenience: that it cannot be written stops no run. */
static void enter(ritz_run *run, ritz_run_state state)
{
    ritz_error why;
    if (put_row(run, state, &why) != RITZ_OK)
        snprintf(run->warning, sizeof run->warning, "%s", why.text);
}

/* --- begin, metrics, end ------------------------------------------------- */

static ritz_status begin(ritz_run *run, const ritz_run_options *opt,
                         ritz_error *err)
{
    run->seed = opt->seed;
    run->start = ritz_seconds();
    utc_now(run->started);
    if (opt->script && !(run->script = ritz_copy_text(opt->script)))
        return ritz_fail_memory(err, "run");
    ritz_status status = first_facts(run, opt, err);
    if (status != RITZ_OK)
        return status;
    bool fresh;
    status = ritz_run_make_folder(&run->folder, &fresh, opt->out,
                                  opt->script ? opt->script : "ritz", opt->seed,
                                  err);
    return status == RITZ_OK ? fill_folder(run, fresh, err) : status;
}

ritz_status ritz_run_begin(ritz_run **out, const ritz_run_options *opt,
                           ritz_error *err)
{
    *out = NULL;
    ritz_run *run = ritz_new(1, sizeof *run);
    if (!run)
        return ritz_fail_memory(err, "run");
    run->metrics = -1;
    const ritz_status status = begin(run, opt, err);
    if (status != RITZ_OK) {
        ritz_run_delete(run);
        return status;
    }
    enter(run, RITZ_RUN_RUNNING);
    *out = run;
    return RITZ_OK;
}

static bool remember(ritz_run *run, const char *name, double value)
{
    size_t i = 0;
    while (i < run->last_count && strcmp(run->last[i].name, name) != 0)
        i++;
    if (i == run->last_count) {
        char *copy = ritz_copy_text(name);
        if (!copy || !ritz_reserve(&run->last, &run->last_capacity, i + 1,
                                   sizeof *run->last)) {
            ritz_free(copy);
            return false;
        }
        run->last[i].name = copy;
        run->last_count++;
    }
    run->last[i].value = value;
    return true;
}

/* All of the line or nothing of it: a full disk must not leave half a line for
 * the next one to be glued to. */
static ritz_status append_line(ritz_run *run, ritz_error *err)
{
    const ritz_text *line = &run->line;
    errno = 0;
    const ssize_t n = write(run->metrics, line->bytes, line->length);
    if (n == (ssize_t)line->length) {
        run->metrics_length += n;
        return RITZ_OK;
    }
    const int why = n < 0 ? errno : ENOSPC;
    const bool clean = ftruncate(run->metrics, run->metrics_length) == 0;
    return ritz_fail(err, RITZ_EIO, "run: cannot write %s/metrics.jsonl: %s%s",
                     run->folder, strerror(why),
                     clean ? "" : " (its last line is cut)");
}

ritz_status ritz_run_metric(ritz_run *run, int64_t step, const char *name,
                            double value, ritz_error *err)
{
    ritz_text *line = &run->line;
    line->length = 0;
    ritz_text_printf(line, "{\"step\":%lld,\"name\":", (long long)step);
    ritz_json_text(line, name);
    ritz_text_puts(line, ",\"value\":");
    ritz_json_number(line, value);
    ritz_text_puts(line, "}\n");
    if (line->failed || !remember(run, name, value)) {
        ritz_text_free(line); /* the next line has another chance */
        return ritz_fail_memory(err, "run: metric");
    }
    return append_line(run, err);
}

static bool is_plain_name(const char *name)
{
    return name[0] && !strchr(name, '/') && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0 && strcmp(name, "manifest.json") != 0 &&
           strcmp(name, "metrics.jsonl") != 0;
}

ritz_status ritz_run_path(char **out, const ritz_run *run, const char *name,
                          ritz_error *err)
{
    *out = NULL;
    if (!is_plain_name(name))
        return ritz_fail(err, RITZ_EVALUE,
                         "run: wanted the name of a file in the run's folder "
                         "(no '/', not manifest.json or metrics.jsonl), got "
                         "\"%s\"",
                         name);
    return join(out, run, name, err);
}

const char *ritz_run_folder(const ritz_run *run)
{
    return run->folder;
}

const char *ritz_run_warning(const ritz_run *run)
{
    return run->warning[0] ? run->warning : NULL;
}

ritz_status ritz_run_end(ritz_run *run, ritz_run_state state,
                         const char *message, ritz_error *err)
{
    char now[TIME_BYTES];
    utc_now(now);
    ritz_facts_text(&run->facts, "state", NULL, state_name[state]);
    ritz_facts_text(&run->facts, "times", "end", now);
    ritz_facts_number(&run->facts, "times", "seconds",
                      ritz_seconds() - run->start);
    if (message)
        ritz_facts_text(&run->facts, "message", NULL, message);
    for (size_t i = 0; i < run->last_count; i++)
        ritz_facts_number(&run->facts, "metrics", run->last[i].name,
                          run->last[i].value);
    ritz_status status = ritz_run_publish(run, err);
    if (fsync(run->metrics) != 0 && errno != EINVAL && status == RITZ_OK)
        status =
            ritz_fail(err, RITZ_EIO, "run: cannot write %s/metrics.jsonl: %s",
                      run->folder, strerror(errno));
    enter(run, state);
    return status;
}

void ritz_run_delete(ritz_run *run)
{
    if (!run)
        return;
    if (run->metrics >= 0)
        close(run->metrics);
    for (size_t i = 0; i < run->last_count; i++)
        ritz_free(run->last[i].name);
    ritz_free(run->last);
    ritz_free(run->folder);
    ritz_free(run->script);
    ritz_text_free(&run->line);
    ritz_facts_free(&run->facts);
    ritz_free(run);
}
