/* test_options.c - the command line: what is taken and what is refused. */
#include "ui/options.h"

#include "base/memory.h"

#include "tap.h"

#include <string.h>

enum { MOST = 32 };

typedef struct words {
    char *word[MOST + 1];
    int count;
    char bytes[512];
} words;

/* Splits at blanks; "''" is an empty word. */
static void split(words *out, const char *line)
{
    *out = (words){0};
    strcpy(out->bytes, line);
    for (char *w = strtok(out->bytes, " "); w; w = strtok(NULL, " "))
        out->word[out->count++] = strcmp(w, "''") == 0 ? strchr(w, '\0') : w;
}

static bool parse(ritz_options *out, const char *line, ritz_error *err)
{
    static words given; /* options point into it */
    split(&given, line);
    return ritz_options_parse(out, given.count, given.word, err) == RITZ_OK;
}

static void has_mode(const char *line, ritz_mode mode)
{
    ritz_options opt;
    ritz_error err = {0};
    ok(parse(&opt, line, &err) && opt.mode == mode, "mode of: %s", line);
    ritz_options_free(&opt);
}

static void test_modes(void)
{
    has_mode("ritz", RITZ_MODE_PROMPT);
    has_mode("ritz -i", RITZ_MODE_PROMPT);
    has_mode("ritz --plain", RITZ_MODE_PROMPT);
    has_mode("ritz a.lua", RITZ_MODE_FILE);
    has_mode("ritz -", RITZ_MODE_FILE);
    has_mode("ritz -i a.lua", RITZ_MODE_FILE);
    has_mode("ritz -e x", RITZ_MODE_CODE);
    has_mode("ritz batch a.lua --out d", RITZ_MODE_BATCH);
    has_mode("ritz --out d batch a.lua", RITZ_MODE_BATCH);
    has_mode("ritz a.lua batch", RITZ_MODE_FILE);
    has_mode("ritz --reference d", RITZ_MODE_REFERENCE);
    has_mode("ritz --help", RITZ_MODE_HELP);
    has_mode("ritz --version", RITZ_MODE_VERSION);
    has_mode("ritz --version --help", RITZ_MODE_HELP);
    has_mode("ritz batch --help", RITZ_MODE_HELP);
}

static void test_values(void)
{
    ritz_options opt;
    ritz_error err = {0};
    ok(parse(&opt,
             "ritz --seed 7 fit.lua --threads=2 one -3 -.5 --set lr=0.1 "
             "--set name=a=b --ascii --no-color -- --seed 9 -x",
             &err),
       "options before and after the script: %s", err.text);
    is_text(opt.script, "fit.lua", "script");
    is_int(opt.seed, 7, "seed");
    is_int(opt.threads, 2, "threads, with '='");
    ok(opt.ascii && opt.no_color && !opt.plain && !opt.stay, "flags");
    is_int(opt.set_count, 2, "settings");
    is_text(opt.set[0], "lr=0.1", "first setting");
    is_text(opt.set[1], "name=a=b", "a value with '='");
    is_int(opt.arg_count, 6, "arguments");
    static const char *const want[] = {"one", "-3", "-.5", "--seed", "9", "-x"};
    for (size_t i = 0; i < opt.arg_count; i++)
        is_text(opt.args[i], want[i], "argument %zu", i + 1);
    ritz_options_free(&opt);
    ok(parse(&opt, "ritz --seed 9223372036854775807", &err) &&
           opt.seed == INT64_MAX,
       "the largest seed");
    ritz_options_free(&opt);
    ok(parse(&opt, "ritz -e 1 a b", &err) && opt.arg_count == 2 && !opt.script,
       "words after -e are arguments");
    ritz_options_free(&opt);
}

static void refuses(const char *line, const char *why)
{
    ritz_options opt;
    ritz_error err = {0};
    if (parse(&opt, line, &err)) {
        ok(false, "accepted: %s", line);
        ritz_options_free(&opt);
    } else {
        is_text(err.text, why, "refused: %s", line);
    }
}

static void test_errors(void)
{
    refuses("ritz --sede 3", "unknown option '--sede', did you mean '--seed'?");
    refuses("ritz a.lua --thread=3",
            "unknown option '--thread', did you mean '--threads'?");
    refuses("ritz --frobnicate",
            "unknown option '--frobnicate'; ritz --help lists them");
    refuses("ritz -x", "unknown option '-x', did you mean '-e'?");
    refuses("ritz --seed", "--seed: wanted N, got nothing");
    refuses("ritz --seed -1", "--seed: wanted a whole number, 0 to "
                              "9223372036854775807, got '-1'");
    refuses("ritz --seed 9223372036854775808",
            "--seed: wanted a whole number, 0 to 9223372036854775807, got "
            "'9223372036854775808'");
    refuses("ritz --seed 1.5", "--seed: wanted a whole number, 0 to "
                               "9223372036854775807, got '1.5'");
    refuses("ritz --threads 0", "--threads: wanted 1 to 64, got '0'");
    refuses("ritz --threads 65", "--threads: wanted 1 to 64, got '65'");
    refuses("ritz --threads two", "--threads: wanted 1 to 64, got 'two'");
    refuses("ritz --set lr", "--set: wanted name=value, got 'lr'");
    refuses("ritz --set =1", "--set: wanted name=value, got '=1'");
    refuses("ritz --plain=1", "--plain: wanted no value, got '1'");
    refuses("ritz -e a -e b", "-e: wanted once, got it twice");
    refuses("ritz -e a --out d",
            "--out: wanted after 'ritz batch', got it without");
    refuses("ritz a.lua --out d",
            "--out: wanted after 'ritz batch', got it without");
    refuses("ritz a.lua -e b", "wanted -e or a script, got both: -e and "
                               "'a.lua'");
    refuses("ritz batch --out d",
            "batch: wanted a script's file name, got nothing");
    refuses("ritz batch - --out d",
            "batch: wanted a script's file name, got standard input");
    refuses("ritz batch a.lua", "batch: wanted --out DIR, got nothing");
    refuses("ritz batch a.lua --out ''",
            "--out: wanted DIR, got an empty text");
}

static void test_memory(void)
{
    ritz_options opt;
    ritz_error err = {0};
    int failed = 0;
    for (long n = 1; n <= 3; n++) {
        ritz_fail_allocation(n);
        if (parse(&opt, "ritz a.lua", &err))
            ritz_options_free(&opt);
        else
            failed++;
        ritz_fail_allocation(0);
    }
    is_int(failed, 2, "each of two requests may fail");
    matches(err.text, "the command line", "and says so");
}

static void test_help(void)
{
    static const char *const names[] = {
        "-e CODE",     "-i",        "--seed N", "--threads N",
        "--set NAME=", "--out DIR", "--plain",  "--ascii",
        "--no-color",  "--version", "--help",   "--reference DIR"};
    ritz_text text = {0};
    ritz_options_help(&text);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        matches(ritz_text_view(&text), names[i], "help names %s", names[i]);
    ritz_text_free(&text);
}

int main(void)
{
    tap_run("modes", test_modes);
    tap_run("values", test_values);
    tap_run("errors", test_errors);
    tap_run("memory", test_memory);
    tap_run("help", test_help);
    return tap_end();
}
