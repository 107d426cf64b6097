/* library.h - a shared library that is loaded when it is first used.
 *
 * For libraries that take milliseconds to load and that most runs of the
 * program never call. What is used of one is a table of typed function
 * pointers; a list says which symbol goes where in it. A library that is
 * missing is an error of the work that needed it, and is looked for again the
 * next time.
 */
#ifndef RITZ_BASE_LIBRARY_H
#define RITZ_BASE_LIBRARY_H

#include "base/status.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ritz_symbol {
    const char *name;
    size_t offset; /* of its pointer in the table */
} ritz_symbol;

typedef struct ritz_library {
    const char *name;    /* "cairo", as errors call it */
    const char *file;    /* "libcairo.so.2", as the loader knows it */
    const char *package; /* of Debian */
    const ritz_symbol *symbol;
    size_t symbols;
    void *table;           /* filled once, then constant */
    void (*prepare)(void); /* called with the table full; may be NULL */
    pthread_mutex_t lock;
    atomic_bool ready;
} ritz_library;

/* Any number of threads may ask at the same time. A library is never closed.
 */
ritz_status ritz_library_load(ritz_library *library, ritz_error *err);
bool ritz_library_ready(const ritz_library *library);

#endif
