/* kernel_f64_portable.c - loops of f64 for any processor with fused
 * multiply-add. */
#define UNIT       portable
#define UNIT_BITS  64
#define UNIT_BYTES 16
#include "kernel/unit.h"
