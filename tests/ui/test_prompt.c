/* test_prompt.c - the prompt, typed at through a pseudo-terminal. */
#include "dialog.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#include "tap.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const bare[] = {NULL, NULL};

/* Reuses `p`: a fresh prompt. */
static bool start(pty *p)
{
    return pty_start(p, bare) && ok(pty_expect(p, "ritz> "), "a prompt");
}

static void leave(pty *p)
{
    pty_type(p, "\004");
    const int status = pty_end(p);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "Ctrl-D leaves");
    pty_close(p);
}

/* Types a line and waits for its answer and the next prompt. */
static void answers(pty *p, const char *line, const char *answer)
{
    pty_type(p, line);
    pty_type(p, "\r");
    ok(pty_expect(p, "\r\n") && pty_expect(p, answer) &&
           pty_expect(p, "ritz> "),
       "%s", line);
}

static void test_values(void)
{
    pty p;
    if (!start(&p))
        return;
    answers(&p, "1 + 1", "2");
    answers(&p, "print(6 * 7)", "42");
    answers(&p, "\"\xc3\xa9\xe2\x88\x82\" .. 1",
            "\xc3\xa9\xe2\x88\x82"
            "1");
    answers(&p, "io.write('half a', ' line')", "half a line");
    answers(&p, "error 'boo'", "boo");
    answers(&p, "x = = 3", "error:");
    answers(&p, "40 + 2", "42");
    leave(&p);
    ok(true, "the prompt outlives errors");
}

static void test_lines(void)
{
    pty p;
    if (!start(&p))
        return;
    pty_type(&p, "for i = 1, 2 do\r");
    ok(pty_expect(&p, "   .. "), "an open block goes on");
    pty_type(&p, "print(i * 111)\r");
    ok(pty_expect(&p, "   .. "), "and on");
    pty_type(&p, "end\r");
    ok(pty_expect(&p, "111") && pty_expect(&p, "222") &&
           pty_expect(&p, "ritz> "),
       "and runs when it is complete");
    pty_type(&p, "if true then\r");
    ok(pty_expect(&p, "   .. "), "an open block");
    pty_type(&p, "\003");
    ok(pty_expect(&p, "^C") && pty_expect(&p, "ritz> "), "Ctrl-C forgets it");
    answers(&p, "7 * 7", "49");
    leave(&p);
}

static void test_keys(void)
{
    pty p;
    if (!start(&p))
        return;
    pty_type(&p, "nonsense");
    ok(pty_expect(&p, "nonsense"), "echo");
    pty_type(&p, "\003");
    ok(pty_expect(&p, "^C\r\n") && pty_expect(&p, "ritz> "),
       "Ctrl-C clears the line");
    pty_type(&p, "string.forma\t");
    ok(pty_expect(&p, "string.format"), "Tab completes");
    pty_type(&p, "\003");
    ok(pty_expect(&p, "^C\r\n") && pty_expect(&p, "ritz> "), "and goes");
    pty_type(&p, "\022\xc3\xa9");
    ok(pty_expect(&p, "i-search"), "Ctrl-R searches");
    pty_type(&p, "\003");
    ok(pty_expect(&p, "ritz> "), "Ctrl-C ends the search");
    answers(&p, "2 ^ 10", "1024");
    leave(&p);
}

static void test_paste(void)
{
    pty p;
    if (!start(&p))
        return;
    pty_type(&p, "\033[200~for i = 1, 2 do\nprint(i + 500)\nend\033[201~");
    ok(pty_expect(&p, "end"), "pasted lines are shown");
    pty_type(&p, "\r");
    ok(pty_expect(&p, "501") && pty_expect(&p, "502") &&
           pty_expect(&p, "ritz> "),
       "and run");
    ok(!strstr(ritz_text_view(&p.seen), "   .. "), "as one unit");
    leave(&p);
}

/* Seconds from Ctrl-C to the prompt while `code` runs; below 0: never. */
static double time_interrupt(pty *p, const char *code)
{
    char line[256];
    snprintf(line, sizeof line, "print('g' .. 'o') %s\r", code);
    pty_type(p, line);
    if (!pty_expect(p, "go\r\n"))
        return -1;
    pty_type(p, "\003");
    return pty_time(p, "ritz> ");
}

enum { TRIES = 5 }; /* on a machine that does other things meanwhile */

