/* csv.c - tables of numbers as text.
 *
 * What is read is a rectangle of numbers: a field that is empty or a word is an
 * error with its line and column, not a hole in the data. Only a header line
 * may have words, plain or in double quotes, and it has nothing else.
 */
#include "tensor/formats.h"

#include "base/file.h"
#include "base/memory.h"
#include "tensor/source.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A place in the text, which ends in '\0'. */
typedef struct reader {
    const ritz_source *from; /* for errors */
    const char *p, *end;
    size_t line, columns; /* columns: of the first line */
    char separator;
} reader;

typedef struct field {
    const char *begin, *end; /* without blanks around */
    bool quoted, last;       /* last: of its line */
} field;

typedef struct numbers {
    double *items;
    size_t count, capacity;
} numbers;

/* Fields */

static bool is_blank(const reader *r, char c)
{
    return (c == ' ' || c == '\t' || c == '\r') && c != r->separator;
}

static bool is_stop(const reader *r, const char *p)
{
    return p == r->end || *p == '\n' || *p == r->separator;
}

/* Past the quoted text, or where it was if its quote is not closed. */
static const char *skip_quoted(const reader *r, const char *p)
{
    for (const char *q = p + 1; q < r->end; q++)
        if (*q == '"' && q + 1 < r->end && q[1] == '"')
            q++;
        else if (*q == '"')
            return q + 1;
    return p;
}

static field next_field(reader *r)
{
    const char *p = r->p;
    while (p < r->end && is_blank(r, *p))
        p++;
    field f = {.begin = p, .quoted = p < r->end && *p == '"'};
    if (f.quoted)
        p = skip_quoted(r, p);
    while (!is_stop(r, p))
        p++;
    f.end = p;
    while (f.end > f.begin && is_blank(r, f.end[-1]))
        f.end--;
    f.last = p == r->end || *p == '\n';
    r->p = p == r->end ? p : p + 1;
    return f;
}

static bool to_number(const field *f, double *out)
{
    char *stop = NULL;
    if (f->begin == f->end)
        return false;
    *out = strtod(f->begin, &stop);
    return stop == f->end;
}

/* Moves to the next line with anything on it; false at the end. */
static bool find_line(reader *r)
{
    while (r->p < r->end) {
        const char *p = r->p;
        while (p < r->end && (*p == ' ' || *p == '\t' || *p == '\r'))
            p++;
        r->line++;
        if (p < r->end && *p != '\n')
            return true;
        r->p = p < r->end ? p + 1 : p;
    }
    return false;
}

static char find_separator(const char *p)
{
    const size_t n = strcspn(p, "\n");
    if (memchr(p, '\t', n))
        return '\t';
    return memchr(p, ';', n) ? ';' : ',';
}

/* Header */

static char *copy_name(const field *f)
{
    const bool quoted = f->quoted && f->end - f->begin > 1;
    const char *p = quoted ? f->begin + 1 : f->begin;
    const char *end = quoted ? f->end - 1 : f->end;
    char *name = ritz_new((size_t)(end - p) + 1, 1), *to = name;
    for (; name && p < end; p++) {
        *to++ = *p;
        if (quoted && *p == '"' && p + 1 < end && p[1] == '"')
            p++;
    }
    return name;
}

/* One number makes a line data: a field that lacks its number is an error then
 * and not a reason to take the line for names. */
static bool line_is_header(reader r) /* a copy: looks ahead */
{
    double ignored;
    field f;
    do {
        f = next_field(&r);
        if (to_number(&f, &ignored))
            return false;
    } while (!f.last);
    return true;
}

static ritz_status read_names(ritz_csv *out, reader *r, ritz_error *err)
{
    size_t capacity = 0;
    field f;
    do {
        f = next_field(r);
        char *name = copy_name(&f);
        if (!name || !ritz_reserve(&out->names, &capacity, out->name_count + 1,
                                   sizeof *out->names)) {
            ritz_free(name);
            return ritz_fail_memory(err, r->from->path);
        }
        out->names[out->name_count++] = name;
    } while (!f.last);
    r->columns = out->name_count;
    return RITZ_OK;
}

/* Reading */

static ritz_status fail_field(const reader *r, size_t column, const field *f,
                              ritz_error *err)
{
    const long n = f->end - f->begin;
    return ritz_source_fail(
        r->from, err, "line %zu, column %zu: wanted a number, got \"%.*s\"",
        r->line, column, (int)(n < 40 ? n : 40), f->begin);
}

static ritz_status read_line(numbers *out, reader *r, ritz_error *err)
{
    size_t column = 0;
    field f;
    do {
        f = next_field(r);
        double x;
        column++;
        if (!to_number(&f, &x))
            return fail_field(r, column, &f, err);
        if (!ritz_reserve(&out->items, &out->capacity, out->count + 1,
                          sizeof *out->items))
            return ritz_fail_memory(err, r->from->path);
        out->items[out->count++] = x;
    } while (!f.last);
    if (r->columns == 0)
        r->columns = column;
    if (column != r->columns)
        return ritz_source_fail(
            r->from, err, "line %zu: wanted %zu columns as above, got %zu",
            r->line, r->columns, column);
    return RITZ_OK;
}

