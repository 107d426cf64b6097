/* test_run.c - run folders: what is in them, and what is refused. */
#include "runs.h"

#include "tensor/formats.h"

#include <math.h>
#include <sqlite3.h>

static const char abc_digest[] =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static bool same_files(const char *a, const char *b)
{
    char *x = NULL, *y = NULL;
    size_t n = 0, m = 0;
    const bool both = ritz_file_read(&x, &n, a, NULL) == RITZ_OK &&
                      ritz_file_read(&y, &m, b, NULL) == RITZ_OK;
    const bool same = both && n == m && memcmp(x, y, n) == 0;
    ritz_free(x);
    ritz_free(y);
    return same;
}

/* --- what a run leaves --------------------------------------------------- */

static void check_manifest(json_t *root)
{
    is_text(fact(root, "script", "sha256"), abc_digest, "digest of the script");
    is_text(fact(root, "script", "path"), script(), "path of the script");
    is_int(json_integer_value(json_object_get(root, "seed")), 7, "seed");
    json_t *args = json_object_get(root, "arguments");
    is_int(json_array_size(args), 2, "two arguments");
    is_text(json_string_value(json_array_get(args, 1)), "a\"b", "the second");
    json_t *set = json_object_get(root, "options");
    near(json_real_value(json_object_get(set, "lr")), 0.1, 0.0, "option lr");
    is_int(json_integer_value(json_object_get(set, "width")), 128, "width");
    ok(json_is_true(json_object_get(set, "bias")), "option bias");
    is_text(fact(root, "options", "name"), "two", "the later value stays");
    json_t *data = json_object_get(json_object_get(root, "data"), script());
    is_text(json_string_value(json_object_get(data, "sha256")), abc_digest,
            "digest of a data file");
    is_int(json_integer_value(json_object_get(data, "bytes")), 3, "its size");
    is_text(fact(root, "machine", "blas_kernel"), "Haswell", "BLAS kernel");
    ok(!json_object_get(json_object_get(root, "machine"), "tiles"),
       "what is not known is left out");
    ok(json_integer_value(
           json_object_get(json_object_get(root, "machine"), "cores")) >= 1,
       "number of cores");
    is_text(fact(root, "versions", "sqlite"), sqlite3_libversion(), "version");
    is_int(strlen(fact(root, "times", "start")), 20, "time of the start");
}

static void set_options(ritz_run *run)
{
    ritz_run_set_text(run, RITZ_RUN_OPTIONS, "name", "one", NULL);
    ritz_run_set_number(run, RITZ_RUN_OPTIONS, "lr", 0.1, NULL);
    ritz_run_set_integer(run, RITZ_RUN_OPTIONS, "width", 128, NULL);
    ritz_run_set_boolean(run, RITZ_RUN_OPTIONS, "bias", true, NULL);
    ritz_run_set_text(run, RITZ_RUN_OPTIONS, "name", "two", NULL);
    ok(ritz_run_add_data(run, script(), NULL) == RITZ_OK, "data file added");
}

static void test_manifest(void)
{
    const char *folder = tap_path("whole");
    ritz_run *run = begin(folder);
    if (!ok(run != NULL, "run begun"))
        return;
    is_text(ritz_run_folder(run), folder, "its folder");
    json_t *root = manifest(folder);
    is_text(fact(root, "state", NULL), "running", "state after begin");
    json_decref(root);

    set_options(run);
    ok(ritz_run_publish(run, NULL) == RITZ_OK, "published");
    root = manifest(folder);
    check_manifest(root);
    json_decref(root);

    ritz_run_metric(run, 1, "loss", 0.5, NULL);
    ok(ritz_run_end(run, RITZ_RUN_FAILED, "it broke", NULL) == RITZ_OK, "end");
    root = manifest(folder);
    is_text(fact(root, "state", NULL), "failed", "state after end");
    is_text(fact(root, "message", NULL), "it broke", "and why");
    ok(json_object_get(json_object_get(root, "times"), "seconds") != NULL,
       "seconds are there");
    near(json_real_value(
             json_object_get(json_object_get(root, "metrics"), "loss")),
         0.5, 0.0, "last value of a metric");
    json_decref(root);
    ok(!ritz_run_warning(run), "no warning");
    ritz_run_delete(run);
}

