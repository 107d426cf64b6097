/* primitive.h - the record that is all there is to say about a primitive.
 *
 * A primitive is one const record in one file, listed by one word in
 * primitives.def. Everything else is derived by walking the table: builder
 * checks, Lua functions and methods, help, completion, the reference manual,
 * and the tests (vjp against finite differences and against jvp, second
 * order, vmap against a loop, inputs that must be refused, size zero).
 */
#ifndef RITZ_GRAPH_PRIMITIVE_H
#define RITZ_GRAPH_PRIMITIVE_H

#include "graph/function.h"
#include "graph/graph.h"
#include "kernel/kernel.h"

/* One application of a primitive, as its rules see it. */
typedef struct ritz_rule {
    ritz_node *const *in;
    int nin;
    ritz_node *const *out;
    int nout;
    const ritz_attr *attr;
} ritz_rule;

/* dtype and shape of the output from the inputs; or a failure. */
typedef ritz_status ritz_infer_fn(ritz_dtype *dtype, ritz_shape *shape,
                                  ritz_node *const *in, int nin,
                                  const ritz_attr *attr, ritz_error *err);

/* tangent[i] is NULL where input i does not move. The result may be NULL: no
 * tangent. */
typedef ritz_node *ritz_jvp_fn(ritz_graph *g, const ritz_rule *at,
                               ritz_node *const *tangent);

/* The cotangent of input `i` for cotangent `ct` of the output; NULL: none. */
typedef ritz_node *ritz_vjp_fn(ritz_graph *g, const ritz_rule *at, int i,
                               ritz_node *ct);

/* The derivative of the output in input `i`, for elementwise primitives: jvp
 * and vjp both follow from it, the Jacobian being diagonal. */
typedef ritz_node *ritz_partial_fn(ritz_graph *g, const ritz_rule *at, int i);

/* The same application to inputs of which some carry a batch as axis 0
 * (batched[i]); the output carries the batch of `size` as axis 0. */
typedef ritz_node *ritz_batch_fn(ritz_graph *g, const ritz_rule *at,
                                 ritz_node *const *in, const bool *batched,
                                 int64_t size);

/* The rules of a primitive with several outputs, in the place of those above.
 * Lists have an entry for each input (nin) or output (nout) of the application.
 */
typedef struct ritz_type {
    ritz_dtype dtype;
    ritz_shape shape;
} ritz_type;

typedef struct ritz_many {
    /* How many outputs the application has. */
    int (*outputs)(const ritz_attr *attr);
    ritz_status (*infer)(ritz_type *out, ritz_node *const *in, int nin,
                         const ritz_attr *attr, ritz_error *err);
    /* result[k] is the tangent of output k; it is NULL at first, which means
     * that there is none. tangent[i] is NULL where input i does not move. */
    void (*jvp)(ritz_graph *g, const ritz_rule *at, ritz_node *const *tangent,
                ritz_node **result);
    /* The cotangents of all inputs at once. ct[k] is NULL where output k has
     * none, and one of them is not. result[i] is NULL at first, which means
     * that there is none; it is not asked for where wanted[i] is false. */
    void (*vjp)(ritz_graph *g, const ritz_rule *at, ritz_node *const *ct,
                const bool *wanted, ritz_node **result);
    /* Every result carries the batch as axis 0. */
    void (*batch)(ritz_graph *g, const ritz_rule *at, ritz_node *const *in,
                  const bool *batched, int64_t size, ritz_node **result);
} ritz_many;

/* How the compiler treats a primitive. */
typedef enum ritz_class {
    RITZ_CLASS_LEAF,        /* input, constant, iota: no instruction of work */
    RITZ_CLASS_ALIAS,       /* the same elements: reshape, identities */
    RITZ_CLASS_ELEMENTWISE, /* one ritz_op */
    RITZ_CLASS_CAST,
    RITZ_CLASS_BROADCAST,
    RITZ_CLASS_REDUCE,
    RITZ_CLASS_MOVE, /* permute, slice, pad, concatenate */
    RITZ_CLASS_MATMUL,
    RITZ_CLASS_KERNEL /* its own instruction */
} ritz_class;

/* An application for tests: random operands of these shapes with attributes
 * through the function's own arguments (`call` is Lua: x, y, z are tensors). */
typedef struct ritz_sample {
    const char *call;     /* "ritz.sum(x, {axis = 2})" */
    const char *shape[3]; /* "3,4"; "" for a scalar; NULL: no such operand */
} ritz_sample;

/* A call that must be refused, and a part of the message. */
typedef struct ritz_refusal {
    const char *call;
    const char *message;
} ritz_refusal;

enum { RITZ_SAMPLES = 10, RITZ_REFUSALS = 5, RITZ_KINKS = 4 };

struct ritz_primitive {
    ritz_function function; /* name, documentation, arguments, builder */
    ritz_class class;
    ritz_op op; /* of elementwise primitives */

    ritz_infer_fn *infer;
    ritz_partial_fn *partial; /* elementwise: instead of jvp and vjp */
    ritz_jvp_fn *jvp;
    ritz_vjp_fn *vjp;
    ritz_batch_fn *batch;
    const ritz_many *many; /* of several outputs: instead of the rules above */
    /* Why a rule is missing, where it is: "none, because ...". */
    const char *no_derivative;

    /* For the tests. */
    double domain[2];         /* of random inputs */
    double kinks[RITZ_KINKS]; /* inputs to keep 0.05 away from */
    int kink_count;
    bool integer_second; /* the second operand holds indices */
    ritz_sample samples[RITZ_SAMPLES];
    ritz_refusal refusals[RITZ_REFUSALS];

    /* Loads the library that its instruction calls, when a plan with it is
     * compiled; NULL: it calls none. */
    ritz_status (*prepare)(ritz_error *err);

    /* Floating-point operations of an application (cost.h): so many for each
     * output element, or as the function counts. A comparison, a selection or
     * an elementary function counts as one. */
    double flops;
    double (*flops_of)(const ritz_node *n);
};

/* How many of a node's inputs its value is made of: the others of an alias with
 * several outputs, whose output k is its input k, are for its rules. */
static inline int ritz_value_inputs(const ritz_node *n)
{
    return n->prim->many && n->prim->class == RITZ_CLASS_ALIAS ? n->nout
                                                               : n->nin;
}

/* The table, in the order of primitives.def: append, never renumber. */
int ritz_primitive_count(void);
const ritz_primitive *ritz_primitive_at(int i);
const ritz_primitive *ritz_primitive_find(const char *name);

#define PRIMITIVE(name) extern const ritz_primitive ritz_primitive_##name;
#include "graph/primitives.def"
#undef PRIMITIVE

#endif
