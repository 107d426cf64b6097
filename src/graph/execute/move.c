/* move.c - instructions that copy: stored views, padding, joining, numbers
 * that fill, and iota.
 */
#include "kernel/move.h"
#include "graph/build.h"
#include "graph/execute/operand.h"

#include <string.h>

typedef struct piece {
    ritz_at x, y;
    ritz_strided from, to; /* with equal dims */
} piece;

typedef struct copy {
    size_t size, bytes; /* of an element, of the whole result */
    bool clear;         /* zeros first */
    ritz_at y;
    int pieces;
    piece piece[];
} copy;

static void run_copy(const ritz_instruction *in, ritz_runtime *rt, size_t tile,
                     int worker)
{
    (void)tile, (void)worker;
    const copy *d = in->detail;
    if (d->clear)
        memset(ritz_address(rt, d->y), 0, d->bytes);
    for (int i = 0; i < d->pieces; i++) {
        const piece *p = &d->piece[i];
        ritz_copy_strided(ritz_address(rt, p->y), &p->to,
                          ritz_address(rt, p->x), &p->from, d->size);
    }
}

static void describe(const ritz_instruction *in, ritz_text *out)
{
    const copy *d = in->detail;
    ritz_text_printf(out, "%zu bytes from %d piece%s", d->bytes, d->pieces,
                     d->pieces == 1 ? "" : "s");
}

static const ritz_instruction_kind kind = {
    .name = "copy", .tile = run_copy, .describe = describe};

/* The piece that fills the place of n's elements at `offset` elements with
 * strides `stride` of the result. */
static void set_piece(ritz_lowering *l, piece *p, const ritz_node *n, ritz_at y,
                      int64_t offset, const int64_t *stride)
{
    const size_t size = ritz_dtype_size(n->dtype);
    const ritz_view v = ritz_view_of(l, n, &p->x.buffer);
    p->x.offset = (size_t)v.offset * size;
    p->from = v.at;
    p->to = v.at;
    memcpy(p->to.stride, stride, sizeof p->to.stride);
    p->y = (ritz_at){y.buffer, y.offset + (size_t)offset * size};
}

static copy *add_copy(ritz_lowering *l, const ritz_node *n, int pieces,
                      ritz_instruction **i)
{
    copy *d = ritz_add_instruction(
        l, n, &kind, sizeof *d + (size_t)pieces * sizeof(piece), i);
    if (!d)
        return NULL;
    d->size = ritz_dtype_size(n->dtype);
    d->bytes = (size_t)ritz_shape_count(&n->shape) * d->size;
    d->y.buffer = ritz_buffer_of(l, n);
    (*i)->work = 0.5 * (double)ritz_shape_count(&n->shape);
    (*i)->tiles = d->bytes > 0;
    return d;
}

static void set_copy_operands(ritz_lowering *l, ritz_instruction *i, copy *d)
{
    int *in = ritz_lower_alloc(l, (size_t)d->pieces, sizeof *in);
    if (!in)
        return;
    for (int k = 0; k < d->pieces; k++)
        in[k] = d->piece[k].x.buffer;
    ritz_set_operands(l, i, in, d->pieces, d->y.buffer);
}

/* A number everywhere, or iota: the value of element i is start + step * i. */

typedef struct ramp {
    ritz_dtype dtype;
    int64_t count;
    double start, step;
    ritz_at y;
} ramp;

static void run_ramp(const ritz_instruction *in, ritz_runtime *rt, size_t tile,
                     int worker)
{
    (void)tile, (void)worker;
    const ramp *d = in->detail;
    void *y = ritz_address(rt, d->y);
    for (int64_t i = 0; i < d->count; i++) {
        const double v = d->start + d->step * (double)i;
        if (d->dtype == RITZ_F32)
            ((float *)y)[i] = (float)v;
        else if (d->dtype == RITZ_F64)
            ((double *)y)[i] = v;
        else if (d->dtype == RITZ_I64)
            ((int64_t *)y)[i] = (int64_t)v;
        else
            ((unsigned char *)y)[i] = (unsigned char)v;
    }
}

static void describe_ramp(const ritz_instruction *in, ritz_text *out)
{
    const ramp *d = in->detail;
    ritz_text_printf(out, "%lld x, from %g by %g", (long long)d->count,
                     d->start, d->step);
}

