/* test_interrupt.c - Ctrl-C reaches Lua code wherever it runs.
 *
 * This thread runs Lua, as the worker does. Another one waits until the code
 * says that it is inside its loop, raises the flag and sends SIGUSR1, as the
 * interface does. Nothing is timed: code that cannot be interrupted meets the
 * alarm, which ends the program.
 */
#include "script/interrupt.h"

#include "base/parallel.h"
#include "base/text.h"
#include "script/pattern.h"
#include "tap.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE = 120 }; /* seconds, for the whole program */

static lua_State *L;
static pthread_t worker;
static sem_t ready;

/* --- the two threads ----------------------------------------------------- */

static void on_signal(int signal)
{
    (void)signal;
    const int kept = errno;
    ritz_interrupt_install();
    errno = kept;
}

static void await_ready(void)
{
    while (sem_wait(&ready) != 0)
        ;
}

static void *press_once(void *unused)
{
    await_ready();
    ritz_interrupt_raise();
    pthread_kill(worker, SIGUSR1);
    return unused;
}

/* Lua: says that the loop has been entered. */
static int l_ready(lua_State *state)
{
    (void)state;
    sem_post(&ready);
    return 0;
}

/* Lua: the flag goes up, but the hook is not where the code will run: what is
 * left when the signal comes while coroutines change hands. */
static int l_raise(lua_State *state)
{
    (void)state;
    ritz_interrupt_raise();
    return 0;
}

static bool run(const char *code)
{
    const bool good = luaL_dostring(L, code) == LUA_OK;
    if (!good && !lua_isstring(L, -1))
        lua_pushliteral(L, "(no text)");
    return good;
}

static void is_true(const char *code)
{
    const bool good = run(code);
    ok(good && lua_toboolean(L, -1), "%s", code);
    if (!good)
        note("%s", lua_tostring(L, -1));
    lua_settop(L, 0);
}

/* What the top level does after an interrupt, and what it then finds. */
static void back_at_prompt(void)
{
    ritz_interrupt_clear();
    lua_settop(L, 0);
    is_true("kept = kept + 1 return kept > 1");
}

static void stops(const char *code)
{
    pthread_t other;
    if (pthread_create(&other, NULL, press_once, NULL) != 0)
        abort();
    const bool stopped = !run(code);
    ok(stopped, "stopped: %s", code);
    matches(lua_tostring(L, -1), "interrupted", "its error");
    pthread_join(other, NULL);
    back_at_prompt();
}

/* --- the four cases, and their mixtures ---------------------------------- */

#define LOOP "ready() while true do end"

static void test_plain(void)
{
    stops(LOOP);
    stops("ready() repeat local s = ('x'):rep(10) until false");
    stops("ready() local function f() return f() end f()");
    stops("ready() while true do table.sort({3, 1, 2}, rawequal) end");
}

static void test_coroutine(void)
{
    stops("coroutine.wrap(function() " LOOP " end)()");
    stops("coroutine.resume(coroutine.create(function() " LOOP " end))");
    stops("local co = coroutine.wrap(function() coroutine.wrap(function() " LOOP
          " end)() end) co()");
    stops("local co = coroutine.create(function() coroutine.yield() " LOOP
          " end) coroutine.resume(co) coroutine.resume(co)");
    stops("local next = coroutine.wrap(function() while true do "
          "coroutine.yield(1) end end) ready() while true do next() end");
    stops("ready() while true do coroutine.resume(coroutine.create(function() "
          "while true do end end)) end");
    stops("local co = coroutine.create(function() local guard <close> = "
          "setmetatable({}, {__close = function() " LOOP " end}) "
          "coroutine.yield() end) coroutine.resume(co) coroutine.close(co)");
}

