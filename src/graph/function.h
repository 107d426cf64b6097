/* function.h - what a user can call, described once.
 *
 * Primitives and compositions (softmax, conv2d, losses, update rules) are the
 * same thing to whoever calls them: a record with documentation, tensor
 * operands, further arguments and a builder that appends nodes. The Lua
 * binding, help, completion and the manual read the record.
 */
#ifndef RITZ_GRAPH_FUNCTION_H
#define RITZ_GRAPH_FUNCTION_H

#include "graph/graph.h"

typedef enum ritz_kind {
    RITZ_PARAM_END,
    RITZ_PARAM_AXIS,  /* counts from 1, negative from the end */
    RITZ_PARAM_AXES,  /* one or a list; not given: all */
    RITZ_PARAM_SHAPE, /* a list of sizes */
    RITZ_PARAM_INTS,  /* an integer or a list of them */
    RITZ_PARAM_INT,
    RITZ_PARAM_NUMBER,
    RITZ_PARAM_BOOL,
    RITZ_PARAM_DTYPE,
    RITZ_PARAM_TEXT,
    RITZ_PARAM_ANY /* read by a binding of its own: never with a builder */
} ritz_kind;

typedef struct ritz_param {
    const char *name;
    ritz_kind kind;
    bool required;
    double fallback;  /* default of numbers, integers and booleans */
    const char *text; /* default of texts; allowed values after it,
                         separated by '|': "valid|same". INTS with a text
                         take one of these words instead of numbers */
    double low, high; /* allowed range of numbers, if low < high */
    const char *doc;
} ritz_param;

enum { RITZ_PARAMS = 10, RITZ_MAX_OPERANDS = 8, RITZ_RESULTS = 6 };

/* The value of one argument, in the order of the descriptors. Integers and
 * axes are as the user wrote them: the builder knows the rank. */
typedef struct ritz_value {
    bool given;
    int64_t i; /* INT, AXIS, BOOL, DTYPE */
    double number;
    const char *text;
    int count; /* SHAPE, AXES, INTS */
    int64_t list[RITZ_MAX_RANK];
} ritz_value;

typedef struct ritz_call {
    const struct ritz_function *function; /* whose call it is */
    ritz_node *const *x; /* the tensor operands; NULL for a missing one */
    int nx;
    ritz_value v[RITZ_PARAMS];
} ritz_call;

/* Appends the nodes and writes the results to out. Reports failures to the
 * graph. */
typedef void ritz_build_fn(ritz_graph *g, const ritz_call *call,
                           ritz_node **out);

typedef struct ritz_function {
    const char *module; /* "ritz", "nn", "optim"; NULL: not callable */
    const char *name;
    const char *signature; /* "ritz.sum(x, {axis, keep})" */
    const char *summary;   /* one sentence */
    const char *details;   /* shapes, units, errors; may be NULL */
    const char *source;    /* paper and equation, or the standard */
    const char *example;   /* Lua that the tests run */
    int tensors;           /* operands; -1: the first argument is a list */
    int optional;          /* how many of the last operands may be missing */
    int results;           /* 0 means 1 */
    bool method;           /* x:name(...) */
    bool leads;            /* the first parameter stands before the operands */
    ritz_param params[RITZ_PARAMS];
    ritz_build_fn *build;
} ritz_function;

/* Axis `i` of the call as an index from 0, for an array of this rank. On a
 * bad axis fails and gives 0. */
int ritz_call_axis(ritz_graph *g, const char *who, int64_t axis, int rank);
/* The axes of an AXES argument, none given meaning all; returns their number.
 */
int ritz_call_axes(ritz_graph *g, const char *who, const ritz_value *v,
                   int rank, int axes[RITZ_MAX_RANK]);

/* What calls like f(x, axis, keep) have for parameters. */
#define RITZ_AXES_AND_KEEP                                   \
    {.name = "axis",                                         \
     .kind = RITZ_PARAM_AXES,                                \
     .doc = "an axis or a list of them; all when left out"}, \
    {                                                        \
        .name = "keep", .kind = RITZ_PARAM_BOOL,             \
        .doc = "keep the reduced axes with size 1"           \
    }

#endif
