/* solve.c - triangular_solve and solve: op(a)^-1 b for matrices a.
 *
 * attr: flags as in kernel/factor.h. Both are linear in b, and with
 * op(a) x = b their derivative in a follows from op(da) x + op(a) dx = db
 * (Giles 2008, section 2.3.1); on the right side x op(a) = b alike.
 */
#include "graph/primitives/factor.h"

#include "graph/batch.h"

static ritz_status infer_solver(ritz_dtype *dtype, ritz_shape *shape,
                                ritz_node *const *in, int nin,
                                const ritz_attr *attr, ritz_error *err)
{
    const ritz_status status = ritz_check_factored(in, true, err);
    if (status != RITZ_OK)
        return status;
    const ritz_shape *a = &in[0]->shape, *b = &in[1]->shape;
    const int r = a->rank, side = attr->flags & RITZ_SOLVE_RIGHT ? 1 : 2;
    bool fits = nin == 2 && b->rank == r && in[1]->dtype == in[0]->dtype &&
                b->dim[r - side] == a->dim[r - 1];
    for (int i = 0; fits && i < r - 2; i++)
        fits = a->dim[i] == b->dim[i];
    if (!fits)
        return ritz_fail(err, RITZ_ESHAPE, "sides must agree, got %s and %s",
                         ritz_type_of(in[0]).text, ritz_type_of(in[1]).text);
    *dtype = in[1]->dtype;
    *shape = *b;
    return RITZ_OK;
}

static ritz_node *again(ritz_graph *g, const ritz_rule *at, ritz_node *b,
                        int flip)
{
    const ritz_attr attr = {.flags = at->attr->flags ^ flip};
    ritz_node *in[] = {at->in[0], b};
    return ritz_apply(g, at->out[0]->prim, in, 2, &attr);
}

/* What of a is read: a triangle, or all. */
static ritz_node *read_part(ritz_graph *g, const ritz_rule *at, ritz_node *a)
{
    const int flags = at->attr->flags;
    const int64_t inside = flags & RITZ_SOLVE_UNIT ? 1 : 0;
    if (at->out[0]->prim == &ritz_primitive_solve)
        return a;
    return flags & RITZ_SOLVE_UPPER ? ritz_triu(g, a, inside)
                                    : ritz_tril(g, a, -inside);
}

static ritz_node *solver_push(ritz_graph *g, const ritz_rule *at,
                              ritz_node *const *tangent)
{
    const int flags = at->attr->flags;
    ritz_node *sum = tangent[1];
    if (tangent[0]) {
        ritz_node *da = read_part(g, at, tangent[0]), *x = at->out[0];
        const bool t = flags & RITZ_SOLVE_TRANSPOSE;
        ritz_node *moved =
            flags & RITZ_SOLVE_RIGHT
                ? ritz_matmul_flags(g, x, da, t ? RITZ_TRANSPOSE_B : 0)
                : ritz_matmul_flags(g, da, x, t ? RITZ_TRANSPOSE_A : 0);
        sum = sum ? ritz_sub(g, sum, moved) : ritz_neg(g, moved);
    }
    return again(g, at, sum, 0);
}

/* The cotangent of b is op(a)^-T ct, that of op(a) minus its product with x;
 * of the latter the transpose where op is one. */
static ritz_node *solver_pull(ritz_graph *g, const ritz_rule *at, int i,
                              ritz_node *ct)
{
    const int flags = at->attr->flags;
    ritz_node *b = again(g, at, ct, RITZ_SOLVE_TRANSPOSE), *x = at->out[0];
    if (i == 1)
        return b;
    const bool right = flags & RITZ_SOLVE_RIGHT;
    const bool transposed = flags & RITZ_SOLVE_TRANSPOSE;
    ritz_node *p = right == transposed ? b : x, *q = p == b ? x : b;
    ritz_node *a = right ? ritz_matmul_ta(g, p, q) : ritz_matmul_tb(g, p, q);
    return ritz_neg(g, read_part(g, at, a));
}

