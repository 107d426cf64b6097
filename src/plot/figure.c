/* figure.c - making figures and appending to them, under the figure's lock.
 *
 * One lock for the whole figure and not one for each series: a picture must
 * see all curves of one moment, and an uncontended lock costs some 20 ns.
 */
#include "plot/figure.h"

#include "base/memory.h"
#include "plot/figure_inside.h"

#include <math.h>
#include <string.h>

static void lock(ritz_figure *figure)
{
    pthread_mutex_lock(&figure->lock);
}

static void unlock(ritz_figure *figure)
{
    pthread_mutex_unlock(&figure->lock);
}

static void unlock_changed(ritz_figure *figure)
{
    atomic_fetch_add(&figure->generation, 1);
    unlock(figure);
}

/* Text that does not change makes nothing draw itself again. */
static ritz_status replace_text(ritz_figure *figure, char **slot,
                                const char *text, ritz_error *err)
{
    char *copy = text ? ritz_copy_text(text) : NULL;
    if (text && !copy)
        return ritz_fail_memory(err, "figure: text");
    lock(figure);
    const bool same = *slot && copy ? strcmp(*slot, copy) == 0 : *slot == copy;
    char *old = *slot;
    *slot = copy;
    if (same)
        unlock(figure);
    else
        unlock_changed(figure);
    ritz_free(old);
    return RITZ_OK;
}

ritz_status ritz_figure_new(ritz_figure **out, const char *title,
                            ritz_error *err)
{
    ritz_figure *figure = ritz_new(1, sizeof *figure);
    if (!figure)
        return ritz_fail_memory(err, "figure");
    pthread_mutex_init(&figure->lock, NULL);
    atomic_init(&figure->owners, 1);
    atomic_init(&figure->generation, 1);
    const ritz_status status = ritz_figure_set_title(figure, title, err);
    if (status != RITZ_OK) {
        ritz_figure_release(figure);
        return status;
    }
    *out = figure;
    return RITZ_OK;
}

ritz_figure *ritz_figure_retain(ritz_figure *figure)
{
    atomic_fetch_add(&figure->owners, 1);
    return figure;
}

static void series_delete(ritz_series *series)
{
    ritz_points_free(&series->points);
    ritz_free(series->name);
    ritz_free(series);
}

static void panel_delete(ritz_panel *panel)
{
    for (size_t i = 0; i < panel->count; i++)
        series_delete(panel->series[i]);
    for (int i = 0; i < RITZ_PANEL_TEXTS; i++)
        ritz_free(panel->text[i]);
    ritz_free(panel->series);
    ritz_free(panel);
}

void ritz_figure_release(ritz_figure *figure)
{
    if (!figure || atomic_fetch_sub(&figure->owners, 1) != 1)
        return;
    for (size_t i = 0; i < figure->count; i++)
        panel_delete(figure->panel[i]);
    pthread_mutex_destroy(&figure->lock);
    ritz_free(figure->panel);
    ritz_free(figure->title);
    ritz_free(figure);
}

ritz_status ritz_figure_set_title(ritz_figure *figure, const char *title,
                                  ritz_error *err)
{
    return replace_text(figure, &figure->title, title, err);
}

uint64_t ritz_figure_generation(const ritz_figure *figure)
{
    return atomic_load(&figure->generation);
}

/* The place in reading order at which the panel is, or would be put. */
static size_t panel_index(const ritz_figure *figure, size_t row, size_t column)
{
    size_t i = 0;
    while (i < figure->count &&
           (figure->panel[i]->row < row || (figure->panel[i]->row == row &&
                                            figure->panel[i]->column < column)))
        i++;
    return i;
}

static ritz_panel *insert_panel(ritz_figure *figure, size_t i)
{
    if (!ritz_reserve(&figure->panel, &figure->capacity, figure->count + 1,
                      sizeof(ritz_panel *)))
        return NULL;
    ritz_panel *panel = ritz_new(1, sizeof *panel);
    if (!panel)
        return NULL;
    *panel = (ritz_panel){
        .figure = figure, .legend = true, .limit = {{NAN, NAN}, {NAN, NAN}}};
    memmove(figure->panel + i + 1, figure->panel + i,
            (figure->count - i) * sizeof(ritz_panel *));
    figure->panel[i] = panel;
    figure->count++;
    return panel;
}

ritz_status ritz_figure_panel(ritz_panel **out, ritz_figure *figure, size_t row,
                              size_t column, ritz_error *err)
{
    if (row >= RITZ_FIGURE_SIDE || column >= RITZ_FIGURE_SIDE)
        return ritz_fail(err, RITZ_EVALUE,
                         "figure: a panel's row and column must be 1 to %d, "
                         "got %zu and %zu",
                         RITZ_FIGURE_SIDE, row + 1, column + 1);
    lock(figure);
    const size_t i = panel_index(figure, row, column);
    ritz_panel *panel = i < figure->count ? figure->panel[i] : NULL;
    if (!panel || panel->row != row || panel->column != column) {
        panel = insert_panel(figure, i);
        if (!panel) {
            unlock(figure);
            return ritz_fail_memory(err, "figure: panel");
        }
        panel->row = row;
        panel->column = column;
        unlock_changed(figure);
    } else {
        unlock(figure);
    }
    *out = panel;
    return RITZ_OK;
}

size_t ritz_figure_panels(ritz_figure *figure)
{
    lock(figure);
    const size_t count = figure->count;
    unlock(figure);
    return count;
}

ritz_panel *ritz_figure_panel_at(ritz_figure *figure, size_t i)
{
    lock(figure);
    ritz_panel *panel = i < figure->count ? figure->panel[i] : NULL;
    unlock(figure);
    return panel;
}

ritz_status ritz_panel_set_text(ritz_panel *panel, ritz_panel_text which,
                                const char *text, ritz_error *err)
{
    return replace_text(panel->figure, &panel->text[which], text, err);
}

void ritz_panel_set_scale(ritz_panel *panel, ritz_direction direction,
                          ritz_scale scale)
{
    lock(panel->figure);
    panel->scale[direction] = scale;
    unlock_changed(panel->figure);
}

ritz_scale ritz_panel_scale(ritz_panel *panel, ritz_direction direction)
{
    lock(panel->figure);
    const ritz_scale scale = panel->scale[direction];
    unlock(panel->figure);
    return scale;
}

ritz_status ritz_panel_set_limits(ritz_panel *panel, ritz_direction direction,
                                  double lo, double hi, ritz_error *err)
{
    if (isinf(lo) || isinf(hi) || lo >= hi)
        return ritz_fail(err, RITZ_EVALUE,
                         "figure: the limits of %s must be finite and rise, "
                         "got %g and %g",
                         direction == RITZ_X ? "x" : "y", lo, hi);
    lock(panel->figure);
    panel->limit[direction][0] = lo;
    panel->limit[direction][1] = hi;
    unlock_changed(panel->figure);
    return RITZ_OK;
}

void ritz_panel_set_legend(ritz_panel *panel, bool shown)
{
    lock(panel->figure);
    panel->legend = shown;
    unlock_changed(panel->figure);
}
