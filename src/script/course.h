/* course.h - what grad, jvp, vjp and vmap have in common.
 *
 * All have one course: enter a trace (or open one), put variables in the
 * places of the arguments' leaves, call the function, append the derivative
 * or batched nodes, and rebuild the results. Whoever opened the trace then
 * computes them; inside of another transform they stay traced. The function
 * is called without protection, so its errors travel unchanged; the trace is
 * a to-be-closed value of the frame. Everything here may raise.
 */
#ifndef RITZ_SCRIPT_COURSE_H
#define RITZ_SCRIPT_COURSE_H

#include "script/trace.h"

/* Indices are of the frame's stack. */
typedef struct ritz_course {
    lua_State *L;
    const char *who;
    ritz_trace *trace;
    ritz_graph *graph;
    bool opened;
    int slot; /* of the trace */
    int list; /* of leaves, then of the values in their places */
    size_t count;
    ritz_node **variable;
} ritz_course;

/* Pushes two values: the trace, and the list. */
void ritz_course_begin(ritz_course *c, lua_State *L, const char *who);
/* Ends it with the results from `first` to the top; returns their number. */
int ritz_course_finish(ritz_course *c, int first);

/* Pushes room for nodes, as a userdata. */
ritz_node **ritz_push_nodes(lua_State *L, size_t n);
/* Pushes the nodes of the values in the table at `list`. */
ritz_node **ritz_course_push_nodes(ritz_course *c, int list, size_t n);
/* Puts handles of the nodes into the table at `list`. */
void ritz_course_store(ritz_course *c, int list, ritz_node *const *node,
                       size_t n);

/* Flattens the tree at `index` into a new list, which is pushed below its
 * template. */
void ritz_push_flat(lua_State *L, int index);

/* Makes variables of the leaves in c->list. Pushes one value. */
void ritz_course_make_variables(ritz_course *c);
/* The derivative in, or of, a number is a number. */
void ritz_course_make_weak_alike(ritz_course *c, ritz_node **node,
                                 ritz_node *const *like, size_t n);
/* The nodes of the leaves at `list`, as directions of `x`: of the same dtype
 * and shape. Numbers adopt them. Pushes one value. */
ritz_node **ritz_course_push_directions(ritz_course *c, int list,
                                        ritz_node *const *x, size_t n,
                                        const char *what);
/* Refuses templates that are not alike. */
void ritz_course_check_alike(ritz_course *c, int a, int b, const char *what);
/* Refuses a function whose results, from `first`, are none; gives `first`. */
int ritz_course_check_results(ritz_course *c, int first);

/* Refuses an argument 1 that cannot be called. */
void ritz_check_function(lua_State *L, const char *who);

#endif
