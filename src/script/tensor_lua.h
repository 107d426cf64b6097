/* tensor_lua.h - the parts of the tensor type that Lua sees. */
#ifndef RITZ_SCRIPT_TENSOR_LUA_H
#define RITZ_SCRIPT_TENSOR_LUA_H

#include <lua.h>

/* Operators, fields and methods. */
void ritz_tensor_lua_open(lua_State *L);

/* x[key], for keys that are no strings: the tensor is argument 1, the key
 * argument 2. (index.c) */
int ritz_tensor_index(lua_State *L);

/* Functions that make tensors, for luaL_setfuncs. (create.c, draw.c) */
void ritz_create_open(lua_State *L);
void ritz_draw_open(lua_State *L);

/* Files. (io_lua.c) */
void ritz_io_open(lua_State *L);

/* Transforms, loops and choices. (transform_lua.c, vmap_lua.c, loop_lua.c,
 * choice_lua.c, jit.c) */
void ritz_transform_open(lua_State *L);
void ritz_vmap_open(lua_State *L);
void ritz_loop_open(lua_State *L);
void ritz_choice_open(lua_State *L);
void ritz_jit_open(lua_State *L);
/* Derivatives. (custom_lua.c, jacobian_lua.c, linear_make.c) */
void ritz_custom_open(lua_State *L);
void ritz_jacobian_open(lua_State *L);
void ritz_linear_open(lua_State *L);
#endif
