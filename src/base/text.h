/* text.h - text that grows at its end.
 *
 * Sticky: after the memory ran out, further calls do nothing and `failed` is
 * set, so that writing code reads straight through and is checked once.
 */
#ifndef RITZ_BASE_TEXT_H
#define RITZ_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ritz_text {
    char *bytes; /* ends in '\0' once anything was added; else NULL */
    size_t length, capacity;
    bool failed;
} ritz_text;

void ritz_text_add(ritz_text *text, const char *bytes, size_t n);
void ritz_text_puts(ritz_text *text, const char *string);
void ritz_text_printf(ritz_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *ritz_text_view(const ritz_text *text); /* "" when empty */
void ritz_text_free(ritz_text *text);

#endif
