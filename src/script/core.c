/* core.c - the table `ritz`, and what a state keeps between calls. */
#include "script/core.h"

#include "base/memory.h"
#include "graph/primitive.h"
#include "nn/nn.h"
#include "optim/optim.h"
#include "script/call.h"
#include "script/document.h"
#include "script/handle.h"
#include "script/tensor_lua.h"
#include "script/trace.h"
#include "script/tree.h"

#include <lauxlib.h>
#include <string.h>

static const char core_key; /* its address, in the registry */

ritz_core *ritz_core_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &core_key);
    ritz_core *core = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return core;
}

void ritz_core_seed(lua_State *L, uint64_t seed)
{
    ritz_core *core = ritz_core_of(L);
    /* Apart from the keys that scripts derive from ritz.key(seed). */
    core->stream = ritz_key_fold_in(ritz_key_from_seed(seed), UINT64_MAX);
    core->drawn = 0;
}

ritz_key ritz_core_next_key(ritz_core *core)
{
    return ritz_key_fold_in(core->stream, ++core->drawn);
}

/* A collection when the tensors have grown by half, and by enough to pay for
 * the walk over Lua's own heap. */
void ritz_core_collect(lua_State *L)
{
    enum { LEAST = 32 << 20 };
    ritz_core *core = ritz_core_of(L);
    const size_t live = ritz_tensor_live_bytes();
    const size_t half = core->settled_bytes / 2;
    if (live < core->settled_bytes) {
        core->settled_bytes = live;
    } else if (live - core->settled_bytes > (half > LEAST ? half : LEAST)) {
        lua_gc(L, LUA_GCCOLLECT);
        core->settled_bytes = ritz_tensor_live_bytes();
    }
}

ritz_tensor *ritz_core_test_tensor(lua_State *L, int index)
{
    const ritz_handle *h = ritz_handle_test(L, index);
    return h ? h->tensor : NULL;
}

ritz_tensor *ritz_core_check_tensor(lua_State *L, int index, const char *who)
{
    return ritz_handle_concrete(L, index, who);
}

ritz_tensor **ritz_core_push_slot(lua_State *L)
{
    return &ritz_handle_push(L)->tensor;
}

/* Puts a function into its module; the table `ritz` is on top. */
static void add_record(lua_State *L, const ritz_function *f)
{
    if (!f->module)
        return;
    if (strcmp(f->module, "ritz") == 0)
        lua_pushvalue(L, -1);
    else
        luaL_getsubtable(L, -1, f->module);
    ritz_push_function(L, f);
    ritz_document(L, f);
    lua_setfield(L, -2, f->name);
    lua_pop(L, 1);
}

const ritz_function *ritz_core_record(int i)
{
    const int primitives = ritz_primitive_count();
    if (i < primitives)
        return &ritz_primitive_at(i)->function;
    i -= primitives;
    for (const ritz_function *const *f = ritz_nn_functions; *f; f++)
        if (i-- == 0)
            return *f;
    for (const ritz_function *const *f = ritz_optim_functions; *f; f++)
        if (i-- == 0)
            return *f;
    return NULL;
}

static void add_records(lua_State *L)
{
    const ritz_function *f;
    for (int i = 0; (f = ritz_core_record(i)); i++)
        add_record(L, f);
}

/* For tests: the n-th request for memory from now on fails. Returns the
 * requests since the last call. */
static int l_fail_allocation(lua_State *L)
{
    const lua_Integer n =
        ritz_check_integer(L, 1, "_fail_allocation", "the number");
    lua_pushinteger(L, ritz_fail_allocation((long)n));
    return 1;
}

static int l_live_bytes(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)ritz_tensor_live_bytes());
    return 1;
}

static void open_state(lua_State *L)
{
    ritz_core *core = lua_newuserdatauv(L, sizeof *core, 0);
    *core = (ritz_core){0};
    lua_rawsetp(L, LUA_REGISTRYINDEX, &core_key);
    ritz_core_seed(L, 0);
    ritz_handle_open(L);
    ritz_trace_register(L);
}

static int free_text(lua_State *L)
{
    ritz_text_free(lua_touserdata(L, 1));
    return 0;
}

ritz_text *ritz_core_push_text(lua_State *L)
{
    ritz_text *text = lua_newuserdatauv(L, sizeof *text, 0);
    *text = (ritz_text){0};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, free_text);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    return text;
}

int ritz_core_open(lua_State *L)
{
    static const luaL_Reg hooks[] = {
        {"_fail_allocation", l_fail_allocation},
        {"_live_bytes", l_live_bytes},
        {NULL, NULL},
    };
    open_state(L);
    lua_newtable(L);
    luaL_setfuncs(L, hooks, 0);
    add_records(L);
    ritz_tensor_lua_open(L);
    ritz_create_open(L);
    ritz_draw_open(L);
    ritz_transform_open(L);
    ritz_vmap_open(L);
    ritz_loop_open(L);
    ritz_choice_open(L);
    ritz_jit_open(L);
    ritz_custom_open(L);
    ritz_jacobian_open(L);
    ritz_linear_open(L);
    ritz_tree_open(L);
    ritz_io_open(L);
    return 1;
}
