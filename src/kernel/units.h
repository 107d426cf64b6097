/* units.h - the tables that the units export, for select.c alone. */
#ifndef RITZ_KERNEL_UNITS_H
#define RITZ_KERNEL_UNITS_H

#include "kernel/kernel.h"

extern const ritz_kernels ritz_kernels_f32_portable, ritz_kernels_f64_portable;
extern const ritz_kernels ritz_kernels_f32_nofma, ritz_kernels_f64_nofma;
extern const ritz_kernels ritz_kernels_f32_avx2, ritz_kernels_f64_avx2;
extern const ritz_kernels ritz_kernels_f32_avx512, ritz_kernels_f64_avx512;
extern const ritz_kernels ritz_kernels_i64, ritz_kernels_u8;

#endif