static void test_interrupt(void)
{
    static const char *const cases[][2] = {
        {"plain loop", "while true do end"},
        {"coroutine", "coroutine.wrap(function() while true do end end)()"},
        {"pcall loop", "while true do pcall(function() while true do end end) "
                       "end"},
        {"pattern", "string.find(string.rep('a', 40), "
                    "string.rep('a*', 40) .. 'b')"},
    };
    pty p;
    if (!start(&p))
        return;
    answers(&p, "kept = 'state'", "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double seconds = 1;
        for (int n = 0; n < TRIES && seconds >= 0.2; n++)
            seconds = time_interrupt(&p, cases[i][1]);
        if (!ok(seconds >= 0 && seconds < 0.2, "%s: prompt after %.3f s",
                cases[i][0], seconds))
            break;
        answers(&p, "kept .. '!'", "state!");
    }
    leave(&p);
}

static void test_busy(void)
{
    static const char work[] = "t = os.clock() print('g' .. 'o') "
                               "while os.clock() - t < 1.2 do end "
                               "print('fir' .. 'st')\r";
    pty p;
    if (!start(&p))
        return;
    pty_type(&p, work);
    ok(pty_expect(&p, "go\r\n"), "work runs");
    pty_type(&p, "print('sec' .. 'ond')");
    ok(pty_expect(&p, "running> ") && pty_expect(&p, ".. 'ond')"),
       "keys are echoed meanwhile");
    pty_type(&p, "\r");
    ok(pty_expect(&p, "first") && pty_expect(&p, " s)\r\n") &&
           pty_expect(&p, "second") && pty_expect(&p, "ritz> "),
       "what was typed ahead runs after it; its time is told");
    pty_type(&p, "print('g' .. 'o') while true do end\r");
    ok(pty_expect(&p, "go\r\n"), "endless work runs");
    pty_type(&p, "setmeta\t");
    ok(pty_expect(&p, "setmetatable"), "Tab knows names meanwhile");
    pty_type(&p, "\025\004"); /* Ctrl-U takes the line back */
    ok(pty_expect(&p, "leave? [y/N] "), "Ctrl-D asks");
    pty_type(&p, "n\r");
    ok(pty_expect(&p, "running> "), "no stays");
    pty_type(&p, "\004");
    ok(pty_expect(&p, "leave? [y/N] "), "it asks again");
    pty_type(&p, "y\r");
    const int status = pty_end(&p);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "yes leaves");
    ok(pty_is_restored(&p), "the terminal is as before");
    pty_close(&p);
}

static void test_progress(void)
{
    pty p;
    if (!start(&p))
        return;
    pty_type(&p, "for i = 1, 1e9 do ritz.run.progress('step ' .. i, i / 1e9, "
                 "1.5, 'fast') end\r");
    ok(pty_expect(&p, "\r\n") && pty_expect(&p, "\033[Kstep ") &&
           pty_expect(&p, " %  fast  left 1.5 s"),
       "progress is told in a row");
    ok(pty_expect(&p, "\r\033[Kstep "), "which is drawn over");
    pty_type(&p, "x");
    ok(pty_expect(&p, "running> x"), "a key takes the row");
    pty_type(&p, "\003");
    ok(pty_expect(&p, "interrupted") && pty_expect(&p, "ritz> "),
       "Ctrl-C ends the work");
    answers(&p, "1 + 1", "2");
    leave(&p);
}

static void test_flood(void)
{
    pty p;
    if (!start(&p))
        return;
    pty_type(&p, "while true do print(('flood '):rep(20)) end\r");
    ok(pty_expect(&p, "flood flood"), "a loop that prints");
    pty_type(&p, "\003");
    ok(pty_expect(&p, "interrupted") && pty_expect(&p, "ritz> "),
       "Ctrl-C ends it");
    answers(&p, "1 + 1", "2");
    leave(&p);
}

static void test_history(void)
{
    char path[512];
    snprintf(path, sizeof path, "%s/ritz/history", getenv("XDG_STATE_HOME"));
    remove(path);
    pty p;
    if (!start(&p))
        return;
    answers(&p, "alpha = 11", "");
    pty_type(&p, "for i = 1, 1 do\r");
    pty_expect(&p, "   .. ");
    answers(&p, "print(i + 70) end", "71");
    leave(&p);
    char *text = NULL;
    size_t n;
    ritz_error err = {0};
    ok(ritz_file_read(&text, &n, path, &err) == RITZ_OK, "a file is there: %s",
       err.text);
    matches(text ? text : "", "\nalpha = 11\n", "it holds a line");
    matches(text ? text : "", "\nfor i = 1, 1 do\nprint(i + 70) end\n",
            "and two lines");
    ritz_free(text);
    if (!start(&p))
        return;
    pty_type(&p, "\033[A");
    ok(pty_expect(&p, "for i = 1, 1 do") && pty_expect(&p, "+ 70) end"),
       "Up brings both lines of the last input back");
    pty_type(&p, "\033[A\r");
    ok(pty_expect(&p, "alpha = 11") && pty_expect(&p, "ritz> "),
       "and the input before");
    answers(&p, "alpha * 2", "22");
    leave(&p);
}

