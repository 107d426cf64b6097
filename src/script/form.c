/* form.c - recording and following the walk over the arguments of a call.
 *
 * Strings and other static values are compared by address: what a form names
 * is held, so that an address cannot become another value's. Two equal long
 * strings may differ in it; then the arguments are read in order, as always
 * when in doubt.
 */
#include "script/form.h"

#include "base/memory.h"
#include "script/core.h"

#include <lauxlib.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct reader {
    lua_State *L;
    const ritz_plan *plan;
    ritz_arguments *a;
    int function;
} reader;

typedef bool follow_fn(const reader *r, const ritz_form_step *s);

struct ritz_form_step {
    follow_fn *follow;
    const void *address;
    int64_t value; /* of a number or an index, or a type */
    int at;        /* argument, upvalue or leaf */
    bool donated;
};

/* Following. A step leaves what is below it on the stack; a value on top is
 * taken by the step that compares it. */

static bool push_argument(const reader *r, const ritz_form_step *s)
{
    lua_pushvalue(r->L, s->at);
    return true;
}

static bool push_function(const reader *r, const ritz_form_step *s)
{
    (void)s;
    lua_pushvalue(r->L, r->function);
    return true;
}

/* Of the function on top, which stays there. */
static bool push_upvalue(const reader *r, const ritz_form_step *s)
{
    return lua_getupvalue(r->L, -1, s->at) != NULL;
}

static bool is_function(const reader *r, const ritz_form_step *s)
{
    (void)s;
    return lua_type(r->L, -1) == LUA_TFUNCTION;
}

/* It has no more upvalues than were looked at. */
static bool close_function(const reader *r, const ritz_form_step *s)
{
    if (lua_getupvalue(r->L, -1, s->at + 1))
        return false;
    lua_pop(r->L, 1);
    return true;
}

static bool open_table(const reader *r, const ritz_form_step *s)
{
    (void)s;
    const bool is = lua_type(r->L, -1) == LUA_TTABLE;
    lua_pushnil(r->L);
    return is;
}

static bool next_text(const reader *r, const ritz_form_step *s)
{
    return lua_next(r->L, -2) && lua_type(r->L, -2) == LUA_TSTRING &&
           lua_topointer(r->L, -2) == s->address;
}

static bool next_index(const reader *r, const ritz_form_step *s)
{
    return lua_next(r->L, -2) && lua_isinteger(r->L, -2) &&
           lua_tointeger(r->L, -2) == s->value;
}

static bool close_table(const reader *r, const ritz_form_step *s)
{
    (void)s;
    if (lua_next(r->L, -2))
        return false;
    lua_pop(r->L, 1);
    return true;
}

static bool take_tensor(const reader *r, const ritz_form_step *s)
{
    ritz_handle *h = ritz_handle_test(r->L, -1);
    if (!h || !h->tensor || !ritz_plan_takes(r->plan, s->at, h->tensor))
        return false;
    ritz_arguments_set_tensor(r->a, (size_t)s->at, h, s->donated);
    lua_pop(r->L, 1);
    return true;
}

static bool take_number(const reader *r, const ritz_form_step *s)
{
    const double v = lua_tonumber(r->L, -1);
    if (lua_type(r->L, -1) != LUA_TNUMBER || (v == floor(v)) != s->value)
        return false;
    r->a->input[s->at].number = v;
    lua_pop(r->L, 1);
    return true;
}

