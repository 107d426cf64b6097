/* npy.c - NumPy's format for one array.
 *
 * Source: numpy/lib/format.py, versions 1.0 to 3.0. The header is a Python
 * dictionary; the parser below takes the literals that NumPy writes and
 * nothing else.
 */
#include "tensor/formats.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "tensor/stored.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char magic[] = "\x93NUMPY";
enum { MAGIC = 6, ALIGN = 64, GROWTH = 21, LARGEST_HEADER = 1 << 20 };

/* The header */

typedef struct header {
    char descr[8]; /* "<f4" */
    bool columns_first, has_descr, has_order, has_shape;
    ritz_shape shape;
} header;

static void skip_spaces(const char **p)
{
    while (**p == ' ' || **p == '\n' || **p == '\t' || **p == '\r')
        ++*p;
}

static bool take(const char **p, const char *token)
{
    skip_spaces(p);
    const size_t n = strlen(token);
    if (strncmp(*p, token, n) != 0)
        return false;
    *p += n;
    return true;
}

/* A string in single or double quotes, without escapes. */
static bool take_string(const char **p, char *out, size_t size)
{
    skip_spaces(p);
    const char quote = **p;
    if (quote != '\'' && quote != '"')
        return false;
    const char *end = strchr(*p + 1, quote);
    if (!end || (size_t)(end - *p) > size)
        return false;
    const size_t n = (size_t)(end - *p) - 1;
    memcpy(out, *p + 1, n);
    out[n] = '\0';
    *p = end + 1;
    return true;
}

static bool take_size(const char **p, int64_t *out)
{
    skip_spaces(p);
    if (**p < '0' || **p > '9')
        return false;
    for (*out = 0; **p >= '0' && **p <= '9'; ++*p)
        if (__builtin_mul_overflow(*out, 10, out) ||
            __builtin_add_overflow(*out, **p - '0', out))
            return false;
    if (**p == 'L') /* Python 2 wrote its long integers so */
        ++*p;
    return true;
}

/* "()", "(3,)", "(3, 4)" */
static bool take_shape(const char **p, ritz_shape *shape)
{
    if (!take(p, "("))
        return false;
    shape->rank = 0;
    while (!take(p, ")")) {
        if (shape->rank == RITZ_MAX_RANK ||
            !take_size(p, &shape->dim[shape->rank++]))
            return false;
        if (!take(p, ","))
            return take(p, ")");
    }
    return true;
}

static bool take_bool(const char **p, bool *out)
{
    *out = take(p, "True");
    return *out || take(p, "False");
}

static bool take_entry(const char **p, header *h)
{
    char key[16];
    bool *seen;
    if (!take_string(p, key, sizeof key) || !take(p, ":"))
        return false;
    if (strcmp(key, "descr") == 0)
        seen = take_string(p, h->descr, sizeof h->descr) ? &h->has_descr : NULL;
    else if (strcmp(key, "fortran_order") == 0)
        seen = take_bool(p, &h->columns_first) ? &h->has_order : NULL;
    else if (strcmp(key, "shape") == 0)
        seen = take_shape(p, &h->shape) ? &h->has_shape : NULL;
    else
        return false;
    if (!seen || *seen) /* not understood, or there twice */
        return false;
    return *seen = true;
}

static bool parse_header(header *h, const char *text)
{
    const char *p = text;
    if (!take(&p, "{"))
        return false;
    while (!take(&p, "}")) {
        if (!take_entry(&p, h))
            return false;
        if (!take(&p, ",")) {
            if (!take(&p, "}"))
                return false;
            break;
        }
    }
    skip_spaces(&p);
    return *p == '\0' && h->has_descr && h->has_order && h->has_shape;
}

/* The length of the header, which version 1 has in two bytes, 2 and 3 in four.
 */
static ritz_status read_length(size_t *out, ritz_source *from, ritz_error *err)
{
    unsigned char start[MAGIC + 2], length[4] = {0};
    ritz_status status =
        ritz_source_read(from, start, sizeof start, "magic and version", err);
    if (status != RITZ_OK)
        return status;
    if (memcmp(start, magic, MAGIC) != 0)
        return ritz_source_fail(from, err,
                                "wanted a NumPy array file, got other bytes "
                                "at its start");
    const int version = start[MAGIC];
    if (version < 1 || version > 3)
        return ritz_source_fail(from, err, "wanted version 1, 2 or 3, got %d",
                                version);
    status = ritz_source_read(from, length, version == 1 ? 2 : 4,
                              "header length", err);
    *out = (size_t)length[0] | (size_t)length[1] << 8 |
           (size_t)length[2] << 16 | (size_t)length[3] << 24;
    if (status == RITZ_OK && *out > LARGEST_HEADER)
        return ritz_source_fail(from, err,
                                "wanted a header of at most %d bytes, got %zu",
                                LARGEST_HEADER, *out);
    return status;
}

static ritz_status read_header(header *out, ritz_source *from, ritz_error *err)
{
    size_t n = 0;
    *out = (header){0};
    ritz_status status = read_length(&n, from, err);
    if (status == RITZ_OK)
        status = ritz_source_holds(from, n, "header", err);
    if (status != RITZ_OK)
        return status;
    char *text = ritz_new(n + 1, 1);
    if (!text)
        return ritz_fail_memory(err, from->path);
    status = ritz_source_read(from, text, n, "header", err);
    if (status == RITZ_OK && (strlen(text) != n || !parse_header(out, text)))
        status =
            ritz_source_fail(from, err,
                             "wanted a header with descr, fortran_order "
                             "and a shape of at most %d axes, got \"%.80s\"",
                             RITZ_MAX_RANK, text);
    ritz_free(text);
    return status;
}

