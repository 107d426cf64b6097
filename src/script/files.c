/* files.c - what lua/ritz needs of C: folders, whole files, the nearest of
 * many names, the terminal's width.
 */
#include "script/files.h"

#include "base/file.h"
#include "script/check.h"

#include <dirent.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH = 80, WIDTH_LEAST = 20, LISTED = 10000 };

/* A directory stream that Lua closes, whatever is raised meanwhile. */
static int close_folder(lua_State *L)
{
    DIR **folder = lua_touserdata(L, 1);
    if (*folder)
        closedir(*folder);
    *folder = NULL;
    return 0;
}

static DIR **push_folder(lua_State *L)
{
    DIR **folder = lua_newuserdatauv(L, sizeof *folder, 0);
    *folder = NULL;
    if (luaL_newmetatable(L, "ritz.folder")) {
        lua_pushcfunction(L, close_folder);
        lua_setfield(L, -2, "__gc");
        lua_pushcfunction(L, close_folder);
        lua_setfield(L, -2, "__close");
    }
    lua_setmetatable(L, -2);
    return folder;
}

/* list(folder): its entries, folders with a slash at their end, in no order;
 * an empty list when it cannot be read. */
static int l_list(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    lua_newtable(L);
    DIR **folder = push_folder(L);
    lua_toclose(L, -1);
    *folder = opendir(path);
    lua_Integer n = 0;
    for (struct dirent *e; *folder && n < LISTED && (e = readdir(*folder));) {
        lua_pushfstring(L, "%s%s", e->d_name, e->d_type == DT_DIR ? "/" : "");
        lua_rawseti(L, 2, ++n);
    }
    lua_pushvalue(L, 2);
    return 1;
}

/* write(path, text): the whole file or none of it. */
static int l_write(lua_State *L)
{
    size_t n;
    const char *path = luaL_checkstring(L, 1);
    const char *text = luaL_checklstring(L, 2, &n);
    ritz_error err = {0};
    if (ritz_file_write(path, text, n, &err) != RITZ_OK)
        return luaL_error(L, "%s", err.text);
    return 0;
}

static int l_make_folder(lua_State *L)
{
    ritz_error err = {0};
    if (ritz_make_folder(luaL_checkstring(L, 1), &err) != RITZ_OK)
        return luaL_error(L, "%s", err.text);
    return 0;
}

/* describe(value): what it is, for messages: the string "x", 3, f32[2,3]. */
static int l_describe(lua_State *L)
{
    lua_pushstring(L, ritz_got_at(L, 1).text);
    return 1;
}

/* nearest(word, list): the text of the list that the word was meant to be, or
 * nil. */
static int l_nearest(lua_State *L)
{
    const char *word = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    const size_t n = lua_rawlen(L, 2);
    const char **known = lua_newuserdatauv(L, (n + 1) * sizeof *known, 0);
    size_t count = 0;
    for (size_t i = 1; i <= n; i++) {
        /* The list holds the text, so the view outlives the pop. */
        if (lua_rawgeti(L, 2, (lua_Integer)i) == LUA_TSTRING)
            known[count++] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    lua_pushstring(L, ritz_nearest_of(word, known, count));
    return 1;
}

/* width(): columns of the terminal, or 80. */
static int l_width(lua_State *L)
{
    struct winsize size = {0};
    int width = 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    else if (getenv("COLUMNS"))
        width = atoi(getenv("COLUMNS"));
    lua_pushinteger(L, width >= WIDTH_LEAST ? width : WIDTH);
    return 1;
}

void ritz_files_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"list", l_list},       {"make_folder", l_make_folder},
        {"nearest", l_nearest}, {"describe", l_describe},
        {"width", l_width},     {"write", l_write},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
