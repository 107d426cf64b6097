/* run_lua.c - the run folder of a batch, from Lua, and what a script tells of
 * its progress.
 *
 * Without a batch all of it is allowed and goes nowhere, so that a script says
 * what it logs without asking how it was started.
 */
#include "script/run_lua.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernel/gemm.h"
#include "kernel/kernel.h"
#include "run/run.h"
#include "script/check.h"
#include "script/core.h"

#include "config.h"

#include <lauxlib.h>

static ritz_run *run_of(lua_State *L)
{
    const ritz_host *host = ritz_host_of(L);
    return host ? host->run : NULL;
}

static int done(lua_State *L, ritz_status status, const ritz_error *err)
{
    return status == RITZ_OK ? 0 : ritz_raise(L, err);
}

/* run_folder(): its path, or nil. */
static int l_folder(lua_State *L)
{
    const ritz_run *run = run_of(L);
    lua_pushstring(L, run ? ritz_run_folder(run) : NULL);
    return 1;
}

/* run_path(name): the path of a file in the folder, or nil. */
static int l_path(lua_State *L)
{
    const ritz_run *run = run_of(L);
    const char *name = luaL_checkstring(L, 1);
    char *path;
    ritz_error err = {0};
    if (!run)
        return 0;
    if (ritz_run_path(&path, run, name, &err) != RITZ_OK)
        return ritz_raise(L, &err);
    ritz_free(path); /* and written again: pushing it may raise */
    lua_pushfstring(L, "%s/%s", ritz_run_folder(run), name);
    return 1;
}

