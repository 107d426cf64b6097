/* residual.c - which kept values are cheaper to compute again than to store.
 *
 * A slope such as y (1 - y) is a few multiplications on a value that another
 * slope needs as well. Storing both costs more time than the multiplications:
 * they are done in registers, the values come from memory. Functions that take
 * long (exp, tanh, products, sums) are never computed again.
 */
#include "graph/residual.h"

#include "base/memory.h"
#include "graph/build.h"

enum { MOST = 24 }; /* nodes that one value may take to be made again */

typedef struct search {
    const ritz_graph *g;
    const bool *given;
    bool *kept, *again;
    const ritz_node *made[MOST], *leaf[MOST]; /* of the value looked at */
    int making, leaves;
} search;

static bool is_cheap(const ritz_node *n)
{
    static const ritz_primitive *const cheap[] = {
        &ritz_primitive_neg,        &ritz_primitive_abs,
        &ritz_primitive_sign,       &ritz_primitive_square,
        &ritz_primitive_add,        &ritz_primitive_sub,
        &ritz_primitive_mul,        &ritz_primitive_maximum,
        &ritz_primitive_minimum,    &ritz_primitive_less,
        &ritz_primitive_less_equal, &ritz_primitive_equal,
        &ritz_primitive_not_equal,  &ritz_primitive_select};
    for (size_t i = 0; i < sizeof cheap / sizeof *cheap; i++)
        if (n->prim == cheap[i])
            return true;
    return false;
}

/* What is read where it is: numbers, and views. */
static bool is_passed(const ritz_node *n)
{
    return (n->nin == 0 && n->prim != &ritz_primitive_input) ||
           n->prim == &ritz_primitive_reshape ||
           n->prim == &ritz_primitive_broadcast ||
           n->prim == &ritz_primitive_permute;
}

static bool add(const ritz_node **list, int *count, const ritz_node *n)
{
    for (int i = 0; i < *count; i++)
        if (list[i] == n)
            return true;
    if (*count == MOST)
        return false;
    list[(*count)++] = n;
    return true;
}

/* Collects what n is made of; false when it is too much. */
static bool expand(search *s, const ritz_node *n, bool root)
{
    if (!root && (s->given[n->id] || s->kept[n->id]))
        return true;
    if (!is_passed(n) && !is_cheap(n))
        return !root && add(s->leaf, &s->leaves, n);
    if (!add(s->made, &s->making, n))
        return false;
    for (int i = 0; i < n->nin; i++)
        if (!expand(s, n->in[i], false))
            return false;
    return true;
}

static double bytes(const ritz_node *n)
{
    return (double)ritz_shape_count(&n->shape) *
           (double)ritz_dtype_size(n->dtype);
}

static void consider(search *s, const ritz_node *n)
{
    double room = 0.0;
    s->making = s->leaves = 0;
    if (!is_cheap(n) || !expand(s, n, true))
        return;
    for (int i = 0; i < s->leaves; i++)
        room += bytes(s->leaf[i]);
    if (room > bytes(n))
        return;
    for (int i = 0; i < s->making; i++)
        s->again[s->made[i]->id] = true;
    for (int i = 0; i < s->leaves; i++)
        s->kept[s->leaf[i]->id] = true;
    s->kept[n->id] = false;
}

bool *ritz_residual_again(const ritz_graph *g, const ritz_cut *cut,
                          const bool *given)
{
    const uint32_t size = ritz_graph_size(g);
    search s = {.g = g,
                .given = given,
                .kept = ritz_new(size, sizeof(bool)),
                .again = ritz_new(size, sizeof(bool))};
    if (s.kept && s.again) {
        for (int i = 0; i < cut->count; i++)
            s.kept[cut->kept[i]->id] = true;
        for (int i = cut->count; i-- > 0;)
            if (!given[cut->kept[i]->id])
                consider(&s, cut->kept[i]);
    } else {
        ritz_free(s.again);
        s.again = NULL;
    }
    ritz_free(s.kept);
    return s.again;
}
