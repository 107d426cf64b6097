/* series.c - the series of a panel, and what may be done to one. */
#include "base/memory.h"
#include "plot/figure.h"
#include "plot/figure_inside.h"

#include <math.h>
#include <string.h>

static void lock(ritz_series *series)
{
    pthread_mutex_lock(&series->panel->figure->lock);
}

static void unlock(ritz_series *series, bool changed)
{
    if (changed)
        atomic_fetch_add(&series->panel->figure->generation, 1);
    pthread_mutex_unlock(&series->panel->figure->lock);
}

static ritz_series *find(const ritz_panel *panel, const char *name,
                         ritz_series_kind kind)
{
    for (size_t i = 0; i < panel->count; i++)
        if (panel->series[i]->kind == kind &&
            strcmp(panel->series[i]->name, name) == 0)
            return panel->series[i];
    return NULL;
}

static size_t order_of(ritz_panel *panel, const char *name)
{
    for (size_t i = 0; i < panel->count; i++)
        if (strcmp(panel->series[i]->name, name) == 0)
            return panel->series[i]->order;
    return panel->names++;
}

static ritz_series *add(ritz_panel *panel, const char *name,
                        ritz_series_kind kind)
{
    if (!ritz_reserve(&panel->series, &panel->capacity, panel->count + 1,
                      sizeof(ritz_series *)))
        return NULL;
    ritz_series *series = ritz_new(1, sizeof *series);
    char *copy = ritz_copy_text(name);
    if (!series || !copy) {
        ritz_free(series);
        ritz_free(copy);
        return NULL;
    }
    *series = (ritz_series){.panel = panel,
                            .name = copy,
                            .kind = kind,
                            .order = order_of(panel, name),
                            .points.paired = kind == RITZ_SERIES_BAND};
    panel->series[panel->count++] = series;
    return series;
}

ritz_status ritz_panel_series(ritz_series **out, ritz_panel *panel,
                              const char *name, ritz_series_kind kind,
                              ritz_error *err)
{
    pthread_mutex_t *mutex = &panel->figure->lock;
    pthread_mutex_lock(mutex);
    ritz_series *series = find(panel, name ? name : "", kind);
    if (!series) {
        series = add(panel, name ? name : "", kind);
        atomic_fetch_add(&panel->figure->generation, 1);
    }
    pthread_mutex_unlock(mutex);
    if (!series)
        return ritz_fail_memory(err, "figure: series");
    *out = series;
    return RITZ_OK;
}

static ritz_status push(ritz_series *series, double x, double y, double high,
                        ritz_error *err)
{
    lock(series);
    const bool good = ritz_points_push(&series->points, x, y, high);
    unlock(series, good);
    return good ? RITZ_OK : ritz_fail_memory(err, "figure: point");
}

ritz_status ritz_series_push(ritz_series *series, double x, double y,
                             ritz_error *err)
{
    /* A marker has a place on x only: 1 has one on every y scale. */
    return push(series, x, series->kind == RITZ_SERIES_MARKERS ? 1 : y, y, err);
}

ritz_status ritz_series_push_band(ritz_series *series, double x, double low,
                                  double high, ritz_error *err)
{
    if (series->kind != RITZ_SERIES_BAND)
        return ritz_fail(err, RITZ_EVALUE,
                         "figure: series %s must be a band to take two curves",
                         series->name);
    return push(series, x, low, high, err);
}

ritz_status ritz_series_append(ritz_series *series, size_t n, const double *x,
                               const double *y, ritz_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const ritz_status status = ritz_series_push(series, x[i], y[i], err);
        if (status != RITZ_OK)
            return status;
    }
    return RITZ_OK;
}

void ritz_series_clear(ritz_series *series)
{
    lock(series);
    ritz_points_clear(&series->points);
    unlock(series, true);
}

size_t ritz_series_count(ritz_series *series)
{
    lock(series);
    const size_t count = series->points.x.count;
    unlock(series, false);
    return count;
}

ritz_status ritz_series_smooth(ritz_series *series, double half_life,
                               ritz_error *err)
{
    if (!(half_life >= 0) || isinf(half_life) ||
        (half_life > 0 && series->kind != RITZ_SERIES_LINE))
        return ritz_fail(err, RITZ_EVALUE,
                         "figure: smoothing needs a line and a half-life that "
                         "is finite and not negative, got %g for %s",
                         half_life, series->name);
    lock(series);
    const bool same = series->points.half_life == half_life;
    const bool good = same || ritz_points_smooth(&series->points, half_life);
    unlock(series, !same);
    return good ? RITZ_OK : ritz_fail_memory(err, "figure: smoothing");
}
