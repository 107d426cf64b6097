/* reduce.c - sums and maxima along axes.
 *
 * Adjacent axes reduce together: the operand is outer x r x inner. Several
 * groups of axes reduce one after the other, the outermost first, because
 * that leaves least for the others; two short ones at once (pool.c). How r is
 * cut into parts depends on r and inner only, so a result does not depend on
 * what surrounds it.
 */
#include "graph/execute/reduce.h"

#include "graph/build.h"
#include "graph/cost.h"
#include "graph/execute/pool.h"

#include <string.h>

/* Beyond this many elements in a row of columns, the columns are cut instead
 * of r. */
enum { WIDE = 4096 };

void ritz_reduce_columns(const ritz_reduction *d, void *y, const void *x,
                         int64_t rows, int64_t width, int64_t stride)
{
    const size_t size = d->k->size;
    const unsigned char *from = x;
    ritz_columns_fn *fn = d->is_max ? d->k->max_columns : d->k->sum_columns;
    if (stride == width) {
        fn(y, from, (size_t)rows, (size_t)width);
        return;
    }
    for (int64_t row = 0; row < rows; row++)
        fn(y, from + (size_t)(row * stride) * size, 1, (size_t)width);
}

int64_t ritz_start_columns(const ritz_reduction *d, void *y, const void *x,
                           int64_t width)
{
    const size_t bytes = (size_t)width * d->k->size;
    if (d->is_max)
        memcpy(y, x, bytes);
    else
        memset(y, 0, bytes);
    return d->is_max;
}

static void columns(const ritz_reduction *d, void *y, const void *x,
                    int64_t rows, int64_t width, int64_t stride)
{
    const int64_t done = ritz_start_columns(d, y, x, width);
    ritz_reduce_columns(
        d, y, (const unsigned char *)x + (size_t)(done * stride) * d->k->size,
        rows - done, width, stride);
}

void ritz_reduce_rows(const ritz_reduction *d, void *y, const void *x,
                      int64_t count, int64_t n)
{
    (d->is_max ? d->k->max_rows : d->k->sum_rows)(y, x, (size_t)count,
                                                  (size_t)n);
}

/* One part of r for one outer index, into the partial results. */
static void run_part(const ritz_reduction *d, ritz_runtime *rt, size_t tile)
{
    const size_t size = d->k->size;
    const int64_t o = (int64_t)tile / d->parts, p = (int64_t)tile % d->parts;
    const int64_t start = p * d->part;
    const int64_t n = start + d->part < d->r ? d->part : d->r - start;
    const unsigned char *x = ritz_address(rt, d->x);
    unsigned char *y = ritz_address(rt, d->partial);
    x += (size_t)((o * d->r + start) * d->inner) * size;
    y += tile * (size_t)d->inner * size;
    if (d->inner == 1)
        ritz_reduce_rows(d, y, x, 1, n);
    else
        columns(d, y, x, n, d->inner, d->inner);
}

/* Some outer indices, r whole, perhaps a strip of the columns. */
static void run_group(const ritz_reduction *d, ritz_runtime *rt, size_t tile)
{
    const size_t size = d->k->size;
    const int64_t first = (int64_t)tile / d->strips * d->group;
    const int64_t strip = (int64_t)tile % d->strips * d->strip;
    const int64_t stop =
        first + d->group < d->outer ? first + d->group : d->outer;
    const int64_t width =
        strip + d->strip < d->inner ? d->strip : d->inner - strip;
    const unsigned char *x = ritz_address(rt, d->x);
    unsigned char *y = ritz_address(rt, d->y);
    if (d->inner == 1) {
        ritz_reduce_rows(d, y + (size_t)first * size,
                         x + (size_t)(first * d->r) * size, stop - first, d->r);
        return;
    }
    for (int64_t o = first; o < stop; o++)
        columns(d, y + (size_t)(o * d->inner + strip) * size,
                x + (size_t)(o * d->r * d->inner + strip) * size, d->r, width,
                d->inner);
}

static void run_tile(const ritz_instruction *in, ritz_runtime *rt, size_t tile,
                     int worker)
{
    (void)worker;
    const ritz_reduction *d = in->detail;
    if (d->parts > 1)
        run_part(d, rt, tile);
    else
        run_group(d, rt, tile);
}

