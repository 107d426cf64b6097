/* select.c - which unit's loops run on this machine.
 *
 * Asked once, at the first call; the answer depends on the processor and on
 * RITZ_SIMD, and cannot change the bits, so threads that ask at the same time
 * agree.
 */
#include "kernel/units.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct unit {
    const char *name;
    bool (*available)(void);
    const ritz_kernels *f32, *f64;
} unit;

#ifdef __x86_64__

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_fma(void)
{
    return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx");
}

#endif

static bool always(void)
{
    return true;
}

/* The best first. */
static const unit units[] = {
#ifdef __x86_64__
    {"avx512", has_avx512, &ritz_kernels_f32_avx512, &ritz_kernels_f64_avx512},
    {"avx2", has_avx2, &ritz_kernels_f32_avx2, &ritz_kernels_f64_avx2},
    {"portable", has_fma, &ritz_kernels_f32_portable,
     &ritz_kernels_f64_portable},
    {"nofma", always, &ritz_kernels_f32_nofma, &ritz_kernels_f64_nofma},
#else
    {"portable", always, &ritz_kernels_f32_portable,
     &ritz_kernels_f64_portable},
#endif
};

enum { UNITS = sizeof units / sizeof *units };

static const unit *unit_named(const char *name)
{
    for (int i = 0; i < UNITS; i++)
        if (strcmp(units[i].name, name) == 0)
            return units[i].available() ? &units[i] : NULL;
    return NULL;
}

static const unit *choose(void)
{
    const char *wanted = getenv("RITZ_SIMD");
    const unit *forced = wanted ? unit_named(wanted) : NULL;
    if (forced)
        return forced;
    int i = 0;
    while (!units[i].available())
        i++;
    return &units[i];
}

static const unit *chosen(void)
{
    static _Atomic(const unit *) current;
    const unit *u = current;
    if (!u)
        current = u = choose();
    return u;
}

static const ritz_kernels *table_of(const unit *u, ritz_dtype dtype)
{
    switch (dtype) {
    case RITZ_F32:
        return u->f32;
    case RITZ_F64:
        return u->f64;
    case RITZ_I64:
        return &ritz_kernels_i64;
    case RITZ_U8:
        return &ritz_kernels_u8;
    case RITZ_DTYPES:
        break;
    }
    return NULL;
}

const ritz_kernels *ritz_kernels_for(ritz_dtype dtype)
{
    return table_of(chosen(), dtype);
}

const char *ritz_simd_name(void)
{
    return chosen()->name;
}

const ritz_kernels *ritz_kernels_of(ritz_dtype dtype, const char *simd)
{
    const unit *u = unit_named(simd);
    return u ? table_of(u, dtype) : NULL;
}
