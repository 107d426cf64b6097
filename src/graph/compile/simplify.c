/* simplify.c - dead code, aliases, common subexpressions, constants and
 * transposes.
 *
 * Nodes are rebuilt in order of their ids, which is topological, through one
 * function that looks in a table first; so a repeated subexpression finds its
 * first copy, whatever made it repeat.
 */
#include "graph/compile/simplify.h"

#include "base/digest.h"
#include "base/memory.h"
#include "graph/build.h"
#include "graph/infer.h"
#include "graph/internal.h"

#include <math.h>
#include <string.h>

enum { NEEDED = 1, READ = 2 }; /* READ: the value, not a part only */

typedef struct ritz_simplifier {
    ritz_graph *g;
    ritz_node **table; /* open addressing, a power of two */
    size_t mask;
    unsigned char *needed;
    ritz_node *const **out; /* of nodes with several outputs, by old id */
} pass;

static uint64_t hash_node(const ritz_primitive *p, ritz_node *const *in,
                          int nin, const ritz_attr *attr)
{
    uint64_t h = ritz_hash(RITZ_HASH_START, &p, sizeof(void *));
    for (int i = 0; i < nin; i++)
        h = ritz_hash(h, &in[i]->id, sizeof in[i]->id);
    return ritz_hash(h, attr, sizeof *attr);
}

static bool same_node(const ritz_node *n, const ritz_primitive *p,
                      ritz_node *const *in, int nin, const ritz_attr *attr)
{
    if (n->prim != p || n->nin != nin ||
        memcmp(n->attr, attr, sizeof *attr) != 0)
        return false;
    for (int i = 0; i < nin; i++)
        if (n->in[i] != in[i])
            return false;
    return true;
}

ritz_node *ritz_intern(ritz_simplifier *s, const ritz_primitive *p,
                       ritz_node *const *in, int nin, const ritz_attr *attr)
{
    size_t at = hash_node(p, in, nin, attr) & s->mask;
    for (; s->table[at]; at = (at + 1) & s->mask)
        if (same_node(s->table[at], p, in, nin, attr))
            return s->table[at];
    ritz_node *n = ritz_apply(s->g, p, in, nin, attr);
    if (ritz_graph_size(s->g) * 2 < s->mask)
        s->table[at] = n;
    return n;
}

bool ritz_is_splat(const ritz_node *x, double *value)
{
    while (x->prim == &ritz_primitive_broadcast ||
           x->prim == &ritz_primitive_reshape ||
           x->prim == &ritz_primitive_permute ||
           x->prim == &ritz_primitive_slice)
        x = x->in[0];
    if (x->prim != &ritz_primitive_constant)
        return false;
    if (value)
        *value = x->attr->value;
    return true;
}

static ritz_node *splat(pass *s, const ritz_node *like, double value)
{
    const ritz_attr attr = {.dtype = (int32_t)like->dtype, .value = value};
    ritz_node *c = ritz_intern(s, &ritz_primitive_constant, NULL, 0, &attr);
    if (like->shape.rank == 0)
        return c;
    ritz_attr wide = {0};
    ritz_attr_set_shape(&wide, &like->shape);
    return ritz_intern(s, &ritz_primitive_broadcast, &c, 1, &wide);
}

static ritz_node *reshaped(pass *s, ritz_node *x, const ritz_shape *to)
{
    ritz_attr shape = {0};
    if (ritz_shape_equal(&x->shape, to))
        return x;
    ritz_attr_set_shape(&shape, to);
    return ritz_intern(s, &ritz_primitive_reshape, &x, 1, &shape);
}

/* Elements as their dtype holds them. */
typedef union element {
    float f;
    double d;
    int64_t i;
    unsigned char b;
} element;

static void to_element(element *e, ritz_dtype dtype, double value)
{
    if (dtype == RITZ_F32)
        e->f = (float)value;
    else if (dtype == RITZ_F64)
        e->d = value;
    else if (dtype == RITZ_I64)
        e->i = (int64_t)value;
    else
        e->b = (unsigned char)value;
}