static void test_no_history(void)
{
    const char *state = getenv("XDG_STATE_HOME");
    char *kept = ritz_copy_text(state ? state : "");
    setenv("XDG_STATE_HOME", "/proc/no/such", 1);
    pty p;
    if (pty_start(&p, bare)) {
        ok(pty_expect(&p, "history is not kept") && pty_expect(&p, "ritz> "),
           "a folder that cannot be made is a warning");
        answers(&p, "5 * 5", "25");
        leave(&p);
    }
    setenv("XDG_STATE_HOME", kept, 1);
    ritz_free(kept);
}

static void ends_by(int signal, bool exactly)
{
    pty p;
    if (!start(&p))
        return;
    kill(p.pid, signal);
    const int status = pty_end(&p);
    if (exactly)
        ok(WIFSIGNALED(status) && WTERMSIG(status) == signal,
           "signal %d ends it", signal);
    ok(pty_is_restored(&p), "the modes are as before signal %d", signal);
    matches(ritz_text_view(&p.seen), "\033[?2004l",
            "bracketed paste is off after signal %d", signal);
    pty_close(&p);
}

static void test_signals(void)
{
    const char *build = getenv("SANITIZERS");
    const bool bare_build = !build || !*build || strcmp(build, "no") == 0;
    ends_by(SIGTERM, true);
    ends_by(SIGHUP, true);
    ends_by(SIGSEGV, bare_build);
    ends_by(SIGABRT, bare_build);
}

static void test_dumb(void)
{
    char *kept = ritz_copy_text(getenv("TERM") ? getenv("TERM") : "");
    setenv("TERM", "dumb", 1);
    pty p;
    if (start(&p)) {
        answers(&p, "3 * 3", "9");
        answers(&p, "error 'boo'", "error:");
        pty_type(&p, "while true do\r");
        ok(pty_expect(&p, "   .. "), "several lines");
        answers(&p, "break end", "");
        pty_type(&p, "print('g' .. 'o') while true do end\r");
        ok(pty_expect(&p, "go\r\n"), "work runs");
        pty_type(&p, "\003");
        ok(pty_expect(&p, "ritz> "), "Ctrl-C gives the prompt back");
        leave(&p);
        ok(!strchr(ritz_text_view(&p.seen), '\033'), "no escape sequence");
    }
    setenv("TERM", kept, 1);
    ritz_free(kept);
}

static void test_script_first(void)
{
    const char *path = tap_path("first.lua");
    const char code[] = "defined = 21 print(arg[1])";
    if (!ok(ritz_file_write(path, code, strlen(code), NULL) == RITZ_OK,
            "a script"))
        return;
    const char *const argv[] = {NULL, "-i", path, "word", NULL};
    pty p;
    if (!pty_start(&p, argv))
        return;
    ok(pty_expect(&p, "word\r\n") && pty_expect(&p, "ritz> "),
       "-i runs the script first");
    answers(&p, "defined * 2", "42");
    pty_type(&p, "os.exit(3)\r");
    const int status = pty_end(&p);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 3, "os.exit gives the code");
    ok(pty_is_restored(&p), "the terminal is as before");
    pty_close(&p);
}

int main(void)
{
    if (!getenv("RITZ") || access(getenv("RITZ"), X_OK) != 0)
        return tap_skip_all("RITZ does not name the program");
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("INPUTRC", "/dev/null", 1);
    unsetenv("NO_COLOR");
    tap_run("values", test_values);
    tap_run("lines", test_lines);
    tap_run("keys", test_keys);
    tap_run("paste", test_paste);
    tap_run_interrupts("interrupt", test_interrupt);
    tap_run("busy", test_busy);
    tap_run("progress", test_progress);
    tap_run("flood", test_flood);
    tap_run("history", test_history);
    tap_run("no history", test_no_history);
    tap_run_interrupts("signals", test_signals);
    tap_run_interrupts("dumb", test_dumb);
    tap_run("script first", test_script_first);
    return tap_end();
}
