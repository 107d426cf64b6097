/* json.h - writing JSON at the end of a text. */
#ifndef RITZ_RUN_JSON_H
#define RITZ_RUN_JSON_H

#include "base/text.h"

/* In quotes and escaped; bytes that are no UTF-8 become U+FFFD. */
void ritz_json_text(ritz_text *out, const char *text);

/* The fewest digits that read back as the same value; "nan", "inf" and "-inf"
 * in quotes. LC_NUMERIC must be "C". */
void ritz_json_number(ritz_text *out, double value);

#endif
