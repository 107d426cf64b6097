/* kernel_f32_avx2.c - loops of f32 for AVX2. */
#define UNIT       avx2
#define UNIT_BITS  32
#define UNIT_BYTES 32
#include "kernel/unit.h"
