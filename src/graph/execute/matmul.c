/* matmul.c - batched products in the tiles of kernel/gemm.h. */
#include "graph/build.h"
#include "graph/cost.h"
#include "graph/execute/matrix.h"

#include <string.h>

typedef struct matmul {
    ritz_gemm g;
    size_t size;
    int64_t batches;
    ritz_matrix a, b;
    ritz_at c, scratch;
} matmul;

ritz_matrix ritz_matrix_of(ritz_lowering *l, const ritz_node *n, bool transpose)
{
    ritz_matrix m = {0};
    const ritz_view v = ritz_view_of(l, n, &m.at.buffer);
    const int r = v.at.rank;
    const int64_t rows = v.at.dim[r - 2], columns = v.at.dim[r - 1];
    m.at.offset = (size_t)v.offset * ritz_dtype_size(n->dtype);
    m.leading = v.at;
    m.leading.rank = r - 2;
    m.transposed = transpose;
    if (v.at.stride[r - 1] == 1 || v.contiguous) {
        m.ld = v.contiguous || rows == 1 ? columns : v.at.stride[r - 2];
    } else {
        m.ld = columns == 1 ? rows : v.at.stride[r - 1];
        m.transposed = !transpose;
    }
    if (m.ld < 1)
        m.ld = 1;
    return m;
}

const void *ritz_matrix_at(const ritz_runtime *rt, const ritz_matrix *m,
                           int64_t i, size_t size)
{
    int64_t offset = 0;
    for (int k = m->leading.rank - 1; k >= 0; k--) {
        offset += i % m->leading.dim[k] * m->leading.stride[k];
        i /= m->leading.dim[k];
    }
    return (const unsigned char *)ritz_address(rt, m->at) +
           offset * (int64_t)size;
}

static void *result(const ritz_runtime *rt, const matmul *d, int64_t i)
{
    return (unsigned char *)ritz_address(rt, d->c) +
           (size_t)(i * d->g.m * d->g.n) * d->size;
}

static void *scratch(const ritz_runtime *rt, const matmul *d, int64_t i)
{
    if (d->g.scratch_bytes == 0)
        return NULL;
    return (unsigned char *)ritz_address(rt, d->scratch) +
           (size_t)i * d->g.scratch_bytes;
}

static void run_before(const ritz_instruction *in, ritz_runtime *rt)
{
    const matmul *d = in->detail;
    if (!d->g.copy_b)
        return;
    for (int64_t i = 0; i < d->batches; i++)
        ritz_gemm_before(&d->g, ritz_matrix_at(rt, &d->b, i, d->size),
                         scratch(rt, d, i));
}

static void run_tile(const ritz_instruction *in, ritz_runtime *rt, size_t tile,
                     int worker)
{
    (void)worker;
    const matmul *d = in->detail;
    const int64_t i = (int64_t)(tile / d->g.tiles);
    ritz_gemm_tile(&d->g, tile % d->g.tiles,
                   ritz_matrix_at(rt, &d->a, i, d->size),
                   ritz_matrix_at(rt, &d->b, i, d->size), result(rt, d, i),
                   scratch(rt, d, i));
}

static void run_after(const ritz_instruction *in, ritz_runtime *rt)
{
    const matmul *d = in->detail;
    if (d->g.split_k >= d->g.k)
        return;
    for (int64_t i = 0; i < d->batches; i++)
        ritz_gemm_after(&d->g, result(rt, d, i), scratch(rt, d, i));
}

static void describe(const ritz_instruction *in, ritz_text *out)
{
    const matmul *d = in->detail;
    if (d->batches != 1)
        ritz_text_printf(out, "%lld times ", (long long)d->batches);
    ritz_text_printf(out, "%lld x %lld x %lld%s%s", (long long)d->g.m,
                     (long long)d->g.n, (long long)d->g.k,
                     d->g.transpose_a ? ", A transposed" : "",
                     d->g.transpose_b ? ", B transposed" : "");
}

static const ritz_instruction_kind kind = {.name = "matmul",
                                           .before = run_before,
                                           .tile = run_tile,
                                           .after = run_after,
                                           .describe = describe};

static int64_t batches_of(const ritz_shape *s)
{
    int64_t n = 1;
    for (int i = 0; i < s->rank - 2; i++)
        n *= s->dim[i];
    return n;
}

static void emit_plain(ritz_lowering *l, const ritz_node *n)
{
    ritz_instruction *i;
    matmul *d = ritz_add_instruction(l, n, &kind, sizeof *d, &i);
    if (!d)
        return;
    const bool ta = n->attr->flags & RITZ_TRANSPOSE_A;
    const bool tb = n->attr->flags & RITZ_TRANSPOSE_B;
    const ritz_shape *y = &n->shape, *a = &n->in[0]->shape;
    d->size = ritz_dtype_size(n->dtype);
    d->batches = batches_of(y);
    d->a = ritz_matrix_of(l, n->in[0], ta);
    d->b = ritz_matrix_of(l, n->in[1], tb);
    d->c.buffer = ritz_buffer_of(l, n);
    d->g = (ritz_gemm){.dtype = n->dtype,
                       .transpose_a = d->a.transposed,
                       .transpose_b = d->b.transposed,
                       .m = y->dim[y->rank - 2],
                       .n = y->dim[y->rank - 1],
                       .k = a->dim[a->rank - (ta ? 2 : 1)],
                       .lda = d->a.ld,
                       .ldb = d->b.ld};
    d->g.ldc = d->g.n > 0 ? d->g.n : 1;
    ritz_gemm_plan(&d->g);
    const int in[] = {d->a.at.buffer, d->b.at.buffer};
    ritz_set_operands(l, i, in, 2, d->c.buffer);
    if (d->g.scratch_bytes > 0) {
        d->scratch.buffer = ritz_new_buffer(
            l, RITZ_U8, d->batches * (int64_t)d->g.scratch_bytes);
        ritz_set_two_outputs(l, d->scratch.buffer);
    }
    i = &l->plan->code[l->plan->instructions - 1];
    i->tiles = (size_t)d->batches * d->g.tiles;
    i->flops = ritz_cost_of(n).flops;
    i->work = i->flops / 80.0;
}

void ritz_emit_matmul(ritz_lowering *l, const ritz_node *n)
{
    if (!ritz_emit_unfolded_product(l, n))
        emit_plain(l, n);
}
