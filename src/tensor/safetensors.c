/* safetensors.c - named arrays in one file.
 *
 * Eight bytes with the length of a JSON header, the header, the arrays one
 * after the other. Source: github.com/huggingface/safetensors. As in its
 * reference reader, the arrays must fill the file without gaps or overlaps:
 * so one file has one meaning, and nothing can hide in it.
 *
 * Arrays are written by falling element size, type and name, so that each one
 * is aligned in a file that is mapped. The reference writer does the same, and
 * lists them in that order.
 */
#include "tensor/formats.h"

#include "base/file.h"
#include "base/memory.h"
#include "tensor/stored.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char metadata[] = "__metadata__";
enum { LARGEST_HEADER = 100000000, ALIGN = 8 }; /* as the reference has it */

/* An array's place in the file. */
typedef struct place {
    const char *name; /* of the JSON object or of the bundle */
    const ritz_stored *type;
    ritz_shape shape;
    uint64_t begin, end; /* from the end of the header */
    ritz_tensor *tensor; /* when writing */
} place;

/* JSON's memory comes through the one door, and it is remembered when there was
 * none: jansson reports that in the same way as bad UTF-8. */
static _Thread_local bool starved;

static void *json_memory(size_t n)
{
    void *p = ritz_new(n, 1);
    if (!p)
        starved = true;
    return p;
}

static void use_our_memory(void)
{
    json_set_alloc_funcs(json_memory, ritz_free);
    starved = false;
}

/* Reading */

static ritz_status fail_entry(const ritz_source *from, const place *at,
                              const char *wanted, const json_t *got,
                              ritz_error *err)
{
    char *text = got ? json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    ritz_source_fail(from, err, "\"%s\": wanted %s, got %.80s", at->name,
                     wanted, text ? text : "nothing");
    ritz_free(text);
    return RITZ_EFORMAT;
}

static ritz_status parse_shape(place *at, const json_t *shape,
                               const ritz_source *from, ritz_error *err)
{
    if (!json_is_array(shape) || json_array_size(shape) > RITZ_MAX_RANK)
        return fail_entry(from, at, "a shape of at most 12 axes", shape, err);
    at->shape.rank = (int)json_array_size(shape);
    for (int i = 0; i < at->shape.rank; i++) {
        const json_t *size = json_array_get(shape, (size_t)i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return fail_entry(from, at, "sizes of 0 or more", shape, err);
        at->shape.dim[i] = json_integer_value(size);
    }
    ritz_error why;
    if (ritz_shape_check(&at->shape, &why) != RITZ_OK)
        return ritz_source_fail(from, err, "\"%s\": %s", at->name, why.text);
    return RITZ_OK;
}

static ritz_status parse_offsets(place *at, const json_t *offsets,
                                 const ritz_source *from, ritz_error *err)
{
    const json_t *begin = json_array_get(offsets, 0);
    const json_t *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) ||
        !json_is_integer(end) || json_integer_value(begin) < 0 ||
        json_integer_value(end) < json_integer_value(begin))
        return fail_entry(from, at, "data_offsets [begin, end]", offsets, err);
    at->begin = (uint64_t)json_integer_value(begin);
    at->end = (uint64_t)json_integer_value(end);
    const uint64_t bytes =
        (uint64_t)ritz_shape_count(&at->shape) * ritz_stored_size(at->type);
    if (at->end - at->begin != bytes) {
        char text[RITZ_SHAPE_TEXT];
        return ritz_source_fail(
            from, err,
            "\"%s\": wanted %" PRIu64 " bytes for %s%s, got %" PRIu64, at->name,
            bytes, ritz_stored_safetensors_name(at->type),
            ritz_shape_text(text, &at->shape), at->end - at->begin);
    }
    return RITZ_OK;
}