static double from_element(const element *e, ritz_dtype dtype)
{
    return dtype == RITZ_F32   ? (double)e->f
           : dtype == RITZ_F64 ? e->d
           : dtype == RITZ_I64 ? (double)e->i
                               : (double)e->b;
}

/* An operation on numbers only is done here, by the kernel that would do it
 * later, so that it rounds alike. */
static ritz_node *fold_constants(pass *s, const ritz_node *n,
                                 ritz_node *const *in)
{
    element e[4] = {0};
    if (n->dtype == RITZ_U8 || n->nin > 3)
        return NULL;
    for (int i = 0; i < n->nin; i++) {
        double value;
        if (!ritz_is_splat(in[i], &value) || in[i]->dtype != n->dtype)
            return NULL;
        to_element(&e[i + 1], n->dtype, value);
    }
    ritz_block_fn *fn = ritz_kernels_for(n->dtype)->block[n->prim->op][0];
    if (!fn)
        return NULL;
    fn(&e[0], &e[1], &e[2], &e[3], 1);
    return splat(s, n, from_element(&e[0], n->dtype));
}

/* The same for a cast: a chain has no memory to read a number from. */
static ritz_node *fold_cast(pass *s, const ritz_node *n, const ritz_node *in)
{
    element e[2] = {0};
    double value;
    if (!ritz_is_splat(in, &value))
        return NULL;
    to_element(&e[1], in->dtype, value);
    ritz_kernels_for(n->dtype)->cast[in->dtype](&e[0], &e[1], 1);
    return splat(s, n, from_element(&e[0], n->dtype));
}

static bool is_number(const ritz_node *x, double wanted)
{
    double value;
    return ritz_is_splat(x, &value) && value == wanted;
}

static const ritz_node *beneath(const ritz_node *x)
{
    while (x->prim == &ritz_primitive_reshape)
        x = x->in[0];
    return x;
}

/* The mask of a relu before a maximum: where z = share_max(x, y, c) is not 0,
 * x is y, so z * (k < x) is share_max(x, y, c * (k < y)), bit by bit, and the
 * smaller arrays are masked. */
static ritz_node *mask_share(pass *s, const ritz_node *n, ritz_node *z,
                             ritz_node *mask)
{
    double k;
    ritz_node *share = (ritz_node *)beneath(z);
    if (share->prim != &ritz_primitive_share_max ||
        mask->prim != &ritz_primitive_less || !ritz_is_splat(mask->in[0], &k) ||
        beneath(mask->in[1]) != beneath(share->in[0]))
        return NULL;
    ritz_node *y = share->in[1], *c = share->in[2];
    ritz_node *const small[] = {splat(s, y, k), y};
    const ritz_attr none = {0};
    mask = ritz_intern(s, mask->prim, small, 2, &none);
    c = ritz_intern(s, n->prim, (ritz_node *[]){c, mask}, 2, &none);
    share = ritz_intern(s, share->prim, (ritz_node *[]){share->in[0], y, c}, 3,
                        share->attr);
    return reshaped(s, share, &n->shape);
}

static ritz_node *simplify_elementwise(pass *s, const ritz_node *n,
                                       ritz_node **in)
{
    const ritz_op op = n->prim->op;
    ritz_node *folded = fold_constants(s, n, in);
    if (folded)
        return folded;
    if (op == RITZ_OP_neg && in[0]->prim->op == RITZ_OP_neg &&
        in[0]->prim->class == RITZ_CLASS_ELEMENTWISE)
        return in[0]->in[0];
    if ((op == RITZ_OP_mul || op == RITZ_OP_div) && is_number(in[1], 1.0))
        return in[0];
    if (op == RITZ_OP_mul && is_number(in[0], 1.0))
        return in[1];
    return op == RITZ_OP_mul ? mask_share(s, n, in[0], in[1]) : NULL;
}

