/* pool.c - pooling, and the derivative of maxima: one pass over the windows.
 *
 * Sums and maxima over two groups of axes whose windows are short are taken at
 * once, each window while it is in L1; the derivative of maxima is, for any
 * windows. One tile has some outer indices.
 */
#include "graph/execute/pool.h"

#include "graph/execute/operand.h"
#include "graph/infer.h"
#include "kernel/kernel.h"

enum { MOST_ELEMENTS = 64 }; /* of a window */

typedef struct pool {
    ritz_pool p;
    ritz_pool_fn *reduce;
    ritz_share_fn *share;
    int64_t outer, group; /* outer indices: all, of a tile */
    size_t whole, kept;   /* bytes of one: all elements, one for each window */
    ritz_at x, y, c, z;
} pool;

static void run_tile(const ritz_instruction *in, ritz_runtime *rt, size_t tile,
                     int worker)
{
    (void)worker;
    const pool *d = in->detail;
    const size_t first = tile * (size_t)d->group;
    const size_t stop = first + (size_t)d->group;
    const unsigned char *x = ritz_address(rt, d->x);
    unsigned char *y = ritz_address(rt, d->y);
    for (size_t o = first; o < stop && o < (size_t)d->outer; o++) {
        const size_t whole = o * d->whole, kept = o * d->kept;
        if (d->reduce)
            d->reduce(y + kept, x + whole, &d->p);
        else
            d->share((unsigned char *)ritz_address(rt, d->z) + whole, x + whole,
                     y + kept, (unsigned char *)ritz_address(rt, d->c) + kept,
                     &d->p);
    }
}

static void describe(const ritz_instruction *in, ritz_text *out)
{
    const pool *d = in->detail;
    ritz_text_printf(out, "windows %lld x %lld in %lld x %lld x %lld",
                     (long long)d->p.r1, (long long)d->p.r2,
                     (long long)d->outer, (long long)d->p.mid,
                     (long long)d->p.inner);
}

static const ritz_instruction_kind pool_kind = {
    .name = "pool", .tile = run_tile, .describe = describe};
static const ritz_instruction_kind share_kind = {
    .name = "share", .tile = run_tile, .describe = describe};

/* A tile has as many outer indices as make it worth a thread. */
static void set_tiles(ritz_lowering *l, pool *d, double cost)
{
    ritz_instruction *i = &l->plan->code[l->plan->instructions - 1];
    const int64_t kept = d->p.mid * d->p.inner;
    const int64_t each = kept * d->p.r1 * d->p.r2;
    const size_t size = ritz_dtype_size(l->plan->buffer[d->x.buffer].dtype);
    d->whole = (size_t)each * size;
    d->kept = (size_t)kept * size;
    d->group =
        each > 0 && each < RITZ_TILE_ELEMENTS ? RITZ_TILE_ELEMENTS / each : 1;
    i->tiles = each > 0 ? (size_t)((d->outer + d->group - 1) / d->group) : 0;
    i->flops = (double)d->outer * (double)each;
    i->work = cost * i->flops;
}

bool ritz_emit_pool(ritz_lowering *l, const ritz_node *n)
{
    pool shape = {0};
    if (!ritz_pool_of(&n->in[0]->shape, n->attr, &shape.outer, &shape.p) ||
        shape.p.mid == 1 || shape.p.r1 * shape.p.r2 < 1 ||
        shape.p.r1 * shape.p.r2 > MOST_ELEMENTS)
        return false;
    ritz_instruction *i;
    pool *d = ritz_add_instruction(l, n, &pool_kind, sizeof *d, &i);
    if (!d)
        return true;
    const ritz_kernels *k = ritz_kernels_for(n->dtype);
    *d = shape;
    d->reduce =
        n->prim == &ritz_primitive_reduce_max ? k->max_pool : k->sum_pool;
    d->x = ritz_at_of(l, n->in[0]);
    d->y.buffer = ritz_buffer_of(l, n);
    ritz_set_operands(l, i, &d->x.buffer, 1, d->y.buffer);
    set_tiles(l, d, 0.15);
    return true;
}

void ritz_emit_share(ritz_lowering *l, const ritz_node *n)
{
    ritz_instruction *i;
    pool *d = ritz_add_instruction(l, n, &share_kind, sizeof *d, &i);
    if (!d)
        return;
    ritz_pool_of(&n->shape, n->attr, &d->outer, &d->p);
    d->share = ritz_kernels_for(n->dtype)->share_pool;
    d->x = ritz_at_of(l, n->in[0]);
    d->y = ritz_at_of(l, n->in[1]);
    d->c = ritz_at_of(l, n->in[2]);
    d->z.buffer = ritz_buffer_of(l, n);
    const int in[] = {d->x.buffer, d->y.buffer, d->c.buffer};
    ritz_set_operands(l, i, in, 3, d->z.buffer);
    set_tiles(l, d, 0.25);
}
