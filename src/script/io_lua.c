/* io_lua.c - ritz.save and ritz.load: tensors and trees of them in files.
 *
 * The end of the name says the format. In .safetensors a tree's tensors are
 * named by their keys joined with points, "layers.1.w", and loaded back into
 * nested tables.
 */
#include "script/tensor_lua.h"

#include "script/document.h"
#include "script/handle.h"
#include "script/tree.h"
#include "tensor/formats.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

static bool ends_in(const char *path, const char *end)
{
    const size_t n = strlen(path), m = strlen(end);
    return n >= m && strcmp(path + n - m, end) == 0;
}

static const char *check_path(lua_State *L, const char *who)
{
    if (lua_type(L, 1) != LUA_TSTRING)
        ritz_refuse(L, "%s: wanted a file's name as argument 1, got %s", who,
                    ritz_got_at(L, 1).text);
    return lua_tostring(L, 1);
}

/* Pushes an empty bundle that the collector frees. */

static int free_bundle(lua_State *L)
{
    ritz_bundle_free(lua_touserdata(L, 1));
    return 0;
}

static ritz_bundle *push_bundle(lua_State *L)
{
    ritz_bundle *bundle = lua_newuserdatauv(L, sizeof *bundle, 0);
    *bundle = (ritz_bundle){0};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, free_bundle);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    return bundle;
}

/* Saving. */

static ritz_status save_tree(lua_State *L, const char *path, ritz_error *err)
{
    ritz_bundle *bundle = push_bundle(L);
    ritz_tree_names(L, 2, RITZ_TREE_TENSORS);
    lua_newtable(L);
    const int list = lua_gettop(L), names = list - 1;
    ritz_tree_flatten(L, 2, list, RITZ_TREE_TENSORS);
    const lua_Integer n = (lua_Integer)lua_rawlen(L, list);
    ritz_status status = RITZ_OK;
    for (lua_Integer i = 1; i <= n && status == RITZ_OK; i++) {
        lua_rawgeti(L, list, i);
        lua_rawgeti(L, names, i);
        ritz_tensor *t = ritz_handle_concrete(L, -2, "save");
        const char *name = lua_tostring(L, -1);
        status = ritz_bundle_add(bundle, *name ? name : "tensor", t, err);
        lua_pop(L, 2);
    }
    if (status == RITZ_OK)
        status = ritz_safetensors_write(path, bundle, err);
    ritz_bundle_free(bundle);
    return status;
}

static int l_save(lua_State *L)
{
    const char *path = check_path(L, "save");
    ritz_error err = {0};
    ritz_status status;
    lua_settop(L, 2);
    if (ends_in(path, ".safetensors"))
        status = save_tree(L, path, &err);
    else if (ends_in(path, ".npy"))
        status = ritz_npy_write(path, ritz_handle_concrete(L, 2, "save"), &err);
    else if (ends_in(path, ".csv"))
        status = ritz_csv_write(path, ritz_handle_concrete(L, 2, "save"), NULL,
                                ',', &err);
    else
        return ritz_refuse(L,
                           "save: the name must end in .npy, .safetensors "
                           "or .csv, got %s",
                           ritz_got_at(L, 1).text);
    return status == RITZ_OK ? 0 : ritz_raise(L, &err);
}

/* Loading. */

/* A part of a name is an index when it is all digits. */
static void push_key(lua_State *L, const char *part, size_t n)
{
    lua_pushlstring(L, part, n);
    if (strspn(part, "0123456789") >= n && n > 0 && n < 10 && *part != '0') {
        lua_pushinteger(L, atoll(lua_tostring(L, -1)));
        lua_remove(L, -2);
    }
}

/* Puts the value on top into the tree at `tree` under a name. */
static void put_named(lua_State *L, int tree, const char *name)
{
    lua_pushvalue(L, tree);
    for (const char *point; (point = strchr(name, '.')); name = point + 1) {
        push_key(L, name, (size_t)(point - name));
        lua_pushvalue(L, -1);
        const int type = lua_rawget(L, -3);
        if (type != LUA_TNIL && type != LUA_TTABLE)
            ritz_refuse(L,
                        "load: %.100s is below a name that is a tensor itself",
                        name);
        if (type == LUA_TNIL) {
            lua_pop(L, 1);
            lua_newtable(L);
            lua_pushvalue(L, -2);
            lua_pushvalue(L, -2);
            lua_rawset(L, -5);
        }
        lua_replace(L, -3); /* the inner table in the place of the outer */
        lua_pop(L, 1);
    }
    push_key(L, name, strlen(name));
    lua_pushvalue(L, -3);
    lua_rawset(L, -3);
    lua_pop(L, 2);
}

