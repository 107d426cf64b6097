/* plot_values.h - numbers that a script wants drawn. */
#ifndef RITZ_SCRIPT_PLOT_VALUES_H
#define RITZ_SCRIPT_PLOT_VALUES_H

#include <lua.h>
#include <stdint.h>

/* Numbers in rows; of a vector each row holds one. In Lua's memory. */
typedef struct ritz_values {
    int64_t rows, columns;
    double item[];
} ritz_values;

/* Pushes one of this size, not initialised. */
ritz_values *ritz_values_push(lua_State *L, int64_t rows, int64_t columns);
const ritz_values *ritz_values_check(lua_State *L, int index);
/* A column, counted from 1, contiguous: a copy is pushed where it must be. */
const double *ritz_values_column(lua_State *L, const ritz_values *v,
                                 lua_Integer column);

/* A number, or the one element of a tensor. */
double ritz_check_value(lua_State *L, int index);
/* The index of the word at `index` in a list of words that ends in NULL. */
int ritz_check_word(lua_State *L, int index, const char *what,
                    const char *const *words);

/* Adds values(v) to the table on top of the stack. */
void ritz_values_open(lua_State *L);

#endif
