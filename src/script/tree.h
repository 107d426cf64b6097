/* tree.h - nested tables of tensors, as arguments and results.
 *
 * A tree is flattened as 1..n, then string keys in byte order, never by
 * `pairs`, whose order changes between runs (engine.md E3). Other keys are
 * refused. Metatables are kept and their metamethods never run.
 */
#ifndef RITZ_SCRIPT_TREE_H
#define RITZ_SCRIPT_TREE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* What counts as a leaf; everything else is static. */
enum { RITZ_TREE_TENSORS = 1, RITZ_TREE_NUMBERS = 2 };

/* Pushes a template, the tree with a placeholder for every leaf, and appends
 * the leaves to the table at `list`. */
void ritz_tree_flatten(lua_State *L, int index, int list, int leaves);

/* Pushes the tree that a template makes of the values of a list. */
void ritz_tree_unflatten(lua_State *L, int index, int list);
/* The same with a function that pushes the value of leaf 1, 2, ... */
typedef void ritz_tree_leaf(lua_State *L, lua_Integer leaf, void *context);
void ritz_tree_rebuild(lua_State *L, int index, ritz_tree_leaf *leaf,
                       void *context);

/* True when two templates have their placeholders at the same paths. */
bool ritz_tree_alike(lua_State *L, int a, int b);

/* A key, as it is visited: a string when `bytes` is not NULL. The bytes live
 * as long as the table that holds them. */
typedef struct ritz_tree_key {
    const char *bytes;
    size_t length;
    lua_Integer index;
} ritz_tree_key;

/* Visits the tree in order: tables open and close, values below a table come
 * after their key, and a leaf, any value that is no table, is on top of the
 * stack and stays there. */
typedef enum ritz_tree_event {
    RITZ_TREE_OPEN,
    RITZ_TREE_KEY,
    RITZ_TREE_LEAF,
    RITZ_TREE_CLOSE
} ritz_tree_event;
typedef void ritz_tree_visit(lua_State *L, ritz_tree_event event,
                             const ritz_tree_key *key, void *context);
void ritz_tree_walk(lua_State *L, int index, ritz_tree_visit *visit,
                    void *context);

/* Pushes a list of the paths to the leaves, "layers.1.w". */
void ritz_tree_names(lua_State *L, int index, int leaves);

/* Adds ritz.tree to the table on top. */
void ritz_tree_open(lua_State *L);

#endif
