/* windows.c - the shapes of a convolution and of its derivatives.
 *
 * unfold(x) times a matrix, its transpose times a matrix, and fold of a
 * product: in all three the unfolded matrix is needed one piece at a time, so
 * the instruction makes it in cache and it never exists in memory.
 */
#include "graph/build.h"
#include "graph/compile/lower.h"

/* The only reader of n beyond reshapes, or NULL. */
static const ritz_node *only_user(const ritz_lowering *l, const ritz_node *n)
{
    while (ritz_value_of(l, n)->users == 1) {
        n = ritz_value_of(l, n)->user[0];
        if (n->prim != &ritz_primitive_reshape)
            return n;
    }
    return NULL;
}

static bool is_matrix_of_rows(const ritz_node *x, const ritz_node *unfold)
{
    return x->shape.rank == 2 &&
           x->shape.dim[1] == unfold->shape.dim[unfold->shape.rank - 1];
}

const ritz_node *ritz_unfolded_operand(const ritz_lowering *l,
                                       const ritz_node *matmul)
{
    const ritz_node *x = ritz_below_reshapes(matmul->in[0]);
    return x->prim == &ritz_primitive_unfold &&
                   ritz_value_of(l, x)->role == RITZ_ROLE_FOLDED
               ? x
               : NULL;
}

/* Every reader of the value, beyond reshapes, is a product that has it as
 * its left matrix only. */
static bool read_by_products(const ritz_lowering *l, const ritz_node *value,
                             const ritz_node *unfold)
{
    const ritz_lowered *v = ritz_value_of(l, value);
    for (int i = 0; i < v->users; i++) {
        const ritz_node *u = v->user[i];
        if (u->prim == &ritz_primitive_reshape) {
            if (!read_by_products(l, u, unfold))
                return false;
        } else if (u->prim != &ritz_primitive_matmul || u->in[0] != value ||
                   ritz_below_reshapes(u->in[1]) == unfold ||
                   !is_matrix_of_rows(value, unfold)) {
            return false;
        }
    }
    return v->users > 0;
}

bool ritz_folds_into_products(const ritz_lowering *l, const ritz_node *unfold)
{
    return ritz_dtype_is_float(unfold->dtype) &&
           ritz_shape_count(&unfold->shape) > 0 &&
           read_by_products(l, unfold, unfold);
}

bool ritz_folds_into_fold(const ritz_lowering *l, const ritz_node *matmul)
{
    const ritz_node *user = only_user(l, matmul);
    return user && user->prim == &ritz_primitive_fold &&
           matmul->shape.rank == 2 &&
           matmul->shape.dim[1] ==
               user->in[0]->shape.dim[user->in[0]->shape.rank - 1] &&
           !(matmul->attr->flags & RITZ_TRANSPOSE_A) &&
           !ritz_unfolded_operand(l, matmul) &&
           ritz_shape_count(&matmul->shape) > 0;
}