static ritz_status read_table(ritz_csv *out, numbers *all, reader *r,
                              ritz_error *err)
{
    ritz_status status = RITZ_OK;
    for (bool first = true; status == RITZ_OK && find_line(r); first = false) {
        if (first && !r->separator)
            r->separator = find_separator(r->p);
        status = first && line_is_header(*r) ? read_names(out, r, err)
                                             : read_line(all, r, err);
    }
    if (status != RITZ_OK)
        return status;
    if (r->columns == 0)
        return ritz_source_fail(r->from, err,
                                "wanted numbers, got an empty file");
    const ritz_shape shape = {
        2, {(int64_t)(all->count / r->columns), (int64_t)r->columns}};
    status = ritz_tensor_new(&out->table, RITZ_F64, &shape, err);
    if (status == RITZ_OK && all->count > 0)
        memcpy(ritz_tensor_data_mut(out->table), all->items,
               all->count * sizeof *all->items);
    return status;
}

static ritz_status read_text(ritz_csv *out, ritz_source *from, char separator,
                             ritz_error *err)
{
    const size_t n = (size_t)from->left;
    char *text = ritz_new(n + 1, 1);
    if (!text)
        return ritz_fail_memory(err, from->path);
    ritz_status status = ritz_source_read(from, text, n, "text", err);
    if (status == RITZ_OK) {
        const bool mark = strncmp(text, "\xef\xbb\xbf", 3) == 0;
        reader r = {.from = from,
                    .p = mark ? text + 3 : text, /* the byte order mark */
                    .end = text + n,
                    .separator = separator};
        numbers all = {0};
        status = read_table(out, &all, &r, err);
        ritz_free(all.items);
    }
    ritz_free(text);
    return status;
}

ritz_status ritz_csv_read(ritz_csv *out, const char *path, char separator,
                          ritz_error *err)
{
    ritz_source from;
    *out = (ritz_csv){0};
    ritz_status status = ritz_source_open(&from, "csv", path, err);
    if (status != RITZ_OK)
        return status;
    status = read_text(out, &from, separator, err);
    ritz_source_close(&from);
    if (status != RITZ_OK)
        ritz_csv_free(out);
    return status;
}

void ritz_csv_free(ritz_csv *csv)
{
    for (size_t i = 0; i < csv->name_count; i++)
        ritz_free(csv->names[i]);
    ritz_free(csv->names);
    ritz_tensor_release(csv->table);
    *csv = (ritz_csv){0};
}

/* Writing */

static void write_number(FILE *to, const ritz_tensor *t, int64_t i)
{
    const ritz_dtype dtype = ritz_tensor_dtype(t);
    if (!ritz_dtype_is_float(dtype)) {
        fprintf(to, "%" PRId64, ritz_tensor_get_i64(t, i));
        return;
    }
    const double x = ritz_tensor_get(t, i);
    if (isnan(x)) {
        fputs("nan", to);
        return;
    }
    /* Enough digits for any value are 9 and 17 (IEEE 754); try fewer first. */
    const int most = dtype == RITZ_F32 ? 9 : 17;
    char text[40];
    for (int digits = most == 9 ? 6 : 15; digits <= most; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        const double back = strtod(text, NULL);
        if (dtype == RITZ_F32 ? (float)back == (float)x : back == x)
            break;
    }
    fputs(text, to);
}

/* Quotes what would not read back as it is, also a name that is a number. */
static void write_name(FILE *to, const char *name, char separator)
{
    const char special[] = {'"', '\n', '\r', separator, '\0'};
    const field f = {.begin = name, .end = name + strlen(name)};
    const bool edge =
        f.begin == f.end || strchr(" \t", *f.begin) || strchr(" \t", f.end[-1]);
    double ignored;
    if (!edge && !strpbrk(name, special) && !to_number(&f, &ignored)) {
        fputs(name, to);
        return;
    }
    putc('"', to);
    for (; *name; name++) {
        if (*name == '"')
            putc('"', to);
        putc(*name, to);
    }
    putc('"', to);
}

ritz_status ritz_csv_write(const char *path, const ritz_tensor *t,
                           const char *const *names, char separator,
                           ritz_error *err)
{
    const ritz_shape *shape = ritz_tensor_shape(t);
    if (shape->rank < 1 || shape->rank > 2) {
        char text[RITZ_SHAPE_TEXT];
        return ritz_fail(err, RITZ_ESHAPE,
                         "csv: %s: wanted a vector or a matrix, got %s", path,
                         ritz_shape_text(text, shape));
    }
    const int64_t columns = shape->rank == 1 ? 1 : shape->dim[1];
    ritz_file file;
    const ritz_status status = ritz_file_begin(&file, path, err);
    if (status != RITZ_OK)
        return status;
    for (int64_t j = 0; names && j < columns; j++) {
        write_name(file.stream, names[j], separator);
        putc(j + 1 < columns ? separator : '\n', file.stream);
    }
    for (int64_t i = 0; i < ritz_tensor_count(t); i++) {
        write_number(file.stream, t, i);
        putc((i + 1) % columns ? separator : '\n', file.stream);
    }
    return ritz_file_commit(&file, err);
}
