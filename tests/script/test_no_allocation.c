/* A plan takes no memory while it runs: once its outputs are taken, every
 * further request fails, and would be counted. */
#include "base/memory.h"
#include "graph/compile/plan_internal.h"
#include "script/jit.h"
#include "script/script.h"
#include "tap.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct outcome {
    ritz_status status;
    long requests;
    int instructions;
} outcome;

/* Here the outputs are taken. */
static ritz_status run_without_memory(ritz_plan *plan, void *context,
                                      ritz_error *err)
{
    outcome *o = context;
    ritz_fail_allocation(1);
    o->status = ritz_run_instructions(plan, plan->first, plan->instructions,
                                      false, err);
    o->requests = ritz_fail_allocation(0);
    o->instructions = plan->instructions - plan->first;
    return RITZ_OK;
}

static int inspect(lua_State *L, ritz_plan *plan, ritz_tensor **in,
                   void *context)
{
    (void)L;
    outcome *o = context;
    ritz_error err = {0};
    for (int run = 0; run < 2; run++)
        if (ritz_plan_look(plan, in, run_without_memory, o, &err) != RITZ_OK)
            o->status = err.status;
    return 0;
}

/* check(name, f, ...) */
static int l_check(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    outcome o = {.status = RITZ_EVALUE};
    ritz_jit_inspect(L, lua_gettop(L) - 2, false, inspect, &o);
    ok(o.instructions > 0, "%s: has %d instructions", name, o.instructions);
    ok(o.status == RITZ_OK, "%s: runs without memory", name);
    ok(o.requests == 0, "%s: asks for none (%ld requests)", name, o.requests);
    return 0;
}

int main(void)
{
    const char *source = getenv("RITZ_SOURCE");
    char lua_dir[4096], path[4096];
    snprintf(lua_dir, sizeof lua_dir, "%s/lua", source ? source : ".");
    snprintf(path, sizeof path, "%s/tests/script/no_allocation.lua",
             source ? source : ".");
    ritz_script *script = NULL;
    ritz_error err = {0};
    const ritz_script_options opt = {
        .seed = 1, .threads = 2, .lua_dir = lua_dir};
    if (!ok(ritz_script_new(&script, &opt, &err) == RITZ_OK,
            "a Lua state opens %s", err.text))
        return tap_end();
    lua_register(ritz_script_state(script), "check", l_check);
    ritz_text error = {0};
    ok(ritz_script_run_file(script, path, &error) == RITZ_DONE,
       "no_allocation.lua runs to its end");
    if (error.length)
        note("%s", ritz_text_view(&error));
    ritz_text_free(&error);
    ritz_script_delete(script);
    return tap_end();
}
