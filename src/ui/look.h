/* look.h - what this terminal can show. */
#ifndef RITZ_UI_LOOK_H
#define RITZ_UI_LOOK_H

#include "ui/options.h"

#include <stdbool.h>

typedef struct ritz_look {
    bool in, out, err; /* descriptors 0, 1 and 2 are terminals */
    bool capable;      /* TERM names more than a typewriter */
    bool utf8, color;
} ritz_look;

/* Sets the locale, but keeps the decimal point. */
ritz_look ritz_look_around(const ritz_options *opt);
void ritz_screen_size(int *columns, int *rows); /* 80 x 24 when unknown */

#endif
