/* ops.c - what the elementwise operations are called. */
#include "kernel/kernel.h"

static const struct {
    const char *name;
    int arity;
} ops[RITZ_OPS] = {
#define ROW(name, arity) {#name, arity},
    RITZ_OPS_TABLE(ROW)
#undef ROW
};

int ritz_op_arity(ritz_op op)
{
    return ops[op].arity;
}

const char *ritz_op_name(ritz_op op)
{
    return ops[op].name;
}
