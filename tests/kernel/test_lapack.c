/* test_lapack.c - OpenBLAS at its first use: whose functions the table has,
 * and that they compute.
 */
#include "kernel/lapack.h"

#include "tap.h"

#include <dirent.h>
#include <dlfcn.h>
#include <float.h>
#include <math.h>
#include <sched.h>
#include <string.h>

static int threads_of_process(void)
{
    int n = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *e; tasks && (e = readdir(tasks));)
        n += e->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return n;
}

/* Another library with the same symbols (GSL's, the reference's) would serve,
 * at a tenth of the speed. */
static bool of_openblas(const void *function)
{
    Dl_info info, own;
    void *corename;
    memcpy(&corename, &ritz_lapack_table()->openblas_get_corename,
           sizeof corename);
    return dladdr(function, &info) && dladdr(corename, &own) &&
           strcmp(info.dli_fname, own.dli_fname) == 0 &&
           strstr(info.dli_fname, "openblas");
}

static void loading(void)
{
    cpu_set_t before, after;
    const int threads = threads_of_process();
    sched_getaffinity(0, sizeof before, &before);
    ok(!ritz_lapack_table(), "OpenBLAS is not there before it is asked for");
    ritz_error err = {0};
    if (!ok(ritz_lapack_load(&err) == RITZ_OK, "it loads: %s", err.text))
        return;
    sched_getaffinity(0, sizeof after, &after);
    ok(CPU_EQUAL(&before, &after), "the thread may run where it did before");
    is_int(threads_of_process(), threads, "OpenBLAS starts no threads");
    ok(*ritz_lapack_table()->openblas_get_corename(), "its kernels: %s",
       ritz_lapack_table()->openblas_get_corename());
}

static void origin(void)
{
    void *const *function = (void *const *)ritz_lapack_table();
#define CHECK(result, name, arguments) \
    ok(of_openblas(*function++), "OpenBLAS has " #name);
    RITZ_LAPACK(CHECK)
#undef CHECK
}

/* [4 2; 2 5] = L L' with L = [2 0; 1 2]. */
static void truth(void)
{
    const ritz_lapack *t = ritz_lapack_table();
    const int n = 2;
    int info = -1;
    double a[] = {4, 2, 2, 5};
    float b[] = {4, 2, 2, 5};
    t->dpotrf_("L", &n, a, &n, &info, 1);
    is_int(info, 0, "dpotrf: positive definite");
    near(a[0], 2, DBL_EPSILON, "dpotrf: L11");
    near(a[1], 1, DBL_EPSILON, "dpotrf: L21");
    near(a[3], 2, 4 * DBL_EPSILON, "dpotrf: L22");
    t->spotrf_("L", &n, b, &n, &info, 1);
    near(b[3], 2, 4 * (double)FLT_EPSILON, "spotrf: L22");
    double c[] = {1, 2, 2, 1};
    t->dpotrf_("L", &n, c, &n, &info, 1);
    is_int(info, 2, "dpotrf: the second minor of [1 2; 2 1] is negative");

    /* Eigenvalues of [2 1; 1 2] are 1 and 3. */
    double s[] = {2, 1, 1, 2}, w[2], work[64];
    int iwork[32];
    const int lwork = 64, liwork = 32;
    t->dsyevd_("V", "L", &n, s, &n, w, work, &lwork, iwork, &liwork, &info, 1,
               1);
    near(w[0], 1, 4 * DBL_EPSILON, "dsyevd: the smaller eigenvalue");
    near(w[1], 3, 8 * DBL_EPSILON, "dsyevd: the larger eigenvalue");
    near(fabs(s[0]), sqrt(0.5), 4 * DBL_EPSILON, "dsyevd: its vector");
}

int main(void)
{
    tap_run("loading", loading);
    if (!ritz_lapack_table())
        return tap_end();
    tap_run("origin", origin);
    tap_run("truth", truth);
    return tap_end();
}