/* Shapes as people have them: b may be a vector, and leading axes broadcast.
 */
typedef struct sides {
    ritz_node *a, *b;
    bool vector;
} sides;

static bool read_sides(sides *s, ritz_graph *g, const ritz_call *call)
{
    s->a = call->x[0];
    s->b = call->x[1];
    s->vector = s->b->shape.rank == 1;
    if (!ritz_wants_matrix(g, call->function->name, s->a, true))
        return false;
    if (s->b->shape.rank < 1) {
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "%s: wants a vector or matrices on the right, got %s",
                        call->function->name, ritz_type_of(s->b).text);
        return false;
    }
    if (s->vector)
        s->b = ritz_expand(g, s->b, 1);
    ritz_match_leading(g, call->function->name, &s->a, &s->b);
    return ritz_graph_status(g, NULL) == RITZ_OK;
}

static ritz_node *finish(ritz_graph *g, const sides *s, ritz_node *x)
{
    ritz_shape flat = x->shape;
    if (!s->vector || ritz_graph_status(g, NULL) != RITZ_OK)
        return x;
    flat.rank--;
    flat.dim[flat.rank - 1] = s->a->shape.dim[s->a->shape.rank - 1];
    return ritz_reshape(g, x, &flat);
}

static void build_triangular(ritz_graph *g, const ritz_call *call,
                             ritz_node **out)
{
    static const int flag[] = {RITZ_SOLVE_UPPER, RITZ_SOLVE_TRANSPOSE,
                               RITZ_SOLVE_RIGHT, RITZ_SOLVE_UNIT};
    sides s;
    int flags = 0;
    for (int i = 0; i < 4; i++)
        flags |= call->v[i].i ? flag[i] : 0;
    out[0] = NULL;
    if (!read_sides(&s, g, call))
        return;
    if (s.vector && flags & RITZ_SOLVE_RIGHT) /* a row */
        s.b = ritz_transpose(g, s.b);
    out[0] = finish(g, &s, ritz_triangular_solve(g, s.a, s.b, flags));
}

