/* test_file.c - whole files or none, and what is said when there is none. */
#include "base/file.h"
#include "base/memory.h"
#include "tap.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Entries of a folder, so that no temporary file goes unseen. */
static int entries(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n - 2; /* "." and ".." */
}

static const char *fresh_folder(const char *name)
{
    const char *path = tap_path(name);
    ritz_make_folder(path, NULL);
    return path;
}

static void has_text(const char *path, const char *want, const char *name)
{
    char *bytes = NULL;
    size_t n = 0;
    ritz_error err = {0};
    if (ritz_file_read(&bytes, &n, path, &err) != RITZ_OK)
        note("%s", err.text);
    is_text(bytes, want, "%s", name);
    ritz_free(bytes);
}

static void test_round_trip(void)
{
    const char *folder = fresh_folder("round"), *path = tap_path("round/file");
    ritz_error err = {0};
    is_int(ritz_file_write(path, "one", 3, &err), RITZ_OK, "a file is written");
    has_text(path, "one", "and read");
    is_int(ritz_file_write(path, "second", 6, &err), RITZ_OK, "and replaced");
    has_text(path, "second", "by the other");
    is_int(entries(folder), 1, "nothing else is left in the folder");

    const mode_t mask = umask(0);
    umask(mask);
    struct stat info;
    is_int(stat(path, &info), 0, "it is there");
    is_int(info.st_mode & 0777, 0666 & ~mask, "with the usual mode");
}

static void test_size_zero(void)
{
    const char *path = tap_path("empty");
    char *bytes = NULL;
    size_t n = 1;
    is_int(ritz_file_write(path, "", 0, NULL), RITZ_OK, "an empty file");
    is_int(ritz_file_read(&bytes, &n, path, NULL), RITZ_OK, "is read");
    is_int(n, 0, "and has no bytes");
    is_text(bytes, "", "but an end");
    ritz_free(bytes);
}

static void test_large(void)
{
    enum { N = 300000 };
    char *bytes = ritz_new(N, 1), *back = NULL;
    size_t n = 0;
    for (int i = 0; i < N; i++)
        bytes[i] = (char)(i * 31 + i / 256);
    ritz_file_write(tap_path("large"), bytes, N, NULL);
    ritz_file_read(&back, &n, tap_path("large"), NULL);
    ok(n == N && memcmp(bytes, back, N) == 0, "%d bytes come back", N);
    ritz_free(bytes);
    ritz_free(back);
}

static void test_abandon(void)
{
    const char *folder = fresh_folder("abandon");
    const char *path = tap_path("abandon/file");
    ritz_file_write(path, "old", 3, NULL);
    ritz_file file;
    is_int(ritz_file_begin(&file, path, NULL), RITZ_OK, "begun");
    fputs("half of it", file.stream);
    is_int(entries(folder), 2, "the new file is beside the old one");
    ritz_file_abandon(&file);
    ritz_file_abandon(&file);
    is_int(entries(folder), 1, "abandoned, it is gone");
    has_text(path, "old", "and the old file is as it was");
}

/* A limit on file sizes stands in for a full disk: the system says no in the
 * middle of a write, in the same way. */
static void test_full_disk(void)
{
    const char *folder = fresh_folder("full"), *path = tap_path("full/file");
    ritz_file_write(path, "old", 3, NULL);
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){.rlim_cur = 4096, .rlim_max = old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    char *bytes = ritz_new(100000, 1);
    ritz_error err = {0};
    const ritz_status status = ritz_file_write(path, bytes, 100000, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    ritz_free(bytes);
    is_int(status, RITZ_EIO, "what does not fit is refused");
    matches(err.text, path, "the text names the file");
    matches(err.text, "File too large", "and says why");
    is_int(entries(folder), 1, "no partial file is left");
    has_text(path, "old", "and the old file is as it was");
}

static void test_errors(void)
{
    ritz_error err = {0};
    char *bytes = NULL;
    size_t n = 0;
    is_int(ritz_file_write("/no/such/file", "x", 1, &err), RITZ_EIO,
           "no folder to write in");
    is_text(err.text, "cannot write /no/such/file: No such file or directory",
            "and the text says so");
    is_int(ritz_file_read(&bytes, &n, "/no/such/file", &err), RITZ_EIO,
           "no file to read");
    is_text(err.text, "cannot read /no/such/file: No such file or directory",
            "and the text says so");
    is_int(ritz_file_read(&bytes, &n, tap_path(""), &err), RITZ_EIO,
           "a folder is no file");
    matches(err.text, "Is a directory", "and the text says so");
    const char *folder = fresh_folder("target");
    is_int(ritz_file_write(folder, "x", 1, &err), RITZ_EIO,
           "a folder cannot be replaced by a file");
    matches(err.text, "Is a directory", "and the text says so");
}

static void test_folders(void)
{
    ritz_error err = {0};
    struct stat info;
    const char *path = tap_path("a/b/c");
    is_int(ritz_make_folder(path, &err), RITZ_OK, "folders are made");
    ok(stat(path, &info) == 0 && S_ISDIR(info.st_mode), "and are there");
    is_int(ritz_make_folder(path, &err), RITZ_OK, "they may exist");
    is_int(ritz_make_folder(tap_path("a/d/"), &err), RITZ_OK, "a slash ends");
    ok(stat(tap_path("a/d"), &info) == 0, "and the folder is there");

    ritz_file_write(tap_path("a/file"), "x", 1, NULL);
    is_int(ritz_make_folder(tap_path("a/file"), &err), RITZ_EIO, "a file");
    matches(err.text, "a file of that name is there", "and the text says so");
    is_int(ritz_make_folder(tap_path("a/file/b"), &err), RITZ_EIO,
           "below a file");
    matches(err.text, "Not a directory", "and the text says so");
}

static ritz_status write_read_make(void)
{
    char *bytes = NULL;
    size_t n = 0;
    ritz_error err = {0};
    ritz_status s = ritz_file_write(tap_path("memory/f"), "x", 1, &err);
    if (s == RITZ_OK)
        s = ritz_file_read(&bytes, &n, tap_path("memory/f"), &err);
    if (s == RITZ_OK)
        s = ritz_make_folder(tap_path("memory/g"), &err);
    ritz_free(bytes);
    return s;
}

static void test_no_memory(void)
{
    const char *folder = fresh_folder("memory");
    long n = 0;
    ritz_status status = RITZ_ENOMEM;
    bool clean = true;
    while (status != RITZ_OK && n < 100) {
        ritz_fail_allocation(++n);
        status = write_read_make();
        ritz_fail_allocation(0);
        clean = clean && (status == RITZ_OK || status == RITZ_ENOMEM) &&
                entries(folder) <= 2;
    }
    ok(clean, "every failed request is an error and leaves nothing");
    ok(status == RITZ_OK && n > 3, "with all %ld requests it works", n - 1);
}

int main(void)
{
    tap_run("round trip", test_round_trip);
    tap_run("size zero", test_size_zero);
    tap_run("large", test_large);
    tap_run("abandon", test_abandon);
    tap_run("full disk", test_full_disk);
    tap_run("errors", test_errors);
    tap_run("folders", test_folders);
    tap_run("no memory", test_no_memory);
    return tap_end();
}
