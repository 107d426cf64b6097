/* print.c - numbers, corners and histograms.
 *
 * What is shown along an axis is a span: some first and some last indices. The
 * same spans drive measuring the columns and writing them, so the table is
 * aligned by construction.
 */
#include "tensor/print.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
    NUMBER = 40,    /* bytes for one number */
    PIECE = 1024,   /* elements looked at together */
    BARS = 8,       /* of the histogram */
    HANDFUL = 8,    /* so few values are shown alone, without statistics */
    WRAPPED = 100,  /* the longest vector that is shown in full */
    FULL_ROWS = 10, /* the tallest matrix that is shown in full */
    EDGE = 3,       /* rows kept at each end of a taller one */
    FULL_BLOCKS = 4,
    MAX_COLUMNS = 16 /* at each end, before the width cuts further */
};

static atomic_bool ascii;

void ritz_tensor_print_ascii(bool on)
{
    atomic_store(&ascii, on);
}

/* Numbers */

static const char *six_digits(char out[NUMBER], double x)
{
    snprintf(out, NUMBER, "%.6g", x == 0.0 ? 0.0 : x);
    return out;
}

/* With `decimals` digits behind the point, or six significant ones when it is
 * negative or when the value would look like zero without being it. */
static const char *number_text(char out[NUMBER], const ritz_tensor *t,
                               int64_t i, int decimals)
{
    if (!ritz_dtype_is_float(ritz_tensor_dtype(t))) {
        snprintf(out, NUMBER, "%" PRId64, ritz_tensor_get_i64(t, i));
        return out;
    }
    const double x = ritz_tensor_get(t, i);
    if (isnan(x))
        return strcpy(out, "nan"); /* printf writes the sign of a nan */
    if (decimals < 0 || isinf(x))
        return six_digits(out, x);
    int n = snprintf(out, NUMBER, "%.*f", decimals, x);
    if (decimals > 0)
        while (out[n - 1] == '0')
            out[--n] = '\0';
    if (out[n - 1] == '.')
        out[--n] = '\0';
    if (strcmp(out, "0") == 0 || strcmp(out, "-0") == 0)
        return six_digits(out, x);
    return out;
}

/* Six significant digits of the largest value, for all of them. */
static int decimals_for(double largest)
{
    if (!(largest >= 1e-4 && largest < 1e7))
        return -1;
    const int decimals = 5 - (int)floor(log10(largest));
    return decimals > 0 ? decimals : 0;
}

/* Statistics */

typedef struct statistics {
    int64_t finite, nan, inf;
    double least, mean, greatest;
    int64_t bar[BARS];
} statistics;

/* Elements `start` and on as doubles, at most PIECE: returns how many. */
static int64_t piece_of(double *out, const ritz_tensor *t, int64_t start)
{
    const int64_t left = ritz_tensor_count(t) - start;
    const int64_t n = left < PIECE ? left : PIECE;
    const float *x = ritz_tensor_data(t);
    if (ritz_tensor_dtype(t) == RITZ_F32) /* what training sets are made of */
        for (int64_t i = 0; i < n; i++)
            out[i] = (double)x[start + i];
    else
        for (int64_t i = 0; i < n; i++)
            out[i] = ritz_tensor_get(t, start + i);
    return n;
}

static void add_piece(statistics *s, long double *sum, const double *x,
                      int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (isfinite(x[i])) {
            s->finite++;
            *sum += (long double)x[i];
            s->least = x[i] < s->least ? x[i] : s->least;
            s->greatest = x[i] > s->greatest ? x[i] : s->greatest;
        } else if (isnan(x[i])) {
            s->nan++;
        } else {
            s->inf++;
        }
    }
}

static void count_bars(statistics *s, const ritz_tensor *t)
{
    /* Halves, because the difference of two finite doubles can overflow. */
    const double low = s->least / 2;
    const double width = s->greatest / 2 - low;
    double x[PIECE];
    int64_t n;
    for (int64_t start = 0; start < ritz_tensor_count(t); start += n) {
        n = piece_of(x, t, start);
        for (int64_t i = 0; i < n; i++)
            if (isfinite(x[i])) {
                const int k = (int)((x[i] / 2 - low) / width * BARS);
                s->bar[k < BARS ? k : BARS - 1]++;
            }
    }
}