static ritz_status parse_entry(place *at, const json_t *entry,
                               const ritz_source *from, ritz_error *err)
{
    if (!json_is_object(entry) || json_object_size(entry) != 3)
        return fail_entry(from, at, "dtype, shape and data_offsets", entry,
                          err);
    const json_t *dtype = json_object_get(entry, "dtype");
    at->type = json_is_string(dtype)
                   ? ritz_stored_safetensors(json_string_value(dtype))
                   : NULL;
    if (!at->type)
        return fail_entry(from, at, "a dtype of real numbers or BOOL", dtype,
                          err);
    const ritz_status status =
        parse_shape(at, json_object_get(entry, "shape"), from, err);
    if (status != RITZ_OK)
        return status;
    return parse_offsets(at, json_object_get(entry, "data_offsets"), from, err);
}

static int by_offset(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* Every byte of the data belongs to one array. */
static ritz_status check_places(const place *places, size_t n,
                                const ritz_source *from, ritz_error *err)
{
    uint64_t next = 0;
    for (size_t i = 0; i < n; i++) {
        if (places[i].begin != next)
            return ritz_source_fail(
                from, err,
                "\"%s\": wanted data that begins at %" PRIu64 ", where the one "
                "before ends, got %" PRIu64,
                places[i].name, next, places[i].begin);
        next = places[i].end;
    }
    if (next != from->left)
        return ritz_source_fail(
            from, err, "wanted %" PRIu64 " bytes of data, got %" PRIu64, next,
            from->left);
    return RITZ_OK;
}

static ritz_status read_notes(ritz_bundle *out, json_t *notes,
                              const ritz_source *from, ritz_error *err)
{
    const char *key;
    json_t *value;
    const place at = {.name = metadata};
    if (!json_is_object(notes))
        return fail_entry(from, &at, "an object of strings", notes, err);
    json_object_foreach(notes, key, value)
    {
        if (!json_is_string(value))
            return fail_entry(from, &at, "strings only", value, err);
        const ritz_status status =
            ritz_bundle_note(out, key, json_string_value(value), err);
        if (status != RITZ_OK)
            return status;
    }
    return RITZ_OK;
}

static ritz_status parse_places(place *places, size_t *n, ritz_bundle *out,
                                json_t *header, const ritz_source *from,
                                ritz_error *err)
{
    const char *name;
    json_t *entry;
    *n = 0;
    json_object_foreach(header, name, entry)
    {
        ritz_status status;
        if (strcmp(name, metadata) == 0) {
            status = read_notes(out, entry, from, err);
        } else {
            places[*n].name = name;
            status = parse_entry(&places[(*n)++], entry, from, err);
        }
        if (status != RITZ_OK)
            return status;
    }
    if (*n > 1)
        qsort(places, *n, sizeof *places, by_offset);
    return check_places(places, *n, from, err);
}

static ritz_status read_places(ritz_bundle *out, const place *places, size_t n,
                               ritz_source *from, ritz_error *err)
{
    for (size_t i = 0; i < n; i++) {
        ritz_tensor *t;
        ritz_status status = ritz_stored_read(&t, places[i].type, false,
                                              &places[i].shape, from, err);
        if (status == RITZ_OK)
            status = ritz_bundle_add(out, places[i].name, t, err);
        ritz_tensor_release(t);
        if (status != RITZ_OK)
            return status;
    }
    return RITZ_OK;
}

static ritz_status parse_json(json_t **out, const char *text, size_t n,
                              const ritz_source *from, ritz_error *err)
{
    json_error_t why;
    /* The reference wants the brace first, so that a file cannot be two. */
    *out = text[0] == '{' ? json_loadb(text, n, JSON_REJECT_DUPLICATES, &why)
                          : NULL;
    if (*out)
        return RITZ_OK;
    if (starved)
        return ritz_fail_memory(err, from->path);
    return ritz_source_fail(from, err, "wanted a header in JSON, got %s",
                            text[0] == '{' ? why.text : "no brace");
}

static ritz_status read_header(json_t **out, ritz_source *from, ritz_error *err)
{
    unsigned char length[8];
    uint64_t n = 0;
    *out = NULL;
    ritz_status status =
        ritz_source_read(from, length, sizeof length, "header length", err);
    if (status != RITZ_OK)
        return status;
    for (int i = 7; i >= 0; i--)
        n = n << 8 | length[i];
    if (n > LARGEST_HEADER)
        return ritz_source_fail(from, err,
                                "wanted a header of at most %d bytes, got "
                                "%" PRIu64,
                                LARGEST_HEADER, n);
    status = ritz_source_holds(from, n, "header", err);
    if (status != RITZ_OK)
        return status;
    char *text = ritz_new((size_t)n + 1, 1);
    if (!text)
        return ritz_fail_memory(err, from->path);
    status = ritz_source_read(from, text, (size_t)n, "header", err);
    if (status == RITZ_OK)
        status = parse_json(out, text, (size_t)n, from, err);
    ritz_free(text);
    return status;
}

static ritz_status read_bundle(ritz_bundle *out, ritz_source *from,
                               ritz_error *err)
{
    json_t *header;
    size_t n = 0;
    ritz_status status = read_header(&header, from, err);
    if (status != RITZ_OK)
        return status;
    place *places = ritz_new(json_object_size(header), sizeof *places);
    status = places ? parse_places(places, &n, out, header, from, err)
                    : ritz_fail_memory(err, from->path);
    if (status == RITZ_OK)
        status = read_places(out, places, n, from, err);
    ritz_free(places);
    json_decref(header);
    return status;
}

ritz_status ritz_safetensors_read(ritz_bundle *out, const char *path,
                                  ritz_error *err)
{
    ritz_source from;
    *out = (ritz_bundle){0};
    ritz_status status = ritz_source_open(&from, "safetensors", path, err);
    if (status != RITZ_OK)
        return status;
    use_our_memory();
    status = read_bundle(out, &from, err);
    ritz_source_close(&from);
    if (status == RITZ_OK)
        ritz_bundle_sort(out);
    else
        ritz_bundle_free(out);
    return status;
}

/* Writing */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const place *)a)->name, ((const place *)b)->name);
}

