/* kernel_f32_nofma.c - loops of f32 for processors without fused multiply-add;
 * its exp, log and so on have other bits than those of the other units. */
#define UNIT_NOFMA
#define UNIT       nofma
#define UNIT_BITS  32
#define UNIT_BYTES 16
#include "kernel/unit.h"