static statistics statistics_of(const ritz_tensor *t)
{
    statistics s = {.least = INFINITY, .greatest = -INFINITY};
    long double sum = 0; /* finite, whatever the doubles are */
    double x[PIECE];
    int64_t n;
    for (int64_t start = 0; start < ritz_tensor_count(t); start += n) {
        n = piece_of(x, t, start);
        add_piece(&s, &sum, x, n);
    }
    if (s.finite == 0)
        return s;
    s.mean = (double)(sum / (long double)s.finite);
    /* What rounding leaves of an exact cancellation is shown as 0. */
    if (fabs(s.mean) < 1e-7 * fmax(fabs(s.least), fabs(s.greatest)))
        s.mean = 0.0;
    if (s.greatest / 2 > s.least / 2)
        count_bars(&s, t);
    return s;
}

static void add_bars(ritz_text *out, const statistics *s)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄",
                                         "▅", "▆", "▇", "█"};
    static const char *const plain[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
    const char *const *glyph = atomic_load(&ascii) ? plain : blocks;
    int64_t most = 0;
    for (int k = 0; k < BARS; k++)
        most = s->bar[k] > most ? s->bar[k] : most;
    if (most == 0)
        return;
    ritz_text_puts(out, "  ");
    for (int k = 0; k < BARS; k++) {
        /* The lowest glyph is for empty bars only. */
        const double share = (double)s->bar[k] / (double)most;
        ritz_text_puts(out, glyph[(int)ceil(share * (BARS - 1))]);
    }
}

static void add_statistics(ritz_text *out, const statistics *s)
{
    if (s->finite > 0) {
        ritz_text_printf(out, "min %.4g  mean %.4g  max %.4g", s->least,
                         s->mean, s->greatest);
        add_bars(out, s);
    }
    const char *gap = s->finite > 0 ? "  " : "";
    if (s->nan > 0) {
        ritz_text_printf(out, "%s%" PRId64 " nan", gap, s->nan);
        gap = "  ";
    }
    if (s->inf > 0)
        ritz_text_printf(out, "%s%" PRId64 " inf", gap, s->inf);
}

/* One line */

static void add_type(ritz_text *out, const ritz_tensor *t)
{
    char text[RITZ_SHAPE_TEXT];
    ritz_text_puts(out, ritz_dtype_name(ritz_tensor_dtype(t)));
    if (ritz_tensor_shape(t)->rank > 0)
        ritz_text_puts(out, ritz_shape_text(text, ritz_tensor_shape(t)));
}

void ritz_tensor_describe(ritz_text *out, const ritz_tensor *t)
{
    char text[NUMBER];
    const int64_t n = ritz_tensor_count(t);
    add_type(out, t);
    if (n == 0) {
        ritz_text_puts(out, "  empty");
        return;
    }
    const bool few = n <= HANDFUL;
    const statistics s = statistics_of(t);
    const double largest = fmax(fabs(s.least), fabs(s.greatest));
    const int decimals = few ? -1 : decimals_for(largest);
    const char *gap = ritz_tensor_shape(t)->rank > 0 ? "  " : " ";
    for (int64_t i = 0; i < (few ? n : EDGE); i++, gap = " ")
        ritz_text_printf(out, "%s%s", gap, number_text(text, t, i, decimals));
    if (few)
        return;
    ritz_text_printf(out, " ... %s   ", number_text(text, t, n - 1, decimals));
    add_statistics(out, &s);
}

/* Tables */

typedef struct span {
    int64_t n, head, tail; /* head + tail == n: all of it */
} span;

static span span_of(int64_t n, int64_t full, int64_t head, int64_t tail)
{
    return n <= full ? (span){n, n, 0} : (span){n, head, tail};
}

static int64_t span_count(const span *s)
{
    return s->head + s->tail;
}

static int64_t span_at(const span *s, int64_t k)
{
    return k < s->head ? k : s->n - s->tail + (k - s->head);
}

/* True before the first index after the gap. */
static bool span_skips(const span *s, int64_t k)
{
    return k == s->head && s->head + s->tail < s->n;
}

typedef struct table {
    const ritz_tensor *t;
    span blocks, rows, columns; /* blocks: all axes but the last two, as one */
    int cell;                   /* the width of the widest number shown */
} table;

static int64_t element_of(const table *at, int64_t b, int64_t r, int64_t c)
{
    const int64_t row =
        span_at(&at->blocks, b) * at->rows.n + span_at(&at->rows, r);
    return row * at->columns.n + span_at(&at->columns, c);
}

static int widest(const table *at)
{
    char text[NUMBER];
    size_t cell = 1;
    for (int64_t b = 0; b < span_count(&at->blocks); b++)
        for (int64_t r = 0; r < span_count(&at->rows); r++)
            for (int64_t c = 0; c < span_count(&at->columns); c++) {
                const size_t n = strlen(
                    number_text(text, at->t, element_of(at, b, r, c), -1));
                cell = n > cell ? n : cell;
            }
    return (int)cell;
}

