/* scan_sum.c - sums over the steps of a scan, as one product after the loop.
 *
 * The gradient of a matrix that every step multiplies by is a sum of small
 * products, x_t' g_t. With all x_t below each other in one matrix, and all g_t
 * in another, it is one product; both are stacked already, or cost a fraction
 * of the additions that they save. Where g_t is stacked for this its sums over
 * rows (the gradient of a bias) are taken outside, too. This is decided from
 * the body alone, so that a scan has the same bits wherever it stands.
 */
#include "graph/scan_sum.h"

#include "graph/build.h"
#include "graph/internal.h"

static const ritz_node *below_reshapes(const ritz_node *n)
{
    while (n->prim == &ritz_primitive_reshape)
        n = n->in[0];
    return n;
}

static int find(const ritz_sums *s, const ritz_node *n)
{
    n = below_reshapes(n);
    for (int i = 0; i < s->count; i++)
        if (s->inner[i] == n)
            return i;
    return -1;
}

static void need(ritz_sums *s, const ritz_node *n)
{
    if (find(s, n) < 0)
        s->inner[s->count++] = below_reshapes(n);
}

/* x' g, and neither of them is a matrix that should never be stored. */
static bool is_outer(const ritz_node *n)
{
    if (n->prim != &ritz_primitive_matmul || n->shape.rank != 2 ||
        n->attr->flags != RITZ_TRANSPOSE_A)
        return false;
    for (int i = 0; i < 2; i++)
        if (n->in[i]->shape.rank != 2 ||
            below_reshapes(n->in[i])->prim == &ritz_primitive_unfold)
            return false;
    return true;
}

/* What the sum goes through. */
static bool is_passed(const ritz_node *n)
{
    return n->prim == &ritz_primitive_reshape ||
           n->prim == &ritz_primitive_permute || n->prim == &ritz_primitive_neg;
}

static bool is_made_of_products(const ritz_node *n)
{
    while (is_passed(n))
        n = n->in[0];
    if (n->prim == &ritz_primitive_add)
        return is_made_of_products(n->in[0]) && is_made_of_products(n->in[1]);
    return is_outer(n);
}

static void need_operands(ritz_sums *s, const ritz_node *n)
{
    while (is_passed(n))
        n = n->in[0];
    for (int i = 0; i < 2; i++)
        if (n->prim == &ritz_primitive_add)
            need_operands(s, n->in[i]);
        else
            need(s, n->in[i]);
}

bool ritz_sum_products(ritz_sums *s, const ritz_node *term)
{
    if (!is_made_of_products(term))
        return false;
    need_operands(s, term);
    return true;
}

bool ritz_sum_rows(const ritz_sums *s, const ritz_node *term)
{
    while (is_passed(term))
        term = term->in[0];
    return term->prim == &ritz_primitive_reduce_sum &&
           find(s, term->in[0]) >= 0;
}

int ritz_sum_room(const ritz_node *term)
{
    while (is_passed(term))
        term = term->in[0];
    if (term->prim != &ritz_primitive_add)
        return 2;
    return ritz_sum_room(term->in[0]) + ritz_sum_room(term->in[1]);
}

/* The stacked values of n, with axes 0 and 1 as one if `flat`. */
static ritz_node *stacked(ritz_graph *g, const ritz_sums *s, const ritz_node *n,
                          bool flat)
{
    ritz_node *all = s->outer[find(s, n)];
    ritz_shape shape = {.rank = n->shape.rank + 1, .dim = {all->shape.dim[0]}};
    for (int i = 0; i < n->shape.rank; i++)
        shape.dim[i + 1] = n->shape.dim[i];
    if (flat) {
        shape.rank--;
        shape.dim[0] *= shape.dim[1];
        for (int i = 1; i < shape.rank; i++)
            shape.dim[i] = shape.dim[i + 1];
    }
    return ritz_reshape(g, all, &shape);
}

static ritz_node *sum_of_rows(ritz_graph *g, const ritz_sums *s,
                              const ritz_node *n)
{
    int axes[RITZ_MAX_RANK + 1] = {0}, count = 1;
    for (int i = 0; i < n->attr->n; i++)
        axes[count++] = (int)n->attr->a[i] + 1;
    return ritz_reduce_sum(g, stacked(g, s, n->in[0], false), axes, count,
                           false);
}

ritz_node *ritz_sum_outside(ritz_graph *g, const ritz_sums *s,
                            const ritz_node *term)
{
    if (is_passed(term)) {
        ritz_node *x = ritz_sum_outside(g, s, term->in[0]);
        return ritz_apply(g, term->prim, &x, 1, term->attr);
    }
    if (term->prim == &ritz_primitive_add) {
        ritz_node *x = ritz_sum_outside(g, s, term->in[0]);
        return ritz_add(g, x, ritz_sum_outside(g, s, term->in[1]));
    }
    if (term->prim == &ritz_primitive_reduce_sum)
        return sum_of_rows(g, s, term);
    return ritz_matmul_flags(g, stacked(g, s, term->in[0], true),
                             stacked(g, s, term->in[1], true),
                             RITZ_TRANSPOSE_A);
}
