/* formats.h - tensors from files and into them.
 *
 * Readers believe nothing: every size is held against what the file contains
 * before memory is asked for, and what is left over is an error. A file that
 * is written appears whole or not at all (base/file.h). Errors begin with the
 * format and the path. On failure results are NULL or empty.
 *
 * Numbers in text have a decimal point: LC_NUMERIC must be "C", as it is in any
 * program that does not set it.
 */
#ifndef RITZ_TENSOR_FORMATS_H
#define RITZ_TENSOR_FORMATS_H

#include "tensor/bundle.h"

/* .npy, one array of NumPy's. Read in any byte order, rows or columns first;
 * bool becomes u8, f16 f32, and any other integer i64. Written as version 1.0
 * with the bytes that NumPy writes. */
ritz_status ritz_npy_read(ritz_tensor **out, const char *path, ritz_error *err);
ritz_status ritz_npy_write(const char *path, const ritz_tensor *t,
                           ritz_error *err);

/* .safetensors: named arrays and notes (`__metadata__`). Read sorted by name;
 * F16 and BF16 become f32, BOOL u8, and any other integer i64. */
ritz_status ritz_safetensors_read(ritz_bundle *out, const char *path,
                                  ritz_error *err);
ritz_status ritz_safetensors_write(const char *path, const ritz_bundle *bundle,
                                   ritz_error *err);

/* A table of numbers as text. */
typedef struct ritz_csv {
    ritz_tensor *table; /* f64[rows,columns] */
    char **names;       /* one for each column; NULL without a header line */
    size_t name_count;
} ritz_csv;

/* separator: ',', ';' or '\t'; 0: whichever the first line has. The first line
 * is a header when a field of it is not a number. Empty lines are skipped. */
ritz_status ritz_csv_read(ritz_csv *out, const char *path, char separator,
                          ritz_error *err);
void ritz_csv_free(ritz_csv *csv);

/* A vector or a matrix; each number in the fewest digits that read back as the
 * same value. names: one for each column, or NULL. */
ritz_status ritz_csv_write(const char *path, const ritz_tensor *t,
                           const char *const *names, char separator,
                           ritz_error *err);

/* IDX, as MNIST and Fashion-MNIST come, plain or gzipped. i8, i16 and i32
 * become i64. */
ritz_status ritz_idx_read(ritz_tensor **out, const char *path, ritz_error *err);

#endif
