/* test_status.c - errors are one line, cut to fit, and optional. */
#include "base/status.h"
#include "tap.h"

#include <string.h>

static void test_text(void)
{
    ritz_error err = {0};
    const ritz_status status = ritz_fail(
        &err, RITZ_ESHAPE, "add: shapes must agree, got %s and %d", "[2]", 3);
    is_int(status, RITZ_ESHAPE, "the status comes back");
    is_int(err.status, RITZ_ESHAPE, "the status is in the error");
    is_text(err.text, "add: shapes must agree, got [2] and 3", "the text");
}

static void test_long_text(void)
{
    char text[2 * RITZ_ERROR_TEXT];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    ritz_error err = {0};
    ritz_fail(&err, RITZ_EVALUE, "%s", text);
    is_int(strlen(err.text), RITZ_ERROR_TEXT - 1, "a long text is cut");
}

static void test_no_error_object(void)
{
    is_int(ritz_fail(NULL, RITZ_EIO, "nobody reads %d", 1), RITZ_EIO,
           "without an error object the status comes back");
    is_int(ritz_fail_memory(NULL, "tensor"), RITZ_ENOMEM,
           "without an error object no memory is no memory");
}

static void test_no_memory(void)
{
    ritz_error err = {0};
    is_int(ritz_fail_memory(&err, "tensor"), RITZ_ENOMEM, "no memory");
    is_text(err.text, "tensor: out of memory", "text of no memory");
}

int main(void)
{
    tap_run("text", test_text);
    tap_run("long text", test_long_text);
    tap_run("no error object", test_no_error_object);
    tap_run("no memory", test_no_memory);
    return tap_end();
}
