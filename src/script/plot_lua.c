/* plot_lua.c - figures, panels and series as values of Lua.
 *
 * A panel and a series are views into their figure, so each holds the figure
 * it belongs to as its user value. What arguments may look like is decided in
 * lua/ritz/plot.lua; here are numbers read from tensors and tables, and one
 * method for each thing that the figure model can do.
 */
#include "script/plot_lua.h"

#include "base/text.h"
#include "plot/export.h"
#include "plot/figure.h"
#include "plot/text.h"
#include "script/check.h"
#include "script/core.h"
#include "script/host.h"
#include "script/plot_values.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

#define FIGURE "ritz.figure"
#define PANEL  "ritz.panel"
#define SERIES "ritz.series"

/* --- handles ----------------------------------------------------------- */

static void *check_handle(lua_State *L, int index, const char *kind)
{
    void **handle = luaL_checkudata(L, index, kind);
    luaL_argcheck(L, *handle, index, "the figure was not made");
    return *handle;
}

static void **push_handle(lua_State *L, const char *kind)
{
    void **handle = lua_newuserdatauv(L, sizeof *handle, 1);
    *handle = NULL;
    luaL_setmetatable(L, kind);
    return handle;
}

/* Pushes a view of what belongs to the figure of the value at index 1. */
static void **push_view(lua_State *L, const char *kind)
{
    void **handle = push_handle(L, kind);
    if (luaL_testudata(L, 1, FIGURE))
        lua_pushvalue(L, 1);
    else
        lua_getiuservalue(L, 1, 1);
    lua_setiuservalue(L, -2, 1);
    return handle;
}

static int release_figure(lua_State *L)
{
    ritz_figure **figure = luaL_checkudata(L, 1, FIGURE);
    ritz_figure_release(*figure);
    *figure = NULL;
    return 0;
}

static int done(lua_State *L, ritz_status status, const ritz_error *err)
{
    return status == RITZ_OK ? 0 : ritz_raise(L, err);
}

/* --- series ------------------------------------------------------------ */

/* series:push(x, y); of a band: x, low, high */
static int l_push(lua_State *L)
{
    ritz_series *series = check_handle(L, 1, SERIES);
    const double x = ritz_check_value(L, 2);
    ritz_error err = {0};
    ritz_status status;
    if (lua_gettop(L) >= 4)
        status = ritz_series_push_band(series, x, ritz_check_value(L, 3),
                                       ritz_check_value(L, 4), &err);
    else
        status = ritz_series_push(
            series, x, lua_isnoneornil(L, 3) ? 0 : ritz_check_value(L, 3),
            &err);
    return done(L, status, &err);
}

/* append(series, x, y, column): columns of y one at a time. Where x is nil it
 * is 1, 2, ... */
static int l_append(lua_State *L)
{
    ritz_series *series = check_handle(L, 1, SERIES);
    const ritz_values *y = ritz_values_check(L, 3);
    const double *column = ritz_values_column(L, y, luaL_optinteger(L, 4, 1));
    const ritz_values *x;
    if (lua_isnoneornil(L, 2)) {
        ritz_values *count = ritz_values_push(L, y->rows, 1);
        for (int64_t i = 0; i < y->rows; i++)
            count->item[i] = (double)(i + 1);
        x = count;
    } else {
        x = ritz_values_check(L, 2);
    }
    if (x->rows != y->rows)
        return ritz_refuse(L, "plot: as many x as y wanted, got %lld and %lld",
                           (long long)x->rows, (long long)y->rows);
    const double *at = ritz_values_column(L, x, 1);
    ritz_error err = {0};
    return done(
        L, ritz_series_append(series, (size_t)y->rows, at, column, &err), &err);
}

/* append_band(series, x, low, high) */
static int l_append_band(lua_State *L)
{
    ritz_series *series = check_handle(L, 1, SERIES);
    const ritz_values *x = ritz_values_check(L, 2);
    const ritz_values *low = ritz_values_check(L, 3);
    const ritz_values *high = ritz_values_check(L, 4);
    if (x->columns * low->columns * high->columns != 1 ||
        x->rows != low->rows || x->rows != high->rows)
        return ritz_refuse(L,
                           "plot: vectors of one length wanted, got %lld, "
                           "%lld and %lld",
                           (long long)x->rows, (long long)low->rows,
                           (long long)high->rows);
    ritz_error err = {0};
    for (int64_t i = 0; i < x->rows; i++)
        if (ritz_series_push_band(series, x->item[i], low->item[i],
                                  high->item[i], &err) != RITZ_OK)
            return ritz_raise(L, &err);
    return 0;
}

static int l_clear(lua_State *L)
{
    ritz_series_clear(check_handle(L, 1, SERIES));
    return 0;
}