/* settings(): the texts of --set, a list. */
static int l_settings(lua_State *L)
{
    const ritz_host *host = ritz_host_of(L);
    const size_t n = host ? host->options->set_count : 0;
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        lua_pushstring(L, host->options->set[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int l_seed(lua_State *L)
{
    const ritz_host *host = ritz_host_of(L);
    lua_pushinteger(L, host ? (lua_Integer)host->options->seed : 0);
    return 1;
}

/* metric(step, name, number) */
static int l_metric(lua_State *L)
{
    ritz_run *run = run_of(L);
    const lua_Integer step = luaL_checkinteger(L, 1);
    const char *name = luaL_checkstring(L, 2);
    const double value = luaL_checknumber(L, 3);
    ritz_error err = {0};
    if (!run)
        return 0;
    return done(L, ritz_run_metric(run, step, name, value, &err), &err);
}

/* option(name, value): what the script was run with, for the manifest. */
static int l_option(lua_State *L)
{
    ritz_run *run = run_of(L);
    const char *name = luaL_checkstring(L, 1);
    const ritz_run_section section = RITZ_RUN_OPTIONS;
    ritz_error err = {0};
    ritz_status status;
    if (!run)
        return 0;
    if (lua_isboolean(L, 2))
        status =
            ritz_run_set_boolean(run, section, name, lua_toboolean(L, 2), &err);
    else if (lua_isinteger(L, 2))
        status =
            ritz_run_set_integer(run, section, name, lua_tointeger(L, 2), &err);
    else if (lua_type(L, 2) == LUA_TNUMBER)
        status =
            ritz_run_set_number(run, section, name, lua_tonumber(L, 2), &err);
    else
        status =
            ritz_run_set_text(run, section, name, luaL_checkstring(L, 2), &err);
    return done(L, status, &err);
}

/* data_file(path): its digest goes into the manifest. */
static int l_data_file(lua_State *L)
{
    ritz_run *run = run_of(L);
    const char *path = luaL_checkstring(L, 1);
    ritz_error err = {0};
    return run ? done(L, ritz_run_add_data(run, path, &err), &err) : 0;
}

static int free_digest(lua_State *L)
{
    ritz_digest **digest = lua_touserdata(L, 1);
    if (*digest)
        ritz_digest_end(*digest, NULL);
    *digest = NULL;
    return 0;
}

/* A digest that the collector ends, whatever is raised meanwhile. */
static ritz_digest **push_digest(lua_State *L)
{
    ritz_digest **digest = lua_newuserdatauv(L, sizeof *digest, 0);
    *digest = NULL;
    if (luaL_newmetatable(L, "ritz.digest")) {
        lua_pushcfunction(L, free_digest);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return digest;
}

/* digest(list): the SHA-256 of texts and of tensors, of which dtype, shape and
 * elements count. */
static int l_digest(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    ritz_digest **digest = push_digest(L);
    *digest = ritz_digest_new();
    if (!*digest)
        return ritz_refuse(L, "digest: no memory");
    for (lua_Integer i = 1; lua_rawgeti(L, 1, i) != LUA_TNIL; i++) {
        size_t n;
        const char *text = lua_tolstring(L, -1, &n);
        if (text) {
            ritz_digest_add(*digest, text, n + 1); /* the '\0' separates */
        } else {
            const ritz_tensor *t = ritz_core_check_tensor(L, -1, "digest");
            const ritz_shape *s = ritz_tensor_shape(t);
            const ritz_dtype dtype = ritz_tensor_dtype(t);
            ritz_digest_add(*digest, &dtype, sizeof dtype);
            ritz_digest_add(*digest, s->dim, (size_t)s->rank * sizeof *s->dim);
            ritz_digest_add(*digest, ritz_tensor_data(t), ritz_tensor_bytes(t));
        }
        lua_pop(L, 1);
    }
    char text[RITZ_DIGEST_TEXT];
    ritz_digest_end(*digest, text);
    *digest = NULL;
    lua_pushstring(L, text);
    return 1;
}

/* progress(label, fraction, left, detail) */
static int l_progress(lua_State *L)
{
    const ritz_progress now = {
        .label = luaL_optstring(L, 1, ""),
        .fraction = luaL_optnumber(L, 2, -1),
        .left = luaL_optnumber(L, 3, -1),
        .detail = luaL_optstring(L, 4, NULL),
    };
    const ritz_host *host = ritz_host_of(L);
    if (host && host->options->display.progress)
        host->options->display.progress(host->options->display.context, &now);
    return 0;
}

static int l_subject(lua_State *L)
{
    const char *text = luaL_checkstring(L, 1);
    const ritz_host *host = ritz_host_of(L);
    if (host && host->options->display.subject)
        host->options->display.subject(host->options->display.context, text);
    return 0;
}

static int l_clock(lua_State *L)
{
    lua_pushnumber(L, ritz_seconds());
    return 1;
}

/* threads(n): sets their number when n is given; gives it. */
static int l_threads(lua_State *L)
{
    if (!lua_isnoneornil(L, 1)) {
        const lua_Integer n = ritz_check_integer(L, 1, "threads", "n");
        if (n < 1 || n > RITZ_MAX_THREADS)
            return ritz_refuse(L, "threads: n must be 1 to %d, got %lld",
                               RITZ_MAX_THREADS, (long long)n);
        ritz_threads_set((int)n);
    }
    lua_pushinteger(L, ritz_threads());
    return 1;
}

void ritz_run_lua_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"clock", l_clock},
        {"data_file", l_data_file},
        {"digest", l_digest},
        {"metric", l_metric},
        {"option", l_option},
        {"progress", l_progress},
        {"run_folder", l_folder},
        {"run_path", l_path},
        {"seed", l_seed},
        {"settings", l_settings},
        {"subject", l_subject},
        {"threads", l_threads},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}

ritz_status ritz_host_begin_run(ritz_host *host, const char *script,
                                ritz_error *err)
{
    const ritz_script_options *opt = host->options;
    if (!opt->out)
        return RITZ_OK;
    const ritz_run_options run = {
        .out = opt->out,
        .script = script,
        .seed = opt->seed,
        .args = opt->args,
        .arg_count = opt->arg_count,
        .threads = ritz_threads(),
        .version = PACKAGE_VERSION,
        .simd = ritz_simd_name(),
        .blas_kernel = ritz_blas_kernel(),
        .tiles = ritz_gemm_family(),
    };
    return ritz_run_begin(&host->run, &run, err);
}

static ritz_run_state state_of(ritz_verdict verdict, int exit_code)
{
    if (verdict == RITZ_INTERRUPTED)
        return RITZ_RUN_INTERRUPTED;
    if (verdict == RITZ_DONE || (verdict == RITZ_EXIT && exit_code == 0))
        return RITZ_RUN_DONE;
    return RITZ_RUN_FAILED;
}

ritz_status ritz_host_end_run(ritz_host *host, ritz_verdict verdict,
                              const char *message, ritz_error *err)
{
    if (!host->run)
        return RITZ_OK;
    const ritz_run_state state = state_of(verdict, host->exit_code);
    const ritz_status status = ritz_run_end(host->run, state, message, err);
    ritz_run_delete(host->run);
    host->run = NULL;
    return status;
}
