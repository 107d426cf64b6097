/* check.h - arguments from Lua, and raising errors: thing, wanted, got.
 *
 * Everything here may raise, and raises without holding memory: texts are in
 * structs by value. The functions that return int never return; the type
 * lets a caller write `return ritz_refuse(...)`.
 */
#ifndef RITZ_SCRIPT_CHECK_H
#define RITZ_SCRIPT_CHECK_H

#include "base/nearest.h"
#include "base/status.h"
#include "graph/function.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

#include <lua.h>

/* The user's line that runs now. The name lives as long as the state. */
typedef struct ritz_place {
    const char *source;
    int line; /* 0: unknown */
} ritz_place;

ritz_place ritz_place_of(lua_State *L);

/* Raises the text of `err` behind the user's file and line. */
int ritz_raise(lua_State *L, const ritz_error *err);
int ritz_refuse(lua_State *L, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What a value is, for "got ...": f32[2,3], a table, the string "abc". */
typedef struct ritz_got {
    char text[200];
} ritz_got;

ritz_got ritz_got_at(lua_State *L, int index);
ritz_got ritz_got_type(ritz_dtype dtype, const ritz_shape *shape);

/* ", did you mean \"axis\"?" when there is a candidate that is near. */
typedef struct ritz_hint {
    char text[80];
} ritz_hint;

ritz_hint ritz_nearest_hint(const ritz_nearest *n);

/* `who` and `what` name the function and its argument in errors. */
lua_Integer ritz_check_integer(lua_State *L, int index, const char *who,
                               const char *what);
double ritz_check_number(lua_State *L, int index, const char *who,
                         const char *what);
ritz_dtype ritz_check_dtype(lua_State *L, int index, const char *who);
/* A list of sizes, or one size. */
ritz_shape ritz_check_shape(lua_State *L, int index, const char *who);
/* The field of an options table, pushed; false, and nothing pushed, when the
 * table at `options` (0: there is none) lacks it. */
bool ritz_option(lua_State *L, int options, const char *name);
/* Refuses string keys that are no parameters of the record. */
void ritz_check_options(lua_State *L, int options, const ritz_function *f);

#endif
