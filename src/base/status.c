/* status.c - writing an error where the failure is known. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

ritz_status ritz_fail(ritz_error *err, ritz_status status, const char *format,
                      ...)
{
    if (!err)
        return status;
    err->status = status;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return status;
}

ritz_status ritz_fail_memory(ritz_error *err, const char *thing)
{
    return ritz_fail(err, RITZ_ENOMEM, "%s: out of memory", thing);
}
