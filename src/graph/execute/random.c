/* random.c - draws and keys. */
#include "base/random.h"

#include "graph/build.h"
#include "graph/execute/operand.h"
#include "kernel/kernel.h"

typedef struct draw {
    ritz_draw_fn *fn;
    size_t size;
    int64_t keys, count; /* draws for each key */
    int64_t chunk, chunks;
    ritz_at key, y;
} draw;

static void run_draw(const ritz_instruction *in, ritz_runtime *rt, size_t tile,
                     int worker)
{
    (void)worker;
    const draw *d = in->detail;
    const int64_t k = (int64_t)tile / d->chunks;
    const int64_t first = (int64_t)tile % d->chunks * d->chunk;
    const int64_t n = first + d->chunk < d->count ? d->chunk : d->count - first;
    const uint64_t *key = ritz_address(rt, d->key);
    unsigned char *y = ritz_address(rt, d->y);
    d->fn(y + (size_t)(k * d->count + first) * d->size, key + 2 * k,
          (uint64_t)first, (size_t)n);
}

static void describe_draw(const ritz_instruction *in, ritz_text *out)
{
    const draw *d = in->detail;
    ritz_text_printf(out, "%lld for each of %lld keys", (long long)d->count,
                     (long long)d->keys);
}

static const ritz_instruction_kind draw_kind = {
    .name = "draw", .tile = run_draw, .describe = describe_draw};

void ritz_emit_draw(ritz_lowering *l, const ritz_node *n)
{
    ritz_instruction *i;
    draw *d = ritz_add_instruction(l, n, &draw_kind, sizeof *d, &i);
    if (!d)
        return;
    const ritz_kernels *k = ritz_kernels_for(n->dtype);
    const int64_t keys = ritz_shape_count(&n->in[0]->shape) / 2;
    *d = (draw){.fn =
                    n->prim == &ritz_primitive_uniform ? k->uniform : k->normal,
                .size = k->size,
                .keys = keys,
                .count = keys > 0 ? ritz_shape_count(&n->shape) / keys : 0,
                .chunk = RITZ_TILE_ELEMENTS,
                .key = ritz_at_of(l, n->in[0]),
                .y = ritz_at_of(l, n)};
    d->chunks = (d->count + d->chunk - 1) / d->chunk;
    ritz_set_operands(l, i, &d->key.buffer, 1, d->y.buffer);
    i->tiles = (size_t)(keys * d->chunks);
    i->work = 3.0 * (double)ritz_shape_count(&n->shape);
}

/* fold_in and split: one new key, or several, from each key. */

typedef struct keys {
    int64_t keys, each; /* each 0: fold_in */
    ritz_at key, data, y;
} keys;

static void run_keys(const ritz_instruction *in, ritz_runtime *rt, size_t tile,
                     int worker)
{
    (void)tile, (void)worker;
    const keys *d = in->detail;
    const int64_t *from = ritz_address(rt, d->key);
    int64_t *y = ritz_address(rt, d->y);
    const int64_t *data = d->each ? NULL : ritz_address(rt, d->data);
    const int64_t each = d->each ? d->each : 1;
    for (int64_t k = 0; k < d->keys; k++) {
        const ritz_key key = {
            {(uint64_t)from[2 * k], (uint64_t)from[2 * k + 1]}};
        for (int64_t i = 0; i < each; i++) {
            const int64_t what = data ? data[k] : i + 1;
            const ritz_key made = ritz_key_fold_in(key, (uint64_t)what);
            y[2 * (k * each + i)] = (int64_t)made.word[0];
            y[2 * (k * each + i) + 1] = (int64_t)made.word[1];
        }
    }
}

static void describe_keys(const ritz_instruction *in, ritz_text *out)
{
    const keys *d = in->detail;
    ritz_text_printf(out, "%lld from each of %lld",
                     (long long)(d->each ? d->each : 1), (long long)d->keys);
}

static const ritz_instruction_kind keys_kind = {
    .name = "keys", .tile = run_keys, .describe = describe_keys};

void ritz_emit_keys(ritz_lowering *l, const ritz_node *n)
{
    ritz_instruction *i;
    keys *d = ritz_add_instruction(l, n, &keys_kind, sizeof *d, &i);
    if (!d)
        return;
    const bool split = n->prim == &ritz_primitive_split;
    *d = (keys){.keys = ritz_shape_count(&n->in[0]->shape) / 2,
                .each = split ? n->attr->a[0] : 0,
                .key = ritz_at_of(l, n->in[0]),
                .y = ritz_at_of(l, n)};
    int in[2] = {d->key.buffer, 0};
    if (!split) {
        d->data = ritz_at_of(l, n->in[1]);
        in[1] = d->data.buffer;
    }
    ritz_set_operands(l, i, in, split ? 1 : 2, d->y.buffer);
    i->tiles = ritz_shape_count(&n->shape) > 0;
    i->work = 30.0 * (double)ritz_shape_count(&n->shape);
}
