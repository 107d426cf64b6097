/* document.h - which function of Lua has which record.
 *
 * The record (graph/function.h) is all that help, completion and the manual
 * know of a function. Functions written in Lua have a table instead, given to
 * ritz.document; both read alike through ritz.internal.
 */
#ifndef RITZ_SCRIPT_DOCUMENT_H
#define RITZ_SCRIPT_DOCUMENT_H

#include "graph/function.h"

#include <lua.h>

/* A function of Lua written in C, with its record. In the record module, name,
 * signature, summary and example are needed; `build` is NULL. */
typedef struct ritz_binding {
    ritz_function record;
    lua_CFunction call;
} ritz_binding;

/* Documents the function on top of the stack, which stays there. The record is
 * borrowed for as long as the state lives. */
void ritz_document(lua_State *L, const ritz_function *record);

/* Sets the functions of a list, ended by one without a name, in the table on
 * top of the stack, and documents them. */
void ritz_bindings(lua_State *L, const ritz_binding *list);

/* Pushes the table that is ritz.internal to Lua, with record(f), which gives a
 * record as a table or nil, document(f, table) and documented(), a list of all
 * functions that have a record. */
void ritz_document_open(lua_State *L);

#endif
