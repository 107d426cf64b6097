/* test_panels.c - live panels, and the prompt among jobs, seen through tmux.
 *
 * Only what needs a real terminal is tested here: that the screen opens, fits
 * and is given back. How a figure is drawn is tested in tests/plot, how the
 * lines around it look in test_chrome.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include "tap.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 20.0 /* seconds that a screen may take to come */

static char socket_path[256], folder[256];

static int tmux(const char *format, ...) TAP_PRINTF(1, 2);
static int tmux(const char *format, ...)
{
    char command[1024];
    int n = snprintf(command, sizeof command, "tmux -S %s -f /dev/null ",
                     socket_path);
    va_list args;
    va_start(args, format);
    n += vsnprintf(command + n, sizeof command - (size_t)n, format, args);
    va_end(args);
    snprintf(command + n, sizeof command - (size_t)n, " 2>/dev/null");
    return system(command);
}

/* What the pane shows; valid until the next call. `how`: "" or "-e". */
static const char *screen(const char *how)
{
    static ritz_text text;
    char command[512], bytes[4096];
    snprintf(command, sizeof command,
             "tmux -S %s capture-pane -p %s -t t 2>/dev/null", socket_path,
             how);
    ritz_text_free(&text);
    FILE *from = popen(command, "r");
    size_t n;
    while (from && (n = fread(bytes, 1, sizeof bytes, from)) > 0)
        ritz_text_add(&text, bytes, n);
    if (from)
        pclose(from);
    return ritz_text_view(&text);
}