static int l_count(lua_State *L)
{
    const size_t count = ritz_series_count(check_handle(L, 1, SERIES));
    lua_pushinteger(L, (lua_Integer)count);
    return 1;
}

static int l_smooth(lua_State *L)
{
    ritz_series *series = check_handle(L, 1, SERIES);
    ritz_error err = {0};
    return done(L, ritz_series_smooth(series, luaL_checknumber(L, 2), &err),
                &err);
}

/* --- panels ------------------------------------------------------------ */

static int l_series(lua_State *L)
{
    static const char *const kinds[] = {
        [RITZ_SERIES_LINE] = "line",       [RITZ_SERIES_SCATTER] = "scatter",
        [RITZ_SERIES_BAND] = "band",       [RITZ_SERIES_BARS] = "bars",
        [RITZ_SERIES_MARKERS] = "markers", NULL,
    };
    ritz_panel *panel = check_handle(L, 1, PANEL);
    const char *name = luaL_checkstring(L, 2);
    if (lua_isnoneornil(L, 3)) {
        lua_settop(L, 2);
        lua_pushliteral(L, "line");
    }
    const int kind = ritz_check_word(L, 3, "a kind of series", kinds);
    ritz_series **series = (ritz_series **)push_view(L, SERIES);
    ritz_error err = {0};
    const ritz_status status =
        ritz_panel_series(series, panel, name, (ritz_series_kind)kind, &err);
    return status == RITZ_OK ? 1 : ritz_raise(L, &err);
}

/* set_text(panel, which, text) */
static int l_set_text(lua_State *L)
{
    static const char *const texts[] = {
        [RITZ_PANEL_TITLE] = "title",   [RITZ_PANEL_NUMBER] = "number",
        [RITZ_PANEL_XLABEL] = "xlabel", [RITZ_PANEL_YLABEL] = "ylabel",
        [RITZ_PANEL_NOTE] = "note",     NULL,
    };
    ritz_panel *panel = check_handle(L, 1, PANEL);
    const int which = ritz_check_word(L, 2, "a text", texts);
    ritz_error err = {0};
    return done(L,
                ritz_panel_set_text(panel, (ritz_panel_text)which,
                                    luaL_optstring(L, 3, NULL), &err),
                &err);
}

static ritz_direction check_direction(lua_State *L, int index)
{
    static const char *const directions[] = {"x", "y", NULL};
    return ritz_check_word(L, index, "an axis", directions) ? RITZ_Y : RITZ_X;
}

/* set_scale(panel, "x", "log") */
static int l_set_scale(lua_State *L)
{
    static const char *const scales[] = {
        [RITZ_SCALE_LINEAR] = "linear",
        [RITZ_SCALE_LOG] = "log",
        [RITZ_SCALE_SYMLOG] = "symlog",
        NULL,
    };
    ritz_panel *panel = check_handle(L, 1, PANEL);
    const ritz_direction direction = check_direction(L, 2);
    ritz_panel_set_scale(panel, direction,
                         (ritz_scale)ritz_check_word(L, 3, "a scale", scales));
    return 0;
}

/* set_limits(panel, "x", lo, hi): nil at either end is as the data are */
static int l_set_limits(lua_State *L)
{
    ritz_panel *panel = check_handle(L, 1, PANEL);
    const ritz_direction direction = check_direction(L, 2);
    ritz_error err = {0};
    return done(L,
                ritz_panel_set_limits(panel, direction,
                                      luaL_optnumber(L, 3, (double)NAN),
                                      luaL_optnumber(L, 4, (double)NAN), &err),
                &err);
}

static int l_set_legend(lua_State *L)
{
    ritz_panel_set_legend(check_handle(L, 1, PANEL), lua_toboolean(L, 2));
    return 0;
}

/* --- figures ----------------------------------------------------------- */

static int l_figure(lua_State *L)
{
    const char *title = luaL_optstring(L, 1, NULL);
    ritz_figure **figure = (ritz_figure **)push_handle(L, FIGURE);
    ritz_error err = {0};
    const ritz_status status = ritz_figure_new(figure, title, &err);
    return status == RITZ_OK ? 1 : ritz_raise(L, &err);
}

static int l_set_title(lua_State *L)
{
    ritz_figure *figure = check_handle(L, 1, FIGURE);
    ritz_error err = {0};
    return done(L, ritz_figure_set_title(figure, luaL_checkstring(L, 2), &err),
                &err);
}

/* A place in the grid, counted from 1. */
static size_t check_place(lua_State *L, int index, const char *what)
{
    const lua_Integer i = luaL_optinteger(L, index, 1);
    if (i < 1 || i > RITZ_FIGURE_SIDE)
        ritz_refuse(L, "panel: %s must be 1 to %d, got %lld", what,
                    (int)RITZ_FIGURE_SIDE, (long long)i);
    return (size_t)(i - 1);
}

