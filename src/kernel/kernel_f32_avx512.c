/* kernel_f32_avx512.c - loops of f32 for AVX-512. */
#define UNIT       avx512
#define UNIT_BITS  32
#define UNIT_BYTES 64
#include "kernel/unit.h"