static bool until(const char *text, bool there)
{
    const double start = ritz_seconds();
    while ((strstr(screen(""), text) != NULL) != there) {
        if (ritz_seconds() - start > PATIENCE) {
            note("waited until \"%s\" %s; the screen:", text,
                 there ? "came" : "went");
            note("%s", screen(""));
            return false;
        }
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return true;
}

static bool shows(const char *text)
{
    return until(text, true);
}

static void type(const char *keys)
{
    tmux("send-keys -t t -l '%s'", keys);
}

static void press(const char *key)
{
    tmux("send-keys -t t %s", key);
}

/* A shell in a fresh terminal, which runs the program once it is typed. */
static bool open_terminal(const char *term, int columns, int rows)
{
    tmux("kill-session -t t");
    if (tmux("new-session -d -s t -x %d -y %d -e TERM=%s -e LC_ALL=C.UTF-8 "
             "'cd %s && exec bash --norc --noprofile'",
             columns, rows, term, folder) != 0)
        return ok(false, "a terminal in tmux");
    type("PS1=ready\\>");
    press("Enter");
    return shows("\nready>");
}

static void run(const char *before, const char *script, const char *after)
{
    char line[512];
    snprintf(line, sizeof line, "clear; %s \"$RITZ\" %s.lua %s; echo code $?",
             before, script, after);
    type(line);
    press("Enter");
}

static const char live[] =
    "local ritz = require 'ritz'\n"
    "local fig = ritz.plot.figure { panels = {\n"
    "  { title = 'loss', xlabel = 'step' },\n"
    "  { title = 'accuracy', number = 'valid 0.8734' } } }\n"
    "ritz.run.subject 'a test'\n"
    "local train = fig:panel(1):series('train')\n"
    "local valid = fig:panel(2):series('valid')\n"
    "print 'printed inside'\n"
    "for i = 1, 300 do\n"
    "  train:push(i, 2.3 * math.exp(-i / 90))\n"
    "  valid:push(i, 1.1 - math.exp(-i / 60))\n"
    "end\n"
    "ritz.run.progress('step 300/600', 0.5, 1.5, '612 us/step')\n";

static bool write_scripts(void)
{
    char path[512];
    static const struct {
        const char *name, *end;
    } scripts[] = {/* tostring: where ThreadSanitizer lets a signal through */
                   {"endless", "while true do tostring(0.5) end\n"},
                   {"short", "print 'last words'\n"},
                   {"wrong", "local x = nil + 1\n"}};
    for (size_t i = 0; i < 3; i++) {
        ritz_text text = {0};
        ritz_text_printf(&text, "%s%s", live, scripts[i].end);
        snprintf(path, sizeof path, "%s/%s.lua", folder, scripts[i].name);
        const ritz_status status =
            ritz_file_write(path, text.bytes, text.length, NULL);
        ritz_text_free(&text);
        if (status != RITZ_OK)
            return ok(false, "the scripts");
    }
    static const char named[] = "echo $$ > pid; exec \"$RITZ\" endless.lua\n";
    static const char modes[] = "stty -a | tr '; ' '\\n\\n' > modes.txt\n";
    snprintf(path, sizeof path, "%s/named", folder);
    if (ritz_file_write(path, named, sizeof named - 1, NULL) != RITZ_OK)
        return ok(false, "a script");
    snprintf(path, sizeof path, "%s/modes", folder);
    return ritz_file_write(path, modes, sizeof modes - 1, NULL) == RITZ_OK;
}

static void is_restored(const char *when)
{
    type("clear; bash modes; echo asked");
    press("Enter");
    char path[512], *modes = NULL;
    size_t n;
    snprintf(path, sizeof path, "%s/modes.txt", folder);
    ok(shows("asked\nready>") &&
           ritz_file_read(&modes, &n, path, NULL) == RITZ_OK &&
           strstr(modes, "\nicanon\n") && strstr(modes, "\necho\n"),
       "the modes are restored after %s", when);
    ok(!strstr(screen(""), "loss"), "so is the screen after %s", when);
    ritz_file_write(path, "", 0, NULL);
    ritz_free(modes);
}

static bool has_braille(void)
{
    for (const char *s = screen(""); (s = strstr(s, "\xe2")); s++)
        if ((unsigned char)s[1] >= 0xA0 && (unsigned char)s[1] <= 0xA3)
            return true;
    return false;
}

static void test_live(void)
{
    if (!open_terminal("tmux-256color", 120, 40))
        return;
    run("", "endless", "");
    ok(shows("step 300/600"), "panels open while the script computes");
    static const char *const parts[] = {" ritz  endless.lua",
                                        "a test",
                                        "\xe2\x95\xad\xe2\x94\x80 loss",
                                        "accuracy",
                                        "train",
                                        "valid 0.8734",
                                        "50 %",
                                        "left 1.5",
                                        "q quit"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        ok(shows(parts[i]), "the screen shows \"%s\"", parts[i]);
    ok(has_braille(), "curves are drawn in braille");
    ok(strstr(screen("-e"), "38;5;214") != NULL, "in the first colour");
    ok(!strstr(screen(""), "printed inside"), "what is printed waits");
    press("q");
    ok(shows("code 130"), "q interrupts the work");
    ok(strstr(screen(""), "printed inside") != NULL, "what was printed shows");
    matches(screen(""), "train: 300 points", "a summary follows");
    matches(screen(""), "interrupted", "and how it ended");
    is_restored("q");
}

static void test_sizes(void)
{
    static const int sizes[][2] = {{80, 24}, {30, 8}, {5, 2}, {200, 50}};
    if (!open_terminal("tmux-256color", 120, 40))
        return;
    run("", "endless", "");
    ok(shows("step 300/600"), "panels open");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        tmux("resize-window -t t -x %d -y %d", sizes[i][0], sizes[i][1]);
        ok(shows(sizes[i][1] > 7 ? "q quit" : "too"), "%d x %d", sizes[i][0],
           sizes[i][1]);
    }
    ok(shows("loss") && shows("accuracy"), "both panels are back");
    press("C-c");
    ok(shows("interrupted"), "Ctrl-C ends it");
    type("echo code $?");
    press("Enter");
    ok(shows("code 130"), "by its signal");
}

static void test_keys(void)
{
    if (!open_terminal("tmux-256color", 100, 30))
        return;
    run("", "endless", "");
    ok(shows("step 300/600") && shows("accuracy"), "panels open");
    press("l");
    ok(shows("log y"), "l: a logarithmic axis");
    press("l");
    ok(until("log y", false), "l again: a linear one");
    press("Tab");
    press("Tab");
    press("z");
    ok(until(" loss ", false) && shows("accuracy"),
       "z: the second panel alone");
    press("z");
    ok(shows(" loss "), "z again: both");
    press("?");
    ok(shows("leaves; work"), "?: all keys");
    press("?");
    ok(until("leaves; work", false), "? again: gone");
    press("p");
    ok(shows("drawing is paused"), "p pauses");
    press("p");
    ok(until("drawing is paused", false), "p again: goes on");
    press("s");
    ok(shows("saved endless-1.svg"), "s saves");
    char path[512];
    snprintf(path, sizeof path, "%s/endless-1.svg", folder);
    ok(access(path, R_OK) == 0, "the file is there");
    press("C-z");
    ok(shows("Stopped"), "Ctrl-Z gives the terminal back");
    type("fg");
    press("Enter");
    ok(shows("q quit"), "fg takes it again");
    press("q");
    ok(shows("interrupted"), "q leaves");
    is_restored("Ctrl-Z, fg and q");
}

/* What needs a shell that controls jobs. */
static void test_prompt(void)
{
    if (!open_terminal("tmux-256color", 80, 24))
        return;
    type("clear; \"$RITZ\"");
    press("Enter");
    ok(shows("\nritz>"), "a prompt");
    type("6 * 7");
    ok(shows("ritz> 6 * 7"), "a line that is being typed");
    press("C-z");
    ok(shows("Stopped"), "Ctrl-Z gives the terminal back");
    is_restored("Ctrl-Z");
    type("fg");
    press("Enter");
    ok(shows("ritz> 6 * 7"), "fg shows the line again");
    press("Enter");
    ok(shows("\n42\nritz>"), "and it runs");
    tmux("resize-window -t t -x 40 -y 10");
    type("math.floor(1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10) -- wide");
    press("Enter");
    ok(shows("\n55\nritz>"), "a line wider than the screen after a resize");
    press("C-d");
    ok(shows("ready>"), "Ctrl-D leaves");
}

static void test_ends(void)
{
    if (!open_terminal("tmux-256color", 100, 30))
        return;
    run("", "short", "");
    ok(shows("done in") && shows("last words"), "the end is told");
    ok(shows("loss"), "the panels stay");
    press("q");
    ok(shows("code 0"), "until q");
    run("", "short", "< /dev/null");
    ok(shows("code 0"), "without a keyboard they close");
    is_restored("the end");
    run("", "wrong", "");
    ok(shows("failed after"), "a failure is told");
    press("q");
    ok(shows("code 1"), "and gives its code");
    matches(screen(""), "error: ", "with the error");
    matches(screen(""), "wrong.lua:14", "and its line");
    run("", "short", "--plain");
    ok(shows("code 0") && !strstr(screen(""), "loss"), "--plain: no panels");
}

static void test_signals(void)
{
    static const struct {
        int number;
        const char *end;
    } signals[] = {{SIGTERM, "code 143"}, {SIGHUP, "code 129"}};
    if (!open_terminal("tmux-256color", 100, 30))
        return;
    for (size_t i = 0; i < 2; i++) {
        char path[512], *pid = NULL;
        size_t n;
        type("clear; bash named; echo code $?");
        press("Enter");
        ok(shows("q quit"), "panels open");
        snprintf(path, sizeof path, "%s/pid", folder);
        if (ritz_file_read(&pid, &n, path, NULL) == RITZ_OK)
            kill(atoi(pid), signals[i].number);
        ritz_free(pid);
        ok(shows(signals[i].end), "signal %d: %s", signals[i].number,
           signals[i].end);
        is_restored("the signal");
    }
}

static void test_terminals(void)
{
    if (!open_terminal("tmux-256color", 100, 30))
        return;
    run("TERM=nonesuch", "short", "");
    ok(shows("got TERM=nonesuch; lines instead") && shows("last words") &&
           shows("code 0"),
       "an unknown TERM: one line that says so, then lines");
    run("TERM=dumb", "short", "");
    ok(shows("got TERM=dumb; lines instead") && shows("code 0"),
       "a terminal that cannot move its cursor: the same");
    run("TERM=linux", "endless", "");
    ok(shows("+- loss") && shows("q quit"), "TERM=linux: ASCII");
    const char *s = screen("");
    while (*s && !(*s & 0x80))
        s++;
    ok(*s == '\0', "and nothing beyond it");
    press("q");
    ok(shows("code 130"), "q");
    run("NO_COLOR=1", "endless", "");
    ok(shows("q quit") && shows("train") && has_braille(), "NO_COLOR");
    ok(!strstr(screen("-e"), "38;5;") && !strstr(screen("-e"), "[33m"),
       "has no colour");
    press("q");
    ok(shows("code 130"), "q");
    run("LC_ALL=C", "endless", "--no-color");
    ok(shows("+- loss") && shows("q quit"), "another locale: ASCII");
    press("q");
    ok(shows("code 130"), "q");
}

int main(void)
{
    if (!getenv("RITZ") || access(getenv("RITZ"), X_OK) != 0)
        return tap_skip_all("RITZ does not name the program");
    if (system("tmux -V > /dev/null 2>&1") != 0)
        return tap_skip_all("tmux is missing");
    snprintf(folder, sizeof folder, "%s", tap_path(""));
    snprintf(socket_path, sizeof socket_path, "%s", tap_path("tmux"));
    if (!write_scripts())
        return tap_end();
    tmux("new-session -d -s keeper"); /* the server lives as long as this */
    tap_run("live", test_live);
    tap_run("sizes", test_sizes);
    tap_run("keys", test_keys);
    tap_run("prompt", test_prompt);
    tap_run("ends", test_ends);
    tap_run("signals", test_signals);
    tap_run("terminals", test_terminals);
    tmux("kill-server");
    return tap_end();
}
