/* interrupt.c - ending Lua code that runs, wherever it runs.
 *
 * The hook raises an ordinary error, which pcall may catch; but it stays
 * installed, so that the next instruction raises again, until the top level
 * is reached and clears the flag. A coroutine that died of an interrupt does
 * not return to its parent: resume raises there at once. A hook left on a
 * suspended coroutine removes itself when it finds the flag down.
 *
 * There is one running coroutine per thread that runs Lua; a signal handler
 * on that thread sees its own thread's.
 */
#include "script/interrupt.h"

#include "base/parallel.h"
#include "script/frames.h"
#include "script/pattern.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdatomic.h>

enum {
    HOOK_ALWAYS = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT
};

static _Thread_local _Atomic(lua_State *) running;

static void hook(lua_State *L, lua_Debug *ar);

static void arm(lua_State *L)
{
    lua_sethook(L, hook, HOOK_ALWAYS, 1);
}

static void hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    if (!ritz_interrupted())
        lua_sethook(L, NULL, 0, 0);
    if (ritz_interrupted()) { /* perhaps just now: then it was taken off */
        arm(L);
        luaL_error(L, "interrupted");
    }
}

void ritz_interrupt_install(void)
{
    lua_State *L = atomic_load(&running);
    if (L)
        arm(L);
}

void ritz_interrupt_check(lua_State *L)
{
    if (!ritz_interrupted())
        return;
    arm(L);
    luaL_error(L, "interrupted");
}

/* Makes `co` the running one and returns the one before. A signal that came
 * until now has armed that one, so the flag is asked once more. */
static lua_State *enter(lua_State *co)
{
    lua_State *before = atomic_exchange(&running, co);
    if (ritz_interrupted())
        arm(co);
    return before;
}

/* Back in `before`, which is L: an interrupt goes on there. */
static void leave(lua_State *L, lua_State *before)
{
    atomic_store(&running, before);
    ritz_interrupt_check(L);
}

static lua_State *check_coroutine(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co, 1, "coroutine");
    return co;
}

/* Resumes `co` with the `n` values on top of L. Leaves the results on top of
 * L and returns their number; or the error, and returns -1. */
static int resume(lua_State *L, lua_State *co, int n)
{
    if (!lua_checkstack(co, n)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, n);
    lua_State *before = enter(co);
    int results = 0;
    const int status = lua_resume(co, L, n, &results);
    leave(L, before);
    if (status == LUA_OK || status == LUA_YIELD) {
        if (lua_checkstack(L, results + 1)) {
            lua_xmove(co, L, results);
            return results;
        }
        lua_pop(co, results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    if (status != LUA_ERRMEM && lua_status(co) == status)
        ritz_frames_note(L, co);
    lua_xmove(co, L, 1);
    return -1;
}

static int l_resume(lua_State *L)
{
    lua_State *co = check_coroutine(L);
    const int results = resume(L, co, lua_gettop(L) - 1);
    if (results < 0) {
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    lua_pushboolean(L, 1);
    lua_insert(L, -(results + 1));
    return results + 1;
}

/* Closes `co`, whose to-be-closed variables run code of their own. */
static int close(lua_State *L, lua_State *co)
{
    lua_State *before = enter(co);
    const int status = lua_resetthread(co);
    leave(L, before);
    return status;
}

static int l_wrapped(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    const int results = resume(L, co, lua_gettop(L));
    if (results >= 0)
        return results;
    const int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
        if (close(L, co) != LUA_OK) {
            lua_xmove(co, L, 1); /* the error of a closing method */
            lua_replace(L, -2);
        }
    }
    return lua_error(L);
}

static int l_create(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    return 1;
}

static int l_wrap(lua_State *L)
{
    l_create(L);
    lua_pushcclosure(L, l_wrapped, 1);
    return 1;
}

static int l_close(lua_State *L)
{
    lua_State *co = check_coroutine(L);
    lua_Debug ar;
    const int status = lua_status(co);
    const bool normal =
        co == L || (status == LUA_OK && lua_getstack(co, 0, &ar));
    if (normal)
        return luaL_error(L, "cannot close a %s coroutine",
                          co == L ? "running" : "normal");
    if (close(L, co) == LUA_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
}

/* A pattern saw the flag: from here on every instruction raises, too. */
static int stop_pattern(lua_State *L)
{
    ritz_interrupt_check(L);
    return 0;
}

void ritz_interrupt_close(void)
{
    atomic_store(&running, NULL);
}

int ritz_interrupt_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"resume", l_resume},
        {"wrap", l_wrap},
        {"close", l_close},
        {NULL, NULL},
    };
    atomic_store(&running, L);
    ritz_pattern_on_stop(L, stop_pattern);
    lua_getglobal(L, LUA_COLIBNAME);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
    return 0;
}
