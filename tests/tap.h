/* tap.h - what a test program says: one line for each check, in TAP.
 *
 * A test program is a main() that calls checks and ends with
 * `return tap_end();`. Every check takes a printf-like name that says what is
 * checked, prints "ok" or "not ok" with its number, and on failure the file,
 * the line and the values on lines that start with "# ". A check returns
 * whether it passed, so that a test can leave out what depends on it.
 */
#ifndef RITZ_TESTS_TAP_H
#define RITZ_TESTS_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAP_PRINTF(text, first) __attribute__((format(printf, text, first)))

typedef struct tap_place {
    const char *file;
    int line;
} tap_place;

#define TAP_HERE ((tap_place){__FILE__, __LINE__})

#define ok(cond, ...) tap_ok(TAP_HERE, (cond), __VA_ARGS__)
/* |got - want| <= tolerance; equal infinities pass, a NaN never does. */
#define near(got, want, tolerance, ...) \
    tap_near(TAP_HERE, (got), (want), (tolerance), __VA_ARGS__)
#define is_int(got, want, ...) \
    tap_is_int(TAP_HERE, (int64_t)(got), (int64_t)(want), __VA_ARGS__)
#define is_text(got, want, ...) \
    tap_is_text(TAP_HERE, (got), (want), __VA_ARGS__)
/* `part` occurs in `text`. */
#define matches(text, part, ...) \
    tap_matches(TAP_HERE, (text), (part), __VA_ARGS__)
/* A check that is known to fail, and why. */
#define todo(cond, why, ...) tap_todo(TAP_HERE, (cond), (why), __VA_ARGS__)

bool tap_ok(tap_place place, bool passed, const char *name, ...)
    TAP_PRINTF(3, 4);
bool tap_near(tap_place place, double got, double want, double tolerance,
              const char *name, ...) TAP_PRINTF(5, 6);
bool tap_is_int(tap_place place, int64_t got, int64_t want, const char *name,
                ...) TAP_PRINTF(4, 5);
bool tap_is_text(tap_place place, const char *got, const char *want,
                 const char *name, ...) TAP_PRINTF(4, 5);
bool tap_matches(tap_place place, const char *text, const char *part,
                 const char *name, ...) TAP_PRINTF(4, 5);
bool tap_todo(tap_place place, bool passed, const char *why, const char *name,
              ...) TAP_PRINTF(4, 5);

void skip(const char *why, const char *name, ...) TAP_PRINTF(2, 3);
void note(const char *format, ...) TAP_PRINTF(1, 2); /* a "# " line */

/* Prints "# name" and calls `test`, unless RITZ_TEST_ONLY is set and is no
 * part of the name: so one case of many can be run alone. */
void tap_run(const char *name, void (*test)(void));
/* The same for a test that interrupts loops in Lua: ThreadSanitizer would hold
 * the signal back until the next system call, so there it is skipped. */
void tap_run_interrupts(const char *name, void (*test)(void));
bool tap_wanted(const char *name);

/* A path in this program's own scratch folder, which the runner removes.
 * Valid until the eighth call from now. */
const char *tap_path(const char *name);

int tap_skip_all(const char *why); /* instead of tap_end, before any check */
int tap_end(void);                 /* prints the plan; the exit code */

#endif
