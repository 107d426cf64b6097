/* arguments.h - what ritz.jit is called with: tensors, numbers, and all else.
 *
 * Reading the arguments writes their signature: the structure of the tables,
 * dtype and shape of every tensor, the values of everything static, and the
 * number, string and boolean upvalues of the function and of those it calls.
 * Calls with the same signature may use the same plan.
 */
#ifndef RITZ_SCRIPT_ARGUMENTS_H
#define RITZ_SCRIPT_ARGUMENTS_H

#include "base/text.h"
#include "script/handle.h"

enum { RITZ_ARGUMENTS = 64 };

typedef struct ritz_argument {
    ritz_handle *handle; /* NULL: a number */
    double number;
    bool donated, borrowed; /* borrowed: in[i] holds no reference */
} ritz_argument;

typedef struct ritz_arguments { /* start from {0} */
    /* By argument, set once: given up by the call; static. */
    bool donate[RITZ_ARGUMENTS], fixed[RITZ_ARGUMENTS];
    int listed; /* the last argument that is either */
    ritz_text signature;
    ritz_argument *input; /* the leaves, in the order of the trees */
    ritz_tensor **in;     /* their tensors, as a plan takes them */
    size_t count, room, in_room;
    uint64_t serial; /* of the call: a handle seen twice carries it */
} ritz_arguments;

/* Starts a call with `count` leaves, all empty; releases the last one's. */
void ritz_arguments_begin(lua_State *L, ritz_arguments *a, size_t count);
/* Leaf `i` is a tensor that is there; `donated` if its argument is. */
void ritz_arguments_set_tensor(ritz_arguments *a, size_t i, ritz_handle *h,
                               bool donated);

/* Reads the arguments 1 to n of the running function; `function` is the index
 * of the one that is traced. May raise: then the next call releases what is
 * held, or ritz_arguments_free. */
void ritz_arguments_read(lua_State *L, ritz_arguments *a, int n, int function);

/* Whether the upvalues of the function on top are part of the signature: a
 * function that is reached through upvalues counts `depth` in, and *seen in all
 * so far; both are bounded, because functions may refer to each other. */
bool ritz_arguments_look_into(lua_State *L, int depth, int *seen);

/* Makes tensors of the numbers, for a run. */
ritz_status ritz_arguments_fill(ritz_arguments *a, ritz_error *err);

/* After a run: empties the handles of what was donated. */
void ritz_arguments_give_up(lua_State *L, ritz_arguments *a);

void ritz_arguments_drop(ritz_arguments *a); /* releases the tensors */
void ritz_arguments_free(ritz_arguments *a);

#endif
