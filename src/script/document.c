/* document.c - which function of Lua has which record.
 *
 * A table with weak keys in the registry maps functions to records: a light
 * userdata for one in C, which costs nothing until somebody asks for help, a
 * table for one in Lua.
 */
#include "script/document.h"

#include <lauxlib.h>
#include <string.h>

static const char records_key; /* its address in the registry */

static void push_records(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &records_key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &records_key);
}

void ritz_document(lua_State *L, const ritz_function *record)
{
    push_records(L);
    lua_pushvalue(L, -2);
    lua_pushlightuserdata(L, (void *)record);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

void ritz_bindings(lua_State *L, const ritz_binding *list)
{
    for (; list->record.name; list++) {
        lua_pushcfunction(L, list->call);
        ritz_document(L, &list->record);
        lua_setfield(L, -2, list->record.name);
    }
}

static const char *const kind_names[] = {
    [RITZ_PARAM_AXIS] = "axis",    [RITZ_PARAM_AXES] = "axes",
    [RITZ_PARAM_SHAPE] = "shape",  [RITZ_PARAM_INTS] = "integers",
    [RITZ_PARAM_INT] = "integer",  [RITZ_PARAM_NUMBER] = "number",
    [RITZ_PARAM_BOOL] = "boolean", [RITZ_PARAM_DTYPE] = "dtype",
    [RITZ_PARAM_TEXT] = "text",    [RITZ_PARAM_ANY] = "any",
};

static void set_text(lua_State *L, const char *field, const char *text)
{
    if (!text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, field);
}

/* Pushes the default, or nil: shapes and lists have none to name. */
static void push_default(lua_State *L, const ritz_param *p)
{
    if (p->text)
        lua_pushlstring(L, p->text, strcspn(p->text, "|"));
    else if (p->kind == RITZ_PARAM_BOOL)
        lua_pushboolean(L, p->fallback != 0);
    else if (p->kind == RITZ_PARAM_INT || p->kind == RITZ_PARAM_AXIS)
        lua_pushinteger(L, (lua_Integer)p->fallback);
    else if (p->kind == RITZ_PARAM_NUMBER)
        lua_pushnumber(L, p->fallback);
    else
        lua_pushnil(L);
}

static void push_param(lua_State *L, const ritz_param *p)
{
    lua_createtable(L, 0, 6);
    set_text(L, "name", p->name);
    set_text(L, "kind", kind_names[p->kind]);
    set_text(L, "doc", p->doc);
    if (p->required) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "required");
    } else {
        push_default(L, p);
        lua_setfield(L, -2, "default");
    }
    if (p->kind == RITZ_PARAM_TEXT)
        set_text(L, "choices", p->text);
    if (p->low < p->high) {
        lua_pushnumber(L, p->low);
        lua_setfield(L, -2, "low");
        lua_pushnumber(L, p->high);
        lua_setfield(L, -2, "high");
    }
}

static void push_record(lua_State *L, const ritz_function *f)
{
    lua_createtable(L, 0, 10);
    set_text(L, "module", f->module);
    set_text(L, "name", f->name);
    set_text(L, "signature", f->signature);
    set_text(L, "summary", f->summary);
    set_text(L, "details", f->details);
    set_text(L, "source", f->source);
    set_text(L, "example", f->example);
    if (f->method) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "method");
    }
    lua_newtable(L);
    for (int i = 0; i < RITZ_PARAMS && f->params[i].name; i++) {
        push_param(L, &f->params[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "params");
}

/* record(f): the record as a table, or nil. */
static int l_record(lua_State *L)
{
    luaL_checkany(L, 1);
    push_records(L);
    lua_pushvalue(L, 1);
    lua_rawget(L, -2);
    if (lua_islightuserdata(L, -1))
        push_record(L, lua_touserdata(L, -1));
    return 1;
}

/* document(f, record): the table is kept as it is. */
static int l_document(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    push_records(L);
    lua_insert(L, 1);
    lua_rawset(L, 1);
    return 0;
}

/* documented(): a list of all functions with a record, in no order. */
static int l_documented(lua_State *L)
{
    push_records(L);
    lua_newtable(L);
    lua_Integer n = 0;
    for (lua_pushnil(L); lua_next(L, -3); lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_rawseti(L, -4, ++n);
    }
    return 1;
}

void ritz_document_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"document", l_document},
        {"documented", l_documented},
        {"record", l_record},
        {NULL, NULL},
    };
    luaL_newlib(L, functions);
}
