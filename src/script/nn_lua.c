/* nn_lua.c - which layer the nodes of the open trace are made in. */
#include "script/nn_lua.h"

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

void ritz_nn_lua_open(lua_State *L)
{
    static const luaL_Reg functions[] = {{"layer", l_layer}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
