/* test_script.c - what a person at the prompt types and gets.
 *
 * Inputs go through ritz_script_eval as the interface sends them; what is
 * printed and what is shown come back as text. Error texts are the contract
 * here: each is compared whole.
 */
#include "script/script.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ritz_script *script;
static ritz_text printed, shown, error;

static void write_text(void *context, const char *bytes, size_t n)
{
    (void)context;
    ritz_text_add(&printed, bytes, n);
}

static void forget(ritz_text *text)
{
    ritz_text_free(text);
    *text = (ritz_text){0};
}

static ritz_verdict eval(const char *input)
{
    forget(&printed);
    forget(&shown);
    forget(&error);
    return ritz_script_eval(script, input, &shown, &error);
}

/* The input shows this text, and no error. */
static void shows(const char *input, const char *want)
{
    is_int(eval(input), RITZ_DONE, "%s: is done", input);
    is_text(ritz_text_view(&error), "", "%s: has no error", input);
    is_text(ritz_text_view(&shown), want, "%s: shows its value", input);
}

static void prints(const char *input, const char *want)
{
    is_int(eval(input), RITZ_DONE, "%s: is done", input);
    is_text(ritz_text_view(&printed), want, "%s: prints", input);
}

static void fails(const char *input, const char *want)
{
    is_int(eval(input), RITZ_FAILED, "%s: fails", input);
    is_text(ritz_text_view(&error), want, "%s: says why", input);
    is_text(ritz_text_view(&shown), "", "%s: shows nothing", input);
}

/* --- values ------------------------------------------------------------ */

static void test_values(void)
{
    shows("1 + 1", "2\n");
    shows("_ + 1", "3\n");
    shows("_ * 2;", "");
    shows("_", "6\n");
    shows("1, nil, 'two'", "1\nnil\n\"two\"\n");
    shows("nil", "nil\n");
    shows("x = 5", "");
    shows("x", "5\n");
    shows("local y = 5",
          "(a local ends with its line: leave out `local` to keep it)\n");
    shows("local y = 5\nx = y + 1", "");
    shows("-- a remark", "");
    shows("", "");
    shows("'a\\n\"b\"\\0'", "\"a\\n\\\"b\\\"\\000\"\n");
    shows("function() end", "function <prompt>:1\n");
    prints("print(1, nil, true, 'a')", "1\tnil\ttrue\ta\n");
    prints("io.write('a', 1, '\\n')", "a1\n");
    prints("io.stdout:write('b\\n')", "b\n");
}

static void test_tables(void)
{
    shows("{}", "{}\n");
    shows("{1, 2, a = {b = 'c'}}", "{ 1, 2, a = { b = \"c\" } }\n");
    shows("{['a b'] = 1, [2.5] = 2, [true] = 3}",
          "{ [2.5] = 2, [\"a b\"] = 1, [true] = 3 }\n");
    shows("(function() local t = {}; t.t = t; return t end)()",
          "{ t = <the table 1 up> }\n");
    shows("{a={b={c={d={e={f={g=1}}}}}}}",
          "{ a = { b = { c = { d = { e = { f = {...} } } } } } }\n");
    shows("setmetatable({a = 1}, {__index = error, __pairs = error, "
          "__len = error, __name = 5})",
          "{ a = 1 }\n");
    shows("setmetatable({}, {__tostring = function() return 'me' end})",
          "me\n");
    shows("setmetatable({}, {__tostring = function() error('no', 0) end})",
          "table (its __tostring fails: no)\n");
    shows("setmetatable({}, {__tostring = function() return {} end})",
          "table (its __tostring fails: '__tostring' must return a string)\n");
    shows("{f = print}", "{ f = function: built in }\n");
}

/* What is large is cut: the text stays small and says how much is left. */
static void test_large_tables(void)
{
    eval("(function() local t = {}; for i = 1, 1000000 do t[i] = i end; "
         "return t end)()");
    matches(ritz_text_view(&shown), "29, 30, ... (999970 more)",
            "a long list is cut");
    ok(shown.length < 500, "its text is short, got %zu bytes", shown.length);
    eval("(function() local t = {}; for i = 1, 100000 do t['k' .. i] = i end; "
         "return t end)()");
    matches(ritz_text_view(&shown), "... (99970 more)",
            "a table of many keys is cut");
    eval("('x'):rep(20000)");
    matches(ritz_text_view(&shown), "\" +10000 bytes", "a long text is cut");
}

