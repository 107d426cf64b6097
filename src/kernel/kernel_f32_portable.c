/* kernel_f32_portable.c - loops of f32 for any processor with fused
 * multiply-add. */
#define UNIT       portable
#define UNIT_BITS  32
#define UNIT_BYTES 16
#include "kernel/unit.h"
