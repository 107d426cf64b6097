/* sort.c - argsort: a tile orders a row. */
#include "kernel/sort.h"

#include "graph/execute/operand.h"

#include <math.h>

typedef struct argsort {
    ritz_order order;
    ritz_at x, y;
} argsort;

static void run_argsort(const ritz_instruction *in, ritz_runtime *rt,
                        size_t tile, int worker)
{
    const argsort *d = in->detail;
    const unsigned char *x = ritz_address(rt, d->x);
    int64_t *y = ritz_address(rt, d->y);
    const size_t row = (size_t)d->order.n * ritz_dtype_size(d->order.dtype);
    ritz_order_row(y + tile * (size_t)d->order.keep, x + tile * row, &d->order,
                   ritz_scratch(rt, worker));
}

static void describe_argsort(const ritz_instruction *in, ritz_text *out)
{
    const argsort *d = in->detail;
    ritz_text_printf(out, "%lld of %lld, %zu times", (long long)d->order.keep,
                     (long long)d->order.n, in->tiles);
}

static const ritz_instruction_kind argsort_kind = {
    .name = "argsort", .tile = run_argsort, .describe = describe_argsort};

void ritz_emit_argsort(ritz_lowering *l, const ritz_node *n)
{
    ritz_instruction *i;
    argsort *d = ritz_add_instruction(l, n, &argsort_kind, sizeof *d, &i);
    if (!d)
        return;
    const ritz_shape *s = &n->in[0]->shape;
    *d = (argsort){.order = {.dtype = n->in[0]->dtype,
                             .n = s->dim[s->rank - 1],
                             .keep = n->attr->a[0],
                             .descending = n->attr->flags != 0},
                   .x = ritz_at_of(l, n->in[0]),
                   .y = ritz_at_of(l, n)};
    ritz_need_scratch(l, ritz_order_scratch(&d->order));
    ritz_set_operands(l, i, &d->x.buffer, 1, d->y.buffer);
    const int64_t count = ritz_shape_count(&n->shape);
    i->tiles = count > 0 ? (size_t)(count / d->order.keep) : 0;
    i->work = (double)ritz_shape_count(s) * log2(2.0 + (double)d->order.n);
}
