/* nn_lua.c - which layer the nodes of the open trace are made in, and how many
 * threads compute. */
#include "script/nn_lua.h"

#include "base/parallel.h"
#include "script/tensor_lua.h"
#include "script/trace.h"

#include <lauxlib.h>

/* layer(name): of the nodes from now on; nil: outside of layers. */
static int l_layer(lua_State *L)
{
    const ritz_trace *trace = ritz_trace_current(L);
    if (trace)
        ritz_graph_set_layer(trace->graph, luaL_optstring(L, 1, NULL));
    return 0;
}

/* threads(n): sets their number for what is compiled from now on, if n is
 * given; gives the number. For scripts/bench.lua. */
static int l_threads(lua_State *L)
{
    if (!lua_isnoneornil(L, 1))
        ritz_threads_set((int)luaL_checkinteger(L, 1));
    lua_pushinteger(L, ritz_threads());
    return 1;
}

void ritz_nn_lua_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"find_nonfinite", ritz_jit_find_nonfinite},
        {"layer", l_layer},
        {"threads", l_threads},
        {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
