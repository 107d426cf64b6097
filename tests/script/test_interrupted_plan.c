/* test_interrupted_plan.c - an interrupt while a plan runs, or while a
 * function is traced: the error is "interrupted", what was donated is whole,
 * no trace stays open, and the same call succeeds afterwards.
 *
 * The flag is raised at known places instead of by a signal, so that nothing
 * depends on time.
 */
#include "base/parallel.h"
#include "script/core.h"
#include "script/interrupt.h"
#include "tap.h"

#include <lauxlib.h>
#include <lualib.h>
#include <unistd.h>

static int l_raise(lua_State *L)
{
    (void)L;
    ritz_interrupt_raise();
    return 0;
}

static lua_State *new_state(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    ritz_interrupt_open(L);
    ritz_core_open(L);
    lua_setglobal(L, "ritz");
    lua_register(L, "raise", l_raise);
    return L;
}

/* Runs the code as the top level does: the hook goes with the flag. */
static bool run(lua_State *L, const char *code)
{
    const bool good = luaL_dostring(L, code) == LUA_OK;
    ritz_interrupt_clear();
    lua_sethook(L, NULL, 0, 0);
    ritz_core_end_trace(L);
    return good;
}

static void is_whole(lua_State *L, const char *name)
{
    const bool good = run(L, "assert(p[1]:item() == 0)\n"
                             "assert(ritz.uniform{}.rank == 0)\n");
    ok(good, "%s: the donated tensor is whole, no trace is open%s%s", name,
       good ? "" : ": ", good ? "" : lua_tostring(L, -1));
}

static void interrupted(lua_State *L, const char *code, const char *name)
{
    ok(!run(L, code), "%s fails", name);
    matches(lua_tostring(L, -1), "interrupted", "%s", name);
    is_whole(L, name);
}

/* The host's flag, up at the 1000th time that it is asked for. */
static bool poll_often(void *context)
{
    int *left = context;
    return --*left <= 0;
}

/* Loops that would run for hours stop between two steps. */
static void loops(lua_State *L)
{
    static const struct {
        const char *name, *code;
    } list[] = {
        {"a scan", "ritz.scan(function(c) return c * 1.5 end, p,\n"
                   "  {length = 2^50 // 1})"},
        {"a scan that computes nothing",
         "ritz.scan(function(c, x) return {a = c.b, b = c.a} end,\n"
         "  {a = p, b = p + 1}, {length = 2^50 // 1})"},
        {"a while_loop", "ritz.while_loop(function(c) return ritz.tensor(1)\n"
                         "end, function(c) return c end, p)"},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        int left = 1000;
        ritz_interrupt_poll_set(poll_often, &left);
        ok(!run(L, list[i].code), "%s is interrupted", list[i].name);
        ritz_interrupt_poll_set(NULL, NULL);
        matches(lua_tostring(L, -1), "interrupted", "%s", list[i].name);
        is_whole(L, list[i].name);
    }
}

int main(void)
{
    alarm(60); /* a loop that is not interrupted fails, instead of staying */
    lua_State *L = new_state();
    ok(run(L, "step = ritz.jit(function(v) return v + 1 end, {donate = 1})\n"
              "p = ritz.zeros{1000}\n"
              "step(ritz.zeros{1000})\n"),
       "set up");
    interrupted(L, "raise() step(p)", "a plan");
    interrupted(L, "raise() return p * 2", "an operation at once");
    interrupted(L, "ritz.grad(function(v) raise() return v:sum() end)(p)",
                "a trace");
    interrupted(L,
                "local step = ritz.jit(function(v) raise() return v + 1 end,\n"
                "  {donate = 1})\n"
                "step(p)",
                "a plan just traced");
    interrupted(L,
                "local co = coroutine.wrap(function()\n"
                "  ritz.grad(function(v) raise() return v:sum() end)(p)\n"
                "end)\n"
                "co()",
                "a trace in a coroutine");
    interrupted(L, "while true do pcall(function() raise() step(p) end) end",
                "a loop that catches all errors");
    loops(L);
    ok(run(L, "assert(step(p)[1]:item() == 1)"), "afterwards the plan runs");
    lua_close(L);
    return tap_end();
}