static void test_pcall(void)
{
    stops("while true do pcall(function() " LOOP " end) end");
    stops("ready() while true do pcall(error) end");
    stops("while true do xpcall(function() " LOOP " end, debug.traceback) end");
    stops("while true do xpcall(function() " LOOP
          " end, function(e) return e .. '!' end) end");
    stops("while true do pcall(coroutine.wrap(function() while true do "
          "pcall(function() " LOOP " end) end end)) end");
}

#define PATTERN "string.find(('x'):rep(2000), '.-.-.-.-y')"

static void test_pattern(void)
{
    stops("ready() " PATTERN);
    stops("ready() while true do pcall(function() " PATTERN " end) end");
    stops("ready() coroutine.wrap(function() " PATTERN " end)()");
    ok(!run("raise() while true do pcall(function() " PATTERN " end) end"),
       "a pattern that sees the flag ends the loop around it, too");
    back_at_prompt();
    stops("ready() while true do ('abc'):gsub('.', string.upper) end");
}

/* The handler of lua_pcall sees the interrupt once, not an error in itself. */
static int l_handler(lua_State *state)
{
    lua_pushfstring(state, "handled: %s", lua_tostring(state, 1));
    return 1;
}

static int l_check(lua_State *state)
{
    ritz_interrupt_check(state);
    return 0;
}

static void handled(const char *code)
{
    lua_pushcfunction(L, l_handler);
    if (luaL_loadstring(L, code) != LUA_OK)
        abort();
    is_int(lua_pcall(L, 0, 0, 1), LUA_ERRRUN,
           "an error, not one of its "
           "handler: %s",
           code);
    matches(lua_tostring(L, -1), "handled: ", "the handler's text");
    matches(lua_tostring(L, -1), "interrupted", "about the interrupt");
    back_at_prompt();
}

static void test_handler(void)
{
    handled("raise() check()");
    handled("raise() " PATTERN);
    handled("raise() coroutine.resume(coroutine.create(print))");
}

/* --- between two coroutines ---------------------------------------------- */

static void test_handover(void)
{
    ok(!run("local co = coroutine.create(function() while true do end end) "
            "raise() coroutine.resume(co)"),
       "the flag went up before the coroutine was entered");
    back_at_prompt();
    ok(!run("local co = coroutine.wrap(function() raise() coroutine.yield() "
            "end) co() while true do end"),
       "the flag went up before the coroutine was left");
    back_at_prompt();
    ok(!run("local co = coroutine.create(function() local guard <close> = "
            "setmetatable({}, {__close = function() while true do end end}) "
            "coroutine.yield() end) coroutine.resume(co) raise() "
            "coroutine.close(co)"),
       "the flag went up before the coroutine was closed");
    back_at_prompt();
}

/* The signal comes at any moment of a loop that enters and leaves coroutines
 * all the time. */
static void test_many(void)
{
    enum { ROUNDS = 500 };
    int stopped = 0;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_t other;
        if (pthread_create(&other, NULL, press_once, NULL) != 0)
            abort();
        stopped += !run("local co = coroutine.wrap(function() while true do "
                        "pcall(coroutine.yield) end end) ready() "
                        "while true do pcall(co) end");
        pthread_join(other, NULL);
        ritz_interrupt_clear();
        lua_settop(L, 0);
    }
    is_int(stopped, ROUNDS, "loops over a coroutine that were stopped");
}

static void test_afterwards(void)
{
    is_true("co = coroutine.wrap(function() for i = 1, 1e9 do "
            "coroutine.yield(i) end end) return co() == 1");
    stops("ready() while true do co() end");
    is_true("return not pcall(co) or co() > 1"); /* dead, or it goes on */
    ritz_interrupt_install();                    /* a signal that comes late */
    is_true("local n = 0 for i = 1, 1000 do n = n + i end return n == 500500");
    is_true("return debug.gethook() == nil");
    ritz_interrupt_check(L);
    ok(true, "no flag, no error");
}

/* --- what the stock functions do ----------------------------------------- */

