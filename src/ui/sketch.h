/* sketch.h - figures outside of panels: as text, in sentences, as a file. */
#ifndef RITZ_UI_SKETCH_H
#define RITZ_UI_SKETCH_H

#include "ui/session.h"

#include <stdio.h>

/* Draws the figures that were opened or changed since the last call. */
void ritz_sketch_new_figures(ritz_session *session, FILE *out);
/* Says each curve of every figure in a sentence. */
void ritz_sketch_summary(ritz_session *session, FILE *out);
/* Saves a figure as SVG, named after the script, beside what is there: no
 * file is overwritten. `path` tells where. */
ritz_status ritz_sketch_save(char *path, size_t size,
                             const ritz_session *session, size_t figure,
                             ritz_error *err);

#endif
