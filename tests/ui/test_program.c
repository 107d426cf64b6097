/* test_program.c - the program without a terminal: codes, streams, signals. */
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *output, *errors; /* of the last command */

static char *take_file(const char *path)
{
    char *text = NULL;
    size_t n;
    if (ritz_file_read(&text, &n, path, NULL) != RITZ_OK)
        return ritz_copy_text("(no file)");
    return text;
}

/* Runs a line of shell in the scratch folder, in which "ritz" is the program;
 * gives the exit code. */
static int shell(const char *line)
{
    ritz_text command = {0};
    ritz_text_printf(&command,
                     "cd '%s' && ritz() { \"$RITZ\" \"$@\"; } && { %s ; } "
                     "> out.txt 2> err.txt < /dev/null",
                     tap_path(""), line);
    const int status = system(ritz_text_view(&command));
    ritz_text_free(&command);
    ritz_free(output);
    ritz_free(errors);
    output = take_file(tap_path("out.txt"));
    errors = take_file(tap_path("err.txt"));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void gives(const char *line, int code, const char *out, const char *err)
{
    is_int(shell(line), code, "code of: %s", line);
    is_text(output, out, "output of: %s", line);
    is_text(errors, err, "errors of: %s", line);
}

static bool script(const char *name, const char *text)
{
    return ok(ritz_file_write(tap_path(name), text, strlen(text), NULL) ==
                  RITZ_OK,
              "script %s", name);
}

static void test_code(void)
{
    gives("ritz -e 'print(6 * 7)'", 0, "42\n", "");
    gives("ritz -e 'print(...)' a 'b c'", 0, "a\tb c\n", "");
    gives("ritz -e 'os.exit(7)'", 7, "", "");
    gives("ritz -e 'os.exit(200)'", 200, "", "");
    gives("ritz -e 'os.exit(true)'", 0, "", "");
    gives("ritz -e 'os.exit(false)'", 1, "", "");
    gives("ritz -e 'error \"boo\"'", 1, "", "error: boo\n  -e:1\n");
    gives("echo 'print(1 + 1)' | ritz", 0, "2\n", "");
    gives("echo 'print(arg[1])' | ritz - word", 0, "word\n", "");
    gives("printf '1 + 1\\nx = (\\n5)\\nx\\n' | ritz -i", 0, "2\n5\n", "");
    gives("printf 'x * 2' | ritz -i -e 'x = 4'", 0, "8\n", "");
    gives("printf 'error()\\n7\\nos.exit(4)\\n8' | ritz -i", 4, "7\n",
          "error: the error object is a nil value\n  <prompt>:1\n");
}

static void test_files(void)
{
    if (!script("args.lua", "print(arg[0], #arg, ...)") ||
        !script("wrong.lua", "local x = 1\nx = = 2\n"))
        return;
    gives("ritz args.lua one -- --two", 0, "args.lua\t2\tone\t--two\n", "");
    gives("ritz wrong.lua", 1, "",
          "error: unexpected symbol near '='\n  wrong.lua:2\n");
    gives("ritz nosuch.lua", 1, "",
          "error: cannot open nosuch.lua: No such file or directory\n");
}

static void test_usage(void)
{
    gives("ritz --sede 3", 2, "",
          "ritz: unknown option '--sede', did you mean '--seed'?\n");
    is_int(shell("ritz --help"), 0, "--help");
    matches(output, "usage: ritz", "--help tells how");
    is_text(errors, "", "on standard output");
    is_int(shell("ritz --version"), 0, "--version");
    matches(output, "ritz ", "--version tells the name");
    ok(shell("ritz -e 'print(1)' > /dev/full") == 1, "a full disk: code 1");
    matches(errors, "standard output: not all of it could be written",
            "and a line that says so");
    gives("ritz <&-", 1, "", "error: standard input: Bad file descriptor\n");
    gives("ritz -e 'print(1)' <&- 2>&-", 0, "1\n", "");
    ok(shell("ritz -e 'print(1)' >&-") == 1, "no output: code 1");
}

static void test_progress(void)
{
    if (!script("slow.lua", "local ritz = require 'ritz'\n"
                            "local start = ritz.run.clock()\n"
                            "repeat\n"
                            "  local t = ritz.run.clock() - start\n"
                            "  ritz.run.progress('working', t / 3, 3 - t)\n"
                            "until t > 3\n"
                            "print 'done'\n"))
        return;
    is_int(shell("ritz slow.lua"), 0, "a script that reports progress");
    is_text(output, "done\n", "data go to standard output");
    matches(errors, "working  ", "progress to standard error");
    ok(strchr(errors, '\033') == NULL && strchr(errors, '\r') == NULL,
       "in plain lines");
}

static void test_batch(void)
{
    if (!script("run.lua", "local ritz = require 'ritz'\n"
                           "for i = 1, 3 do ritz.run.log('loss', 1 / i) end\n"
                           "print(ritz.run.seed)\n"))
        return;
    gives("ritz batch run.lua --out one --seed 7", 0, "7\n", "");
    gives("ritz batch run.lua --out two --seed 7", 0, "7\n", "");
    is_int(shell("cmp one/metrics.jsonl two/metrics.jsonl"), 0,
           "one seed gives the same metrics twice");
    is_int(shell("grep -q '\"state\": \"done\"' one/manifest.json"), 0,
           "the manifest says that the run is done");
    is_int(shell("ritz batch run.lua --out one"), 1, "an old folder");
    matches(errors, "wanted a new or empty folder, got one",
            "is not written into");
}

/* Starts `code`, waits until it has printed, sends the signal and waits. */
static int status_after(int signal, const char *code)
{
    int ends[2];
    char byte;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(open("/dev/null", O_RDWR), STDERR_FILENO);
        execl(getenv("RITZ"), "ritz", "-e", code, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    int status = -1;
    if (read(ends[0], &byte, 1) == 1)
        kill(pid, signal);
    waitpid(pid, &status, 0);
    close(ends[0]);
    return status;
}

static void test_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    static const char endless[] = "io.write 'x' io.stdout:flush() "
                                  "while true do pcall(function() "
                                  "while true do end end) end";
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        const double start = ritz_seconds();
        const int status = status_after(signals[i], endless);
        ok(WIFSIGNALED(status) && WTERMSIG(status) == signals[i],
           "signal %d ends it, by the signal", signals[i]);
        note("%.3f s", ritz_seconds() - start);
    }
    const int status =
        status_after(SIGINT, "print 'x' io.stdout:flush() "
                             "string.find(('a'):rep(40), ('a*'):rep(40)..'b')");
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT,
       "SIGINT ends a long search for a pattern");
}

int main(void)
{
    if (!getenv("RITZ") || access(getenv("RITZ"), X_OK) != 0)
        return tap_skip_all("RITZ does not name the program");
    setenv("LC_ALL", "C.UTF-8", 1);
    tap_run("code", test_code);
    tap_run("files", test_files);
    tap_run("usage", test_usage);
    tap_run("progress", test_progress);
    tap_run("batch", test_batch);
    tap_run_interrupts("signals", test_signals);
    ritz_free(output);
    ritz_free(errors);
    return tap_end();
}
