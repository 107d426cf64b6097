/* panels_inside.h - the state of the panels, for panels.c and panels_draw.c. */
#ifndef RITZ_UI_PANELS_INSIDE_H
#define RITZ_UI_PANELS_INSIDE_H

#include "plot/canvas.h"
#include "plot/picture.h"
#include "ui/capture.h"
#include "ui/screen.h"
#include "ui/session.h"

typedef struct ritz_panels {
    ritz_session *session;
    ritz_answer *answer;
    ritz_capture capture;
    ritz_text printed;
    ritz_screen *screen;
    ritz_canvas *page, *body; /* the whole screen; what the figure fills */
    ritz_picture *picture;
    uint64_t generation; /* of the figure in the picture */
    size_t bins;         /* of the picture */
    size_t figure, active, zoomed, steps;
    bool paused, helping, done, leaving, changed, keys_ended;
    double started, ended, next_frame, next_status, message_until;
    char message[RITZ_STAGE_TEXT];
} ritz_panels;

ritz_figure *ritz_panels_figure(ritz_panels *p);
/* Says something in the status line, for a while. */
void ritz_panels_say(ritz_panels *p, const char *text);
/* Draws the whole screen as it is now. */
void ritz_panels_draw(ritz_panels *p);
void ritz_panels_drop(ritz_panels *p); /* what drawing has made */

#endif
