/* pattern.c - string.find, match, gmatch and gsub over our own matcher.
 *
 * Lua's own versions of these four run in C where Ctrl-C cannot reach them;
 * match.c says more. Semantics are the manual's (6.4), to the error texts, so
 * that a script cannot tell the difference except by interrupting it.
 */
#include "script/pattern.h"

#include "script/match.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <string.h>

/* The function that raises interrupts, in the registry under this address. */
static const char stop_key;

void ritz_pattern_on_stop(lua_State *L, ritz_pattern_stop *stop)
{
    ritz_pattern_stop **kept = lua_newuserdatauv(L, sizeof stop, 0);
    *kept = stop;
    lua_rawsetp(L, LUA_REGISTRYINDEX, &stop_key);
}

static int stop(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &stop_key);
    ritz_pattern_stop *const *kept = lua_touserdata(L, -1);
    return kept ? (*kept)(L) : luaL_error(L, "interrupted");
}

typedef struct slice {
    const char *text;
    size_t length;
} slice;

static slice check_text(lua_State *L, int arg)
{
    slice s;
    s.text = luaL_checklstring(L, arg, &s.length);
    return s;
}

/* Leaves the captures as they are: clearing them costs more than a short
 * match. */
static void prepare(ritz_matcher *m, lua_State *L, slice subject, slice pattern)
{
    m->L = L;
    m->stop = stop;
    m->steps = 0;
    m->subject = subject.text;
    m->subject_end = subject.text + subject.length;
    m->pattern_end = pattern.text + pattern.length;
}

/* The optional argument `init` as an offset: it counts from 1, or from the end
 * when negative, and may lie past the end. */
static size_t check_init(lua_State *L, int arg, size_t length)
{
    const lua_Integer init = luaL_optinteger(L, arg, 1);
    if (init > 0)
        return (size_t)init - 1;
    if (init == 0 || init < -(lua_Integer)length)
        return 0;
    return length - (size_t)-init;
}

/* Capture `which` of the match from `s` to `end`; the whole match counts as
 * the first when the pattern has none. */
static void push_capture(const ritz_matcher *m, int which, const char *s,
                         const char *end)
{
    if (which >= m->count) {
        if (which != 0)
            luaL_error(m->L, "invalid capture index %%%d", which + 1);
        lua_pushlstring(m->L, s, (size_t)(end - s));
        return;
    }
    const ritz_capture *c = &m->capture[which];
    if (c->length == RITZ_CAPTURE_OPEN)
        luaL_error(m->L, "unfinished capture");
    if (c->length == RITZ_CAPTURE_POSITION)
        lua_pushinteger(m->L, c->start - m->subject + 1);
    else
        lua_pushlstring(m->L, c->start, (size_t)c->length);
}

static int push_captures(const ritz_matcher *m, const char *s, const char *end)
{
    const int n = m->count == 0 && s ? 1 : m->count;
    luaL_checkstack(m->L, n, "too many captures");
    for (int i = 0; i < n; i++)
        push_capture(m, i, s, end);
    return n;
}

static bool is_anchored(slice pattern)
{
    return pattern.text[0] == '^'; /* strings of Lua end in '\0' */
}

static bool is_plain(slice pattern)
{
    for (size_t i = 0; i < pattern.length; i++)
        if (memchr("^$*+?.([%-", pattern.text[i], 10))
            return false;
    return true;
}

static int find_plain(lua_State *L, slice subject, slice pattern, size_t init)
{
    const char *at = memmem(subject.text + init, subject.length - init,
                            pattern.text, pattern.length);
    if (!at) {
        luaL_pushfail(L);
        return 1;
    }
    const lua_Integer first = at - subject.text + 1;
    lua_pushinteger(L, first);
    lua_pushinteger(L, first + (lua_Integer)pattern.length - 1);
    return 2;
}

/* The first match at or after offset `init`: NULL, or its start, with the end
 * in `*end`. A '^' holds it to that place. */
static const char *search(ritz_matcher *m, const char **end, slice pattern,
                          size_t init)
{
    const bool anchored = is_anchored(pattern);
    const char *s = m->subject + init;
    do {
        *end = ritz_match(m, s, pattern.text + anchored);
        if (*end)
            return s;
    } while (s++ < m->subject_end && !anchored);
    return NULL;
}

static int find_or_match(lua_State *L, bool find)
{
    const slice subject = check_text(L, 1), pattern = check_text(L, 2);
    const size_t init = check_init(L, 3, subject.length);
    if (init > subject.length) {
        luaL_pushfail(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(pattern)))
        return find_plain(L, subject, pattern, init);

    ritz_matcher m;
    prepare(&m, L, subject, pattern);
    const char *end, *s = search(&m, &end, pattern, init);
    if (!s) {
        luaL_pushfail(L);
        return 1;
    }
    if (!find)
        return push_captures(&m, s, end);
    lua_pushinteger(L, s - m.subject + 1);
    lua_pushinteger(L, end - m.subject);
    return 2 + push_captures(&m, NULL, NULL);
}

static int l_find(lua_State *L)
{
    return find_or_match(L, true);
}

