/* tree.c - nested tables of tensors, as arguments and results. */
#include "script/tree.h"

#include "script/check.h"
#include "script/handle.h"

#include <lauxlib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH = 64,    /* a deeper table contains itself, most likely */
    KEYS_HERE = 24 /* string keys that need no memory of their own */
};

/* A string key: the bytes live as long as the table that holds it. */
typedef struct key {
    const char *bytes;
    size_t length;
} key;

static int compare_keys(const void *a, const void *b)
{
    const key *x = a, *y = b;
    const size_t n = x->length < y->length ? x->length : y->length;
    const int order = memcmp(x->bytes, y->bytes, n);
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

static void refuse_key(lua_State *L)
{
    ritz_refuse(L, "tree: keys must be 1..n or strings, got the key %s",
                ritz_got_at(L, -2).text);
}

/* Checks the keys of the table at `index`; gives 1..n and the number of the
 * string keys. */
static size_t count_keys(lua_State *L, int index, lua_Integer *n)
{
    size_t strings = 0;
    lua_Integer integers = 0, largest = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING) {
            strings++;
        } else if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > 0) {
            const lua_Integer i = lua_tointeger(L, -2);
            integers++;
            largest = i > largest ? i : largest;
        } else {
            refuse_key(L);
        }
    }
    if (largest != integers)
        ritz_refuse(L,
                    "tree: keys must be 1..n without holes, got %lld of %lld",
                    (long long)integers, (long long)largest);
    *n = largest;
    return strings;
}

static void sort_keys(lua_State *L, int index, key *keys, size_t n)
{
    size_t i = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING) {
            keys[i].bytes = lua_tolstring(L, -2, &keys[i].length);
            i++;
        }
    qsort(keys, n, sizeof *keys, compare_keys);
}

typedef struct walk {
    lua_State *L;
    int depth;
    /* Enters with the key and the value on top; pops both. */
    void (*step)(struct walk *w, int into);
    void *context;
} walk;

/* Calls w->step for every entry of the table at `index`, in order. */
static void each_entry(walk *w, int index, int into)
{
    lua_State *L = w->L;
    if (++w->depth > DEPTH)
        ritz_refuse(L,
                    "tree: nested deeper than %d tables: does one contain "
                    "itself?",
                    DEPTH);
    luaL_checkstack(L, LUA_MINSTACK, "tree");
    lua_Integer n;
    const size_t strings = count_keys(L, index, &n);
    key here[KEYS_HERE], *keys = here;
    const int top = lua_gettop(L);
    if (strings > KEYS_HERE)
        keys = lua_newuserdatauv(L, strings * sizeof *keys, 0);
    sort_keys(L, index, keys, strings);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_pushinteger(L, i);
        lua_rawgeti(L, index, i);
        w->step(w, into);
    }
    for (size_t i = 0; i < strings; i++) {
        lua_pushlstring(L, keys[i].bytes, keys[i].length);
        lua_pushvalue(L, -1);
        lua_rawget(L, index);
        w->step(w, into);
    }
    lua_settop(L, top);
    w->depth--;
}

/* Walking. */

typedef struct visiting {
    ritz_tree_visit *visit;
    void *context;
} visiting;

static void visit_value(walk *w);

static void visit_entry(walk *w, int into)
{
    (void)into;
    const visiting *v = w->context;
    lua_insert(w->L, -2);
    v->visit(w->L, RITZ_TREE_KEY, v->context);
    lua_pop(w->L, 1);
    visit_value(w);
    lua_pop(w->L, 1);
}

static void visit_value(walk *w)
{
    const visiting *v = w->context;
    if (lua_type(w->L, -1) != LUA_TTABLE) {
        v->visit(w->L, RITZ_TREE_LEAF, v->context);
        return;
    }
    v->visit(w->L, RITZ_TREE_OPEN, v->context);
    each_entry(w, lua_gettop(w->L), 0);
    v->visit(w->L, RITZ_TREE_CLOSE, v->context);
}