static const char *const same[] = {
    "return coroutine.resume(coroutine.create(function(...) return ... end), "
    "1, nil, 3)",
    "return coroutine.resume(coroutine.create(function() error('x') end))",
    "return coroutine.resume(coroutine.create(function() error({}) end)) == "
    "false",
    "local co = coroutine.create(print) coroutine.resume(co) return "
    "coroutine.resume(co)",
    "local co co = coroutine.create(function() return coroutine.resume(co) "
    "end) return coroutine.resume(co)",
    "return coroutine.resume(coroutine.running())",
    "return coroutine.wrap(1)",
    "local f = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) "
    "return b * 2, 'end' end) return f(1), f(5)",
    "local f = coroutine.wrap(function() error({}) end) return "
    "type(select(2, pcall(f)))",
    "local co = coroutine.create(function() coroutine.yield() end) "
    "coroutine.resume(co) return coroutine.close(co), coroutine.status(co)",
    "local co = coroutine.create(function() local g <close> = setmetatable({}, "
    "{__close = function() error('in close', 0) end}) coroutine.yield() end) "
    "coroutine.resume(co) return coroutine.close(co)",
    "local co = coroutine.create(function() error('x', 0) end) "
    "coroutine.resume(co) return coroutine.close(co)",
    "return coroutine.close(coroutine.running())",
    "local co co = coroutine.create(function() coroutine.resume("
    "coroutine.create(function() error(select(2, pcall(coroutine.close, co))) "
    "end)) return 1 end) return coroutine.resume(co)",
    "local f = coroutine.wrap(function() local g <close> = setmetatable({}, "
    "{__close = function(_, e) error(e .. '+', 0) end}) error('x', 0) end) "
    "return pcall(f)",
    "return coroutine.isyieldable(), coroutine.wrap(coroutine.isyieldable)()",
    "local function deep() return coroutine.wrap(deep)() end "
    "return (select(2, pcall(deep)):gsub('.*: ', ''))",
};

static void outcome(ritz_text *out, lua_State *state, const char *code)
{
    (void)luaL_dostring(state, code);
    for (int i = 1; i <= lua_gettop(state); i++) {
        ritz_text_printf(out, " %s", luaL_tolstring(state, i, NULL));
        lua_pop(state, 1);
    }
    lua_settop(state, 0);
}

static void test_same_as_stock(void)
{
    lua_State *stock = luaL_newstate();
    luaL_openlibs(stock);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        ritz_text want = {0}, got = {0};
        outcome(&want, stock, same[i]);
        outcome(&got, L, same[i]);
        is_text(ritz_text_view(&got), ritz_text_view(&want), "%s", same[i]);
        ritz_text_free(&want);
        ritz_text_free(&got);
    }
    lua_close(stock);
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
    return tap_skip_all("ThreadSanitizer holds a signal back until the next "
                        "system call, and a loop in Lua makes none");
#endif
    const struct sigaction action = {.sa_handler = on_signal,
                                     .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    alarm(PATIENCE);
    worker = pthread_self();
    sem_init(&ready, 0, 0);
    L = luaL_newstate();
    if (!L)
        return tap_skip_all("no memory for a Lua state");
    luaL_openlibs(L);
    ritz_pattern_open(L);
    ritz_interrupt_open(L);
    is_int(lua_gettop(L), 0, "opening leaves the stack as it was");
    lua_register(L, "ready", l_ready);
    lua_register(L, "raise", l_raise);
    lua_register(L, "check", l_check);
    lua_settop(L, 0);
    run("kept = 1");
    tap_run("plain", test_plain);
    tap_run("coroutine", test_coroutine);
    tap_run("pcall", test_pcall);
    tap_run("pattern", test_pattern);
    tap_run("handler", test_handler);
    tap_run("handover", test_handover);
    tap_run("many", test_many);
    tap_run("afterwards", test_afterwards);
    tap_run("same as stock", test_same_as_stock);
    ritz_interrupt_close();
    lua_close(L);
    return tap_end();
}