static int64_t number_bits(lua_State *L, int index)
{
    const lua_Number v = lua_tonumber(L, index);
    int64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static bool same_fraction(const reader *r, const ritz_form_step *s)
{
    const bool same = lua_type(r->L, -1) == LUA_TNUMBER &&
                      !lua_isinteger(r->L, -1) &&
                      number_bits(r->L, -1) == s->value;
    lua_pop(r->L, 1);
    return same;
}

static bool same_integer(const reader *r, const ritz_form_step *s)
{
    const bool same =
        lua_isinteger(r->L, -1) && lua_tointeger(r->L, -1) == s->value;
    lua_pop(r->L, 1);
    return same;
}

static bool same_boolean(const reader *r, const ritz_form_step *s)
{
    const bool same =
        lua_isboolean(r->L, -1) && lua_toboolean(r->L, -1) == s->value;
    lua_pop(r->L, 1);
    return same;
}

/* nil too: its address is NULL. */
static bool same_address(const reader *r, const ritz_form_step *s)
{
    const bool same =
        lua_type(r->L, -1) == s->value && lua_topointer(r->L, -1) == s->address;
    lua_pop(r->L, 1);
    return same;
}

static bool is_static_upvalue(int type)
{
    return type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TBOOLEAN;
}

/* An upvalue that no signature mentions. */
static bool any_other(const reader *r, const ritz_form_step *s)
{
    (void)s;
    const bool other = !is_static_upvalue(lua_type(r->L, -1));
    lua_pop(r->L, 1);
    return other;
}

bool ritz_form_read(lua_State *L, const ritz_form *f, const ritz_plan *plan,
                    ritz_arguments *a, int n, int function)
{
    if (f->steps == 0 || f->arguments != n)
        return false;
    const int top = lua_gettop(L);
    const reader r = {L, plan, a, function};
    luaL_checkstack(L, 2 * f->depth + LUA_MINSTACK, "jit");
    ritz_arguments_begin(L, a, f->leaves);
    for (size_t i = 0; i < f->steps; i++)
        if (!f->step[i].follow(&r, &f->step[i])) {
            lua_settop(L, top);
            ritz_arguments_drop(a);
            return false;
        }
    return true;
}

/* Recording. */

typedef struct recorder {
    lua_State *L;
    ritz_form *f;
    int held; /* the table of what must live */
    int depth;
    bool donated;
} recorder;

static ritz_form_step *add(recorder *r, follow_fn *follow)
{
    static ritz_form_step nowhere;
    ritz_form *f = r->f;
    if (f->failed ||
        !ritz_reserve(&f->step, &f->room, f->steps + 1, sizeof *f->step)) {
        f->failed = true;
        return &nowhere;
    }
    f->step[f->steps] = (ritz_form_step){.follow = follow};
    return &f->step[f->steps++];
}

static const void *hold(recorder *r, int index)
{
    lua_State *L = r->L;
    lua_pushvalue(L, index);
    lua_rawseti(L, r->held, (lua_Integer)lua_rawlen(L, r->held) + 1);
    return lua_topointer(L, index);
}

static void record_static(recorder *r, int index)
{
    lua_State *L = r->L;
    const int type = lua_type(L, index);
    if (lua_isinteger(L, index)) {
        add(r, same_integer)->value = lua_tointeger(L, index);
    } else if (type == LUA_TNUMBER) {
        add(r, same_fraction)->value = number_bits(L, index);
    } else if (type == LUA_TBOOLEAN) {
        add(r, same_boolean)->value = lua_toboolean(L, index);
    } else {
        ritz_form_step *s = add(r, same_address);
        s->value = type;
        s->address = type == LUA_TNIL ? NULL : hold(r, index);
    }
}

static void record_leaf(recorder *r, int value, int leaf)
{
    const bool number = lua_type(r->L, value) == LUA_TNUMBER;
    ritz_form_step *s = add(r, number ? take_number : take_tensor);
    const double v = number ? lua_tonumber(r->L, value) : 0.0;
    s->at = leaf;
    s->value = v == floor(v);
    s->donated = r->donated;
    r->f->leaves++;
}

static void record(recorder *r, int value, int template);

static void record_table(recorder *r, int table, int template)
{
    lua_State *L = r->L;
    const int top = lua_gettop(L);
    luaL_checkstack(L, LUA_MINSTACK, "jit");
    r->depth++;
    r->f->depth = r->depth > r->f->depth ? r->depth : r->f->depth;
    add(r, open_table);
    for (lua_pushnil(L); lua_next(L, table); lua_settop(L, top + 1)) {
        const bool text = lua_type(L, top + 1) == LUA_TSTRING;
        ritz_form_step *s = add(r, text ? next_text : next_index);
        if (text)
            s->address = hold(r, top + 1);
        else
            s->value = lua_tointeger(L, top + 1);
        lua_pushvalue(L, top + 1);
        lua_rawget(L, template);
        record(r, top + 2, top + 3);
    }
    add(r, close_table);
    r->depth--;
}

/* The template has a placeholder where the value is a leaf. */
static void record(recorder *r, int value, int template)
{
    lua_State *L = r->L;
    const bool leaf =
        lua_type(L, value) == LUA_TNUMBER || ritz_handle_test(L, value) != NULL;
    if (leaf && lua_islightuserdata(L, template))
        record_leaf(r, value, (int)(uintptr_t)lua_touserdata(L, template) - 1);
    else if (lua_type(L, value) == LUA_TTABLE)
        record_table(r, value, template);
    else
        record_static(r, value);
}

/* Of the function on top, as ritz_arguments_read does. */
static void record_upvalues(recorder *r, int depth, int *budget)
{
    lua_State *L = r->L;
    int i = 1;
    luaL_checkstack(L, LUA_MINSTACK, "jit");
    for (; lua_getupvalue(L, -1, i); i++) {
        add(r, push_upvalue)->at = i;
        if (is_static_upvalue(lua_type(L, -1))) {
            record_static(r, lua_gettop(L));
        } else if (ritz_arguments_look_into(L, depth + 1, budget)) {
            add(r, is_function);
            record_upvalues(r, depth + 1, budget);
        } else {
            add(r, any_other);
        }
        lua_pop(L, 1);
    }
    add(r, close_function)->at = i - 1;
}

void ritz_form_record(lua_State *L, ritz_form *f, const ritz_arguments *a,
                      int n, int function, int kept)
{
    lua_newtable(L);
    recorder r = {.L = L, .f = f, .held = lua_gettop(L)};
    f->steps = f->leaves = 0;
    f->arguments = n;
    f->depth = 0;
    f->failed = false;
    for (int i = 1; i <= n; i++) {
        add(&r, push_argument)->at = i;
        r.donated = a->donate[i - 1];
        lua_rawgeti(L, kept, i);
        record(&r, i, lua_gettop(L));
        lua_pop(L, 1);
    }
    int budget = 0;
    lua_pushvalue(L, function);
    if (ritz_arguments_look_into(L, 1, &budget)) {
        add(&r, push_function);
        record_upvalues(&r, 1, &budget);
    }
    lua_pop(L, 1);
    if (f->failed)
        f->steps = 0;
}

void ritz_form_free(ritz_form *f)
{
    ritz_free(f->step);
    *f = (ritz_form){0};
}
