/* chrome.h - the lines around the panels: what runs, how far, which keys. */
#ifndef RITZ_UI_CHROME_H
#define RITZ_UI_CHROME_H

#include "plot/canvas.h"
#include "ui/stage.h"

#include <stdint.h>

typedef struct ritz_chrome {
    const char *script;
    const char *message; /* goes before all else; "" when there is none */
    const char *end;     /* how the work ended: "done"; NULL: it runs */
    const char *last;    /* the last line that was printed, or why it failed */
    uint64_t seed;
    int threads;
    size_t bytes;   /* resident */
    double seconds; /* since the start */
    bool paused;
    ritz_stage_view view;
} ritz_chrome;

/* Each fills one row of the canvas. What has no room is left out, from the
 * least important on. */
void ritz_chrome_header(ritz_canvas *canvas, size_t y, const ritz_chrome *c);
void ritz_chrome_status(ritz_canvas *canvas, size_t y, const ritz_chrome *c);
void ritz_chrome_keys(ritz_canvas *canvas, size_t y, const ritz_chrome *c);
/* A box with all keys in the middle of the canvas. */
void ritz_chrome_help(ritz_canvas *canvas);

#endif
