/* sketch.h - figures outside of panels: as text and in sentences. */
#ifndef RITZ_UI_SKETCH_H
#define RITZ_UI_SKETCH_H

#include "ui/session.h"

#include <stdio.h>

/* Draws the figures that were opened or changed since the last call. */
void ritz_sketch_new_figures(ritz_session *session, FILE *out);
/* Says each curve of every figure in a sentence. */
void ritz_sketch_summary(ritz_session *session, FILE *out);

#endif
