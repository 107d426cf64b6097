/* digest.c - SHA-256 is libmd's; FNV-1a is three lines. */
#include "base/digest.h"

#include "base/memory.h"

#include <errno.h>
#include <sha256.h>
#include <stdio.h>
#include <string.h>

struct ritz_digest {
    SHA256_CTX sha;
};

ritz_digest *ritz_digest_new(void)
{
    ritz_digest *d = ritz_new(1, sizeof *d);
    if (d)
        SHA256_Init(&d->sha);
    return d;
}

void ritz_digest_add(ritz_digest *digest, const void *bytes, size_t n)
{
    SHA256_Update(&digest->sha, bytes, n);
}

void ritz_digest_end(ritz_digest *digest, char text[RITZ_DIGEST_TEXT])
{
    if (digest && text)
        SHA256_End(&digest->sha, text);
    ritz_free(digest);
}

ritz_status ritz_digest_file(char text[RITZ_DIGEST_TEXT], const char *path,
                             ritz_error *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return ritz_fail(err, RITZ_EIO, "digest: cannot read %s: %s", path,
                         strerror(errno));
    ritz_digest *d = ritz_digest_new();
    if (!d) {
        fclose(file);
        return ritz_fail_memory(err, "digest");
    }
    char part[16384];
    size_t n;
    while ((n = fread(part, 1, sizeof part, file)) > 0)
        ritz_digest_add(d, part, n);
    const int failed = ferror(file);
    fclose(file);
    ritz_digest_end(d, text);
    if (failed)
        return ritz_fail(err, RITZ_EIO, "digest: reading %s failed", path);
    return RITZ_OK;
}

uint64_t ritz_hash(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}