/* Falling size, then integers first: the order of the reference writer. */
static int by_type(const void *a, const void *b)
{
    const place *x = a, *y = b;
    const size_t p = ritz_stored_size(x->type), q = ritz_stored_size(y->type);
    if (p != q)
        return p > q ? -1 : 1;
    const ritz_dtype s = ritz_tensor_dtype(x->tensor);
    const ritz_dtype t = ritz_tensor_dtype(y->tensor);
    return s != t ? (s > t ? -1 : 1) : by_name(a, b);
}

static ritz_status check_names(const place *places, size_t n, const char *path,
                               ritz_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && strcmp(places[i - 1].name, places[i].name) == 0)
            return ritz_fail(err, RITZ_EVALUE,
                             "safetensors: %s: wanted each name once, got "
                             "\"%s\" twice",
                             path, places[i].name);
        if (strcmp(places[i].name, metadata) == 0)
            return ritz_fail(err, RITZ_EVALUE,
                             "safetensors: %s: wanted names other than %s, "
                             "which is for notes, got it",
                             path, metadata);
    }
    return RITZ_OK;
}

/* In the order of the data, with their offsets. */
static void lay_out(place *places, size_t n)
{
    uint64_t next = 0;
    if (n > 1)
        qsort(places, n, sizeof *places, by_type);
    for (size_t i = 0; i < n; i++) {
        places[i].begin = next;
        next += ritz_tensor_bytes(places[i].tensor);
        places[i].end = next;
    }
}

