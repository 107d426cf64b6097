/* kernel_f64_avx512.c - loops of f64 for AVX-512. */
#define UNIT       avx512
#define UNIT_BITS  64
#define UNIT_BYTES 64
#include "kernel/unit.h"