void ritz_reduction_finish(const ritz_reduction *d, ritz_runtime *rt)
{
    if (d->parts <= 1)
        return;
    const unsigned char *x = ritz_address(rt, d->partial);
    unsigned char *y = ritz_address(rt, d->y);
    if (d->inner == 1) {
        ritz_reduce_rows(d, y, x, d->outer, d->parts);
        return;
    }
    for (int64_t o = 0; o < d->outer; o++)
        columns(d, y + (size_t)(o * d->inner) * d->k->size,
                x + (size_t)(o * d->parts * d->inner) * d->k->size, d->parts,
                d->inner, d->inner);
}

static void run_after(const ritz_instruction *in, ritz_runtime *rt)
{
    ritz_reduction_finish(in->detail, rt);
}

static void describe(const ritz_instruction *in, ritz_text *out)
{
    const ritz_reduction *d = in->detail;
    ritz_text_printf(out, "%s over the middle of %lld x %lld x %lld",
                     d->is_max ? "max" : "sum", (long long)d->outer,
                     (long long)d->r, (long long)d->inner);
}

static const ritz_instruction_kind kind = {.name = "reduce",
                                           .tile = run_tile,
                                           .after = run_after,
                                           .describe = describe};

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

void ritz_reduction_cut(ritz_reduction *d)
{
    d->parts = 1;
    d->part = d->r;
    d->strip = d->inner;
    d->strips = 1;
    if (d->inner >= WIDE) {
        d->strip = WIDE;
        d->strips = ceil_div(d->inner, WIDE);
    } else if (d->r * d->inner > RITZ_TILE_ELEMENTS) {
        d->part = RITZ_TILE_ELEMENTS / d->inner;
        d->parts = ceil_div(d->r, d->part);
    }
    const int64_t each = d->r * d->strip;
    d->group = each < RITZ_TILE_ELEMENTS
                   ? RITZ_TILE_ELEMENTS / (each > 0 ? each : 1)
                   : 1;
}

/* Axes first..last of the shape reduce. */
static ritz_reduction along(const ritz_node *n, const ritz_shape *shape,
                            int64_t first, int64_t last)
{
    ritz_reduction s = {.k = ritz_kernels_for(n->dtype),
                        .is_max = n->prim == &ritz_primitive_reduce_max,
                        .outer = 1,
                        .r = 1,
                        .inner = 1};
    for (int i = 0; i < shape->rank; i++) {
        if (i < first)
            s.outer *= shape->dim[i];
        else if (i <= last)
            s.r *= shape->dim[i];
        else
            s.inner *= shape->dim[i];
    }
    return s;
}

bool ritz_reduction_of(ritz_reduction *d, const ritz_node *n)
{
    const int64_t *axis = n->attr->a;
    for (int i = 1; i < n->attr->n; i++)
        if (axis[i] != axis[i - 1] + 1)
            return false;
    if (n->attr->n < 1 || (n->prim != &ritz_primitive_reduce_sum &&
                           n->prim != &ritz_primitive_reduce_max))
        return false;
    *d = along(n, &n->in[0]->shape, axis[0], axis[n->attr->n - 1]);
    ritz_reduction_cut(d);
    return true;
}

static void emit_step(ritz_lowering *l, const ritz_node *n, ritz_reduction s)
{
    ritz_instruction *i;
    ritz_reduction *d = ritz_add_instruction(l, n, &kind, sizeof *d, &i);
    if (!d)
        return;
    *d = s;
    ritz_reduction_cut(d);
    ritz_set_operands(l, i, &d->x.buffer, 1, d->y.buffer);
    i->tiles = (size_t)(ceil_div(d->outer, d->group) * d->strips);
    if (d->parts > 1) {
        d->partial.buffer =
            ritz_new_buffer(l, n->dtype, d->outer * d->parts * d->inner);
        ritz_set_two_outputs(l, d->partial.buffer);
        i->tiles = (size_t)(d->outer * d->parts);
    }
    i->work = 0.15 * (double)(d->outer * d->r * d->inner);
    i->flops = (double)(d->outer * d->r * d->inner);
}

void ritz_emit_reduce(ritz_lowering *l, const ritz_node *n)
{
    if (ritz_emit_pool(l, n))
        return;
    ritz_shape shape = n->in[0]->shape;
    int64_t axis[RITZ_MAX_RANK];
    int left = n->attr->n;
    memcpy(axis, n->attr->a, sizeof axis);
    ritz_at x = ritz_at_of(l, n->in[0]);
    for (int done = 0; done < left;) {
        int stop = done + 1;
        while (stop < left && axis[stop] == axis[stop - 1] + 1)
            stop++;
        ritz_reduction s = along(n, &shape, axis[done], axis[stop - 1]);
        s.x = x;
        for (int k = done; k < stop; k++)
            shape.dim[axis[k]] = 1;
        s.y.buffer = stop == left
                         ? ritz_buffer_of(l, n)
                         : ritz_new_buffer(l, n->dtype, s.outer * s.inner);
        emit_step(l, n, s);
        x = s.y;
        done = stop;
    }
}