const ritz_primitive ritz_primitive_triangular_solve = {
    .function =
        {
            .module = "ritz",
            .name = "triangular_solve",
            .signature = "ritz.triangular_solve(a, b, {upper, transpose, "
                         "right, unit})",
            .summary = "x with a x = b for a triangular a.",
            .details = "a is [..., n, n], b [..., n, k] or [n]; leading axes "
                       "broadcast. Only the lower triangle of a is read. A "
                       "zero on its diagonal gives infinities, as a division "
                       "does.",
            .source = "BLAS's trsm; derivatives: Giles 2008, section 2.3.1",
            .example = "ritz.triangular_solve(ritz.tensor{{2, 0}, {1, 4}}, "
                       "ritz.tensor{2, 9})  --> {1, 2}",
            .tensors = 2,
            .params = {{.name = "upper",
                        .kind = RITZ_PARAM_BOOL,
                        .doc = "read the upper triangle instead"},
                       {.name = "transpose",
                        .kind = RITZ_PARAM_BOOL,
                        .doc = "solve with the transpose of a"},
                       {.name = "right",
                        .kind = RITZ_PARAM_BOOL,
                        .doc = "solve x a = b instead, b being [..., k, n]"},
                       {.name = "unit",
                        .kind = RITZ_PARAM_BOOL,
                        .doc = "take the diagonal of a to be ones"}},
            .build = build_triangular,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_solver,
    .jvp = solver_push,
    .vjp = solver_pull,
    .batch = ritz_batch_elementwise,
    .prepare = ritz_lapack_load,
    .flops_of = ritz_factor_flops,
    .domain = {-1, 1},
    .samples =
        {{"ritz.triangular_solve(x + 3 * ritz.eye(3, x.dtype), y)",
          {"3,3", "3,2"}},
         {"ritz.triangular_solve(x + 3 * ritz.eye(3, x.dtype), y, {upper = "
          "true})",
          {"3,3", "3"}},
         {"ritz.triangular_solve(x + 3 * ritz.eye(3, x.dtype), y, {transpose "
          "= true})",
          {"3,3", "3,2"}},
         {"ritz.triangular_solve(x + 3 * ritz.eye(3, x.dtype), y, {right = "
          "true, upper = true})",
          {"2,3,3", "2,3"}},
         {"ritz.triangular_solve(x + 3 * ritz.eye(3, x.dtype), y, {right = "
          "true, transpose = true})",
          {"3,3", "2,3"}},
         {"ritz.triangular_solve(x, y, {unit = true})", {"3,3", "3,2"}},
         {"ritz.triangular_solve(x, y, {unit = true, upper = true, transpose "
          "= true, right = true})",
          {"3,3", "3"}},
         {"ritz.triangular_solve(x, y)", {"0,0", "0,2"}}},
    .refusals = {{"ritz.triangular_solve(ritz.ones{2, 3}, ritz.ones{2})",
                  "wants square matrices of f32 or f64, got f32[2,3]"},
                 {"ritz.triangular_solve(ritz.eye(2), ritz.ones{3})",
                  "sides must agree, got f32[2,2] and f32[3,1]"},
                 {"ritz.triangular_solve(ritz.eye(2), ritz.tensor(1))",
                  "wants a vector or matrices on the right, got f32[]"}},
};

static void build_solve(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    sides s;
    out[0] = NULL;
    if (read_sides(&s, g, call))
        out[0] = finish(
            g, &s,
            ritz_solve(g, s.a, s.b, call->v[0].i ? RITZ_SOLVE_TRANSPOSE : 0));
}

const ritz_primitive ritz_primitive_solve = {
    .function =
        {
            .module = "ritz",
            .name = "solve",
            .signature = "ritz.solve(a, b, {transpose})",
            .summary = "x with a x = b.",
            .details = "a is [..., n, n], b [..., n, k] or [n]; leading axes "
                       "broadcast. By LU with partial pivoting; a pivot of 0, "
                       "NaN or infinity in a is an error.",
            .source = "LAPACK's getrf and getrs; derivatives: Giles 2008, "
                      "section 2.3.1",
            .example = "ritz.solve(ritz.tensor{{0, 2}, {1, 1}}, "
                       "ritz.tensor{4, 5})  --> {3, 2}",
            .tensors = 2,
            .method = true,
            .params = {{.name = "transpose",
                        .kind = RITZ_PARAM_BOOL,
                        .doc = "solve with the transpose of a"}},
            .build = build_solve,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_solver,
    .jvp = solver_push,
    .vjp = solver_pull,
    .batch = ritz_batch_elementwise,
    .prepare = ritz_lapack_load,
    .flops_of = ritz_factor_flops,
    .domain = {-1, 1},
    .samples =
        {{"ritz.solve(x + 3 * ritz.eye(3, x.dtype), y)", {"3,3", "3,2"}},
         {"ritz.solve(x + 3 * ritz.eye(3, x.dtype), y)", {"2,3,3", "3"}},
         {"ritz.solve(x + 3 * ritz.eye(3, x.dtype), y, {transpose = true})",
          {"3,3", "2,3,2"}},
         {"ritz.solve(x, y)", {"0,0", "0,2"}},
         {"ritz.solve(x, y)", {"0,2,2", "2"}}},
    .refusals = {{"ritz.solve(ritz.ones{2, 3}, ritz.ones{2})",
                  "wants square matrices of f32 or f64, got f32[2,3]"},
                 {"ritz.solve(ritz.ones{2, 2}, ritz.ones{2})",
                  "wants a matrix of full rank, got one whose pivot 2 is 0"},
                 {"ritz.solve(ritz.eye(2), ritz.ones{2, 3, 4})",
                  "sides must agree"},
                 {"ritz.solve(ritz.ones{3, 2, 2}, ritz.ones{2, 2, 4})",
                  "leading axes must broadcast"},
                 {"ritz.solve(ritz.tensor{{1/0}}, ritz.ones{1})",
                  "got NaN or infinity"}},
};
