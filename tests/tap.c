/* tap.c - counting checks and printing them. */
#include "tap.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int checks, failures;

/* Names go through one buffer, because a '#' in them would start a directive
 * and a line end would start another line. */
static void print_name(const char *format, va_list args)
{
    char name[512];
    vsnprintf(name, sizeof name, format, args);
    for (char *p = name; *p; p++)
        if (*p == '#' || *p == '\n')
            *p = ' ';
    printf("%d - %s", ++checks, name);
}

static void print_head(bool passed, const char *format, va_list args)
{
    fputs(passed ? "ok " : "not ok ", stdout);
    print_name(format, args);
}

static bool report(tap_place place, bool passed, const char *format,
                   va_list args)
{
    print_head(passed, format, args);
    putchar('\n');
    if (!passed) {
        failures++;
        printf("# at %s:%d\n", place.file, place.line);
    }
    fflush(stdout); /* a crash must not take the lines before it along */
    return passed;
}

bool tap_ok(tap_place place, bool passed, const char *name, ...)
{
    va_list args;
    va_start(args, name);
    report(place, passed, name, args);
    va_end(args);
    return passed;
}

bool tap_near(tap_place place, double got, double want, double tolerance,
              const char *name, ...)
{
    const double difference = fabs(got - want);
    const bool passed = got == want || difference <= tolerance;
    va_list args;
    va_start(args, name);
    report(place, passed, name, args);
    va_end(args);
    if (!passed)
        note("got %.17g, want %.17g, difference %.3g, allowed %.3g", got, want,
             difference, tolerance);
    return passed;
}

bool tap_is_int(tap_place place, int64_t got, int64_t want, const char *name,
                ...)
{
    va_list args;
    va_start(args, name);
    report(place, got == want, name, args);
    va_end(args);
    if (got != want)
        note("got %lld, want %lld", (long long)got, (long long)want);
    return got == want;
}

bool tap_is_text(tap_place place, const char *got, const char *want,
                 const char *name, ...)
{
    const bool passed = got && strcmp(got, want) == 0;
    va_list args;
    va_start(args, name);
    report(place, passed, name, args);
    va_end(args);
    if (!passed)
        note("got \"%s\", want \"%s\"", got ? got : "(none)", want);
    return passed;
}

bool tap_matches(tap_place place, const char *text, const char *part,
                 const char *name, ...)
{
    const bool passed = text && strstr(text, part);
    va_list args;
    va_start(args, name);
    report(place, passed, name, args);
    va_end(args);
    if (!passed)
        note("got \"%s\", want a text with \"%s\"", text ? text : "(none)",
             part);
    return passed;
}

bool tap_todo(tap_place place, bool passed, const char *why, const char *name,
              ...)
{
    va_list args;
    va_start(args, name);
    print_head(passed, name, args);
    va_end(args);
    printf(" # TODO %s\n", why);
    note("at %s:%d", place.file, place.line);
    return passed;
}

void skip(const char *why, const char *name, ...)
{
    va_list args;
    va_start(args, name);
    print_head(true, name, args);
    va_end(args);
    printf(" # SKIP %s\n", why);
}

void note(const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *line = text, *end; line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        printf("# %s\n", line);
    }
    fflush(stdout);
}

bool tap_wanted(const char *name)
{
    const char *only = getenv("RITZ_TEST_ONLY");
    return !only || strstr(name, only);
}

void tap_run(const char *name, void (*test)(void))
{
    if (!tap_wanted(name))
        return;
    note("%s", name);
    test();
}

void tap_run_interrupts(const char *name, void (*test)(void))
{
#ifdef __SANITIZE_THREAD__
    (void)test;
    skip("ThreadSanitizer holds signals back while Lua loops", "%s", name);
#else
    tap_run(name, test);
#endif
}

const char *tap_path(const char *name)
{
    static char path[8][1024];
    static unsigned next;
    const char *folder = getenv("RITZ_TEST_TMP");
    char *out = path[next++ % 8];
    snprintf(out, sizeof path[0], "%s/%s", folder ? folder : "/tmp", name);
    return out;
}

int tap_skip_all(const char *why)
{
    printf("1..0 # SKIP %s\n", why);
    return 0;
}

int tap_end(void)
{
    printf("1..%d\n", checks);
    if (failures)
        note("%d of %d checks failed", failures, checks);
    return failures ? 1 : 0;
}
