/* clip.h - the part of a segment inside a window. */
#ifndef RITZ_PLOT_CLIP_H
#define RITZ_PLOT_CLIP_H

#include <stdbool.h>

typedef struct ritz_segment {
    double x0, y0, x1, y1;
} ritz_segment;

typedef struct ritz_window {
    double left, top, right, bottom; /* left <= right, top <= bottom */
} ritz_window;

/* Cuts the segment to the window; false when nothing of it is inside, or an
 * end is NaN. Ends inside stay exactly what they are. */
bool ritz_clip(ritz_segment *segment, const ritz_window *window);

#endif
