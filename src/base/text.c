/* text.c - a growing, sticky string. */
#include "base/text.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool reserve(ritz_text *text, size_t more)
{
    if (!text->failed && !ritz_reserve(&text->bytes, &text->capacity,
                                       text->length + more + 1, 1))
        text->failed = true;
    return !text->failed;
}

void ritz_text_add(ritz_text *text, const char *bytes, size_t n)
{
    if (!reserve(text, n))
        return;
    memcpy(text->bytes + text->length, bytes, n);
    text->length += n;
    text->bytes[text->length] = '\0';
}

void ritz_text_puts(ritz_text *text, const char *string)
{
    ritz_text_add(text, string, strlen(string));
}

void ritz_text_printf(ritz_text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n > 0 && reserve(text, (size_t)n)) {
        vsnprintf(text->bytes + text->length, (size_t)n + 1, format, again);
        text->length += (size_t)n;
    }
    va_end(again);
}

const char *ritz_text_view(const ritz_text *text)
{
    return text->bytes ? text->bytes : "";
}

void ritz_text_free(ritz_text *text)
{
    ritz_free(text->bytes);
    *text = (ritz_text){0};
}
