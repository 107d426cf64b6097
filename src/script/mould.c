/* mould.c - templates as steps. A value that is made is on top of the stack,
 * above the table that it goes into; a key stands between them. */
#include "script/mould.h"

#include "base/memory.h"

#include <lauxlib.h>
#include <stdint.h>

typedef struct pouring {
    lua_State *L;
    int parts;
    ritz_tree_leaf *leaf;
    void *context;
} pouring;

typedef void pour_fn(const pouring *p, const ritz_mould_step *s);

struct ritz_mould_step {
    pour_fn *pour;
    int at, fields; /* a part, a leaf, an index, or how many of both kinds */
};

/* Pouring. */

static void new_table(const pouring *p, const ritz_mould_step *s)
{
    lua_createtable(p->L, s->at, s->fields);
}

static void push_part(const pouring *p, const ritz_mould_step *s)
{
    lua_rawgeti(p->L, p->parts, s->at);
}

static void push_leaf(const pouring *p, const ritz_mould_step *s)
{
    p->leaf(p->L, s->at, p->context);
}

static void set_field(const pouring *p, const ritz_mould_step *s)
{
    (void)s;
    lua_rawset(p->L, -3);
}

static void set_index(const pouring *p, const ritz_mould_step *s)
{
    lua_rawseti(p->L, -2, s->at);
}

static void set_metatable(const pouring *p, const ritz_mould_step *s)
{
    (void)s;
    lua_setmetatable(p->L, -2);
}

void ritz_mould_pour(lua_State *L, const ritz_mould *m, int parts,
                     ritz_tree_leaf *leaf, void *context)
{
    const pouring p = {L, lua_absindex(L, parts), leaf, context};
    luaL_checkstack(L, m->results + 2 * m->depth + LUA_MINSTACK, "jit");
    for (size_t i = 0; i < m->steps; i++)
        m->step[i].pour(&p, &m->step[i]);
}

/* Reading. */

typedef struct reading {
    lua_State *L;
    ritz_mould *m;
    int parts, count, depth;
} reading;

static ritz_mould_step *add(reading *r, pour_fn *pour, int at)
{
    static ritz_mould_step nowhere;
    ritz_mould *m = r->m;
    if (m->failed ||
        !ritz_reserve(&m->step, &m->room, m->steps + 1, sizeof *m->step)) {
        m->failed = true;
        return &nowhere;
    }
    m->step[m->steps] = (ritz_mould_step){pour, at, 0};
    return &m->step[m->steps++];
}

/* The value at `index` is pushed whenever this is poured. */
static void add_part(reading *r, int index)
{
    lua_pushvalue(r->L, index);
    lua_rawseti(r->L, r->parts, ++r->count);
    add(r, push_part, r->count);
}

static void read(reading *r, int index);

static void read_entries(reading *r, int table, int *rows, int *fields)
{
    lua_State *L = r->L;
    const int top = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table); lua_settop(L, top + 1)) {
        const bool text = !lua_isinteger(L, top + 1);
        ++*(text ? fields : rows);
        if (text)
            add_part(r, top + 1);
        read(r, top + 2);
        add(r, text ? set_field : set_index,
            text ? 0 : (int)lua_tointeger(L, top + 1));
    }
}

static void read_table(reading *r, int table)
{
    int rows = 0, fields = 0;
    const size_t at = r->m->steps;
    luaL_checkstack(r->L, LUA_MINSTACK, "jit");
    r->depth++;
    r->m->depth = r->depth > r->m->depth ? r->depth : r->m->depth;
    add(r, new_table, 0);
    read_entries(r, table, &rows, &fields);
    if (lua_getmetatable(r->L, table)) {
        add_part(r, lua_gettop(r->L));
        add(r, set_metatable, 0);
        lua_pop(r->L, 1);
    }
    if (!r->m->failed)
        r->m->step[at] = (ritz_mould_step){new_table, rows, fields};
    r->depth--;
}

/* A template has no cycle. */
static void read(reading *r, int index)
{
    lua_State *L = r->L;
    if (lua_islightuserdata(L, index))
        add(r, push_leaf, (int)(uintptr_t)lua_touserdata(L, index));
    else if (lua_type(L, index) == LUA_TTABLE)
        read_table(r, index);
    else
        add_part(r, index);
}

void ritz_mould_read(lua_State *L, ritz_mould *m, int index, int count)
{
    index = lua_absindex(L, index);
    lua_newtable(L);
    reading r = {.L = L, .m = m, .parts = lua_gettop(L)};
    m->results = count;
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, index, i);
        read(&r, lua_gettop(L));
        lua_pop(L, 1);
    }
}

void ritz_mould_free(ritz_mould *m)
{
    ritz_free(m->step);
    *m = (ritz_mould){0};
}
