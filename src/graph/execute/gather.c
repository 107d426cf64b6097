/* gather.c - take and scatter_add. Indices are checked as they are read; one
 * out of range is reported and ends the plan before anything was given away.
 */
#include "graph/build.h"
#include "graph/execute/operand.h"
#include "kernel/move.h"

#include <string.h>

typedef struct gather {
    ritz_dtype dtype;
    size_t size;
    int64_t batch, outer, length, count, inner;
    int64_t chunk, chunks; /* of the indices, in a tile of take */
    ritz_at x, index, y;
} gather;

static void explain(const ritz_instruction *in, long long bad, ritz_error *err)
{
    const gather *d = in->detail;
    ritz_fail(err, RITZ_EVALUE, "%s: positions must be 1 to %lld, got %lld",
              in->label, (long long)d->length, bad);
}

static void run_take(const ritz_instruction *in, ritz_runtime *rt, size_t tile,
                     int worker)
{
    (void)worker;
    const gather *d = in->detail;
    const int64_t row = (int64_t)tile / d->chunks;
    const int64_t start = (int64_t)tile % d->chunks * d->chunk;
    const int64_t n = start + d->chunk < d->count ? d->chunk : d->count - start;
    const int64_t *index = ritz_address(rt, d->index);
    const unsigned char *x = ritz_address(rt, d->x);
    unsigned char *y = ritz_address(rt, d->y);
    const size_t block = (size_t)d->inner * d->size;
    index += row / d->outer * d->count + start;
    x += (size_t)(row * d->length) * block;
    y += (size_t)(row * d->count + start) * block;
    const int64_t bad =
        ritz_take(y, x, index, 1, d->length, n, d->inner, d->size);
    if (bad >= 0)
        ritz_report_bad(rt, index[bad]);
}

static void run_scatter(const ritz_instruction *in, ritz_runtime *rt,
                        size_t tile, int worker)
{
    (void)worker;
    const gather *d = in->detail;
    const int64_t *index = ritz_address(rt, d->index);
    const unsigned char *x = ritz_address(rt, d->x);
    unsigned char *y = ritz_address(rt, d->y);
    const size_t block = (size_t)d->inner * d->size;
    index += (int64_t)tile / d->outer * d->count;
    x += tile * (size_t)d->count * block;
    y += tile * (size_t)d->length * block;
    memset(y, 0, (size_t)d->length * block);
    const int64_t bad = ritz_scatter_add(y, x, index, 1, d->length, d->count,
                                         d->inner, d->dtype);
    if (bad >= 0)
        ritz_report_bad(rt, index[bad]);
}

static void describe(const ritz_instruction *in, ritz_text *out)
{
    const gather *d = in->detail;
    ritz_text_printf(out, "%lld of %lld rows of %lld, %lld times",
                     (long long)d->count, (long long)d->length,
                     (long long)d->inner, (long long)(d->batch * d->outer));
}

static const ritz_instruction_kind take_kind = {
    .name = "take", .tile = run_take, .describe = describe, .explain = explain};
static const ritz_instruction_kind scatter_kind = {.name = "scatter_add",
                                                   .tile = run_scatter,
                                                   .describe = describe,
                                                   .explain = explain};

static int64_t product(const ritz_shape *s, int from, int to)
{
    int64_t n = 1;
    for (int i = from; i < to; i++)
        n *= s->dim[i];
    return n;
}

/* `whole` has the axis that the indices count along. */
static gather *add_gather(ritz_lowering *l, const ritz_node *n,
                          const ritz_shape *whole, int axis,
                          const ritz_instruction_kind *kind)
{
    ritz_instruction *i;
    gather *d = ritz_add_instruction(l, n, kind, sizeof *d, &i);
    if (!d)
        return NULL;
    const ritz_shape *index = &n->in[1]->shape;
    const int batch = n->attr->n;
    *d = (gather){.dtype = n->dtype,
                  .size = ritz_dtype_size(n->dtype),
                  .batch = product(whole, 0, batch),
                  .outer = product(whole, batch, axis),
                  .length = whole->dim[axis],
                  .count = product(index, batch, index->rank),
                  .inner = product(whole, axis + 1, whole->rank),
                  .x = ritz_at_of(l, n->in[0]),
                  .index = ritz_at_of(l, n->in[1]),
                  .y = ritz_at_of(l, n)};
    const int in[] = {d->x.buffer, d->index.buffer};
    ritz_set_operands(l, i, in, 2, d->y.buffer);
    i->tiles = (size_t)(d->batch * d->outer);
    i->work = 0.5 * (double)(d->batch * d->outer * d->count * d->inner);
    return d;
}

void ritz_emit_take(ritz_lowering *l, const ritz_node *n)
{
    gather *d = add_gather(l, n, &n->in[0]->shape, n->attr->axis, &take_kind);
    if (!d)
        return;
    d->chunk = RITZ_TILE_ELEMENTS / (d->inner > 0 ? d->inner : 1);
    if (d->chunk < 1)
        d->chunk = 1;
    d->chunks = (d->count + d->chunk - 1) / d->chunk;
    l->plan->code[l->plan->instructions - 1].tiles *= (size_t)d->chunks;
}

void ritz_emit_scatter(ritz_lowering *l, const ritz_node *n)
{
    add_gather(l, n, &n->shape, n->attr->axis, &scatter_kind);
}