/* --- errors ------------------------------------------------------------ */

static void test_errors(void)
{
    fails("error('bad')", "bad\n  <prompt>:1");
    fails("error('bad', 0)", "bad\n  <prompt>:1");
    fails("error({})", "the error object is a table value\n  <prompt>:1");
    fails("error()", "the error object is a nil value\n  <prompt>:1");
    fails("error(7)", "7\n  <prompt>:1");
    fails("error(setmetatable({}, {__tostring = function() return 'mine' "
          "end}))",
          "mine\n  <prompt>:1");
    fails("error(setmetatable({}, {__tostring = function() error('no') end}))",
          "an error object that is a table whose __tostring fails\n"
          "  <prompt>:1");
    fails("x = = 1", "unexpected symbol near '='\n  <prompt>:1");
    fails("x = 'abc", "unfinished string near <eof>\n  <prompt>:1");
    fails("\n\nlocal function f() error('deep') end\nf()",
          "deep\n  <prompt>:1\n  <prompt>:2");
    shows("1", "1\n");
}

static void test_coroutine_errors(void)
{
    fails("coroutine.wrap(function()\n error('inside')\nend)()",
          "inside\n  <prompt>:2\n  <prompt>:1");
    fails("local co = coroutine.create(function()\n error('inside')\nend)\n"
          "local good, message = coroutine.resume(co)\n"
          "error(message, 0)",
          "inside\n  <prompt>:2\n  <prompt>:5");
}

/* The stack of a function under a transform is gone when its error is shown. */
static void test_callback_errors(void)
{
    fails("ritz.grad(function(x)\n error('inside')\nend)(ritz.ones{2})",
          "inside\n  <prompt>:2\n  <prompt>:1");
    fails("ritz.jit(function(x)\n return ritz.matmul(x, x)\n"
          "end)(ritz.ones{2, 3})",
          "matmul: inner sizes must agree, got f32[2,3] and f32[2,3]\n"
          "  <prompt>:2\n  <prompt>:1");
}

static void test_deep_recursion(void)
{
    eval("function f(n) return 1 + f(n + 1) end");
    is_int(eval("f(1)"), RITZ_FAILED, "endless recursion fails");
    matches(ritz_text_view(&error), "stack overflow", "and says so");
    ok(error.length < 2000, "in few lines, got %zu bytes", error.length);
}

static void test_near_names(void)
{
    fails("prnt(1)", "attempt to call a nil value (global 'prnt'); did you "
                     "mean print?\n  <prompt>:1");
    fails("plot.lin(1)", "attempt to call a nil value (field 'lin'); did you "
                         "mean plot.line?\n  <prompt>:1");
    fails("ritz.lins(1)", "attempt to call a nil value (field 'lins'); did you "
                          "mean ritz.linspace?\n  <prompt>:1");
    fails("tnah(1)", "attempt to call a nil value (global 'tnah'); did you "
                     "mean ritz.tanh?\n  <prompt>:1");
    shows("plto", "nil  (near: plot)\n");
}

static void test_incomplete(void)
{
    static const char *const inputs[] = {
        "x = (", "for i = 1, 3 do", "f = function()", "x =", "[[ab", "if x",
    };
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        is_int(eval(inputs[i]), RITZ_INCOMPLETE, "%s goes on", inputs[i]);
        is_int(error.length, 0, "%s is no error", inputs[i]);
    }
    shows("x = (\n1 +\n2)", "");
    shows("x", "3\n");
}

