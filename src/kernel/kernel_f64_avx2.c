/* kernel_f64_avx2.c - loops of f64 for AVX2. */
#define UNIT       avx2
#define UNIT_BITS  64
#define UNIT_BYTES 32
#include "kernel/unit.h"
