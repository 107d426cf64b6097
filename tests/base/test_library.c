/* test_library.c - libraries that are loaded at first use. */
#include "base/library.h"

#include "tap.h"

#include <math.h>
#include <string.h>

enum { THREADS = 8 };

typedef struct functions {
    double (*sqrt)(double x);
    double (*hypot)(double x, double y);
} functions;

static functions table;
static int prepared;

static void count(void)
{
    prepared++;
}

static const ritz_symbol symbols[] = {{"sqrt", offsetof(functions, sqrt)},
                                      {"hypot", offsetof(functions, hypot)}};

static ritz_library maths = {.name = "maths",
                             .file = "libm.so.6",
                             .package = "libc6",
                             .symbol = symbols,
                             .symbols = 2,
                             .table = &table,
                             .prepare = count,
                             .lock = PTHREAD_MUTEX_INITIALIZER};

static void *use(void *good)
{
    *(bool *)good = ritz_library_load(&maths, NULL) == RITZ_OK &&
                    table.sqrt(49) == 7 && table.hypot(3, 4) == 5;
    return NULL;
}

/* All threads ask at once; the library is prepared once, before any of them
 * uses it. */
static void together(void)
{
    pthread_t thread[THREADS];
    bool good[THREADS] = {false};
    ok(!ritz_library_ready(&maths), "nothing is loaded before it is used");
    for (int i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, use, &good[i]);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        ok(good[i], "thread %d has both functions", i);
    }
    is_int(prepared, 1, "it was prepared once");
    ok(ritz_library_ready(&maths), "and is ready");
}

static void missing(void)
{
    ritz_error err = {0};
    ritz_library none = {.name = "abacus",
                         .file = "libritz-abacus.so.9",
                         .package = "libabacus9",
                         .lock = PTHREAD_MUTEX_INITIALIZER};
    for (int i = 0; i < 2; i++) {
        is_int(ritz_library_load(&none, &err), RITZ_EIO, "no such library");
        matches(err.text, "abacus: wanted the library libritz-abacus.so.9",
                "the error names it");
        matches(err.text, "apt-get install libabacus9", "and its package");
    }
    ok(!ritz_library_ready(&none), "it is not ready");
}

static void lacks_a_symbol(void)
{
    static functions other;
    static const ritz_symbol wrong[] = {
        {"sqrt", offsetof(functions, sqrt)},
        {"ritz_no_such_function", offsetof(functions, hypot)}};
    ritz_error err = {0};
    ritz_library old = {.name = "maths",
                        .file = "libm.so.6",
                        .package = "libc6",
                        .symbol = wrong,
                        .symbols = 2,
                        .table = &other,
                        .prepare = count,
                        .lock = PTHREAD_MUTEX_INITIALIZER};
    const int before = prepared;
    is_int(ritz_library_load(&old, &err), RITZ_EIO, "a symbol is missing");
    matches(err.text, "ritz_no_such_function", "the error names it");
    ok(!strchr(err.text, '\n'), "in one line");
    ok(!ritz_library_ready(&old) && prepared == before, "it is not used");
}

int main(void)
{
    tap_run("together", together);
    tap_run("missing", missing);
    tap_run("lacks a symbol", lacks_a_symbol);
    return tap_end();
}