static int l_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* An iterator's memory. Its function keeps subject and pattern alive. */
typedef struct walk {
    ritz_matcher matcher;
    const char *s, *pattern;
    const char *last; /* where the last match ended */
} walk;

/* The next match that does not end where the last one did: an empty match
 * right after a match would be found for ever. */
static int l_gmatch_next(lua_State *L)
{
    walk *w = lua_touserdata(L, lua_upvalueindex(3));
    w->matcher.L = L; /* the coroutine that asks now */
    for (; w->s <= w->matcher.subject_end; w->s++) {
        const char *end = ritz_match(&w->matcher, w->s, w->pattern);
        if (!end || end == w->last)
            continue;
        const char *const s = w->s;
        w->s = w->last = end;
        return push_captures(&w->matcher, s, end);
    }
    return 0;
}

static int l_gmatch(lua_State *L)
{
    const slice subject = check_text(L, 1), pattern = check_text(L, 2);
    size_t init = check_init(L, 3, subject.length);
    lua_settop(L, 2);
    if (init > subject.length)
        init = subject.length + 1;
    walk *w = lua_newuserdatauv(L, sizeof *w, 0);
    w->s = subject.text + init;
    w->pattern = pattern.text;
    w->last = NULL;
    prepare(&w->matcher, L, subject, pattern);
    lua_pushcclosure(L, l_gmatch_next, 3);
    return 1;
}

/* The replacement text in argument 3, with %0 to %9 filled in. */
static void add_template(const ritz_matcher *m, luaL_Buffer *out, const char *s,
                         const char *end)
{
    slice rest;
    rest.text = lua_tolstring(m->L, 3, &rest.length);
    const char *const limit = rest.text + rest.length;
    const char *p = rest.text, *mark;
    while ((mark = memchr(p, '%', (size_t)(limit - p)))) {
        luaL_addlstring(out, p, (size_t)(mark - p));
        const char what = mark[1];
        p = mark + 2;
        if (what == '%') {
            luaL_addchar(out, '%');
        } else if (what == '0') {
            luaL_addlstring(out, s, (size_t)(end - s));
        } else if (what >= '1' && what <= '9') {
            push_capture(m, what - '1', s, end);
            luaL_addvalue(out);
        } else {
            luaL_error(m->L, "invalid use of '%%' in replacement string");
        }
    }
    luaL_addlstring(out, p, (size_t)(limit - p));
}

/* Adds what replaces the match from `s` to `end`; false when the match stays
 * as it is. */
static bool add_replacement(const ritz_matcher *m, luaL_Buffer *out,
                            const char *s, const char *end)
{
    lua_State *L = m->L;
    switch (lua_type(L, 3)) {
    case LUA_TFUNCTION:
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(m, s, end), 1);
        break;
    case LUA_TTABLE:
        push_capture(m, 0, s, end);
        lua_gettable(L, 3);
        break;
    default:
        add_template(m, out, s, end);
        return true;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, s, (size_t)(end - s));
        return false;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(out);
    return true;
}

/* Replaces up to `limit` matches; returns their number and adds the text up
 * to `*rest`. `*changed` says whether the text differs from the subject. */
static lua_Integer replace(ritz_matcher *m, luaL_Buffer *out, slice pattern,
                           lua_Integer limit, const char **rest, bool *changed)
{
    const bool anchored = is_anchored(pattern);
    const char *s = m->subject, *last = NULL;
    lua_Integer n = 0;
    while (n < limit) {
        const char *end = ritz_match(m, s, pattern.text + anchored);
        if (end && end != last) {
            n++;
            *changed |= add_replacement(m, out, s, end);
            s = last = end;
        } else if (s < m->subject_end) {
            luaL_addchar(out, *s);
            s++;
        } else {
            break;
        }
        if (anchored)
            break;
    }
    *rest = s;
    return n;
}

static int l_gsub(lua_State *L)
{
    const slice subject = check_text(L, 1), pattern = check_text(L, 2);
    const int type = lua_type(L, 3);
    const lua_Integer limit =
        luaL_optinteger(L, 4, (lua_Integer)subject.length + 1);
    luaL_argexpected(L,
                     type == LUA_TNUMBER || type == LUA_TSTRING ||
                         type == LUA_TFUNCTION || type == LUA_TTABLE,
                     3, "string/function/table");
    ritz_matcher m;
    prepare(&m, L, subject, pattern);
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    const char *rest;
    bool changed = false;
    const lua_Integer n = replace(&m, &out, pattern, limit, &rest, &changed);
    if (changed) {
        luaL_addlstring(&out, rest, (size_t)(m.subject_end - rest));
        luaL_pushresult(&out);
    } else {
        lua_pushvalue(L, 1); /* the very same string: nothing is copied */
    }
    lua_pushinteger(L, n);
    return 2;
}

int ritz_pattern_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"find", l_find},   {"gmatch", l_gmatch}, {"gsub", l_gsub},
        {"match", l_match}, {NULL, NULL},
    };
    lua_getglobal(L, LUA_STRLIBNAME);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
    return 0;
}
