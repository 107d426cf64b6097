/* bundle.c - a list of named tensors; looked up by walking it, as a bundle has
 * tens of names and is read once. */
#include "tensor/bundle.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

ritz_status ritz_bundle_add(ritz_bundle *bundle, const char *name,
                            ritz_tensor *tensor, ritz_error *err)
{
    if (!ritz_reserve(&bundle->items, &bundle->capacity, bundle->count + 1,
                      sizeof *bundle->items))
        return ritz_fail_memory(err, name);
    char *copy = ritz_copy_text(name);
    if (!copy)
        return ritz_fail_memory(err, name);
    bundle->items[bundle->count++] =
        (ritz_named_tensor){copy, ritz_tensor_retain(tensor)};
    return RITZ_OK;
}

ritz_status ritz_bundle_note(ritz_bundle *bundle, const char *key,
                             const char *value, ritz_error *err)
{
    if (!ritz_reserve(&bundle->notes, &bundle->note_capacity,
                      bundle->note_count + 1, sizeof *bundle->notes))
        return ritz_fail_memory(err, key);
    ritz_note note = {ritz_copy_text(key), ritz_copy_text(value)};
    if (!note.key || !note.value) {
        ritz_free(note.key);
        ritz_free(note.value);
        return ritz_fail_memory(err, key);
    }
    bundle->notes[bundle->note_count++] = note;
    return RITZ_OK;
}

ritz_tensor *ritz_bundle_find(const ritz_bundle *bundle, const char *name)
{
    for (size_t i = 0; i < bundle->count; i++)
        if (strcmp(bundle->items[i].name, name) == 0)
            return bundle->items[i].tensor;
    return NULL;
}

const char *ritz_bundle_find_note(const ritz_bundle *bundle, const char *key)
{
    for (size_t i = 0; i < bundle->note_count; i++)
        if (strcmp(bundle->notes[i].key, key) == 0)
            return bundle->notes[i].value;
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const ritz_named_tensor *)a)->name,
                  ((const ritz_named_tensor *)b)->name);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const ritz_note *)a)->key, ((const ritz_note *)b)->key);
}

void ritz_bundle_sort(ritz_bundle *bundle)
{
    if (bundle->count > 1)
        qsort(bundle->items, bundle->count, sizeof *bundle->items, by_name);
    if (bundle->note_count > 1)
        qsort(bundle->notes, bundle->note_count, sizeof *bundle->notes, by_key);
}

void ritz_bundle_free(ritz_bundle *bundle)
{
    for (size_t i = 0; i < bundle->count; i++) {
        ritz_free(bundle->items[i].name);
        ritz_tensor_release(bundle->items[i].tensor);
    }
    for (size_t i = 0; i < bundle->note_count; i++) {
        ritz_free(bundle->notes[i].key);
        ritz_free(bundle->notes[i].value);
    }
    ritz_free(bundle->items);
    ritz_free(bundle->notes);
    *bundle = (ritz_bundle){0};
}
