/* tree.c - nested tables of tensors, as arguments and results.
 *
 * A plan's arguments are walked at every call, so the walk is short: one pass
 * over a table's keys, which are sorted in place on the C stack. Rebuilding
 * needs no order, because a placeholder knows which leaf it stands for.
 */
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

/* The keys of one table: 1..n, and `count` strings in order. */
typedef struct keys {
    ritz_tree_key here[KEYS_HERE], *string;
    size_t count, room;
    lua_Integer n;
} keys;

static int compare_keys(const void *a, const void *b)
{
    const ritz_tree_key *x = a, *y = b;
    const size_t n = x->length < y->length ? x->length : y->length;
    const int order = memcmp(x->bytes, y->bytes, n);
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

static void sort_keys(keys *k)
{
    if (k->count > KEYS_HERE) {
        qsort(k->string, k->count, sizeof *k->string, compare_keys);
        return;
    }
    for (size_t i = 1; i < k->count; i++) {
        const ritz_tree_key key = k->string[i];
        size_t at = i;
        for (; at > 0 && compare_keys(&key, &k->string[at - 1]) < 0; at--)
            k->string[at] = k->string[at - 1];
        k->string[at] = key;
    }
}

/* Adds the string key below the top. More keys than fit are moved into a
 * userdata, which stands at `slot`. */
static void add_key(lua_State *L, keys *k, int slot)
{
    if (k->count == k->room) {
        const size_t room = 2 * k->room;
        ritz_tree_key *more = lua_newuserdatauv(L, room * sizeof *more, 0);
        memcpy(more, k->string, k->count * sizeof *more);
        lua_replace(L, slot);
        k->string = more;
        k->room = room;
    }
    ritz_tree_key *key = &k->string[k->count++];
    key->bytes = lua_tolstring(L, -2, &key->length);
}

/* Reads the keys of the table at `index`. Pushes one value. */
static void read_keys(lua_State *L, int index, keys *k)
{
    lua_Integer largest = 0;
    k->string = k->here;
    k->room = KEYS_HERE;
    k->count = 0;
    k->n = 0;
    lua_pushnil(L);
    const int slot = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING) {
            add_key(L, k, slot);
        } else if (lua_isinteger(L, -2) && lua_tointeger(L, -2) > 0) {
            const lua_Integer i = lua_tointeger(L, -2);
            largest = i > largest ? i : largest;
            k->n++;
        } else {
            ritz_refuse(L, "tree: keys must be 1..n or strings, got the key %s",
                        ritz_got_at(L, -2).text);
        }
    }
    if (largest != k->n)
        ritz_refuse(L,
                    "tree: keys must be 1..n without holes, got %lld of %lld",
                    (long long)k->n, (long long)largest);
    sort_keys(k);
}

static void check_depth(lua_State *L, int depth)
{
    if (depth > DEPTH)
        ritz_refuse(L,
                    "tree: nested deeper than %d tables: does one contain "
                    "itself?",
                    DEPTH);
    luaL_checkstack(L, LUA_MINSTACK, "tree");
}

/* Pushes the value of a key of the table at `index`. */
static void push_entry(lua_State *L, int index, const ritz_tree_key *key)
{
    if (key->bytes) {
        lua_pushlstring(L, key->bytes, key->length);
        lua_rawget(L, index);
    } else {
        lua_rawgeti(L, index, key->index);
    }
}

/* The i-th key, 1..n first. */
static ritz_tree_key key_at(const keys *k, size_t i)
{
    if (i < (size_t)k->n)
        return (ritz_tree_key){.index = (lua_Integer)i + 1};
    return k->string[i - (size_t)k->n];
}

/* Walking. */

typedef struct walk {
    lua_State *L;
    ritz_tree_visit *visit;
    void *context;
} walk;

