/* screen.h - the terminal as a canvas: all that knows ncurses. */
#ifndef RITZ_UI_SCREEN_H
#define RITZ_UI_SCREEN_H

#include "base/status.h"
#include "plot/canvas.h"
#include "ui/look.h"

#include <stdio.h>

typedef struct ritz_screen ritz_screen;

enum { RITZ_KEY_NONE = -1, RITZ_KEY_LEFT = 0x110000, RITZ_KEY_RIGHT };

/* Takes over the terminal behind `terminal`. Fails, with one line that says
 * why, where the terminal is unknown or cannot move its cursor. */
ritz_status ritz_screen_open(ritz_screen **out, FILE *terminal,
                             const ritz_look *look, ritz_error *err);
void ritz_screen_close(ritz_screen *screen);

/* Asks the terminal for its size and takes it on. */
void ritz_screen_fit(ritz_screen *screen, size_t *width, size_t *height);
/* Sends what differs from the last call. */
void ritz_screen_show(ritz_screen *screen, const ritz_canvas *canvas);
/* Sends everything next time: after other programs wrote to the terminal. */
void ritz_screen_forget(ritz_screen *screen);
/* A key that was pressed, as a character or RITZ_KEY_*. */
int ritz_screen_key(ritz_screen *screen);
/* Gives the terminal back for a while; the next ritz_screen_show takes it. */
void ritz_screen_leave(ritz_screen *screen);

#endif
