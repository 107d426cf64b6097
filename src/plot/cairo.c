/* cairo.c - cairo at its first use. */
#include "plot/cairo.h"

#include "base/library.h"

#define SYMBOL(name) {"cairo_" #name, offsetof(ritz_cairo_functions, name)},

static const ritz_symbol symbols[] = {RITZ_CAIRO(SYMBOL)};

ritz_cairo_functions ritz_cairo;

static ritz_library cairo = {
    .name = "cairo",
    .file = "libcairo.so.2",
    .package = "libcairo2",
    .symbol = symbols,
    .symbols = sizeof symbols / sizeof *symbols,
    .table = &ritz_cairo,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

ritz_status ritz_cairo_load(ritz_error *err)
{
    return ritz_library_load(&cairo, err);
}
