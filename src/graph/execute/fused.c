/* fused.c - running a chain of elementwise operations, block by block. */
#include "graph/execute/fused.h"

#include <string.h>

typedef struct block {
    ritz_runtime *rt;
    const ritz_fused *f;
    unsigned char *registers;
    int64_t first;
    size_t n;
} block;

static void *place(const block *b, const ritz_operand *o)
{
    if (o->kind == RITZ_IN_REGISTER)
        return b->registers + (size_t)o->index * RITZ_REGISTER_BYTES;
    if (o->kind == RITZ_IN_NUMBERS)
        return (unsigned char *)b->f->numbers + (size_t)o->index * b->f->size;
    const int64_t at = o->offset + (o->fixed ? 0 : b->first);
    return (unsigned char *)ritz_base(b->rt, o->index) +
           (size_t)at * b->f->size;
}

static void load(const block *b, const ritz_step *s)
{
    const ritz_load *l = s->load;
    const unsigned char *x =
        (const unsigned char *)ritz_base(b->rt, l->buffer) +
        (size_t)l->offset * l->size;
    void *y = place(b, &s->out);
    if (l->contiguous) {
        l->cast(y, x + (size_t)b->first * l->size, b->n);
        return;
    }
    void *raw =
        l->cast ? b->registers + (size_t)b->f->registers * RITZ_REGISTER_BYTES
                : y;
    ritz_gather_strided(raw, x, &l->view, b->first, (int64_t)b->n, l->size);
    if (l->cast)
        l->cast(y, raw, b->n);
}

static void run_block(const block *b)
{
    for (int i = 0; i < b->f->steps; i++) {
        const ritz_step *s = &b->f->step[i];
        if (!s->fn) {
            load(b, s);
            continue;
        }
        const void *x[3] = {NULL, NULL, NULL};
        for (int k = 0; k < s->nin; k++)
            x[k] = place(b, &s->in[k]);
        s->fn(place(b, &s->out), x[0], x[1], x[2], b->n);
    }
}

static void run_tile(const ritz_instruction *in, ritz_runtime *rt, size_t tile,
                     int worker)
{
    const ritz_fused *f = in->detail;
    const int64_t start = (int64_t)tile * f->chunk;
    const int64_t stop =
        start + f->chunk < f->count ? start + f->chunk : f->count;
    block b = {rt, f, ritz_scratch(rt, worker), start, 0};
    for (; b.first < stop; b.first += RITZ_BLOCK) {
        const int64_t left = stop - b.first;
        b.n = (size_t)(left < RITZ_BLOCK ? left : RITZ_BLOCK);
        run_block(&b);
    }
}

static void describe(const ritz_instruction *in, ritz_text *out)
{
    const ritz_fused *f = in->detail;
    ritz_text_printf(out, "%lld x", (long long)f->count);
    for (int i = 0; i < f->steps; i++)
        ritz_text_printf(out, " %s",
                         f->step[i].fn ? ritz_op_name(f->step[i].op) : "load");
}

const ritz_instruction_kind ritz_kind_fused = {
    .name = "chain", .tile = run_tile, .describe = describe};