void ritz_tree_walk(lua_State *L, int index, ritz_tree_visit *visit,
                    void *context)
{
    visiting v = {visit, context};
    walk w = {.L = L, .step = visit_entry, .context = &v};
    lua_pushvalue(L, index);
    visit_value(&w);
    lua_pop(L, 1);
}

/* Copying with other leaves. */

typedef struct copying {
    /* Replaces the leaf on top of the stack. */
    void (*leaf)(lua_State *L, const struct copying *c);
    int list, kinds;
} copying;

static void copy_value(walk *w);

static void copy_entry(walk *w, int into)
{
    copy_value(w);
    lua_rawset(w->L, into);
}

/* Replaces the value on top by its copy. */
static void copy_value(walk *w)
{
    lua_State *L = w->L;
    const copying *c = w->context;
    if (lua_type(L, -1) != LUA_TTABLE) {
        c->leaf(L, c);
        return;
    }
    const int source = lua_gettop(L);
    lua_newtable(L);
    if (lua_getmetatable(L, source))
        lua_setmetatable(L, -2);
    each_entry(w, source, source + 1);
    lua_remove(L, source);
}

static void copy(lua_State *L, int index, copying *c)
{
    walk w = {.L = L, .step = copy_entry, .context = c};
    lua_pushvalue(L, index);
    copy_value(&w);
}

static bool is_leaf(lua_State *L, int kinds)
{
    if (lua_type(L, -1) == LUA_TNUMBER)
        return kinds & RITZ_TREE_NUMBERS;
    return ritz_handle_test(L, -1) != NULL;
}

static void to_placeholder(lua_State *L, const copying *c)
{
    if (!is_leaf(L, c->kinds))
        return;
    const lua_Unsigned at = lua_rawlen(L, c->list) + 1;
    lua_rawseti(L, c->list, (lua_Integer)at);
    lua_pushlightuserdata(L, (void *)(uintptr_t)at);
}

static void from_placeholder(lua_State *L, const copying *c)
{
    if (!lua_islightuserdata(L, -1))
        return;
    const lua_Integer at = (lua_Integer)(uintptr_t)lua_touserdata(L, -1);
    lua_pop(L, 1);
    lua_rawgeti(L, c->list, at);
}

void ritz_tree_flatten(lua_State *L, int index, int list, int leaves)
{
    copying c = {to_placeholder, lua_absindex(L, list), leaves};
    copy(L, lua_absindex(L, index), &c);
}

void ritz_tree_unflatten(lua_State *L, int index, int list)
{
    copying c = {from_placeholder, lua_absindex(L, list), 0};
    copy(L, lua_absindex(L, index), &c);
}

/* Comparing. */

static size_t count_entries(lua_State *L, int table)
{
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        n++;
    return n;
}

/* Statics may differ: what counts is where the leaves are. */
static bool alike(lua_State *L, int a, int b)
{
    if (lua_islightuserdata(L, a) || lua_islightuserdata(L, b))
        return lua_rawequal(L, a, b);
    if (lua_type(L, a) != LUA_TTABLE || lua_type(L, b) != LUA_TTABLE)
        return lua_type(L, a) != LUA_TTABLE && lua_type(L, b) != LUA_TTABLE;
    luaL_checkstack(L, LUA_MINSTACK, "tree");
    if (count_entries(L, a) != count_entries(L, b))
        return false;
    const int top = lua_gettop(L);
    bool same = true;
    for (lua_pushnil(L); same && lua_next(L, a);) {
        lua_pushvalue(L, -2);
        lua_rawget(L, b);
        same = alike(L, top + 2, top + 3);
        lua_settop(L, top + 1);
    }
    lua_settop(L, top);
    return same;
}

bool ritz_tree_alike(lua_State *L, int a, int b)
{
    return alike(L, lua_absindex(L, a), lua_absindex(L, b));
}