static void test_metrics(void)
{
    const char *folder = tap_path("metrics");
    ritz_run *run = begin(folder);
    ritz_run_metric(run, 1, "loss", 2.25, NULL);
    ritz_run_metric(run, 2, "loss", 0.1, NULL);
    ritz_run_metric(run, -3, "a \"b\"\n\x80", 1e-300, NULL);
    ritz_run_metric(run, 4, "loss", NAN, NULL);
    ritz_run_metric(run, 5, "loss", INFINITY, NULL);
    ritz_run_metric(run, INT64_MAX, "loss", -INFINITY, NULL);
    is_file(in(folder, "metrics.jsonl"),
            "{\"step\":1,\"name\":\"loss\",\"value\":2.25}\n"
            "{\"step\":2,\"name\":\"loss\",\"value\":0.1}\n"
            "{\"step\":-3,\"name\":\"a \\\"b\\\"\\u000a\\ufffd\","
            "\"value\":1e-300}\n"
            "{\"step\":4,\"name\":\"loss\",\"value\":\"nan\"}\n"
            "{\"step\":5,\"name\":\"loss\",\"value\":\"inf\"}\n"
            "{\"step\":9223372036854775807,\"name\":\"loss\","
            "\"value\":\"-inf\"}\n",
            "lines before the end of the run");
    ritz_run_delete(run);
}

/* Everything but "times" is the same, byte for byte. */
static void test_twice(void)
{
    const char *folder[] = {tap_path("first"), tap_path("second")};
    for (int i = 0; i < 2; i++) {
        ritz_run *run = begin(folder[i]);
        const char *const names[] = {"b", "a"}; /* in another order */
        ritz_run_set_integer(run, RITZ_RUN_OPTIONS, names[i], 1, NULL);
        ritz_run_set_integer(run, RITZ_RUN_OPTIONS, names[1 - i], 1, NULL);
        ritz_run_metric(run, 1, "loss", 0.3, NULL);
        ritz_run_end(run, RITZ_RUN_DONE, NULL, NULL);
        ritz_run_delete(run);
    }
    ok(same_files(in(folder[0], "metrics.jsonl"),
                  in(folder[1], "metrics.jsonl")),
       "metrics of two runs");
    char *text[2];
    for (int i = 0; i < 2; i++) {
        json_t *root = manifest(folder[i]);
        ok(json_object_del(root, "times") == 0, "times are apart");
        text[i] = json_dumps(root, 0);
        json_decref(root);
    }
    is_text(text[0], text[1], "manifests of two runs");
    free(text[0]);
    free(text[1]);
}

static void test_params(void)
{
    ritz_run *run = begin(tap_path("params"));
    ritz_tensor *t;
    ritz_bundle bundle = {0}, back = {0};
    const ritz_shape shape = {.rank = 1, .dim = {3}};
    if (ritz_tensor_fill(&t, RITZ_F32, &shape, 1.5, NULL) != RITZ_OK ||
        ritz_bundle_add(&bundle, "layer/weight", t, NULL) != RITZ_OK)
        abort();
    ok(ritz_run_save_params(run, &bundle, NULL) == RITZ_OK, "params saved");
    ok(ritz_safetensors_read(&back,
                             in(tap_path("params"), "params.safetensors"),
                             NULL) == RITZ_OK,
       "and read");
    const ritz_tensor *got = ritz_bundle_find(&back, "layer/weight");
    ok(got && ritz_tensor_count(got) == 3 && ritz_tensor_get(got, 2) == 1.5,
       "the values that were saved");
    ritz_bundle_free(&bundle);
    ritz_bundle_free(&back);
    ritz_tensor_release(t);
    ritz_run_delete(run);
}

/* --- names --------------------------------------------------------------- */

static void test_numbered(void)
{
    char parent[1024], name[64];
    snprintf(parent, sizeof parent, "%s/", tap_path("deep/runs"));
    const char *const ending[] = {"-fashion-7", "-fashion-7-2", "-fashion-7-3"};
    for (int i = 0; i < 3; i++) {
        ritz_run *run = begin(parent);
        const char *folder = ritz_run_folder(run);
        snprintf(name, sizeof name, "%s", folder + strlen(parent));
        is_int(strspn(name, "0123456789"), 8, "%s begins with a date", name);
        is_text(name + 8, ending[i], "then script, seed and number");
        ritz_run_delete(run);
    }
}

static void test_odd_script(void)
{
    char parent[1024];
    snprintf(parent, sizeof parent, "%s/", tap_path("odd"));
    ritz_run_options opt = options(parent);
    opt.script = tap_path("my script!.v2.lua");
    opt.seed = UINT64_MAX;
    ritz_file_write(opt.script, "", 0, NULL);
    ritz_run *run;
    ok(ritz_run_begin(&run, &opt, NULL) == RITZ_OK, "largest seed");
    matches(ritz_run_folder(run), "-my-script-.v2-18446744073709551615",
            "a name without blanks");
    ritz_run_delete(run);
    opt.script = NULL;
    ok(ritz_run_begin(&run, &opt, NULL) == RITZ_OK, "no script");
    matches(ritz_run_folder(run), "-ritz-", "is called ritz");
    ritz_run_delete(run);
}

static void is_refused(const char *out, const char *want)
{
    const ritz_run_options opt = options(out);
    ritz_error err = {0};
    ritz_run *run;
    ok(ritz_run_begin(&run, &opt, &err) != RITZ_OK && !run, "refused: %s", out);
    matches(err.text, want, "its error");
}

