/* bundle.h - tensors by name, with notes: what a .safetensors file holds. */
#ifndef RITZ_TENSOR_BUNDLE_H
#define RITZ_TENSOR_BUNDLE_H

#include "tensor/tensor.h"

typedef struct ritz_named_tensor {
    char *name;
    ritz_tensor *tensor;
} ritz_named_tensor;

typedef struct ritz_note {
    char *key, *value;
} ritz_note;

typedef struct ritz_bundle { /* start from {0} */
    ritz_named_tensor *items;
    size_t count, capacity;
    ritz_note *notes;
    size_t note_count, note_capacity;
} ritz_bundle;

/* Names are copied, the tensor is retained. A name that is there already is an
 * error when the bundle is written, not here: building one stays linear. */
ritz_status ritz_bundle_add(ritz_bundle *bundle, const char *name,
                            ritz_tensor *tensor, ritz_error *err);
ritz_status ritz_bundle_note(ritz_bundle *bundle, const char *key,
                             const char *value, ritz_error *err);

/* Views; NULL when there is none of the name. */
ritz_tensor *ritz_bundle_find(const ritz_bundle *bundle, const char *name);
const char *ritz_bundle_find_note(const ritz_bundle *bundle, const char *key);

void ritz_bundle_sort(ritz_bundle *bundle); /* names and keys in byte order */
void ritz_bundle_free(ritz_bundle *bundle); /* back to {0} */

#endif