static void test_exit(void)
{
    is_int(eval("os.exit(3)"), RITZ_EXIT, "os.exit leaves");
    is_int(ritz_script_exit_code(script), 3, "with its code");
    is_int(eval("os.exit(true)"), RITZ_EXIT, "os.exit(true) leaves");
    is_int(ritz_script_exit_code(script), 0, "with 0");
    is_int(eval("os.exit(false)"), RITZ_EXIT, "os.exit(false) leaves");
    is_int(ritz_script_exit_code(script), 1, "with 1");
    eval("reached = false");
    is_int(eval("while true do pcall(os.exit, 4) end reached = true"),
           RITZ_EXIT, "pcall does not keep it");
    shows("reached", "false\n");
}

/* --- help -------------------------------------------------------------- */

static void test_help(void)
{
    eval("?ritz.vmap");
    matches(ritz_text_view(&shown), "ritz.vmap(f", "?name gives the signature");
    eval("?vmap");
    matches(ritz_text_view(&shown), "ritz.vmap(f", "?name finds a short name");
    eval("?data");
    matches(ritz_text_view(&shown), "fashion_mnist  Fashion-MNIST",
            "?module lists its functions");
    eval("?transforms");
    matches(ritz_text_view(&shown), "They nest in any order", "?topic");
    eval("?vamp");
    is_text(ritz_text_view(&shown), "no help on \"vamp\"; did you mean vmap?\n",
            "an unknown name: the nearest");
    eval("??data.split");
    matches(ritz_text_view(&shown), "function data.split(set, opt)",
            "??name shows the source");
    eval("help");
    matches(ritz_text_view(&shown), "topics: ", "help alone is the overview");
    eval("help()");
    matches(ritz_text_view(&printed), "topics: ", "help() prints it");
    eval("help 'dtypes'");
    matches(ritz_text_view(&printed), "do not mix", "help 'topic'");
    eval("help(ritz.vmap)");
    matches(ritz_text_view(&printed), "ritz.vmap(f", "help(f)");
    eval("ritz.vmap");
    matches(ritz_text_view(&shown), "ritz.vmap(f, {",
            "a function is shown by its signature");
}

/* Asking runs no code of the user. */
static void test_help_evaluates_nothing(void)
{
    eval("touched = false; t = setmetatable({}, {__index = function() touched "
         "= true end, __pairs = function() touched = true end})");
    eval("?t.x.y");
    shows("touched", "false\n");
}

/* --- completion -------------------------------------------------------- */

/* The candidates for a line, with spaces between, and where they begin. */
static void completes(const char *line, size_t start, const char *want)
{
    ritz_completions words;
    ritz_text got = {0};
    ritz_script_complete(script, line, strlen(line), &words);
    for (size_t i = 0; i < words.count; i++)
        ritz_text_printf(&got, i > 0 ? " %s" : "%s", words.word[i]);
    is_text(ritz_text_view(&got), want, "candidates of \"%s\"", line);
    if (words.count > 0)
        is_int(words.start, start, "\"%s\": what is replaced", line);
    ritz_completions_free(&words);
    ritz_text_free(&got);
}

static void test_completion(void)
{
    eval("tab = {alpha = {beta = 1, gamma = 2}, [1] = 1, ['a b'] = 1}");
    eval("x = ritz.zeros{2}; s = 'text'");
    completes("wh", 0, "while");
    completes("ta", 0, "tab table");
    completes("y = ta", 4, "tab table");
    completes("tab.", 4, "alpha");
    completes("f(tab.alpha.", 12, "beta gamma");
    completes("tab.alpha.ga", 10, "gamma");
    completes("nothing.x", 0, "");
    completes("f().", 0, "");
    completes("tab[1].", 0, "");
    completes("x:item", 2, "item");
    completes("x:numel", 2, "numel");
    completes("s:gs", 2, "gsub");
    completes("ritz.value_", 5, "value_and_grad");
    completes("data.batches(x, {s", 17, "seed =  shuffle =  size = ");
    completes("data.batches(x, { size = 3, se", 28, "seed = ");
    completes("data.batches(x, { size = whi", 25, "while");
    completes("-- ta", 0, "");
    completes("1.", 0, "");
    completes("'ta", 0, "");
    completes("help 'dty", 6, "dtypes");
}