static int load_tree(lua_State *L, const char *path)
{
    ritz_bundle *bundle = push_bundle(L);
    ritz_error err = {0};
    if (ritz_safetensors_read(bundle, path, &err) != RITZ_OK)
        return ritz_raise(L, &err);
    lua_newtable(L);
    const int tree = lua_gettop(L);
    for (size_t i = 0; i < bundle->count; i++) {
        ritz_handle *h = ritz_handle_push(L);
        h->tensor = ritz_tensor_retain(bundle->items[i].tensor);
        put_named(L, tree, bundle->items[i].name);
    }
    ritz_bundle_free(bundle);
    return 1;
}

static int free_csv(lua_State *L)
{
    ritz_csv_free(lua_touserdata(L, 1));
    return 0;
}

static int load_csv(lua_State *L, const char *path)
{
    ritz_csv *csv = lua_newuserdatauv(L, sizeof *csv, 0);
    *csv = (ritz_csv){0};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, free_csv);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    ritz_handle *h = ritz_handle_push(L);
    ritz_error err = {0};
    if (ritz_csv_read(csv, path, 0, &err) != RITZ_OK)
        return ritz_raise(L, &err);
    h->tensor = ritz_tensor_retain(csv->table);
    if (!csv->names)
        return 1;
    lua_createtable(L, (int)csv->name_count, 0);
    for (size_t i = 0; i < csv->name_count; i++) {
        lua_pushstring(L, csv->names[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 2;
}

static int load_array(lua_State *L, const char *path)
{
    ritz_error err = {0};
    ritz_handle *h = ritz_handle_push(L);
    const ritz_status status = ends_in(path, ".npy")
                                   ? ritz_npy_read(&h->tensor, path, &err)
                                   : ritz_idx_read(&h->tensor, path, &err);
    return status == RITZ_OK ? 1 : ritz_raise(L, &err);
}

static int l_load(lua_State *L)
{
    const char *path = check_path(L, "load");
    int results;
    if (ends_in(path, ".safetensors"))
        results = load_tree(L, path);
    else if (ends_in(path, ".csv"))
        results = load_csv(L, path);
    else if (ends_in(path, ".npy") || ends_in(path, "-ubyte") ||
             ends_in(path, "-ubyte.gz") || ends_in(path, ".idx"))
        results = load_array(L, path);
    else
        return ritz_refuse(L,
                           "load: the name must end in .npy, .safetensors, "
                           ".csv, .idx, -ubyte or -ubyte.gz, got %s",
                           ritz_got_at(L, 1).text);
    ritz_core_collect(L);
    return results;
}

static const ritz_binding bindings[] = {
    {.record = {.module = "ritz",
                .name = "save",
                .signature = "ritz.save(path, value)",
                .summary = "Writes a tensor, or a tree of them, to a file.",
                .details = "By the end of the name: .npy and .csv hold a "
                           "tensor, .safetensors a tree, whose other values "
                           "are left out. The file appears whole or not at "
                           "all.",
                .source = "NumPy's NEP 1; Hugging Face's safetensors",
                .example = "ritz.save(\"ones.npy\", ritz.ones{2})\n"
                           "return ritz.load(\"ones.npy\"):totable()"
                           "  --> {1.0, 1.0}"},
     .call = l_save},
    {.record = {.module = "ritz",
                .name = "load",
                .signature = "ritz.load(path)",
                .summary = "Reads a tensor, or a tree of them, from a file.",
                .details = "By the end of the name: .npy, .safetensors (a "
                           "tree), .csv (f64, and the names of the columns "
                           "where there are any), .idx, -ubyte or -ubyte.gz.",
                .source = "NumPy's NEP 1; Hugging Face's safetensors",
                .example = "ritz.save(\"ones.npy\", ritz.ones{2})\n"
                           "return ritz.load(\"ones.npy\"):totable()"
                           "  --> {1.0, 1.0}"},
     .call = l_load},
    {.call = NULL},
};

void ritz_io_open(lua_State *L)
{
    ritz_bindings(L, bindings);
}
