/* script.c - a Lua state with ritz in it, and the running of chunks.
 *
 * Everything that touches the state happens inside one lua_pcall, so that an
 * error, even for want of memory while an error is being told, ends here and
 * never in Lua's panic function. What goes in and out of that call is a
 * request on the C stack.
 */
#include "script/script.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "script/core.h"
#include "script/frames.h"
#include "script/host.h"
#include "script/interrupt.h"
#include "script/open.h"
#include "script/pattern.h"
#include "script/run_lua.h"

#include <ctype.h>
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

struct ritz_script {
    lua_State *L;
    ritz_script_options options;
    ritz_host host;
};

/* What one protected call works on; which fields is up to the call. */
typedef struct request {
    ritz_script *script;
    const char *name, *text;
    size_t n;
    ritz_text *shown;
    ritz_completions *words;
    bool incomplete;
} request;

static request *request_of(lua_State *L)
{
    request *r = lua_touserdata(L, 1);
    lua_settop(L, 0);
    return r;
}

static ritz_verdict verdict_of(ritz_script *script, int status)
{
    if (script->host.exiting)
        return RITZ_EXIT;
    if (status == LUA_OK)
        return RITZ_DONE;
    return ritz_interrupted() ? RITZ_INTERRUPTED : RITZ_FAILED;
}

/* Calls f(request) protected. The stack is as before, and so is the flag. */
static ritz_verdict call(lua_CFunction f, request *r, ritz_text *error)
{
    lua_State *L = r->script->L;
    ritz_interrupt_clear();
    lua_settop(L, 0);
    lua_pushcfunction(L, ritz_frames_show);
    lua_pushcfunction(L, f);
    lua_pushlightuserdata(L, r);
    const int status = lua_pcall(L, 1, 0, 1);
    const ritz_verdict verdict = verdict_of(r->script, status);
    ritz_interrupt_clear();
    lua_sethook(L, NULL, 0, 0);
    ritz_core_end_trace(L);
    if (status != LUA_OK && verdict != RITZ_EXIT && error) {
        const bool is_text = lua_type(L, -1) == LUA_TSTRING;
        ritz_text_puts(error, is_text ? lua_tostring(L, -1)
                                      : "an error that has no text");
    }
    r->script->host.exiting = false;
    lua_settop(L, 0);
    return r->incomplete && verdict == RITZ_DONE ? RITZ_INCOMPLETE : verdict;
}

/* --- setting up -------------------------------------------------------- */