static void test_completion_of_files(void)
{
    ritz_text line = {0};
    const char *folder = tap_path("files");
    ritz_text_printf(&line, "require('ritz.internal').make_folder('%s/sub')",
                     folder);
    eval(ritz_text_view(&line));
    forget(&line);
    ritz_text_printf(&line, "io.open('%s/su", folder);
    ritz_text want = {0};
    ritz_text_printf(&want, "%s/sub/", folder);
    completes(ritz_text_view(&line), strlen("io.open('"),
              ritz_text_view(&want));
    ritz_text_free(&line);
    ritz_text_free(&want);
}

static void test_completion_evaluates_nothing(void)
{
    eval("touched = 0; local function touch() touched = touched + 1 end "
         "t = setmetatable({}, {__index = touch, __pairs = touch, __len = "
         "touch, __call = touch, __tostring = touch})");
    completes("t.", 0, "");
    completes("t.a.b", 0, "");
    completes("t:", 0, "");
    completes("t().", 0, "");
    shows("touched", "0\n");
}

/* --- states ------------------------------------------------------------ */

static void test_run(void)
{
    const char *path = tap_path("broken.lua");
    ritz_text got = {0}, want = {0};
    ritz_text_printf(&got,
                     "local f = io.open('%s', 'w') "
                     "f:write('local x = 1\\nerror(\"here\")\\n') f:close()",
                     path);
    is_int(eval(ritz_text_view(&got)), RITZ_DONE, "a script is written");
    forget(&got);
    is_int(ritz_script_run_file(script, path, &got), RITZ_FAILED, "it fails");
    ritz_text_printf(&want, "here\n  %s:2", path);
    is_text(ritz_text_view(&got), ritz_text_view(&want), "with file and line");
    forget(&got);
    is_int(ritz_script_run_file(script, "/no/such.lua", &got), RITZ_FAILED,
           "a script that is not there");
    is_text(ritz_text_view(&got),
            "cannot open /no/such.lua: No such file or directory", "says so");
    forget(&got);
    const char text[] = "return (";
    is_int(ritz_script_run_text(script, "=stdin", text, strlen(text), &got),
           RITZ_FAILED, "a syntax error");
    is_text(ritz_text_view(&got), "unexpected symbol near <eof>\n  stdin:1",
            "has its line");
    ritz_text_free(&got);
    ritz_text_free(&want);
}

static void test_missing_lua(void)
{
    const ritz_script_options opt = {.lua_dir = "/no/such/folder"};
    ritz_script *none = NULL;
    ritz_error err = {0};
    ok(ritz_script_new(&none, &opt, &err) != RITZ_OK,
       "no state without the Lua part");
    matches(err.text, "the Lua part of ritz is missing", "says so");
    matches(err.text, "/no/such/folder", "and where it was looked for");
}

static void start(void)
{
    static char lua_dir[4096];
    const char *source = getenv("RITZ_SOURCE");
    snprintf(lua_dir, sizeof lua_dir, "%s/lua", source ? source : ".");
    const ritz_script_options opt = {
        .seed = 7,
        .lua_dir = lua_dir,
        .interactive = true,
        .display = {.write = write_text},
    };
    ritz_error err = {0};
    if (ritz_script_new(&script, &opt, &err) != RITZ_OK) {
        note("%s", err.text);
        exit(1);
    }
}

int main(void)
{
    start();
    tap_run("values", test_values);
    tap_run("tables", test_tables);
    tap_run("large tables", test_large_tables);
    tap_run("errors", test_errors);
    tap_run("coroutine errors", test_coroutine_errors);
    tap_run("callback errors", test_callback_errors);
    tap_run("deep recursion", test_deep_recursion);
    tap_run("near names", test_near_names);
    tap_run("incomplete", test_incomplete);
    tap_run("exit", test_exit);
    tap_run("help", test_help);
    tap_run("help evaluates nothing", test_help_evaluates_nothing);
    tap_run("completion", test_completion);
    tap_run("completion of files", test_completion_of_files);
    tap_run("completion evaluates nothing", test_completion_evaluates_nothing);
    tap_run("run", test_run);
    tap_run("missing lua", test_missing_lua);
    ritz_script_delete(script);
    ritz_text_free(&printed);
    ritz_text_free(&shown);
    ritz_text_free(&error);
    return tap_end();
}