static ritz_node *simplify_permute(pass *s, const ritz_node *n, ritz_node *x)
{
    ritz_attr attr = *n->attr;
    if (x->prim == &ritz_primitive_permute) {
        for (int i = 0; i < attr.n; i++)
            attr.a[i] = x->attr->a[attr.a[i]];
        x = x->in[0];
    }
    /* Axes of size 1 may go anywhere: only the others must keep their order
     * for this to be a reshape. */
    int64_t last = -1;
    bool ordered = true;
    for (int i = 0; i < attr.n && ordered; i++)
        if (x->shape.dim[attr.a[i]] != 1) {
            ordered = attr.a[i] > last;
            last = attr.a[i];
        }
    if (ordered)
        return reshaped(s, x, &n->shape);
    return ritz_intern(s, &ritz_primitive_permute, &x, 1, &attr);
}

static bool swaps_last_two(const ritz_node *x)
{
    const int r = x->shape.rank;
    if (x->prim != &ritz_primitive_permute || r < 2)
        return false;
    for (int i = 0; i < r - 2; i++)
        if (x->attr->a[i] != i)
            return false;
    return x->attr->a[r - 2] == r - 1;
}

static ritz_node *simplify_matmul(pass *s, const ritz_node *n, ritz_node **in)
{
    ritz_attr attr = *n->attr;
    for (int i = 0; i < 2; i++)
        if (swaps_last_two(in[i])) {
            attr.flags ^= i == 0 ? RITZ_TRANSPOSE_A : RITZ_TRANSPOSE_B;
            in[i] = in[i]->in[0];
        }
    return ritz_intern(s, n->prim, in, 2, &attr);
}

/* What the casting kernels do with a number: truncate, and take the nearest
 * value that fits. */
static double cast_number(double value, ritz_dtype dtype)
{
    if (ritz_dtype_is_float(dtype))
        return value;
    const double low = dtype == RITZ_U8 ? 0.0 : -0x1p63;
    const double high = dtype == RITZ_U8 ? 255.0 : 0x1.fffffffffffffp62;
    return isnan(value) ? 0.0 : fmax(low, fmin(high, trunc(value)));
}

static ritz_node *simplify_cast(pass *s, const ritz_node *n, ritz_node *x)
{
    double value;
    if (x->dtype == n->dtype)
        return x;
    return ritz_is_splat(x, &value) ? splat(s, n, cast_number(value, n->dtype))
                                    : NULL;
}

/* The node that stands for n, given those that stand for its inputs. */
static ritz_node *simplify(pass *s, const ritz_node *n, ritz_node **in)
{
    const ritz_primitive *p = n->prim;
    ritz_node *found = NULL;
    if (p == &ritz_primitive_variable || p == &ritz_primitive_stop_gradient)
        return in[0];
    if (p == &ritz_primitive_barrier && ritz_is_splat(in[0], NULL))
        return in[0];
    if (p == &ritz_primitive_cast)
        found = simplify_cast(s, n, in[0]);
    if (p == &ritz_primitive_cast && ritz_is_splat(in[0], NULL))
        return fold_cast(s, n, in[0]);
    if (p == &ritz_primitive_reshape || p == &ritz_primitive_broadcast) {
        if (in[0]->prim == p)
            in[0] = in[0]->in[0];
        if (ritz_shape_equal(&in[0]->shape, &n->shape))
            return in[0];
    }
    if (p == &ritz_primitive_permute)
        return simplify_permute(s, n, in[0]);
    if (p == &ritz_primitive_matmul)
        return simplify_matmul(s, n, in);
    if (p == &ritz_primitive_add)
        found = ritz_join_pads(s, in);
    if (found)
        return found;
    if (p->class == RITZ_CLASS_ELEMENTWISE)
        found = simplify_elementwise(s, n, in);
    else if (p->class == RITZ_CLASS_REDUCE)
        found = ritz_unroll_reduction(s, n, in[0]);
    return found ? found : ritz_intern(s, p, in, n->nin, n->attr);
}

