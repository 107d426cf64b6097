/* test_digest.c - SHA-256 against FIPS 180-2, FNV-1a against its authors. */
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "tap.h"

#include <string.h>

static const char sha_empty[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char sha_abc[] =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char sha_million_a[] =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void test_sha(void)
{
    char text[RITZ_DIGEST_TEXT];
    ritz_digest_end(ritz_digest_new(), text);
    is_text(text, sha_empty, "SHA-256 of nothing");

    ritz_digest *d = ritz_digest_new();
    ritz_digest_add(d, "a", 1);
    ritz_digest_add(d, "", 0);
    ritz_digest_add(d, "bc", 2);
    ritz_digest_end(d, text);
    is_text(text, sha_abc, "SHA-256 of abc, in pieces");

    d = ritz_digest_new();
    for (int i = 0; i < 200000; i++)
        ritz_digest_add(d, "aaaaa", 5);
    ritz_digest_end(d, text);
    is_text(text, sha_million_a, "SHA-256 of a million a");
    ritz_digest_end(ritz_digest_new(), NULL);
    ritz_digest_end(NULL, NULL);
}

static void test_file(void)
{
    char text[RITZ_DIGEST_TEXT];
    ritz_error err = {0};
    const char *path = tap_path("abc");
    ritz_file_write(path, "abc", 3, &err);
    is_int(ritz_digest_file(text, path, &err), RITZ_OK, "digest of a file");
    is_text(text, sha_abc, "SHA-256 of a file with abc");

    ritz_fail_allocation(1);
    is_int(ritz_digest_file(text, path, &err), RITZ_ENOMEM, "no memory");
    ritz_fail_allocation(0);
    is_int(ritz_digest_file(text, "/no/such", &err), RITZ_EIO, "no file");
    is_text(err.text, "digest: cannot read /no/such: No such file or directory",
            "and the text says which");
    is_int(ritz_digest_file(text, tap_path(""), &err), RITZ_EIO, "a folder");
    matches(err.text, "failed", "and the text says that reading failed");
}

/* Values from the authors' test suite: isthe.com/chongo/src/fnv/test_fnv.c */
static void test_hash(void)
{
    ok(ritz_hash(RITZ_HASH_START, "", 0) == RITZ_HASH_START, "nothing");
    ok(ritz_hash(RITZ_HASH_START, "a", 1) == 0xaf63dc4c8601ec8c, "a");
    ok(ritz_hash(RITZ_HASH_START, "foobar", 6) == 0x85944171f73967e8, "foobar");
    const uint64_t half = ritz_hash(RITZ_HASH_START, "foo", 3);
    ok(ritz_hash(half, "bar", 3) == 0x85944171f73967e8, "foobar in pieces");
}

int main(void)
{
    tap_run("sha", test_sha);
    tap_run("file", test_file);
    tap_run("hash", test_hash);
    return tap_end();
}
