/* test_primitives.c - walks the table of primitives.
 *
 * That every record is complete is checked here; what the records promise is
 * checked by tests/script/primitives.lua, which gets them as a Lua table:
 * derivatives against differences, forward against reverse mode, second
 * order, vmap against a loop, jit against eager, refused inputs, size zero.
 */
#include "graph/primitive.h"
#include "script/script.h"
#include "tap.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool given(const char *text)
{
    return text && *text;
}

/* What documentation, rules and tests a record must have. */
static void check_record(const ritz_primitive *p)
{
    const ritz_function *f = &p->function;
    ok(given(f->name) && given(f->summary), "%s: has a name and a summary",
       f->name);
    if (f->module) {
        ok(given(f->signature) && given(f->source) && given(f->example),
           "%s: has a signature, a source and an example", f->name);
        ok(f->build != NULL, "%s: has a builder", f->name);
        ok(given(p->refusals[0].call) || f->tensors == 1,
           "%s: has a call that must be refused", f->name);
    }
    const ritz_many *many = p->many;
    ok((p->infer != NULL) != (many && many->outputs && many->infer),
       "%s: has a shape rule", f->name);
    ok((p->partial || (p->jvp && p->vjp) || (many && many->jvp && many->vjp)) !=
           (p->no_derivative != NULL),
       "%s: has derivative rules, or says why it has none", f->name);
    ok(p->batch || (many && many->batch) || p->class == RITZ_CLASS_LEAF,
       "%s: has a batching rule", f->name);
}

static void set_text(lua_State *L, const char *name, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, name);
}

static void set_number(lua_State *L, const char *name, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

static void push_sample(lua_State *L, const ritz_sample *s)
{
    lua_newtable(L);
    set_text(L, "call", s->call);
    for (int i = 0; i < 3 && s->shape[i]; i++) {
        lua_pushstring(L, s->shape[i]);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_record(lua_State *L, const ritz_primitive *p)
{
    lua_newtable(L);
    set_text(L, "name", p->function.name);
    set_text(L, "module", p->function.module);
    set_text(L, "no_derivative", p->no_derivative);
    set_number(L, "tensors", p->function.tensors);
    set_number(L, "low", p->domain[0]);
    set_number(L, "high", p->domain[1]);
    lua_pushboolean(L, p->class == RITZ_CLASS_ELEMENTWISE);
    lua_setfield(L, -2, "elementwise");
    lua_pushboolean(L, p->class == RITZ_CLASS_MATMUL);
    lua_setfield(L, -2, "product");
    lua_newtable(L);
    for (int i = 0; i < p->kink_count; i++) {
        lua_pushnumber(L, p->kinks[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "kinks");
    lua_newtable(L);
    for (int i = 0; i < RITZ_SAMPLES && p->samples[i].call; i++) {
        push_sample(L, &p->samples[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "samples");
    lua_newtable(L);
    for (int i = 0; i < RITZ_REFUSALS && p->refusals[i].call; i++) {
        lua_newtable(L);
        set_text(L, "call", p->refusals[i].call);
        set_text(L, "message", p->refusals[i].message);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "refusals");
}

static int report(lua_State *L)
{
    ok(lua_toboolean(L, 1), "%s", luaL_checkstring(L, 2));
    if (!lua_toboolean(L, 1) && !lua_isnoneornil(L, 3))
        note("%s", luaL_tolstring(L, 3, NULL));
    return 0;
}

int main(void)
{
    for (int i = 0; i < ritz_primitive_count(); i++)
        check_record(ritz_primitive_at(i));

    const char *source = getenv("RITZ_SOURCE");
    char lua_dir[4096], path[4096];
    snprintf(lua_dir, sizeof lua_dir, "%s/lua", source ? source : ".");
    snprintf(path, sizeof path, "%s/tests/script/primitives.lua",
             source ? source : ".");
    ritz_script *script = NULL;
    ritz_error err = {0};
    const ritz_script_options opt = {
        .seed = 1, .threads = 2, .lua_dir = lua_dir};
    if (!ok(ritz_script_new(&script, &opt, &err) == RITZ_OK,
            "a Lua state opens %s", err.text))
        return tap_end();
    lua_State *L = ritz_script_state(script);
    lua_newtable(L);
    for (int i = 0; i < ritz_primitive_count(); i++) {
        push_record(L, ritz_primitive_at(i));
        lua_rawseti(L, -2, i + 1);
    }
    lua_setglobal(L, "RECORDS");
    lua_register(L, "report", report);
    ritz_text error = {0};
    ok(ritz_script_run_file(script, path, &error) == RITZ_DONE,
       "primitives.lua runs to its end");
    if (error.length)
        note("%s", ritz_text_view(&error));
    ritz_text_free(&error);
    ritz_script_delete(script);
    return tap_end();
}