static void test_refused(void)
{
    const char *folder = tap_path("full");
    mkdir(folder, 0777);
    ritz_run *run = begin(folder);
    ok(run != NULL, "an empty folder serves");
    ritz_run_delete(run);
    is_refused(folder, "wanted a new or empty folder, got ");
    ok(is_there(in(folder, "manifest.json")), "what was there stays");
    is_refused(script(), "wanted a new or empty folder, got ");
    is_refused("", "wanted the name of a folder, got an empty text");
    is_refused("/proc/ritz/", "cannot make folder /proc/ritz: ");
    is_refused("/proc/ritz", "cannot make folder /proc/ritz: ");
    is_refused(in(script(), "x"), "a file of that name is there");

    ritz_run_options opt = options(tap_path("never"));
    opt.script = "/nowhere/x.lua";
    ritz_error err = {0};
    ok(ritz_run_begin(&run, &opt, &err) == RITZ_EIO, "no such script");
    matches(err.text, "/nowhere/x.lua: No such file", "its error");
    ok(!is_there(opt.out), "no folder was made");
}

static void test_paths(void)
{
    const char *folder = tap_path("paths");
    ritz_run *run = begin(folder);
    char *path;
    ok(ritz_run_path(&path, run, "loss.svg", NULL) == RITZ_OK, "a figure");
    is_text(path, in(folder, "loss.svg"), "its path");
    ritz_free(path);
    const char *const bad[] = {
        "", ".", "..", "../x", "/x", "a/b", "manifest.json", "metrics.jsonl"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ritz_error err = {0};
        ok(ritz_run_path(&path, run, bad[i], &err) == RITZ_EVALUE && !path,
           "refused: \"%s\"", bad[i]);
        matches(err.text, "wanted the name of a file", "its error");
    }
    ritz_error err = {0};
    ok(ritz_run_add_data(run, "/nowhere", &err) == RITZ_EIO, "no such data");
    matches(err.text, "/nowhere: No such file", "its error");
    ritz_run_delete(run);
}

/* --- git ----------------------------------------------------------------- */

#define COMMIT_A "0123456789abcdef0123456789abcdef01234567"
#define COMMIT_B "89abcdef0123456789abcdef0123456789abcdef"

static void put(const char *path, const char *text)
{
    char folder[2048];
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    if (ritz_make_folder(folder, NULL) != RITZ_OK ||
        ritz_file_write(path, text, strlen(text), NULL) != RITZ_OK)
        abort();
}

static void commit_is(const char *at, const char *out, const char *want,
                      const char *name)
{
    ritz_run_options opt = options(tap_path(out));
    char path[1024];
    snprintf(path, sizeof path, "%s", in(tap_path(at), "x.lua"));
    put(path, "");
    opt.script = path;
    ritz_run *run;
    ritz_run_begin(&run, &opt, NULL);
    ritz_run_delete(run);
    json_t *root = manifest(tap_path(out));
    const char *got = fact(root, "git", "commit");
    is_text(got ? got : "none", want, "%s", name);
    json_decref(root);
}

static void test_git(void)
{
    put(tap_path("repo/.git/HEAD"), "ref: refs/heads/main\n");
    commit_is("repo", "git1", "none", "a repository without a commit");
    put(tap_path("repo/.git/packed-refs"),
        "# pack-refs with: peeled\n" COMMIT_B " refs/heads/other\n" COMMIT_A
        " refs/heads/main\n");
    commit_is("repo/deep/er", "git2", COMMIT_A, "a packed branch");
    put(tap_path("repo/.git/refs/heads/main"), COMMIT_B "\n");
    commit_is("repo", "git3", COMMIT_B, "a branch of its own");
    put(tap_path("repo/.git/worktrees/w/HEAD"), "ref: refs/heads/other\n");
    put(tap_path("repo/.git/worktrees/w/commondir"), "../..\n");
    put(tap_path("w/.git"), "gitdir: ../repo/.git/worktrees/w\n");
    commit_is("w", "git4", COMMIT_B, "a worktree");
    put(tap_path("repo/.git/HEAD"), COMMIT_A "\n");
    commit_is("repo", "git5", COMMIT_A, "no branch");
    put(tap_path("repo/.git/HEAD"), "nonsense\n");
    commit_is("repo", "git6", "none", "nonsense");
}

int main(void)
{
    script();
    tap_run("manifest", test_manifest);
    tap_run("metrics", test_metrics);
    tap_run("params", test_params);
    tap_run("twice", test_twice);
    tap_run("numbered", test_numbered);
    tap_run("odd script", test_odd_script);
    tap_run("refused", test_refused);
    tap_run("paths", test_paths);
    tap_run("git", test_git);
    return tap_end();
}
