/* sketch.c - figures outside of panels: as text and in sentences. */
#include "ui/sketch.h"

#include "plot/text.h"

#include <stdio.h>

enum { WIDEST = 120, ROWS = 16 };

static void draw(ritz_session *session, ritz_figure *figure, FILE *out)
{
    int columns, rows;
    ritz_screen_size(&columns, &rows);
    const size_t width = (size_t)(columns < WIDEST ? columns : WIDEST);
    ritz_text text = {0};
    ritz_error err = {0};
    const ritz_status status =
        ritz_figure_text(&text, figure, width, 0, !session->look.utf8, &err);
    fputs(status == RITZ_OK ? ritz_text_view(&text) : err.text, out);
    ritz_text_free(&text);
}

/* A figure that changes after it was drawn is drawn again, whole: what scrolled
 * by stays as it was. */
void ritz_sketch_new_figures(ritz_session *session, FILE *out)
{
    ritz_figure *figure;
    for (size_t i = 0; (figure = ritz_stage_figure(session->stage, i)); i++) {
        const uint64_t generation = ritz_figure_generation(figure);
        if (ritz_stage_told(session->stage, i) == generation)
            continue;
        ritz_stage_tell(session->stage, i, generation);
        draw(session, figure, out);
    }
}

void ritz_sketch_summary(ritz_session *session, FILE *out)
{
    ritz_figure *figure;
    for (size_t i = 0; (figure = ritz_stage_figure(session->stage, i)); i++) {
        ritz_text text = {0};
        ritz_error err = {0};
        const ritz_status status = ritz_figure_describe(&text, figure, &err);
        fputs(status == RITZ_OK ? ritz_text_view(&text) : err.text, out);
        ritz_text_free(&text);
    }
}