/* arg[0] is the script, arg[1] and on its arguments. */
static void set_arg(lua_State *L, const ritz_script_options *opt)
{
    lua_createtable(L, (int)opt->arg_count, 1);
    lua_pushstring(L, opt->script ? opt->script : "ritz");
    lua_rawseti(L, -2, 0);
    for (size_t i = 0; i < opt->arg_count; i++) {
        lua_pushstring(L, opt->args[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setglobal(L, "arg");
}

static void seed_math(lua_State *L, uint64_t seed)
{
    lua_getglobal(L, LUA_MATHLIBNAME);
    lua_getfield(L, -1, "randomseed");
    lua_pushinteger(L, (lua_Integer)seed);
    lua_call(L, 1, 0);
    lua_pop(L, 1);
}

/* Calls a function of the Lua part: module.name(the `n` values on top). */
static void call_lua(lua_State *L, const char *module, const char *name, int n,
                     int results)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, module);
    lua_call(L, 1, 1);
    lua_getfield(L, -1, name);
    lua_replace(L, -2);
    lua_insert(L, -n - 1);
    lua_call(L, n, results);
}

static int set_up(lua_State *L)
{
    request *r = request_of(L);
    const ritz_script_options *opt = &r->script->options;
    luaL_openlibs(L);
    ritz_pattern_open(L);
    ritz_interrupt_open(L);
    ritz_host_open(L, &r->script->host);
    seed_math(L, opt->seed);
    set_arg(L, opt);
    ritz_open(L, opt->lua_dir);
    ritz_core_seed(L, opt->seed);
    if (opt->interactive)
        call_lua(L, "ritz.prompt", "globals", 0, 0);
    return 0;
}

ritz_status ritz_script_new(ritz_script **out, const ritz_script_options *opt,
                            ritz_error *err)
{
    ritz_script *script = ritz_new(1, sizeof *script);
    lua_State *L = script ? luaL_newstate() : NULL;
    if (!L) {
        ritz_free(script);
        return ritz_fail_memory(err, "a Lua state");
    }
    script->L = L;
    script->options = *opt;
    script->host.options = &script->options;
    if (opt->threads > 0)
        ritz_threads_set(opt->threads);
    ritz_text error = {0};
    request r = {.script = script};
    if (call(set_up, &r, &error) != RITZ_DONE) {
        ritz_fail(err, RITZ_EVALUE, "%s", ritz_text_view(&error));
        ritz_text_free(&error);
        ritz_script_delete(script);
        return err ? err->status : RITZ_EVALUE;
    }
    *out = script;
    return RITZ_OK;
}

void ritz_script_delete(ritz_script *script)
{
    if (!script)
        return;
    ritz_interrupt_close();
    lua_close(script->L);
    ritz_free(script);
}

lua_State *ritz_script_state(ritz_script *script)
{
    return script->L;
}

int ritz_script_exit_code(const ritz_script *script)
{
    return script->host.exit_code;
}

void ritz_script_interrupt_install(ritz_script *script)
{
    (void)script; /* the running coroutine is known to interrupt.c */
    ritz_interrupt_install();
}

/* --- running chunks ---------------------------------------------------- */

/* Pushes arg[1] to arg[n], the arguments of a script. */
static int push_arguments(lua_State *L, const ritz_script_options *opt)
{
    luaL_checkstack(L, (int)opt->arg_count + 8, "too many arguments");
    for (size_t i = 0; i < opt->arg_count; i++)
        lua_pushstring(L, opt->args[i]);
    return (int)opt->arg_count;
}

/* A --set that no option of the script took is a mistake of the user. */
static void check_settings(lua_State *L, const ritz_script_options *opt)
{
    if (opt->set_count > 0)
        call_lua(L, "ritz.run", "check_settings", 0, 0);
}

static int run_file(lua_State *L)
{
    const request *r = request_of(L);
    if (luaL_loadfilex(L, r->name, "t") != LUA_OK)
        return lua_error(L);
    lua_call(L, push_arguments(L, &r->script->options), 0);
    check_settings(L, &r->script->options);
    return 0;
}

static int run_text(lua_State *L)
{
    const request *r = request_of(L);
    if (luaL_loadbufferx(L, r->text, r->n, r->name, "t") != LUA_OK)
        return lua_error(L);
    lua_call(L, push_arguments(L, &r->script->options), 0);
    check_settings(L, &r->script->options);
    return 0;
}

static int save_figures(lua_State *L)
{
    request_of(L);
    call_lua(L, "ritz.plot", "save_all", 0, 0);
    return 0;
}

/* Saves the figures and ends the run. A failure here fails a script that did
 * not fail itself. */
static ritz_verdict end_run(ritz_script *script, ritz_verdict verdict,
                            ritz_text *error)
{
    if (!script->host.run)
        return verdict;
    request r = {.script = script};
    if (call(save_figures, &r, error) != RITZ_DONE && verdict == RITZ_DONE)
        verdict = RITZ_FAILED;
    ritz_error err = {0};
    const char *message = error->length ? ritz_text_view(error) : NULL;
    if (ritz_host_end_run(&script->host, verdict, message, &err) != RITZ_OK) {
        if (error->length > 0)
            ritz_text_puts(error, "\n");
        ritz_text_puts(error, err.text);
        if (verdict == RITZ_DONE)
            verdict = RITZ_FAILED;
    }
    return verdict;
}

ritz_verdict ritz_script_run_file(ritz_script *script, const char *path,
                                  ritz_text *error)
{
    ritz_error err = {0};
    if (ritz_host_begin_run(&script->host, path, &err) != RITZ_OK) {
        ritz_text_puts(error, err.text);
        return RITZ_FAILED;
    }
    request r = {.script = script, .name = path};
    return end_run(script, call(run_file, &r, error), error);
}

ritz_verdict ritz_script_run_text(ritz_script *script, const char *name,
                                  const char *text, size_t n, ritz_text *error)
{
    request r = {.script = script, .name = name, .text = text, .n = n};
    return call(run_text, &r, error);
}

/* --- the prompt -------------------------------------------------------- */

static void add_shown(lua_State *L, ritz_text *shown)
{
    size_t n;
    const char *text = lua_tolstring(L, -1, &n);
    if (text)
        ritz_text_add(shown, text, n);
    lua_pop(L, 1);
}

/* True when the syntax error on top of the stack came from the end of the
 * input: more lines may mend it. */
static bool wants_more(lua_State *L)
{
    size_t n;
    const char *text = lua_tolstring(L, -1, &n);
    static const char mark[] = "<eof>";
    const size_t m = sizeof mark - 1;
    if (strstr(text, "unfinished string near"))
        return false; /* in quotes: it ends with its line */
    return n >= m && strcmp(text + n - m, mark) == 0;
}

/* Pushes the compiled chunk, first as an expression, then as statements; or
 * the message of the syntax error, with a status that is not LUA_OK. The nil
 * before the values keeps a call from being a tail call, which has no frame. */
static int compile(lua_State *L, const char *text, bool *is_expression)
{
    const char *wrapped = lua_pushfstring(L, "return nil, %s", text);
    *is_expression = true;
    if (luaL_loadbufferx(L, wrapped, strlen(wrapped), "=<prompt>", "t") ==
        LUA_OK)
        return LUA_OK;
    lua_pop(L, 1);
    *is_expression = false;
    return luaL_loadbufferx(L, text, strlen(text), "=<prompt>", "t");
}

/* `_` becomes the first of the values above `base`. */
static void keep_last(lua_State *L, int base)
{
    if (lua_gettop(L) == base)
        return;
    lua_pushvalue(L, base + 1);
    lua_setglobal(L, "_");
}

static bool ends_in_semicolon(const char *text)
{
    size_t n = strlen(text);
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    return n > 0 && text[n - 1] == ';';
}

static int eval(lua_State *L)
{
    request *r = request_of(L);
    const char *text = r->text + strspn(r->text, " \t\r\n");
    lua_pushstring(L, text);
    call_lua(L, "ritz.prompt", "command", 1, 1); /* ?name, help; else nil */
    if (!lua_isnil(L, -1)) {
        add_shown(L, r->shown);
        return 0;
    }
    lua_settop(L, 0);
    bool is_expression;
    if (compile(L, text, &is_expression) != LUA_OK) {
        r->incomplete = wants_more(L);
        return r->incomplete ? 0 : lua_error(L);
    }
    const int base = lua_gettop(L) - 1;
    lua_call(L, 0, LUA_MULTRET);
    if (!is_expression) {
        lua_pushstring(L, text);
        call_lua(L, "ritz.prompt", "remark", 1, 1);
        add_shown(L, r->shown);
        return 0;
    }
    lua_remove(L, base + 1);
    keep_last(L, base);
    if (ends_in_semicolon(text) || lua_gettop(L) == base)
        return 0;
    lua_pushstring(L, text);
    lua_insert(L, base + 1);
    call_lua(L, "ritz.prompt", "show", lua_gettop(L) - base, 1);
    add_shown(L, r->shown);
    return 0;
}

/* The message (text) about a chunk (name), with the nearest name where it is
 * about an unknown one. */
static int advise(lua_State *L)
{
    request *r = request_of(L);
    lua_pushlstring(L, r->text, r->n);
    lua_pushstring(L, r->name);
    call_lua(L, "ritz.prompt", "advise", 2, 1);
    add_shown(L, r->shown);
    return 0;
}

ritz_verdict ritz_script_eval(ritz_script *script, const char *chunk,
                              ritz_text *shown, ritz_text *error)
{
    request r = {.script = script, .text = chunk, .shown = shown};
    ritz_text message = {0};
    const ritz_verdict verdict = call(eval, &r, &message);
    if (verdict == RITZ_FAILED) {
        request tell = {.script = script,
                        .name = chunk,
                        .text = ritz_text_view(&message),
                        .n = message.length,
                        .shown = error};
        const size_t before = error->length;
        call(advise, &tell, NULL);
        if (error->length == before)
            ritz_text_add(error, tell.text, tell.n);
    } else {
        ritz_text_add(error, ritz_text_view(&message), message.length);
    }
    ritz_text_free(&message);
    return verdict;
}

static bool add_word(ritz_completions *words, const char *word)
{
    if (!ritz_reserve(&words->word, &words->capacity, words->count + 1,
                      sizeof *words->word))
        return false;
    char *copy = ritz_copy_text(word);
    if (copy)
        words->word[words->count++] = copy;
    return copy != NULL;
}

static int complete(lua_State *L)
{
    const request *r = request_of(L);
    lua_pushlstring(L, r->text, r->n);
    call_lua(L, "ritz.complete", "candidates", 1, 2); /* start, list */
    r->words->start = (size_t)lua_tointeger(L, -2);
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
        if (!add_word(r->words, lua_tostring(L, -1)))
            break;
        lua_pop(L, 1);
    }
    return 0;
}

void ritz_script_complete(ritz_script *script, const char *line, size_t point,
                          ritz_completions *out)
{
    request r = {.script = script, .text = line, .n = point, .words = out};
    *out = (ritz_completions){.start = point};
    call(complete, &r, NULL);
}

void ritz_completions_free(ritz_completions *words)
{
    for (size_t i = 0; i < words->count; i++)
        ritz_free(words->word[i]);
    ritz_free(words->word);
    *words = (ritz_completions){0};
}

static int reference(lua_State *L)
{
    const request *r = request_of(L);
    lua_pushstring(L, r->text);
    call_lua(L, "ritz.manual", "write", 1, 0);
    return 0;
}

ritz_status ritz_script_reference(ritz_script *script, const char *folder,
                                  ritz_error *err)
{
    request r = {.script = script, .text = folder};
    ritz_text error = {0};
    ritz_status status = RITZ_OK;
    if (call(reference, &r, &error) != RITZ_DONE)
        status = ritz_fail(err, RITZ_EIO, "%s", ritz_text_view(&error));
    ritz_text_free(&error);
    return status;
}
