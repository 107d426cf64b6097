/* digest.h - SHA-256 for what a person compares, a 64-bit hash for tables. */
#ifndef RITZ_BASE_DIGEST_H
#define RITZ_BASE_DIGEST_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { RITZ_DIGEST_TEXT = 65 }; /* 64 hexadecimal digits and the end */

typedef struct ritz_digest ritz_digest;

ritz_digest *ritz_digest_new(void); /* owned; NULL when out of memory */
void ritz_digest_add(ritz_digest *digest, const void *bytes, size_t n);
/* Writes the text and frees the digest; `text` may be NULL. */
void ritz_digest_end(ritz_digest *digest, char text[RITZ_DIGEST_TEXT]);

ritz_status ritz_digest_file(char text[RITZ_DIGEST_TEXT], const char *path,
                             ritz_error *err);

/* FNV-1a, to be chained: start with RITZ_HASH_START. */
#define RITZ_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t ritz_hash(uint64_t hash, const void *bytes, size_t n);

#endif
