/* ticks.c - ticks at 1, 2 or 5 times a power of ten.
 *
 * Linear: the smallest round step that gives no more ticks than wanted
 * (Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990). Log:
 * decades, every n-th when there are many, with 2 and 5 between when there
 * are few; an axis of less than that is close to linear and gets linear
 * ticks. symlog: zero and decades on both sides. All labels of an axis are
 * written alike, so that they can be compared at a glance.
 */
#include "plot/ticks.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Of a step: how far outside a tick may fall by rounding and still count. */
#define SLACK 1e-9

static void add(ritz_ticks *out, double value)
{
    if (out->count < RITZ_TICKS)
        out->value[out->count++] = value;
}

/* The smallest round number that is not below `rough`. */
static double nice_step(double rough)
{
    static const double round[] = {1, 2, 5, 10};
    const double decade = pow(10, floor(log10(rough)));
    for (int i = 0; i < 4; i++)
        if (round[i] * decade >= rough * (1 - SLACK))
            return round[i] * decade;
    return 10 * decade;
}

/* Digits after the point that a step needs. */
static int decimals(double step)
{
    return (int)fmax(0, -floor(log10(step) + SLACK));
}

static void write_linear(ritz_ticks *out, double step)
{
    const double most =
        fmax(fabs(out->value[0]), fabs(out->value[out->count - 1]));
    /* Beyond these sizes zeros drown the digits. */
    if (most >= 1e5 || (most > 0 && most < 1e-3))
        out->exponent = (int)floor(log10(most) + SLACK);
    /* Many digits remain (a small range far from zero): write them all. */
    if (out->exponent > 0 && most / step > 1e4)
        out->exponent = 0;
    const double unit = pow(10, out->exponent);
    const int digits = (int)fmin(decimals(step / unit), 17);
    for (size_t i = 0; i < out->count; i++)
        snprintf(out->label[i], RITZ_TICK_LABEL, "%.*f", digits,
                 out->value[i] / unit);
}

/* Ticks are counted from `first` to `last`, in steps. */
static double ticks_of(const ritz_axis *axis, double step, double *first,
                       double *last)
{
    *first = ceil(axis->lo / step - SLACK);
    *last = floor(axis->hi / step + SLACK);
    return *last - *first + 1;
}

static void linear_ticks(ritz_ticks *out, const ritz_axis *axis, size_t most)
{
    const double span = axis->hi - axis->lo;
    double first, last, step = nice_step(span / ((double)most + 1));
    while (ticks_of(axis, step, &first, &last) > (double)most)
        step = nice_step(step * 1.5); /* the next one */
    out->count = 0;
    out->exponent = 0;
    for (double k = first; k <= last; k++)
        add(out, k == 0 ? 0.0 : k * step); /* no -0 */
    if (out->count == 0) /* rounding: the axis is narrower than its ticks */
        add(out, axis->lo);
    write_linear(out, step);
}

/* Plain decimals while they are short, else powers of ten. */
static void write_log(ritz_ticks *out)
{
    double lo = INFINITY, hi = 0;
    for (size_t i = 0; i < out->count; i++) {
        const double size = fabs(out->value[i]);
        lo = size > 0 ? fmin(lo, size) : lo;
        hi = fmax(hi, size);
    }
    const bool plain = lo >= 1e-3 * (1 - SLACK) && hi < 1e5 && hi < 1e5 * lo;
    const bool alike = plain && hi <= 10 && lo >= 0.01 * (1 - SLACK);
    for (size_t i = 0; i < out->count; i++) {
        const double v = out->value[i];
        char *label = out->label[i];
        if (alike && v != 0)
            snprintf(label, RITZ_TICK_LABEL, "%.*f", decimals(lo), v);
        else if (plain || v == 0)
            snprintf(label, RITZ_TICK_LABEL, "%g", v);
        else {
            const int power = (int)floor(log10(fabs(v)) + SLACK);
            snprintf(label, RITZ_TICK_LABEL, "%.0fe%d", v / pow(10, power),
                     power);
        }
    }
}

