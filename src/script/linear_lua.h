/* linear_lua.h - functions that stay linear in what they are called with, as
 * values of Lua.
 */
#ifndef RITZ_SCRIPT_LINEAR_LUA_H
#define RITZ_SCRIPT_LINEAR_LUA_H

#include "graph/linearize.h"
#include "script/course.h"

/* The user value is a table: `from` and `to`, lists of the templates of what
 * it takes and gives, and of a traced one `variables` and `outputs`. */
typedef struct ritz_linear_value {
    ritz_linear *kept; /* NULL: traced */
    bool pulls;        /* from cotangents of the results to the arguments' */
    int nfrom, nto;    /* arguments and results */
    uint64_t birth;
    int nin, nout;
    bool number[]; /* which of the nin + nout leaves are numbers */
} ritz_linear_value;

/* Pushes one that is empty but for the numbers of its leaves. */
ritz_linear_value *ritz_linear_push_value(lua_State *L, int nin, int nout);
/* Moves the value on top into the table of the one at `index`. */
void ritz_linear_set_field(lua_State *L, int index, const char *field);
/* Makes the metatable. */
void ritz_linear_value_open(lua_State *L);

#endif
