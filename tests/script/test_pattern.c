/* test_pattern.c - our pattern functions against those of stock Lua.
 *
 * Two Lua states do the same, one with the stock functions, one with ours.
 * Whatever they give back, an error's text included, must be the same.
 */
#include "script/pattern.h"

#include "base/parallel.h"
#include "base/random.h"
#include "base/text.h"
#include "tap.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

static lua_State *stock, *ours;

/* --- comparing the two --------------------------------------------------- */

static void describe(ritz_text *out, lua_State *L, int from)
{
    for (int i = from; i <= lua_gettop(L); i++) {
        size_t n;
        const char *text = luaL_tolstring(L, i, &n);
        ritz_text_printf(out, " %s ", luaL_typename(L, i));
        ritz_text_add(out, text, n);
        lua_pop(L, 1);
    }
}

/* Calls the function below its `n` arguments; all results as text. */
static void outcome(ritz_text *out, lua_State *L, int n)
{
    const int base = lua_gettop(L) - n;
    ritz_text_puts(out, lua_pcall(L, n, LUA_MULTRET, 0) ? "error:" : "ok:");
    describe(out, L, base);
    lua_settop(L, base - 1);
}

static bool same(const ritz_text *a, const ritz_text *b)
{
    return a->length == b->length &&
           !memcmp(ritz_text_view(a), ritz_text_view(b), a->length);
}

static void is_same(const char *code)
{
    ritz_text want = {0}, got = {0};
    if (luaL_loadstring(stock, code) || luaL_loadstring(ours, code))
        abort();
    outcome(&want, stock, 0);
    outcome(&got, ours, 0);
    if (!ok(same(&want, &got), "%s", code))
        note("stock: %s\nours: %s", ritz_text_view(&want),
             ritz_text_view(&got));
    ritz_text_free(&want);
    ritz_text_free(&got);
}

/* --- random patterns ----------------------------------------------------- */

static ritz_key key;
static uint64_t position;

static size_t below(size_t n)
{
    return (size_t)ritz_random_below(key, &position, n);
}

typedef struct piece {
    const char *text;
    size_t length;
} piece;
#define PIECE(text)            \
    {                          \
        text, sizeof(text) - 1 \
    }

static const piece pattern_pieces[] = {
    PIECE("a"),      PIECE("b"),      PIECE("."),      PIECE("%a"),
    PIECE("%d"),     PIECE("%s"),     PIECE("%w"),     PIECE("%W"),
    PIECE("%p"),     PIECE("%g"),     PIECE("%c"),     PIECE("%l"),
    PIECE("%U"),     PIECE("%x"),     PIECE("%z"),     PIECE("%("),
    PIECE("[ab]"),   PIECE("[^a]"),   PIECE("[a-c]"),  PIECE("[%d_]"),
    PIECE("[]]"),    PIECE("[^]]"),   PIECE("[a-]"),   PIECE("[%a-z]"),
    PIECE("[^%w%]"), PIECE("("),      PIECE(")"),      PIECE("(a)"),
    PIECE("(.-)"),   PIECE("()"),     PIECE("%1"),     PIECE("%2"),
    PIECE("*"),      PIECE("+"),      PIECE("-"),      PIECE("?"),
    PIECE("^"),      PIECE("$"),      PIECE("%b()"),   PIECE("%bab"),
    PIECE("%f[a]"),  PIECE("%f[%w]"), PIECE("%f[^a]"), PIECE("%f[\0]"),
    PIECE("%"),      PIECE("["),      PIECE("\0"),     PIECE("%0"),
    PIECE("%f"),     PIECE("%b"),     PIECE("%bx"),    PIECE("[^"),
    PIECE("[\0-a]"), PIECE("\xe9"),   PIECE("%\xe9"),  PIECE("%b\0a"),
    PIECE("*"),      PIECE("+"),      PIECE("-"),      PIECE("?"),
    PIECE("a*"),     PIECE("(b-)"),   PIECE("(a*"),    PIECE(".)"),
};

static const piece subject_pieces[] = {
    PIECE("a"), PIECE("a"), PIECE("b"),  PIECE("c"), PIECE("ab"),   PIECE("("),
    PIECE(")"), PIECE("1"), PIECE("_"),  PIECE(" "), PIECE("\xe9"), PIECE("B"),
    PIECE("]"), PIECE("^"), PIECE("\0"), PIECE("-"), PIECE("aab"),  PIECE("%"),
};

