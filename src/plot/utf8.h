/* utf8.h - code points in and out of UTF-8. */
#ifndef RITZ_PLOT_UTF8_H
#define RITZ_PLOT_UTF8_H

#include "base/text.h"

#include <stdint.h>

/* Takes one code point from *text; U+FFFD for each byte that is not UTF-8. */
uint32_t ritz_utf8_next(const char **text);
void ritz_utf8_add(ritz_text *out, uint32_t code);
/* The bytes of a code point; returns how many. */
size_t ritz_utf8_put(char out[4], uint32_t code);

#endif