static void log_pass(ritz_ticks *out, const ritz_axis *axis, int stride,
                     const double *digit, int digits)
{
    const int from = (int)floor(log10(axis->lo) + SLACK);
    const int to = (int)floor(log10(axis->hi) + SLACK);
    out->count = 0;
    for (int power = from; power <= to; power++) {
        if (power % stride != 0)
            continue;
        for (int i = 0; i < digits; i++) {
            const double v = digit[i] * pow(10, power);
            if (v >= axis->lo * (1 - SLACK) && v <= axis->hi * (1 + SLACK))
                add(out, v);
        }
    }
}

static void log_ticks(ritz_ticks *out, const ritz_axis *axis, size_t most)
{
    static const double digit[] = {1, 2, 5};
    static const int stride[] = {1, 2, 3, 5, 10, 20, 50, 100, 200};
    const double decades = log10(axis->hi) - log10(axis->lo);
    out->exponent = 0;
    if (decades * 3 + 1 <= (double)most + 2)
        log_pass(out, axis, 1, digit, 3);
    for (size_t i = 0; i < sizeof stride / sizeof *stride; i++) {
        if (out->count >= 2 && out->count <= most)
            break;
        if (decades / stride[i] > (double)most)
            continue;
        log_pass(out, axis, stride[i], digit, 1);
        if (out->count < 2)
            break;
    }
    if (out->count < 2 || out->count > most)
        linear_ticks(out, axis, most);
    else
        write_log(out);
}

static void symlog_ticks(ritz_ticks *out, const ritz_axis *axis, size_t most)
{
    const double low = axis->lo < 0 ? log10(-axis->lo) : -INFINITY;
    const double high = axis->hi > 0 ? log10(axis->hi) : -INFINITY;
    const int base = (int)floor(log10(axis->threshold) + SLACK);
    const int top = (int)floor(fmax(fmax(low, high), base) + SLACK);
    const bool both = axis->lo < 0 && axis->hi > 0;
    const int room = (int)(both ? (most - 1) / 2 : most - 1);
    const int stride = room > 0 ? (top - base + room - 1) / room : top - base;
    out->count = 0;
    out->exponent = 0;
    double value[2 * RITZ_TICKS];
    size_t n = 0;
    for (int power = top; power > base && n < RITZ_TICKS / 2; power -= stride)
        value[n++] = pow(10, power);
    for (size_t i = 0; i < n; i++)
        if (-value[i] >= axis->lo && -value[i] <= axis->hi)
            add(out, -value[i]);
    if (axis->lo <= 0 && axis->hi >= 0)
        add(out, 0);
    for (size_t i = n; i-- > 0;)
        if (value[i] >= axis->lo && value[i] <= axis->hi)
            add(out, value[i]);
    if (out->count < 2)
        linear_ticks(out, axis, most);
    else
        write_log(out);
}

void ritz_ticks_find(ritz_ticks *out, const ritz_axis *axis, size_t most)
{
    most = most < 2 ? 2 : most > RITZ_TICKS ? RITZ_TICKS : most;
    *out = (ritz_ticks){0};
    if (axis->scale == RITZ_SCALE_LOG)
        log_ticks(out, axis, most);
    else if (axis->scale == RITZ_SCALE_SYMLOG)
        symlog_ticks(out, axis, most);
    else
        linear_ticks(out, axis, most);
}

void ritz_number_text(char *out, size_t size, double value, int digits)
{
    snprintf(out, size, "%.*g", digits, value);
    /* "1e-05" is "1e-5" to a person. */
    char *mark = strchr(out, 'e');
    if (!mark)
        return;
    char *digit = mark + 2;
    while (digit[0] == '0' && digit[1] != '\0')
        memmove(digit, digit + 1, strlen(digit));
    if (mark[1] == '+')
        memmove(mark + 1, mark + 2, strlen(mark + 1));
}
