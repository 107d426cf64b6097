/* sketch.c - figures outside of panels: as text, in sentences, as a file. */
#include "ui/sketch.h"

#include "plot/export.h"
#include "plot/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* "dir/fashion.lua" gives "fashion". */
static int stem(const char *script, const char **begin)
{
    const char *slash = script ? strrchr(script, '/') : NULL;
    *begin = slash ? slash + 1 : script ? script : "figure";
    const char *dot = strrchr(*begin, '.');
    return (int)(dot && dot > *begin ? (size_t)(dot - *begin) : strlen(*begin));
}

ritz_status ritz_sketch_save(char *path, size_t size,
                             const ritz_session *session, size_t figure,
                             ritz_error *err)
{
    const char *name;
    const int length = stem(session->opt->script, &name);
    for (int n = 1; n < 1000; n++) {
        snprintf(path, size, "%.*s-%d.svg", length, name, n);
        if (access(path, F_OK) != 0)
            return ritz_figure_save(ritz_stage_figure(session->stage, figure),
                                    path, NULL, err);
    }
    return ritz_fail(err, RITZ_EIO, "%s: wanted a free name, got none", path);
}