static const piece template_pieces[] = {
    PIECE("x"),  PIECE("%0"), PIECE("%1"), PIECE("%2"),
    PIECE("%%"), PIECE("%9"), PIECE("\0"), PIECE("y"),
    PIECE("%1"), PIECE("%0"), PIECE("z"),  PIECE("%"),
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void compose(ritz_text *out, const piece *from, size_t count,
                    size_t most)
{
    out->length = 0;
    ritz_text_add(out, "", 0);
    for (size_t n = below(most + 1); n > 0; n--) {
        const piece *p = &from[below(count)];
        ritz_text_add(out, p->text, p->length);
    }
}

static ritz_text subject, pattern, template;
static lua_Integer number;
static size_t choice; /* of the replacement and of the optional arguments */

static void draw(void)
{
    compose(&subject, subject_pieces, COUNT(subject_pieces), 9);
    compose(&pattern, pattern_pieces, COUNT(pattern_pieces), 6);
    compose(&template, template_pieces, COUNT(template_pieces), 3);
    number = (lua_Integer)below(24) - 12;
    choice = below(16);
}

static int push_two(lua_State *L)
{
    lua_pushlstring(L, subject.bytes, subject.length);
    lua_pushlstring(L, pattern.bytes, pattern.length);
    return 2;
}

static int push_init(lua_State *L)
{
    if (choice % 2 == 0)
        return 0;
    lua_pushinteger(L, number);
    return 1;
}

static int push_replacement(lua_State *L)
{
    static const char *const code[] = {
        "return {a = 'A', b = false, [1] = 7, ab = {}}",
        "return function(x, y) return y end",
        "return function(x) return x ~= 'a' and x end",
        "return setmetatable({}, {__index = function(_, k) return k .. k end})",
        "return function() error('mine', 0) end",
        "return 12.5",
        "return true",
    };
    const size_t which = choice / 2;
    if (which < COUNT(code)) {
        if (luaL_dostring(L, code[which]))
            abort();
    } else {
        lua_pushlstring(L, template.bytes, template.length);
    }
    return 1;
}

static void compare(ritz_text *out, lua_State *L, const char *name)
{
    out->length = 0;
    lua_getglobal(L, "string");
    lua_getfield(L, -1, name);
    lua_replace(L, -2);
    int n = push_two(L);
    if (strcmp(name, "gsub") == 0)
        n += push_replacement(L);
    n += push_init(L); /* gsub: how many */
    if (strcmp(name, "find") == 0 && choice == 3) {
        lua_pushboolean(L, 1);
        n++;
    }
    outcome(out, L, n);
}

/* Every match of gmatch joined into one list, through the same two states. */
static void compare_walk(ritz_text *out, lua_State *L)
{
    static const char code[] =
        "local r = {} "
        "for a, b, c in string.gmatch(...) do "
        "r[#r + 1] = string.format('%s,%s,%s', a, b, c) "
        "if #r > 50 then break end end return table.concat(r, ';')";
    out->length = 0;
    if (luaL_loadstring(L, code))
        abort();
    int n = push_two(L);
    n += push_init(L);
    outcome(out, L, n);
}

static size_t differences(const char *name, int cases)
{
    ritz_text want = {0}, got = {0};
    size_t wrong = 0;
    for (int i = 0; i < cases; i++) {
        draw();
        if (strcmp(name, "gmatch") == 0) {
            compare_walk(&want, stock);
            compare_walk(&got, ours);
        } else {
            compare(&want, stock, name);
            compare(&got, ours, name);
        }
        if (same(&want, &got) || wrong++ > 4)
            continue;
        note("%s subject '%s' pattern '%s' template '%s' number %lld choice "
             "%zu\nstock: %s\nours: %s",
             name, subject.bytes, pattern.bytes, template.bytes,
             (long long)number, choice, ritz_text_view(&want),
             ritz_text_view(&got));
    }
    ritz_text_free(&want);
    ritz_text_free(&got);
    return wrong;
}

/* ThreadSanitizer does not see Lua's longjmp: what it believes to be the call
 * stack grows with every error, and 65536 frames are too many for it. */
#ifdef __SANITIZE_THREAD__
enum { CALLS = 5000 };
#else
enum { CALLS = 40000 };
#endif

static void test_random(void)
{
    static const char *const names[] = {"find", "match", "gmatch", "gsub"};
    key = ritz_key_from_seed(20);
    for (size_t i = 0; i < COUNT(names); i++)
        is_int(differences(names[i], CALLS), 0,
               "%s: %d random calls give what stock Lua gives", names[i],
               (int)CALLS);
    ritz_text_free(&subject);
    ritz_text_free(&pattern);
    ritz_text_free(&template);
}

/* --- cases that a random pattern does not reach -------------------------- */

static void test_limits(void)
{
    is_same("return string.find(('a'):rep(300), ('a?'):rep(198))");
    is_same("return string.find(('a'):rep(300), ('a?'):rep(199))");
    is_same("return string.find(('a'):rep(300), ('a?'):rep(200))");
    is_same("return string.find(('a'):rep(300), ('a?'):rep(201))");
    is_same("return string.find('', ('a?'):rep(300))");
    is_same("return string.match(('a'):rep(40), ('(a)'):rep(32))");
    is_same("return string.match(('a'):rep(40), ('(a)'):rep(33))");
    is_same("return string.match(('a'):rep(40), ('('):rep(33))");
    is_same("return #string.match(('a'):rep(1000000), '.-b?$')");
    is_same("return string.rep('x', 1000):gsub('x', '%0%0')");
    is_same("return string.find('a', 'a', math.mininteger)");
    is_same("return string.find('a', 'a', math.maxinteger)");
    is_same("return string.gsub('aaa', 'a', 'b', math.mininteger)");
    is_same("return string.gsub('aaa', 'a', 'b', math.maxinteger)");
    is_same("return string.gsub('aaa', '', 'b')");
    is_same("return string.gsub('hello world', '%w+', '%0 %0', 1)");
}

static void test_arguments(void)
{
    is_same("return string.find()");
    is_same("return string.find('a')");
    is_same("return string.find('a', {})");
    is_same("return string.find('a', 'a', 'x')");
    is_same("return string.find('a', 'a', 1.5)");
    is_same("return ('a'):match()");
    is_same("return ('a'):gsub('a')");
    is_same("return ('a'):gsub('a', nil)");
    is_same("return ('a'):gsub('a', print, {})");
    is_same("return string.gmatch('a')");
    is_same("return string.gmatch('a', 'a', {})");
    is_same("return ('a'):match('(')");
    is_same("return string.find(123, 2), (12):rep(2):gsub(1, 3)");
    is_same("local s = 'abc' return s:gsub('b', function() s:find('(') end)");
    is_same("return string.gmatch('a', '(()')()");
    is_same("return ('a b'):gsub('%w', function(c) return c:gsub('a', 'x') "
            "end)");
}

/* The iterator is made in one coroutine and used in another. */
static void test_coroutines(void)
{
    is_same("local f = coroutine.wrap(function() return ('a b c'):gmatch('%a') "
            "end)() local g = coroutine.wrap(function() return f(), f() end) "
            "return g(), f(), f()");
    is_same("local f = coroutine.wrap(function() return ('a'):gmatch('(') "
            "end)() return coroutine.resume(coroutine.create(f))");
}

static void test_rest_of_string(void)
{
    is_same("return ('%d'):format(3), ('x'):rep(3), ('abc'):sub(2), #'abc'");
}

/* --- interrupt ----------------------------------------------------------- */

static int polls;

/* True from the third poll on. */
static bool third_poll(void *context)
{
    (void)context;
    return ++polls >= 3;
}

static int stop_with_number(lua_State *L)
{
    lua_pushinteger(L, 77);
    return lua_error(L);
}

/* Needs some 10^12 steps when nobody stops it. */
#define ENDLESS "('x'):rep(2000), '.-.-.-.-y'"

static void is_stopped(const char *code, const char *want)
{
    polls = 0;
    ritz_interrupt_poll_set(third_poll, NULL);
    ok(luaL_dostring(ours, code) != LUA_OK, "stopped: %s", code);
    is_text(lua_tostring(ours, -1), want, "its error");
    is_int(polls, 3, "at the poll that saw the flag");
    ritz_interrupt_poll_set(NULL, NULL);
    ritz_interrupt_clear();
    lua_settop(ours, 0);
}

static void test_interrupt(void)
{
    static const char where[] = "[string \"string.find(('x'):rep(2000), "
                                "'.-.-.-.-y')\"]:1: interrupted";
    is_stopped("string.find(" ENDLESS ")", where);
    ritz_pattern_on_stop(ours, stop_with_number);
    is_stopped("string.match(" ENDLESS ")", "77");
    is_stopped("string.gsub(" ENDLESS ", '')", "77");
    is_stopped("for _ in string.gmatch(" ENDLESS ") do end", "77");
    is_stopped("string.find(('('):rep(1000000), '%b()')", "77");
    is_stopped("string.find(('a'):rep(100000), '(a*)%1%1%1b')", "77");
    is_same("return ('still alive'):match('%w+$')");
}

int main(void)
{
    stock = luaL_newstate();
    ours = luaL_newstate();
    if (!stock || !ours)
        return tap_skip_all("no memory for two Lua states");
    luaL_openlibs(stock);
    luaL_openlibs(ours);
    ritz_pattern_open(ours);
    is_int(lua_gettop(ours), 0, "opening leaves the stack as it was");
    tap_run("random", test_random);
    tap_run("limits", test_limits);
    tap_run("arguments", test_arguments);
    tap_run("coroutines", test_coroutines);
    tap_run("rest of string", test_rest_of_string);
    tap_run("interrupt", test_interrupt);
    lua_close(stock);
    lua_close(ours);
    return tap_end();
}