/* jansson passes NULL through: one check at the end finds any failure. */
static json_t *json_of_place(const place *at)
{
    json_t *entry = json_object(), *shape = json_array();
    json_t *offsets = json_array();
    bool good = true;
    for (int i = 0; i < at->shape.rank; i++)
        good &=
            json_array_append_new(shape, json_integer(at->shape.dim[i])) == 0;
    good &= json_array_append_new(offsets,
                                  json_integer((json_int_t)at->begin)) == 0;
    good &=
        json_array_append_new(offsets, json_integer((json_int_t)at->end)) == 0;
    good &= json_object_set_new(
                entry, "dtype",
                json_string(ritz_stored_safetensors_name(at->type))) == 0;
    good &= json_object_set_new(entry, "shape", shape) == 0;
    good &= json_object_set_new(entry, "data_offsets", offsets) == 0;
    if (good)
        return entry;
    json_decref(entry);
    return NULL;
}

static bool add_notes(json_t *header, const ritz_bundle *bundle)
{
    if (bundle->note_count == 0)
        return true;
    json_t *notes = json_object();
    if (json_object_set_new(header, metadata, notes) != 0)
        return false;
    for (size_t i = 0; i < bundle->note_count; i++) {
        const ritz_note *note = &bundle->notes[i];
        if (json_object_get(notes, note->key) ||
            json_object_set_new(notes, note->key, json_string(note->value)) !=
                0)
            return false;
    }
    return true;
}

static char *header_text(const place *places, size_t n,
                         const ritz_bundle *bundle)
{
    json_t *header = json_object();
    bool good = header && add_notes(header, bundle);
    for (size_t i = 0; good && i < n; i++)
        good = json_object_set_new(header, places[i].name,
                                   json_of_place(&places[i])) == 0;
    char *text = good ? json_dumps(header, JSON_COMPACT) : NULL;
    json_decref(header);
    return text;
}

static ritz_status write_file(const char *path, const char *header,
                              const place *places, size_t n, ritz_error *err)
{
    ritz_file file;
    const ritz_status status = ritz_file_begin(&file, path, err);
    if (status != RITZ_OK)
        return status;
    const size_t used = strlen(header);
    const size_t padding = (ALIGN - used % ALIGN) % ALIGN;
    for (int i = 0; i < 8; i++)
        putc((int)((uint64_t)(used + padding) >> (8 * i) & 255), file.stream);
    fprintf(file.stream, "%s%*s", header, (int)padding, "");
    for (size_t i = 0; i < n; i++)
        fwrite(ritz_tensor_data(places[i].tensor), 1,
               ritz_tensor_bytes(places[i].tensor), file.stream);
    return ritz_file_commit(&file, err);
}

static ritz_status write_places(const char *path, place *places,
                                const ritz_bundle *bundle, ritz_error *err)
{
    const size_t n = bundle->count;
    for (size_t i = 0; i < n; i++) {
        ritz_tensor *t = bundle->items[i].tensor;
        places[i] = (place){.name = bundle->items[i].name,
                            .type = ritz_stored_of(ritz_tensor_dtype(t)),
                            .shape = *ritz_tensor_shape(t),
                            .tensor = t};
    }
    if (n > 1)
        qsort(places, n, sizeof *places, by_name);
    ritz_status status = check_names(places, n, path, err);
    if (status != RITZ_OK)
        return status;
    lay_out(places, n);
    char *header = header_text(places, n, bundle);
    if (!header && starved)
        return ritz_fail_memory(err, path);
    if (!header)
        return ritz_fail(err, RITZ_EVALUE,
                         "safetensors: %s: wanted names and notes in UTF-8 and "
                         "each note once, got others",
                         path);
    status = write_file(path, header, places, n, err);
    ritz_free(header);
    return status;
}

ritz_status ritz_safetensors_write(const char *path, const ritz_bundle *bundle,
                                   ritz_error *err)
{
    use_our_memory();
    place *places = ritz_new(bundle->count, sizeof *places);
    if (!places)
        return ritz_fail_memory(err, path);
    const ritz_status status = write_places(path, places, bundle, err);
    ritz_free(places);
    return status;
}
