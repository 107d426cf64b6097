/* test_tap.c - the harness fails when it should, and says what it saw.
 *
 * A harness that always says "ok" would hide everything else. So a child
 * process runs checks that fail, and its output is read here.
 */
#include "tap.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct outcome {
    int code;
    char output[8192];
} outcome;

/* Runs `child` in a process of its own. A child inherits the count of checks:
 * so all children run before the first check. */
static outcome run_apart(int (*child)(void))
{
    outcome out = {0};
    const char *path = tap_path("output");
    fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, STDOUT_FILENO);
        const int code = child();
        fflush(stdout);
        _exit(code);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    FILE *file = fopen(path, "r");
    const size_t n =
        file ? fread(out.output, 1, sizeof out.output - 1, file) : 0;
    out.output[n] = '\0';
    if (file)
        fclose(file);
    out.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return out;
}

static int failing(void)
{
    ok(false, "false # with %d\nlines", 2);
    near(1.0, 1.5, 0.25, "too far");
    near(NAN, NAN, 1.0, "not a number");
    near(1.0, INFINITY, 1e300, "finite");
    is_int(1, 2, "unequal");
    is_text("a", "b", "other text");
    is_text(NULL, "b", "no text");
    matches("abc", "x", "no part");
    todo(false, "not built", "later");
    return tap_end();
}

static void test_failing(const outcome *out)
{
    is_int(out->code, 1, "a failed check gives exit code 1");
    for (int i = 1; i <= 8; i++) {
        char line[32];
        snprintf(line, sizeof line, "not ok %d - ", i);
        matches(out->output, line, "check %d fails", i);
    }
    matches(out->output, "not ok 1 - false   with 2 lines\n",
            "a name is a line");
    matches(out->output, "test_tap.c:", "the place is told");
    matches(out->output, "# got 1, want 1.5, difference 0.5, allowed 0.25\n",
            "the numbers are told");
    matches(out->output, "# got 1, want 2\n", "the integers are told");
    matches(out->output, "# got \"a\", want \"b\"\n", "the texts are told");
    matches(out->output, "# got \"(none)\", want \"b\"\n", "no text is told");
    matches(out->output, "# got \"abc\", want a text with \"x\"\n", "the part");
    matches(out->output, "not ok 9 - later # TODO not built\n",
            "what is to do");
    matches(out->output, "1..9\n# 8 of 9 checks failed\n", "the plan is last");
}

static int passing(void)
{
    ok(true, "true");
    near(1.0, 1.25, 0.25, "just near enough");
    near(INFINITY, INFINITY, 0.0, "infinite");
    is_int(-1, -1, "equal");
    is_text("a", "a", "same text");
    matches("abc", "b", "a part");
    skip("no printer", "printing");
    return tap_end();
}

static void test_passing(const outcome *out)
{
    is_int(out->code, 0, "passing gives exit code 0");
    is_text(out->output,
            "ok 1 - true\nok 2 - just near enough\nok 3 - infinite\n"
            "ok 4 - equal\nok 5 - same text\nok 6 - a part\n"
            "ok 7 - printing # SKIP no printer\n1..7\n",
            "every line of it");
}

static void case_of_child(void)
{
    ok(true, "inside");
}

static int chosen(void)
{
    setenv("RITZ_TEST_ONLY", "tan", 1);
    tap_run("tanh f32", case_of_child);
    tap_run("exp f32", case_of_child);
    return tap_end();
}

static void test_only(const outcome *out)
{
    is_int(out->code, 0, "choosing cases passes");
    is_text(out->output, "# tanh f32\nok 1 - inside\n1..1\n",
            "one case is run");
}

int main(void)
{
    const outcome failed = run_apart(failing), passed = run_apart(passing);
    const outcome one = run_apart(chosen);
    test_failing(&failed);
    test_passing(&passed);
    test_only(&one);
    return tap_end();
}
