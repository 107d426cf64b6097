/* lapack.c - OpenBLAS at its first use.
 *
 * OpenBLAS starts a thread for every processor when it is loaded, and these
 * spin for milliseconds beside us before they are told that one is enough. It
 * counts the processors that its loading thread may run on, so that thread
 * keeps to one for as long. The environment variable for it would be seen by
 * programs that a script starts, and setting one races with other threads.
 */
#include "kernel/lapack.h"

#include "base/library.h"

#include <sched.h>

static ritz_lapack table;

static void single_thread(void)
{
    table.openblas_set_num_threads(1);
}

#define SYMBOL(result, name, arguments) {#name, offsetof(ritz_lapack, name)},

static const ritz_symbol symbols[] = {RITZ_LAPACK(SYMBOL)};

static ritz_library openblas = {
    .name = "OpenBLAS",
    .file = "libopenblas.so.0",
    .package = "libopenblas0",
    .symbol = symbols,
    .symbols = sizeof symbols / sizeof *symbols,
    .table = &table,
    .prepare = single_thread,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

static ritz_status load_on_one_processor(ritz_error *err)
{
    cpu_set_t all, one;
    const int here = sched_getcpu();
    const bool known =
        here >= 0 && here < CPU_SETSIZE &&
        pthread_getaffinity_np(pthread_self(), sizeof all, &all) == 0;
    if (known) {
        CPU_ZERO(&one);
        CPU_SET((size_t)here, &one);
        pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    }
    const ritz_status status = ritz_library_load(&openblas, err);
    if (known)
        pthread_setaffinity_np(pthread_self(), sizeof all, &all);
    return status;
}

const ritz_lapack *ritz_lapack_table(void)
{
    return ritz_library_ready(&openblas) ? &table : NULL;
}

ritz_status ritz_lapack_load(ritz_error *err)
{
    return ritz_lapack_table() ? RITZ_OK : load_on_one_processor(err);
}