static const ritz_instruction_kind ramp_kind = {
    .name = "fill", .tile = run_ramp, .describe = describe_ramp};

static void emit_ramp(ritz_lowering *l, const ritz_node *n, double start,
                      double step)
{
    ritz_instruction *i;
    ramp *d = ritz_add_instruction(l, n, &ramp_kind, sizeof *d, &i);
    if (!d)
        return;
    *d = (ramp){.dtype = n->dtype,
                .count = ritz_shape_count(&n->shape),
                .start = start,
                .step = step,
                .y = {.buffer = ritz_buffer_of(l, n)}};
    ritz_set_operands(l, i, NULL, 0, d->y.buffer);
    i->work = (double)d->count;
}

void ritz_emit_iota(ritz_lowering *l, const ritz_node *n)
{
    emit_ramp(l, n, n->attr->value, 1.0);
}

void ritz_emit_copy(ritz_lowering *l, const ritz_node *n)
{
    double value;
    if (ritz_is_splat(n, &value)) {
        emit_ramp(l, n, value, 0.0);
        return;
    }
    ritz_instruction *i;
    copy *d = add_copy(l, n, 1, &i);
    if (!d)
        return;
    /* The value's own storage is the result; what it was a view of is kept
     * in the view. */
    const ritz_view v = ritz_value_of(l, n)->view;
    piece *p = &d->piece[0];
    d->pieces = 1;
    if (d->bytes > 0) {
        p->x.buffer = ritz_buffer_of(l, v.base);
        p->x.offset = (size_t)v.offset * d->size;
        p->from = p->to = v.at;
        ritz_shape_strides(p->to.stride, &n->shape);
    } else {
        d->pieces = 0;
    }
    p->y = d->y;
    set_copy_operands(l, i, d);
}

/* A result that is somebody else's storage (an input's, another result's) is
 * copied out of it. */
void ritz_emit_result(ritz_lowering *l, const ritz_node *n, int buffer)
{
    ritz_instruction *i;
    copy *d = ritz_add_instruction(l, n, &kind, sizeof *d + sizeof(piece), &i);
    if (!d)
        return;
    d->size = ritz_dtype_size(n->dtype);
    d->bytes = (size_t)ritz_shape_count(&n->shape) * d->size;
    d->y.buffer = buffer;
    d->pieces = d->bytes > 0;
    piece *p = &d->piece[0];
    p->x = ritz_at_of(l, n);
    p->y = d->y;
    p->from.rank = p->to.rank = 1;
    p->from.dim[0] = p->to.dim[0] = ritz_shape_count(&n->shape);
    p->from.stride[0] = p->to.stride[0] = 1;
    ritz_set_operands(l, i, &p->x.buffer, 1, buffer);
    i->work = 0.3 * (double)p->from.dim[0];
}

void ritz_emit_pad(ritz_lowering *l, const ritz_node *n)
{
    ritz_instruction *i;
    copy *d = add_copy(l, n, 1, &i);
    if (!d)
        return;
    int64_t whole[RITZ_MAX_RANK], stride[RITZ_MAX_RANK], offset = 0;
    ritz_shape_strides(whole, &n->shape);
    for (int k = 0; k < n->shape.rank; k++) {
        offset += n->attr->a[k] * whole[k];
        stride[k] = whole[k] * (n->attr->c[k] + 1);
    }
    d->clear = true;
    if (ritz_shape_count(&n->in[0]->shape) > 0) {
        d->pieces = 1;
        set_piece(l, &d->piece[0], n->in[0], d->y, offset, stride);
    }
    set_copy_operands(l, i, d);
}

void ritz_emit_concatenate(ritz_lowering *l, const ritz_node *n)
{
    ritz_instruction *i;
    copy *d = add_copy(l, n, n->nin, &i);
    if (!d)
        return;
    int64_t stride[RITZ_MAX_RANK], at = 0;
    ritz_shape_strides(stride, &n->shape);
    for (int k = 0; k < n->nin; k++) {
        const ritz_node *x = n->in[k];
        if (ritz_shape_count(&x->shape) > 0)
            set_piece(l, &d->piece[d->pieces++], x, d->y,
                      at * stride[n->attr->axis], stride);
        at += x->shape.dim[n->attr->axis];
    }
    set_copy_operands(l, i, d);
}
