/* json.c - texts and numbers of JSON.
 *
 * Reading JSON is jansson's business. Writing it is two functions, which do
 * what jansson does not: 0.1 stays 0.1, a NaN has a spelling, a path that is no
 * UTF-8 does not lose the manifest, and out of memory is noticed once at the
 * end.
 */
#include "run/json.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The length of the UTF-8 sequence at `s`, 0 when it is none (RFC 3629: no
 * overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t sequence_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    const size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    uint32_t code = s[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    return n;
}

void ritz_json_text(ritz_text *out, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    ritz_text_puts(out, "\"");
    while (*s) {
        const size_t n = sequence_length(s);
        if (n == 0)
            ritz_text_puts(out, "\\ufffd");
        else if (*s < 0x20 || *s == 0x7f)
            ritz_text_printf(out, "\\u%04x", (unsigned)*s);
        else if (*s == '"' || *s == '\\')
            ritz_text_printf(out, "\\%c", *s);
        else
            ritz_text_add(out, (const char *)s, n);
        s += n ? n : 1;
    }
    ritz_text_puts(out, "\"");
}

void ritz_json_number(ritz_text *out, double value)
{
    if (!isfinite(value)) {
        ritz_text_puts(out, isnan(value) ? "\"nan\""
                            : value > 0  ? "\"inf\""
                                         : "\"-inf\"");
        return;
    }
    char text[32]; /* "-1.2345678901234567e-308" and the end */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    ritz_text_puts(out, text);
}