/* Reading */

/* From the shape reversed to the shape itself: walks the output in order. */
static ritz_status transpose(ritz_tensor **out, const ritz_tensor *t,
                             const ritz_shape *shape, ritz_error *err)
{
    const ritz_status status =
        ritz_tensor_new(out, ritz_tensor_dtype(t), shape, err);
    if (status != RITZ_OK)
        return status;
    const size_t size = ritz_dtype_size(ritz_tensor_dtype(t));
    const unsigned char *from = ritz_tensor_data(t);
    unsigned char *to = ritz_tensor_data_mut(*out);
    int64_t index[RITZ_MAX_RANK] = {0};
    for (int64_t n = ritz_tensor_count(t); n > 0; n--, to += size) {
        int64_t offset = 0;
        for (int i = shape->rank - 1; i >= 0; i--)
            offset = offset * shape->dim[i] + index[i];
        memcpy(to, from + (size_t)offset * size, size);
        for (int i = shape->rank - 1; i >= 0; i--) {
            if (++index[i] < shape->dim[i])
                break;
            index[i] = 0;
        }
    }
    return RITZ_OK;
}

static ritz_status read_columns_first(ritz_tensor **out, const header *h,
                                      const ritz_stored *type,
                                      ritz_source *from, ritz_error *err)
{
    ritz_shape reversed = h->shape;
    for (int i = 0; i < h->shape.rank; i++)
        reversed.dim[i] = h->shape.dim[h->shape.rank - 1 - i];
    ritz_tensor *t;
    ritz_status status =
        ritz_stored_read(&t, type, h->descr[0] == '>', &reversed, from, err);
    if (status == RITZ_OK)
        status = transpose(out, t, &h->shape, err);
    ritz_tensor_release(t);
    return status;
}

static ritz_status read_array(ritz_tensor **out, ritz_source *from,
                              ritz_error *err)
{
    header h;
    ritz_status status = read_header(&h, from, err);
    if (status != RITZ_OK)
        return status;
    const bool ordered = h.descr[0] && strchr("<>|=", h.descr[0]);
    const ritz_stored *type = ordered ? ritz_stored_npy(h.descr + 1) : NULL;
    if (!type)
        return ritz_source_fail(from, err,
                                "wanted elements of real numbers or bool, got "
                                "\"%s\"",
                                h.descr);
    if (h.columns_first && h.shape.rank > 1)
        status = read_columns_first(out, &h, type, from, err);
    else
        status =
            ritz_stored_read(out, type, h.descr[0] == '>', &h.shape, from, err);
    if (status == RITZ_OK)
        status = ritz_source_end(from, err);
    return status;
}

ritz_status ritz_npy_read(ritz_tensor **out, const char *path, ritz_error *err)
{
    ritz_source from;
    *out = NULL;
    ritz_status status = ritz_source_open(&from, "npy", path, err);
    if (status != RITZ_OK)
        return status;
    status = read_array(out, &from, err);
    ritz_source_close(&from);
    if (status != RITZ_OK) {
        ritz_tensor_release(*out);
        *out = NULL;
    }
    return status;
}

/* Writing */

static void add_shape(ritz_text *text, const ritz_shape *shape)
{
    ritz_text_puts(text, "(");
    for (int i = 0; i < shape->rank; i++)
        ritz_text_printf(text, "%s%" PRId64, i ? ", " : "", shape->dim[i]);
    ritz_text_puts(text, shape->rank == 1 ? ",)" : ")");
}

static void add_header(ritz_text *text, const ritz_tensor *t)
{
    const ritz_shape *shape = ritz_tensor_shape(t);
    const char *code =
        ritz_stored_npy_code(ritz_stored_of(ritz_tensor_dtype(t)));
    const char order = strcmp(code, "u1") == 0 ? '|' : '<';
    ritz_text_printf(
        text, "{'descr': '%c%s', 'fortran_order': False, 'shape': ", order,
        code);
    add_shape(text, shape);
    ritz_text_puts(text, ", }");
    /* NumPy leaves room for the first axis to grow in place. */
    char digits[32];
    if (shape->rank > 0)
        ritz_text_printf(
            text, "%*s",
            GROWTH - snprintf(digits, sizeof digits, "%" PRId64, shape->dim[0]),
            "");
    const size_t used = MAGIC + 4 + text->length + 1;
    ritz_text_printf(text, "%*s\n", (int)(ALIGN - used % ALIGN), "");
}

ritz_status ritz_npy_write(const char *path, const ritz_tensor *t,
                           ritz_error *err)
{
    ritz_text text = {0};
    add_header(&text, t);
    if (text.failed) {
        ritz_text_free(&text);
        return ritz_fail_memory(err, path);
    }
    ritz_file file;
    const ritz_status status = ritz_file_begin(&file, path, err);
    if (status != RITZ_OK) {
        ritz_text_free(&text);
        return status;
    }
    const unsigned char start[] = {1, 0, (unsigned char)(text.length & 255),
                                   (unsigned char)(text.length >> 8)};
    fwrite(magic, 1, MAGIC, file.stream);
    fwrite(start, 1, sizeof start, file.stream);
    fwrite(text.bytes, 1, text.length, file.stream);
    fwrite(ritz_tensor_data(t), 1, ritz_tensor_bytes(t), file.stream);
    ritz_text_free(&text);
    return ritz_file_commit(&file, err);
}
