/* print.h - tensors as text, for people.
 *
 * Numbers have six significant digits without trailing zeros: enough to
 * recognise a value, few enough to read a table. To store values exactly, see
 * formats.h.
 */
#ifndef RITZ_TENSOR_PRINT_H
#define RITZ_TENSOR_PRINT_H

#include "base/text.h"
#include "tensor/tensor.h"

/* One line: dtype, shape, the first and last values and, beyond a handful,
 * least, mean, greatest and a histogram of the finite ones:
 *
 *   f32[200]  -0.000123 -0.000148 -0.000178 ... 0.000123   min -0.3605  mean 0
 *   max 0.3605  [eight bars]  2 nan
 *
 * A scalar is "f32 3.14159". */
void ritz_tensor_describe(ritz_text *out, const ritz_tensor *t);

/* Several lines of at most `width` columns (0: 80): dtype and shape, the values
 * in aligned columns, of large arrays the first and last along each axis, then
 * the summary. No newline at the end. */
void ritz_tensor_print(ritz_text *out, const ritz_tensor *t, int width);

/* Histograms in ASCII, for terminals without block characters. One setting for
 * the process, as there is one terminal. */
void ritz_tensor_print_ascii(bool on);

#endif