static void add_row(ritz_text *out, const table *at, int64_t b, int64_t r)
{
    char text[NUMBER];
    for (int64_t c = 0; c < span_count(&at->columns); c++) {
        if (span_skips(&at->columns, c))
            ritz_text_puts(out, "  ...");
        ritz_text_printf(out, "  %*s", at->cell,
                         number_text(text, at->t, element_of(at, b, r, c), -1));
    }
    ritz_text_puts(out, "\n");
}

/* "[2,1,:,:]", counted from 1 as scripts do. */
static void add_label(ritz_text *out, const ritz_shape *shape, int64_t block)
{
    int64_t index[RITZ_MAX_RANK];
    const int lead = shape->rank - 2;
    for (int i = lead - 1; i >= 0; i--) {
        index[i] = block % shape->dim[i] + 1;
        block /= shape->dim[i];
    }
    ritz_text_puts(out, "[");
    for (int i = 0; i < lead; i++)
        ritz_text_printf(out, "%" PRId64 ",", index[i]);
    ritz_text_puts(out, ":,:]\n");
}

static void add_block(ritz_text *out, const table *at, int64_t b)
{
    if (span_skips(&at->blocks, b))
        ritz_text_puts(out, "...\n");
    if (ritz_tensor_shape(at->t)->rank > 2)
        add_label(out, ritz_tensor_shape(at->t), span_at(&at->blocks, b));
    for (int64_t r = 0; r < span_count(&at->rows); r++) {
        if (span_skips(&at->rows, r))
            ritz_text_puts(out, "  ...\n");
        add_row(out, at, b, r);
    }
}

static int64_t columns_within(int width, int cell)
{
    const int64_t fit = width / (cell + 2);
    return fit > 1 ? fit : 1;
}

static void add_matrices(ritz_text *out, const ritz_tensor *t, int width)
{
    const ritz_shape *shape = ritz_tensor_shape(t);
    const int64_t columns = shape->dim[shape->rank - 1];
    const int64_t rows = shape->dim[shape->rank - 2];
    table at = {
        .t = t,
        .blocks =
            span_of(ritz_tensor_count(t) / rows / columns, FULL_BLOCKS, 2, 1),
        .rows = span_of(rows, FULL_ROWS, EDGE, EDGE),
        .columns = span_of(columns, 2 * MAX_COLUMNS, MAX_COLUMNS, MAX_COLUMNS),
    };
    at.cell = widest(&at);
    if (columns > columns_within(width, at.cell)) {
        const int dots = (int)strlen("  ...");
        const int64_t half = columns_within(width - dots, at.cell) / 2;
        const int64_t most = half < MAX_COLUMNS ? half : MAX_COLUMNS;
        const int64_t edge = most < 1 ? 1 : most;
        at.columns = span_of(columns, 2 * edge, edge, edge);
    }
    for (int64_t b = 0; b < span_count(&at.blocks); b++)
        add_block(out, &at, b);
}

static void add_vector(ritz_text *out, const ritz_tensor *t, int width)
{
    const int64_t n = ritz_tensor_count(t);
    table at = {
        .t = t, .blocks = {1, 1, 0}, .rows = {1, 1, 0}, .columns = {n, n, 0}};
    at.cell = widest(&at);
    const int64_t fit = columns_within(width, at.cell);
    for (int64_t i = 0; i < n; i++) {
        char text[NUMBER];
        ritz_text_printf(out, "  %*s%s", at.cell, number_text(text, t, i, -1),
                         (i + 1) % fit == 0 || i + 1 == n ? "\n" : "");
    }
}

void ritz_tensor_print(ritz_text *out, const ritz_tensor *t, int width)
{
    const ritz_shape *shape = ritz_tensor_shape(t);
    const int64_t n = ritz_tensor_count(t);
    const bool line = shape->rank == 1 && (n <= HANDFUL || n > WRAPPED);
    if (shape->rank == 0 || n == 0 || line) {
        ritz_tensor_describe(out, t);
        return;
    }
    add_type(out, t);
    ritz_text_puts(out, "\n");
    if (shape->rank == 1)
        add_vector(out, t, width > 0 ? width : 80);
    else
        add_matrices(out, t, width > 0 ? width : 80);
    if (n > HANDFUL) {
        const statistics s = statistics_of(t);
        add_statistics(out, &s);
    } else if (!out->failed) {
        out->bytes[--out->length] = '\0'; /* the last newline */
    }
}
