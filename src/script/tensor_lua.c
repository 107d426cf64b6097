/* tensor_lua.c - what tensors do in Lua: operators, fields, methods.
 *
 * Lua turns the results of `<` and `==` into booleans, so these cannot be
 * elementwise: `<` and `<=` compare concrete tensors of one element, `==` is
 * identity, and ritz.less and its kin give tensors (engine.md E8).
 */
#include "script/tensor_lua.h"

#include "base/text.h"
#include "graph/primitive.h"
#include "script/call.h"
#include "script/document.h"
#include "script/trace.h"
#include "tensor/print.h"

#include <lauxlib.h>
#include <string.h>

/* Fields. */

static ritz_handle *check_self(lua_State *L)
{
    ritz_handle *h = ritz_handle_test(L, 1);
    if (!h)
        ritz_refuse(L,
                    "wanted a tensor as argument 1, got %s: call methods "
                    "with a colon, as in x:item()",
                    ritz_got_at(L, 1).text);
    ritz_handle_live(L, h);
    return h;
}

static int push_shape(lua_State *L)
{
    const ritz_shape *s = ritz_handle_shape(check_self(L));
    lua_createtable(L, s->rank, 0);
    for (int i = 0; i < s->rank; i++) {
        lua_pushinteger(L, s->dim[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int push_dtype(lua_State *L)
{
    lua_pushstring(L, ritz_dtype_name(ritz_handle_dtype(check_self(L))));
    return 1;
}

static int push_rank(lua_State *L)
{
    lua_pushinteger(L, ritz_handle_shape(check_self(L))->rank);
    return 1;
}

static const luaL_Reg fields[] = {
    {"shape", push_shape},
    {"dtype", push_dtype},
    {"rank", push_rank},
    {NULL, NULL},
};

/* The name is at index 2, the table of methods is the upvalue. */
static int refuse_field(lua_State *L)
{
    const char *name = lua_tostring(L, 2);
    ritz_nearest n = {.name = name};
    for (const luaL_Reg *f = fields; f->name; f++)
        ritz_nearest_try(&n, f->name);
    for (lua_pushnil(L); lua_next(L, lua_upvalueindex(1)); lua_pop(L, 1))
        ritz_nearest_try(&n, lua_tostring(L, -2));
    return ritz_refuse(L, "a tensor has no field or method \"%.40s\"%s", name,
                       ritz_nearest_hint(&n).text);
}

static int l_index(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING)
        return ritz_tensor_index(L);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    for (const luaL_Reg *f = fields; f->name; f++)
        if (strcmp(lua_tostring(L, 2), f->name) == 0)
            return f->func(L);
    return refuse_field(L);
}

static int l_newindex(lua_State *L)
{
    return ritz_refuse(L, "tensors do not change: make a new one, with "
                          "ritz.where or ritz.concatenate");
}

static int l_len(lua_State *L)
{
    const ritz_shape *s = ritz_handle_shape(check_self(L));
    if (s->rank == 0)
        return ritz_refuse(L, "a scalar has no length, got %s",
                           ritz_got_at(L, 1).text);
    lua_pushinteger(L, s->dim[0]);
    return 1;
}

static int l_tostring(lua_State *L)
{
    const ritz_tensor *t = ritz_handle_concrete(L, 1, "tostring");
    ritz_text *text = ritz_core_push_text(L);
    if (ritz_tensor_shape(t)->rank < 2)
        ritz_tensor_describe(text, t);
    else
        ritz_tensor_print(text, t, 0);
    if (text->failed)
        return ritz_refuse(L, "tostring: no memory");
    lua_pushlstring(L, ritz_text_view(text), text->length);
    ritz_text_free(text);
    return 1;
}

/* Comparing. */

static double check_one(lua_State *L, int index)
{
    if (lua_type(L, index) == LUA_TNUMBER)
        return lua_tonumber(L, index);
    const ritz_tensor *t = ritz_handle_concrete(L, index, "comparing");
    if (ritz_tensor_count(t) != 1)
        ritz_refuse(L,
                    "comparing: wanted numbers or tensors of one element, got "
                    "%s: ritz.less compares elementwise",
                    ritz_got_at(L, index).text);
    return ritz_tensor_get(t, 0);
}

static int l_less(lua_State *L)
{
    lua_pushboolean(L, check_one(L, 1) < check_one(L, 2));
    return 1;
}

static int l_less_equal(lua_State *L)
{
    lua_pushboolean(L, check_one(L, 1) <= check_one(L, 2));
    return 1;
}

/* Methods that give plain Lua values. */

static int l_size(lua_State *L)
{
    const ritz_shape *s = ritz_handle_shape(check_self(L));
    const lua_Integer axis = ritz_check_integer(L, 2, "size", "the axis");
    const lua_Integer at = axis < 0 ? axis + s->rank : axis - 1;
    if (axis == 0 || at < 0 || at >= s->rank)
        return ritz_refuse(L,
                           "size: axis must be 1 to %d or -%d to -1, got "
                           "%lld",
                           s->rank, s->rank, (long long)axis);
    lua_pushinteger(L, s->dim[at]);
    return 1;
}

static int l_numel(lua_State *L)
{
    lua_pushinteger(L, ritz_shape_count(ritz_handle_shape(check_self(L))));
    return 1;
}

static void push_element(lua_State *L, const ritz_tensor *t, int64_t i)
{
    if (ritz_dtype_is_float(ritz_tensor_dtype(t)))
        lua_pushnumber(L, ritz_tensor_get(t, i));
    else
        lua_pushinteger(L, ritz_tensor_get_i64(t, i));
}

static int l_item(lua_State *L)
{
    const ritz_tensor *t = ritz_handle_concrete(L, 1, "item");
    if (ritz_tensor_count(t) != 1)
        return ritz_refuse(L, "item: wanted a tensor of one element, got %s",
                           ritz_got_at(L, 1).text);
    push_element(L, t, 0);
    return 1;
}

/* Pushes the elements from *next on as tables nested from `axis`. */
static void push_nested(lua_State *L, const ritz_tensor *t, int axis,
                        int64_t *next)
{
    const ritz_shape *s = ritz_tensor_shape(t);
    if (axis == s->rank) {
        push_element(L, t, (*next)++);
        return;
    }
    luaL_checkstack(L, 4, "totable");
    lua_newtable(L);
    for (int64_t i = 0; i < s->dim[axis]; i++) {
        push_nested(L, t, axis + 1, next);
        lua_rawseti(L, -2, i + 1);
    }
}

static int l_totable(lua_State *L)
{
    int64_t next = 0;
    push_nested(L, ritz_handle_concrete(L, 1, "totable"), 0, &next);
    return 1;
}

static int l_to(lua_State *L)
{
    const ritz_handle *h = check_self(L);
    const ritz_dtype dtype = ritz_check_dtype(L, 2, "to");
    lua_settop(L, 2);
    if (ritz_handle_dtype(h) != dtype || (h->node && h->node->weak))
        return ritz_call_function(L, &ritz_primitive_cast.function);
    lua_settop(L, 1);
    return 1;
}

/* Operators are calls of records, with exactly their operands. */

static int call_operator(lua_State *L)
{
    const ritz_function *f = lua_touserdata(L, lua_upvalueindex(1));
    lua_settop(L, f->tensors); /* Lua gives unary minus its operand twice */
    return ritz_call_function(L, f);
}

static void add_operators(lua_State *L, int metatable)
{
    static const char *const names[][2] = {
        {"__add", "add"}, {"__sub", "sub"}, {"__mul", "mul"}, {"__div", "div"},
        {"__pow", "pow"}, {"__mod", "mod"}, {"__unm", "neg"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const ritz_primitive *p = ritz_primitive_find(names[i][1]);
        lua_pushlightuserdata(L, (void *)(uintptr_t)&p->function);
        lua_pushcclosure(L, call_operator, 1);
        lua_setfield(L, metatable, names[i][0]);
    }
}

static void add_record_methods(lua_State *L, int methods)
{
    const ritz_function *f;
    for (int i = 0; (f = ritz_core_record(i)); i++) {
        if (f->module && f->method) {
            ritz_push_function(L, f);
            lua_setfield(L, methods, f->name);
        }
    }
}

static const ritz_binding methods[] = {
    {.record = {.module = "tensor",
                .name = "size",
                .signature = "x:size(axis)",
                .summary = "The size of one axis.",
                .details = "#x is the size of the first axis, x.shape the "
                           "list of all, x.rank their number.",
                .method = true,
                .example = "ritz.ones{2, 3}:size(-1)  --> 3"},
     .call = l_size},
    {.record = {.module = "tensor",
                .name = "numel",
                .signature = "x:numel()",
                .summary = "The number of elements.",
                .method = true,
                .example = "ritz.ones{2, 3}:numel()  --> 6"},
     .call = l_numel},
    {.record = {.module = "tensor",
                .name = "item",
                .signature = "x:item()",
                .summary = "The element of a tensor that has one, as a "
                           "number.",
                .details = "A traced value has none yet: see ritz.where.",
                .method = true,
                .example = "ritz.tensor{2}:item()  --> 2.0"},
     .call = l_item},
    {.record = {.module = "tensor",
                .name = "to",
                .signature = "x:to(dtype)",
                .summary = "x in another dtype, as ritz.cast gives it.",
                .details = "\"f32\", \"f64\", \"i64\" or \"u8\"; x.dtype "
                           "is the one it has.",
                .method = true,
                .example = "ritz.tensor{1.7}:to(\"i64\"):item()  --> 1"},
     .call = l_to},
    {.record = {.module = "tensor",
                .name = "totable",
                .signature = "x:totable()",
                .summary = "The elements in nested tables.",
                .method = true,
                .example = "ritz.eye(2):totable()  --> {{1.0, 0.0}, "
                           "{0.0, 1.0}}"},
     .call = l_totable},
    {.call = NULL},
};

void ritz_tensor_lua_open(lua_State *L)
{
    static const luaL_Reg metamethods[] = {
        {"__newindex", l_newindex}, {"__len", l_len},
        {"__tostring", l_tostring}, {"__lt", l_less},
        {"__le", l_less_equal},     {NULL, NULL},
    };
    ritz_handle_push_metatable(L);
    const int metatable = lua_gettop(L);
    luaL_setfuncs(L, metamethods, 0);
    add_operators(L, metatable);
    lua_newtable(L);
    ritz_bindings(L, methods);
    add_record_methods(L, metatable + 1);
    lua_pushcclosure(L, l_index, 1);
    lua_setfield(L, metatable, "__index");
    lua_pop(L, 1);
}