static void mark(const ritz_graph *g, unsigned char *needed,
                 ritz_node *const *output, int nout, ritz_node *const *map)
{
    for (int i = 0; i < nout; i++)
        needed[output[i]->id] = NEEDED | READ;
    for (uint32_t id = ritz_graph_size(g); id-- > 0;)
        if (needed[id] && !map[id]) {
            const ritz_node *n = ritz_graph_node(g, id);
            const bool part = n->prim == &ritz_primitive_part;
            for (int i = 0; i < ritz_value_inputs(n); i++)
                needed[n->in[i]->id] |= part ? NEEDED : NEEDED | READ;
        }
}

/* What stands for output k of an alias with several outputs, or NULL. */
static ritz_node *passed_on(const ritz_node *n, ritz_node *const *map)
{
    const bool part = n->prim == &ritz_primitive_part;
    const ritz_node *main = part ? n->in[0] : n;
    if (main->prim->class != RITZ_CLASS_ALIAS || !main->prim->many)
        return NULL;
    return map[main->in[part ? n->attr->axis : 0]->id];
}

/* The outputs that stand for those of n. */
static ritz_node *const *rebuild_many(pass *s, const ritz_node *n,
                                      ritz_node **in)
{
    if (n->prim != &ritz_primitive_scan)
        return ritz_intern(s, n->prim, in, n->nin, n->attr)->out;
    bool *read = ritz_arena_alloc(ritz_graph_arena(s->g), (size_t)n->nout, 1);
    for (int k = 0; read && k < n->nout; k++)
        read[k] = s->needed[n->out[k]->id] & READ;
    return read ? ritz_trim_scan(s->g, n, in, read) : NULL;
}

static ritz_node *rebuild(pass *s, const ritz_node *n, ritz_node *const *map)
{
    ritz_graph_borrow_origin(s->g, n->origin);
    if (n->prim == &ritz_primitive_input)
        return n->value ? ritz_capture(s->g, n->value)
                        : ritz_input(s->g, n->dtype, &n->shape);
    ritz_node *few[RITZ_MAX_OPERANDS], **in = few;
    ritz_node *same = passed_on(n, map);
    if (same)
        return same;
    if (n->nin > RITZ_MAX_OPERANDS)
        in = ritz_arena_alloc(ritz_graph_arena(s->g), (size_t)n->nin,
                              sizeof *in);
    if (!in)
        return ritz_graph_fail(s->g, RITZ_ENOMEM, "compile: out of memory");
    for (int i = 0; i < n->nin; i++)
        in[i] = map[n->in[i]->id];
    if (n->prim == &ritz_primitive_part)
        return s->out[n->in[0]->id][n->attr->axis];
    if (!n->prim->many)
        return simplify(s, n, in);
    s->out[n->id] = rebuild_many(s, n, in);
    if (s->out[n->id])
        return s->out[n->id][0];
    return ritz_graph_fail(s->g, RITZ_ENOMEM, "compile: out of memory");
}

ritz_status ritz_simplify(ritz_graph *to, const ritz_graph *from,
                          ritz_node *const *output, int nout,
                          ritz_node **result, ritz_node **map, ritz_error *err)
{
    const uint32_t size = ritz_graph_size(from);
    pass s = {.g = to, .mask = 64};
    while (s.mask < (size_t)size * 4)
        s.mask *= 2;
    s.table = ritz_new(s.mask, sizeof *s.table);
    s.needed = ritz_new(size, sizeof *s.needed);
    s.out = ritz_new(size, sizeof *s.out);
    if (s.table && s.needed && s.out) {
        s.mask--;
        mark(from, s.needed, output, nout, map);
        for (uint32_t id = 0;
             id < size && ritz_graph_status(to, NULL) == RITZ_OK; id++)
            if (s.needed[id] && !map[id])
                map[id] = rebuild(&s, ritz_graph_node(from, id), map);
        for (int i = 0; i < nout; i++)
            result[i] = map[output[i]->id];
    } else {
        ritz_graph_fail(to, RITZ_ENOMEM, "compile: out of memory");
    }
    ritz_free(s.table);
    ritz_free(s.needed);
    ritz_free(s.out);
    return ritz_graph_status(to, err);
}
