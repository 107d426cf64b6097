/* tree_lua.c - ritz.tree: what scripts do with nested tables of tensors. */
#include "script/tree.h"

#include "script/check.h"
#include "script/document.h"
#include "script/handle.h"

#include <lauxlib.h>

enum { LEAVES = RITZ_TREE_TENSORS | RITZ_TREE_NUMBERS, MOST = 200 };

static int l_leaves(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_newtable(L);
    ritz_tree_flatten(L, 1, lua_gettop(L), LEAVES);
    lua_pop(L, 1);
    return 1;
}

/* Names: the keys on the way to a leaf, joined by points. */

typedef struct naming {
    int keys, names; /* tables on the stack */
    int depth;
    int kinds;
} naming;

static void push_name(lua_State *L, const naming *n)
{
    lua_pushliteral(L, "");
    for (int i = 1; i <= n->depth; i++) {
        if (i > 1)
            lua_pushliteral(L, ".");
        lua_rawgeti(L, n->keys, i);
        lua_concat(L, i > 1 ? 3 : 2);
    }
}

static void name_event(lua_State *L, ritz_tree_event event,
                       const ritz_tree_key *key, void *context)
{
    naming *n = context;
    if (event == RITZ_TREE_OPEN) {
        n->depth++;
    } else if (event == RITZ_TREE_CLOSE) {
        n->depth--;
    } else if (event == RITZ_TREE_KEY) {
        if (key->bytes)
            lua_pushlstring(L, key->bytes, key->length);
        else
            lua_pushfstring(L, "%I", (LUAI_UACINT)key->index);
        lua_rawseti(L, n->keys, n->depth);
    } else if (ritz_handle_test(L, -1) ||
               (n->kinds & RITZ_TREE_NUMBERS && lua_isnumber(L, -1))) {
        push_name(L, n);
        lua_rawseti(L, n->names, (lua_Integer)lua_rawlen(L, n->names) + 1);
    }
}

void ritz_tree_names(lua_State *L, int index, int leaves)
{
    index = lua_absindex(L, index);
    lua_newtable(L);
    lua_newtable(L);
    const int top = lua_gettop(L);
    naming n = {.names = top - 1, .keys = top, .kinds = leaves};
    ritz_tree_walk(L, index, name_event, &n);
    lua_settop(L, top - 1);
}

static int l_names(lua_State *L)
{
    luaL_checkany(L, 1);
    ritz_tree_names(L, 1, LEAVES);
    return 1;
}

/* map: the lists of leaves are at 1 + trees + k, results in lists after. */

/* Replaces the trees at 2..top by the lists of their leaves, and pushes the
 * template of the first. */
static void flatten_all(lua_State *L, int trees)
{
    for (int i = 2; i <= 1 + trees; i++) {
        lua_newtable(L);
        ritz_tree_flatten(L, i, lua_gettop(L), LEAVES);
        if (i > 2 && !ritz_tree_alike(L, 2 + trees, lua_gettop(L)))
            ritz_refuse(L, "tree.map: tree %d must have the keys of the first",
                        i - 1);
        lua_insert(L, 2 + trees); /* templates from there, the first last */
        lua_replace(L, i);
        if (i > 2)
            lua_remove(L, 2 + trees);
    }
}

static int l_map(lua_State *L)
{
    const int trees = lua_gettop(L) - 1;
    luaL_checktype(L, 1, LUA_TFUNCTION);
    if (trees < 1 || trees > MOST)
        return ritz_refuse(L, "tree.map: wanted a function and 1 to %d trees",
                           MOST);
    luaL_checkstack(L, 2 * trees + LUA_MINSTACK, "tree.map");
    flatten_all(L, trees);
    const int template = 2 + trees;
    const lua_Integer n = (lua_Integer)lua_rawlen(L, 2);
    int results = 1;
    lua_newtable(L);
    for (lua_Integer k = 1; k <= n; k++) {
        const int top = lua_gettop(L);
        lua_pushvalue(L, 1);
        for (int i = 2; i <= 1 + trees; i++)
            lua_rawgeti(L, i, k);
        lua_call(L, trees, k == 1 ? LUA_MULTRET : results);
        if (k == 1) {
            results = lua_gettop(L) - top;
            luaL_checkstack(L, results + LUA_MINSTACK, "tree.map");
            for (int i = 1; i < results; i++) {
                lua_newtable(L);
                lua_insert(L, top + 1);
            }
        }
        for (int i = results; i >= 1; i--)
            lua_rawseti(L, template + i, k);
    }
    lua_settop(L, template + results);
    for (int i = 1; i <= results; i++) {
        ritz_tree_unflatten(L, template, template + i);
        lua_replace(L, template + i);
    }
    return results;
}

static const ritz_binding bindings[] = {
    {.record = {.module = "ritz.tree",
                .name = "leaves",
                .signature = "ritz.tree.leaves(tree)",
                .summary = "The tensors and numbers of nested tables, as a "
                           "list.",
                .details = "In the order 1..n, then string keys by their "
                           "bytes, as every transform takes them.",
                .example = "#ritz.tree.leaves{b = 2, a = {1, 3}}  --> 3"},
     .call = l_leaves},
    {.record = {.module = "ritz.tree",
                .name = "names",
                .signature = "ritz.tree.names(tree)",
                .summary = "The path to each leaf of ritz.tree.leaves.",
                .example = "ritz.tree.names{b = 2, a = {1, 3}}"
                           "  --> {\"a.1\", \"a.2\", \"b\"}"},
     .call = l_names},
    {.record = {.module = "ritz.tree",
                .name = "map",
                .signature = "ritz.tree.map(f, tree, ...)",
                .summary = "f of every leaf, in tables like the first tree.",
                .details = "Further trees have the same keys and give f "
                           "further arguments. Where f returns several "
                           "values, as many trees are returned.",
                .example = "ritz.tree.map(function(x, y) return x + y end, "
                           "{a = 1}, {a = 2}).a  --> 3"},
     .call = l_map},
    {.call = NULL},
};

void ritz_tree_open(lua_State *L)
{
    lua_newtable(L);
    ritz_bindings(L, bindings);
    lua_setfield(L, -2, "tree");
}