/* argmax over the last axis. */

typedef struct argmax {
    const ritz_kernels *k;
    int64_t rows, n;
    ritz_at x, y;
} argmax;

static void run_argmax(const ritz_instruction *in, ritz_runtime *rt,
                       size_t tile, int worker)
{
    (void)tile, (void)worker;
    const argmax *d = in->detail;
    d->k->argmax_rows(ritz_address(rt, d->y), ritz_address(rt, d->x),
                      (size_t)d->rows, (size_t)d->n);
}

static void describe_argmax(const ritz_instruction *in, ritz_text *out)
{
    const argmax *d = in->detail;
    ritz_text_printf(out, "%lld x %lld", (long long)d->rows, (long long)d->n);
}

static const ritz_instruction_kind argmax_kind = {
    .name = "argmax", .tile = run_argmax, .describe = describe_argmax};

void ritz_emit_argmax(ritz_lowering *l, const ritz_node *n)
{
    ritz_instruction *i;
    argmax *d = ritz_add_instruction(l, n, &argmax_kind, sizeof *d, &i);
    if (!d)
        return;
    const ritz_shape *s = &n->in[0]->shape;
    *d = (argmax){.k = ritz_kernels_for(n->in[0]->dtype),
                  .rows = ritz_shape_count(&n->shape),
                  .n = s->dim[s->rank - 1],
                  .x = ritz_at_of(l, n->in[0]),
                  .y = ritz_at_of(l, n)};
    ritz_set_operands(l, i, &d->x.buffer, 1, d->y.buffer);
    i->work = (double)(d->rows * d->n);
}

/* cumsum: outer x n x inner. */

typedef struct cumsum {
    const ritz_kernels *k;
    int64_t outer, n, inner;
    bool reverse;
    ritz_at x, y;
} cumsum;

static void run_cumsum(const ritz_instruction *in, ritz_runtime *rt,
                       size_t tile, int worker)
{
    (void)worker;
    const cumsum *d = in->detail;
    const size_t row = (size_t)d->inner * d->k->size;
    const size_t at = tile * (size_t)d->n * row;
    const unsigned char *x = (unsigned char *)ritz_address(rt, d->x) + at;
    unsigned char *y = (unsigned char *)ritz_address(rt, d->y) + at;
    if (!d->reverse) {
        d->k->cumsum_columns(y, x, (size_t)d->n, (size_t)d->inner);
        return;
    }
    ritz_block_fn *add = d->k->block[RITZ_OP_add][0];
    for (int64_t i = d->n; i-- > 0;) {
        const size_t here = (size_t)i * row;
        if (i == d->n - 1)
            memcpy(y + here, x + here, row);
        else
            add(y + here, y + here + row, x + here, NULL, (size_t)d->inner);
    }
}

static void describe_cumsum(const ritz_instruction *in, ritz_text *out)
{
    const cumsum *d = in->detail;
    ritz_text_printf(out, "along the middle of %lld x %lld x %lld",
                     (long long)d->outer, (long long)d->n, (long long)d->inner);
}

static const ritz_instruction_kind cumsum_kind = {
    .name = "cumsum", .tile = run_cumsum, .describe = describe_cumsum};

void ritz_emit_cumsum(ritz_lowering *l, const ritz_node *n)
{
    ritz_instruction *i;
    cumsum *d = ritz_add_instruction(l, n, &cumsum_kind, sizeof *d, &i);
    if (!d)
        return;
    *d = (cumsum){.k = ritz_kernels_for(n->dtype),
                  .outer = 1,
                  .n = n->shape.dim[n->attr->axis],
                  .inner = 1,
                  .reverse = n->attr->flags != 0,
                  .x = ritz_at_of(l, n->in[0]),
                  .y = ritz_at_of(l, n)};
    for (int k = 0; k < n->shape.rank; k++) {
        if (k < n->attr->axis)
            d->outer *= n->shape.dim[k];
        else if (k > n->attr->axis)
            d->inner *= n->shape.dim[k];
    }
    ritz_set_operands(l, i, &d->x.buffer, 1, d->y.buffer);
    i->tiles = d->n * d->inner > 0 ? (size_t)d->outer : 0;
    i->flops = ritz_cost_of(n).flops;
    i->work = i->flops;
}
