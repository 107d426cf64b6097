/* picture.c - copying and thinning a figure under its lock. */
#include "plot/picture.h"

#include "base/memory.h"
#include "plot/figure_inside.h"
#include "plot/limits.h"
#include "plot/utf8.h"

#include <stdio.h>
#include <string.h>

/* As good UTF-8 without control characters, which renderers may rely on. */
static const char *copy_text(ritz_arena *arena, const char *text)
{
    if (!text || !*text)
        return "";
    char *copy = ritz_arena_alloc(arena, strlen(text) + 1, 4), *end = copy;
    while (copy && *text) {
        const uint32_t code = ritz_utf8_next(&text);
        end += ritz_utf8_put(end, code < 0x20 || code == 0x7F ? ' ' : code);
    }
    return copy; /* the arena zeroed the end */
}

static bool thin(ritz_curve *curve, const ritz_points *points, bool smoothed,
                 const ritz_axis axis[2], size_t bins)
{
    static const ritz_axis anything = {RITZ_SCALE_LINEAR, 1, 0, 2};
    const ritz_axis flat[2] = {axis[0], anything};
    switch (curve->kind) {
    case RITZ_SERIES_SCATTER:
        return ritz_points_thin_cloud(&curve->trail, points, axis, bins);
    case RITZ_SERIES_MARKERS: /* all at y = 1: one for each column */
        return ritz_points_thin_cloud(&curve->trail, points, flat, bins);
    default:
        return ritz_points_thin_line(&curve->trail, points, smoothed, axis,
                                     bins);
    }
}

/* The next curve of the pane is counted before it is filled, so that what it
 * holds is freed whatever fails. */
static bool add_curve(ritz_arena *arena, ritz_pane *pane,
                      const ritz_series *series, bool smoothed, size_t bins)
{
    const ritz_points *points = &series->points;
    ritz_curve *curve = &pane->curve[pane->count++];
    *curve = (ritz_curve){
        .kind = series->kind,
        .order = series->order,
        .faint = points->half_life > 0 && !smoothed,
        .bar_width = ritz_points_bar_width(points),
        .count = points->x.count,
        .finite = points->finite,
        .first = points->first,
        .last = points->last,
        .min = points->min,
        .max = points->max,
        .first_x = points->first_x,
        .last_x = points->last_x,
        .min_x = points->min_x,
        .max_x = points->max_x,
        .shown_last = smoothed ? points->last_smoothed : points->last,
    };
    curve->name = copy_text(arena, series->name);
    return curve->name && thin(curve, points, smoothed, pane->axis, bins);
}

/* What a log axis could not show, in words. */
static const char *warning_of(ritz_arena *arena, const ritz_panel *panel,
                              const bool refused[2], const ritz_axis axis[2])
{
    char text[96] = "";
    size_t lost[2] = {0, 0};
    for (size_t i = 0; i < panel->count; i++) {
        lost[0] += panel->series[i]->points.lost_x;
        lost[1] += panel->series[i]->points.lost_y;
    }
    for (int d = 1; d >= 0; d--) {
        const char *name = d == 0 ? "x" : "y";
        if (refused[d])
            snprintf(text, sizeof text,
                     "%s is linear: a log axis needs a value above 0", name);
        else if (axis[d].scale == RITZ_SCALE_LOG && lost[d] > 0)
            snprintf(text, sizeof text, "log %s leaves out %zu point%s <= 0",
                     name, lost[d], lost[d] == 1 ? "" : "s");
    }
    return copy_text(arena, text);
}

static bool copy_curves(ritz_arena *arena, ritz_pane *pane,
                        const ritz_panel *panel, size_t bins)
{
    pane->curve =
        ritz_arena_alloc(arena, 2 * panel->count + 1, sizeof *pane->curve);
    if (!pane->curve)
        return false;
    for (size_t i = 0; i < panel->count; i++) {
        const ritz_series *series = panel->series[i];
        if (!add_curve(arena, pane, series, false, bins))
            return false;
        if (series->points.half_life > 0 &&
            !add_curve(arena, pane, series, true, bins))
            return false;
    }
    return true;
}

static bool copy_panel(ritz_arena *arena, ritz_pane *pane,
                       const ritz_panel *panel, size_t bins)
{
    bool refused[2];
    pane->row = panel->row;
    pane->column = panel->column;
    pane->legend = panel->legend;
    pane->names = panel->names;
    ritz_panel_settle(pane->axis, refused, panel);
    pane->warning = warning_of(arena, panel, refused, pane->axis);
    bool good = pane->warning != NULL;
    for (int i = 0; i < RITZ_PANEL_TEXTS && good; i++) {
        pane->text[i] = copy_text(arena, panel->text[i]);
        good = pane->text[i] != NULL;
    }
    return good && copy_curves(arena, pane, panel, bins);
}

static bool copy_figure(ritz_picture *picture, const ritz_figure *figure,
                        size_t bins)
{
    picture->generation = atomic_load(&figure->generation);
    picture->title = copy_text(picture->arena, figure->title);
    picture->pane = ritz_arena_alloc(picture->arena, figure->count + 1,
                                     sizeof *picture->pane);
    if (!picture->title || !picture->pane)
        return false;
    for (size_t i = 0; i < figure->count; i++) {
        picture->count = i + 1;
        if (!copy_panel(picture->arena, &picture->pane[i], figure->panel[i],
                        bins))
            return false;
    }
    return true;
}

ritz_status ritz_picture_new(ritz_picture **out, ritz_figure *figure,
                             size_t bins, ritz_error *err)
{
    ritz_picture *picture = ritz_new(1, sizeof *picture);
    if (picture)
        picture->arena = ritz_arena_new();
    if (!picture || !picture->arena) {
        ritz_free(picture);
        return ritz_fail_memory(err, "figure: picture");
    }
    pthread_mutex_lock(&figure->lock);
    const bool good = copy_figure(picture, figure, bins > 2 ? bins : 2);
    pthread_mutex_unlock(&figure->lock);
    if (!good) {
        ritz_picture_delete(picture);
        return ritz_fail_memory(err, "figure: picture");
    }
    *out = picture;
    return RITZ_OK;
}

void ritz_picture_delete(ritz_picture *picture)
{
    if (!picture)
        return;
    for (size_t i = 0; i < picture->count; i++)
        for (size_t k = 0; k < picture->pane[i].count; k++)
            ritz_trail_free(&picture->pane[i].curve[k].trail);
    ritz_arena_delete(picture->arena);
    ritz_free(picture);
}

size_t ritz_picture_row(const ritz_picture *picture, size_t first)
{
    size_t n = 1;
    while (first + n < picture->count &&
           picture->pane[first + n].row == picture->pane[first].row)
        n++;
    return n;
}