static int l_panel(lua_State *L)
{
    ritz_figure *figure = check_handle(L, 1, FIGURE);
    const size_t row = check_place(L, 2, "row");
    const size_t column = check_place(L, 3, "column");
    ritz_panel **panel = (ritz_panel **)push_view(L, PANEL);
    ritz_error err = {0};
    const ritz_status status =
        ritz_figure_panel(panel, figure, row, column, &err);
    return status == RITZ_OK ? 1 : ritz_raise(L, &err);
}

static int l_save(lua_State *L)
{
    ritz_figure *figure = check_handle(L, 1, FIGURE);
    const char *path = luaL_checkstring(L, 2);
    const ritz_export size = {.width = luaL_optnumber(L, 3, 0),
                              .height = luaL_optnumber(L, 4, 0)};
    ritz_error err = {0};
    return done(L, ritz_figure_save(figure, path, &size, &err), &err);
}

static int push_result(lua_State *L, ritz_text *text, ritz_status status,
                       const ritz_error *err)
{
    if (status != RITZ_OK)
        return ritz_raise(L, err);
    if (text->failed)
        return ritz_refuse(L, "plot: no memory for the text of a figure");
    lua_pushlstring(L, ritz_text_view(text), text->length);
    return 1;
}

/* text(figure, width, height, ascii) */
static int l_text(lua_State *L)
{
    ritz_figure *figure = check_handle(L, 1, FIGURE);
    const lua_Integer width = luaL_checkinteger(L, 2);
    const lua_Integer height = luaL_optinteger(L, 3, 0);
    const bool ascii = lua_toboolean(L, 4);
    if (width < 1 || width > 1000 || height < 0 || height > 1000)
        return ritz_refuse(L,
                           "show: width 1 to 1000 and height 0 to 1000 "
                           "wanted, got %lld and %lld",
                           (long long)width, (long long)height);
    ritz_text *text = ritz_core_push_text(L);
    ritz_error err = {0};
    const ritz_status status = ritz_figure_text(text, figure, (size_t)width,
                                                (size_t)height, ascii, &err);
    return push_result(L, text, status, &err);
}

static int l_describe(lua_State *L)
{
    ritz_figure *figure = check_handle(L, 1, FIGURE);
    ritz_text *text = ritz_core_push_text(L);
    ritz_error err = {0};
    const ritz_status status = ritz_figure_describe(text, figure, &err);
    return push_result(L, text, status, &err);
}

/* announce(figure): from now on the interface draws it. */
static int l_announce(lua_State *L)
{
    ritz_figure *figure = check_handle(L, 1, FIGURE);
    const ritz_host *host = ritz_host_of(L);
    if (host && host->options->display.figure_opened)
        host->options->display.figure_opened(host->options->display.context,
                                             figure);
    return 0;
}

/* --- opening ----------------------------------------------------------- */

/* A metatable whose __index is a table of methods, which Lua may add to. Sets
 * the methods in the table on top of the stack under `field`. */
static void make_kind(lua_State *L, const char *kind, const char *field,
                      lua_CFunction collect, const luaL_Reg *methods)
{
    luaL_newmetatable(L, kind);
    if (collect) {
        lua_pushcfunction(L, collect);
        lua_setfield(L, -2, "__gc");
    }
    lua_newtable(L);
    if (methods)
        luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__index");
    if (field)
        lua_setfield(L, -3, field);
    else
        lua_pop(L, 1);
    lua_pop(L, 1);
}

void ritz_plot_lua_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"announce", l_announce},        {"append", l_append},
        {"append_band", l_append_band},  {"figure", l_figure},
        {"figure_describe", l_describe}, {"figure_panel", l_panel},
        {"figure_save", l_save},         {"figure_set_title", l_set_title},
        {"figure_text", l_text},         {"panel_legend", l_set_legend},
        {"panel_limits", l_set_limits},  {"panel_scale", l_set_scale},
        {"panel_text", l_set_text},      {NULL, NULL},
    };
    static const luaL_Reg panel_methods[] = {
        {"series", l_series},
        {NULL, NULL},
    };
    static const luaL_Reg series_methods[] = {
        {"clear", l_clear},   {"count", l_count}, {"push", l_push},
        {"smooth", l_smooth}, {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
    make_kind(L, FIGURE, "figure_methods", release_figure, NULL);
    make_kind(L, PANEL, "panel_methods", NULL, panel_methods);
    make_kind(L, SERIES, "series_methods", NULL, series_methods);
    ritz_values_open(L);
}
