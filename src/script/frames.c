/* frames.c - the lines of the user's script that an error came from.
 *
 * Lua puts one position in front of a message: that of the function that
 * raised it, which may be ours. Here such positions are taken off again and
 * become lines of their own, so that a message reads the same wherever it was
 * raised. Text is built in Lua's memory only: all of it may raise.
 */
#include "script/frames.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

/* Levels of the stack that are looked at from either end: lua_getstack takes
 * time in proportion to the level, and a recursion that ran wild has 10^5. */
enum { LEVELS_FIRST = 16, LEVELS_LAST = 4 };

static const char own_key, note_key; /* addresses in the registry */

void ritz_frames_own(lua_State *L, const char *lua_dir)
{
    lua_pushfstring(L, "@%s/ritz/", lua_dir);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &own_key);
}

static bool is_own(lua_State *L, const char *source)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key);
    const char *own = lua_tostring(L, -1);
    const bool is = own && strncmp(source, own, strlen(own)) == 0;
    lua_pop(L, 1);
    return is;
}

static bool frame_at(lua_State *L, int level, lua_Debug *ar, bool *users)
{
    if (!lua_getstack(L, level, ar))
        return false;
    lua_getinfo(L, "Sl", ar);
    *users = ar->currentline > 0 && !is_own(L, ar->source);
    return true;
}

bool ritz_frame_find(lua_State *L, int level, lua_Debug *ar)
{
    for (bool users; frame_at(L, level, ar, &users); level++)
        if (users)
            return true;
    return false;
}

const char *ritz_frame_source(const lua_Debug *ar)
{
    return *ar->source == '@' || *ar->source == '=' ? ar->source + 1
                                                    : ar->short_src;
}

/* The number of levels of the stack. */
static int depth_of(lua_State *L)
{
    lua_Debug ar;
    int low = 0, high = 1;
    while (lua_getstack(L, high - 1, &ar)) {
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        if (lua_getstack(L, middle - 1, &ar))
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Pushes the lines of the user's frames of `from`, each "\n  file:line". */
static void push_frames(lua_State *L, lua_State *from)
{
    const int depth = depth_of(from);
    const bool deep = depth > LEVELS_FIRST + LEVELS_LAST;
    lua_Debug ar;
    bool users;
    lua_pushliteral(L, "");
    for (int level = 0; frame_at(from, level, &ar, &users); level++) {
        if (users) {
            lua_pushfstring(L, "\n  %s:%d", ritz_frame_source(&ar),
                            ar.currentline);
            lua_concat(L, 2);
        }
        if (deep && level == LEVELS_FIRST) {
            level = depth - LEVELS_LAST;
            lua_pushfstring(L, "\n  ... (%d levels)", level - LEVELS_FIRST);
            lua_concat(L, 2);
        }
    }
}

void ritz_frames_note(lua_State *L, lua_State *from)
{
    if (!lua_checkstack(from, 4))
        return;
    lua_pushvalue(from, -1);
    lua_xmove(from, L, 1); /* no effect within one state */
    push_frames(L, from);
    lua_createtable(L, 2, 0);
    lua_insert(L, -3);
    lua_rawseti(L, -3, 2);
    lua_rawseti(L, -2, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &note_key);
}

/* True when the error `index` is the noted one, perhaps behind positions that
 * were put in front of it on its way. */
static bool is_noted(lua_State *L, int index, int noted)
{
    if (lua_rawequal(L, index, noted))
        return true;
    if (lua_type(L, index) != LUA_TSTRING || lua_type(L, noted) != LUA_TSTRING)
        return false;
    size_t n, m;
    const char *text = lua_tolstring(L, index, &n);
    const char *tail = lua_tolstring(L, noted, &m);
    return m > 0 && n >= m && memcmp(text + n - m, tail, m) == 0;
}

/* Pushes the noted frames of the error at `index`, or "", and forgets them. */
static void push_noted(lua_State *L, int index)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &note_key);
    if (lua_istable(L, -1)) {
        lua_rawgeti(L, -1, 1);
        if (is_noted(L, index, lua_gettop(L)))
            lua_rawgeti(L, -2, 2);
        else
            lua_pushliteral(L, "");
        lua_replace(L, -3);
        lua_pop(L, 1);
    } else {
        lua_pop(L, 1);
        lua_pushliteral(L, "");
    }
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &note_key);
}

/* The length of a position "source:line: " at the start of the text, or 0. A
 * source has no space, but for the name of a string: [string "..."]. */
static size_t position_length(const char *text)
{
    const char *s = text;
    if (*s == '[') {
        const char *close = strstr(s, "\"]:");
        if (!close)
            return 0;
        s = close + 2;
    } else {
        while (*s && !isspace((unsigned char)*s) &&
               !(s[0] == ':' && isdigit((unsigned char)s[1])))
            s++;
    }
    if (s == text || *s != ':')
        return 0;
    const char *digits = ++s;
    while (isdigit((unsigned char)*s))
        s++;
    if (s == digits || strncmp(s, ": ", 2) != 0)
        return 0;
    return (size_t)(s + 2 - text);
}

/* True when a frame of the stack stands at this position (without its last
 * two bytes), or the position is in ritz's own sources. */
static bool is_on_stack(lua_State *L, const char *position, size_t n)
{
    lua_Debug ar;
    bool users;
    char text[LUA_IDSIZE + 32];
    for (int level = 0; level < LEVELS_FIRST && frame_at(L, level, &ar, &users);
         level++) {
        const int length =
            snprintf(text, sizeof text, "%s:%d", ar.short_src, ar.currentline);
        if ((size_t)length == n && memcmp(text, position, n) == 0)
            return true;
    }
    return false;
}

/* Pushes the text of the error value at `index`: its string, or what its
 * metamethod says, or what it is. */
static void push_message(lua_State *L, int index)
{
    if (lua_type(L, index) == LUA_TSTRING || lua_isnumber(L, index)) {
        lua_pushvalue(L, index);
        lua_tostring(L, -1);
    } else if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
        lua_pushvalue(L, index);
        if (lua_pcall(L, 1, 1, 0) != LUA_OK || !lua_isstring(L, -1)) {
            lua_pop(L, 1);
            lua_pushfstring(L,
                            "an error object that is a %s whose __tostring "
                            "fails",
                            luaL_typename(L, index));
        }
    } else {
        lua_pushfstring(L, "the error object is a %s value",
                        luaL_typename(L, index));
    }
}

int ritz_frames_keep(lua_State *L)
{
    lua_settop(L, 1);
    ritz_frames_note(L, L);
    lua_settop(L, 1);
    return 1;
}

int ritz_frames_show(lua_State *L)
{
    lua_settop(L, 1);
    push_noted(L, 1);       /* 2 */
    push_message(L, 1);     /* 3 */
    lua_pushliteral(L, ""); /* 4: positions that are no frame */
    const char *text = lua_tostring(L, 3);
    const bool noted = *lua_tostring(L, 2) != '\0';
    for (size_t n; (n = position_length(text)) > 0; text += n) {
        if (noted || is_on_stack(L, text, n - 2))
            continue;
        lua_pushliteral(L, "\n  ");
        lua_pushlstring(L, text, n - 2);
        lua_pushvalue(L, 4);
        lua_concat(L, 3); /* inner positions come later in the text */
        lua_replace(L, 4);
    }
    lua_pushstring(L, text);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 4);
    push_frames(L, L);
    lua_concat(L, 4);
    return 1;
}