/* Visits the value on top of the stack. */
static void visit_value(const walk *w, int depth)
{
    lua_State *L = w->L;
    if (lua_type(L, -1) != LUA_TTABLE) {
        w->visit(L, RITZ_TREE_LEAF, NULL, w->context);
        return;
    }
    check_depth(L, depth);
    const int table = lua_gettop(L);
    keys k;
    w->visit(L, RITZ_TREE_OPEN, NULL, w->context);
    read_keys(L, table, &k);
    for (size_t i = 0; i < (size_t)k.n + k.count; i++) {
        const ritz_tree_key key = key_at(&k, i);
        w->visit(L, RITZ_TREE_KEY, &key, w->context);
        push_entry(L, table, &key);
        visit_value(w, depth + 1);
        lua_pop(L, 1);
    }
    lua_settop(L, table);
    w->visit(L, RITZ_TREE_CLOSE, NULL, w->context);
}

void ritz_tree_walk(lua_State *L, int index, ritz_tree_visit *visit,
                    void *context)
{
    const walk w = {L, visit, context};
    lua_pushvalue(L, index);
    visit_value(&w, 1);
    lua_pop(L, 1);
}

/* Flattening: templates with placeholders. */

static bool is_leaf(lua_State *L, int kinds)
{
    if (lua_type(L, -1) == LUA_TNUMBER)
        return kinds & RITZ_TREE_NUMBERS;
    return ritz_handle_test(L, -1) != NULL;
}

/* Replaces the leaf on top by its placeholder. */
static void take_leaf(lua_State *L, int list, int kinds)
{
    if (!is_leaf(L, kinds))
        return;
    const lua_Unsigned at = lua_rawlen(L, list) + 1;
    lua_rawseti(L, list, (lua_Integer)at);
    lua_pushlightuserdata(L, (void *)(uintptr_t)at);
}

static size_t count_entries(lua_State *L, int table)
{
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        n++;
    return n;
}

/* Pushes an empty table with the room and the metatable of another. */
static void push_table_like(lua_State *L, int index)
{
    const int rows = (int)lua_rawlen(L, index);
    lua_createtable(L, rows, (int)count_entries(L, index) - rows);
    if (lua_getmetatable(L, index))
        lua_setmetatable(L, -2);
}

/* Replaces the value on top by its template. */
static void flatten(lua_State *L, int list, int kinds, int depth)
{
    if (lua_type(L, -1) != LUA_TTABLE) {
        take_leaf(L, list, kinds);
        return;
    }
    check_depth(L, depth);
    const int table = lua_gettop(L);
    keys k;
    push_table_like(L, table);
    read_keys(L, table, &k);
    for (size_t i = 0; i < (size_t)k.n + k.count; i++) {
        const ritz_tree_key key = key_at(&k, i);
        if (key.bytes)
            lua_pushlstring(L, key.bytes, key.length);
        else
            lua_pushinteger(L, key.index);
        push_entry(L, table, &key);
        flatten(L, list, kinds, depth + 1);
        lua_rawset(L, table + 1);
    }
    lua_settop(L, table + 1);
    lua_remove(L, table);
}

void ritz_tree_flatten(lua_State *L, int index, int list, int leaves)
{
    list = lua_absindex(L, list);
    lua_pushvalue(L, index);
    flatten(L, list, leaves, 1);
}

/* Rebuilding. */

typedef struct rebuilding {
    ritz_tree_leaf *leaf;
    void *context;
} rebuilding;

/* Pushes what the template at `index` makes; a template has no cycle. */
static void rebuild(lua_State *L, int index, const rebuilding *r)
{
    if (lua_islightuserdata(L, index)) {
        r->leaf(L, (lua_Integer)(uintptr_t)lua_touserdata(L, index),
                r->context);
        return;
    }
    if (lua_type(L, index) != LUA_TTABLE) {
        lua_pushvalue(L, index);
        return;
    }
    luaL_checkstack(L, LUA_MINSTACK, "tree");
    push_table_like(L, index);
    const int table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        rebuild(L, table + 2, r);
        lua_rawset(L, table);
    }
}

void ritz_tree_rebuild(lua_State *L, int index, ritz_tree_leaf *leaf,
                       void *context)
{
    const rebuilding r = {leaf, context};
    rebuild(L, lua_absindex(L, index), &r);
}

static void push_from_list(lua_State *L, lua_Integer leaf, void *context)
{
    lua_rawgeti(L, *(const int *)context, leaf);
}

void ritz_tree_unflatten(lua_State *L, int index, int list)
{
    list = lua_absindex(L, list);
    ritz_tree_rebuild(L, index, push_from_list, &list);
}

/* Comparing. */

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
