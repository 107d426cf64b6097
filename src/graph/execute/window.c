/* window.c - convolutions: products with an unfolded image, and the plain
 * unfold and fold.
 *
 * The unfolded matrix has a row for every place of the window, kernel height
 * times kernel width times channels long: nine times the image and more. It
 * exists nowhere as such. Our own loops read it through tables from images that
 * were given their zeros around them; for other families it is made. Either is
 * done in pieces that stay in cache, each multiplied at once:
 *   forward          rows of it times the kernel;
 *   kernel gradient  its transpose times the cotangent, in parts of the rows
 *                    whose sums are added in order;
 *   image gradient   cotangent times the kernel's transpose, one image at a
 *                    time, folded into that image.
 */
#include "graph/build.h"
#include "graph/execute/matrix.h"
#include "kernel/kernel.h"
#include "kernel/move.h"

#include <string.h>

/* Elements of an unfolded piece: 256 kB of f32, a quarter of a usual L2. */
enum { PIECE = 64 * 1024, LONGEST_PART = 2048, ROW_UNIT = 16 };

/* The same for images that are read through tables, and the windows of a piece:
 * an image of 14 x 14 x 16 is 16 kB. */
enum { TABLE_PIECE = 16 * 1024, TABLE_ROWS = 1024, ENOUGH_PIECES = 8 };

typedef struct window {
    ritz_window w;
    size_t size;
    ritz_dtype dtype;
    int64_t rows, columns; /* of the unfolded matrix */
    int64_t places;        /* rows for one image */
    int64_t images;
    int64_t piece;        /* rows (or images) of a tile */
    ritz_at x, y, shared; /* the image; the result; scratch for all tiles */
    ritz_matrix a, b;
    ritz_gemm g, last;     /* of a whole piece, of the last one */
    int64_t read;          /* elements of a piece that products read */
    int32_t *row, *column; /* tables for a piece, or NULL */
} window;

static ritz_window window_of(const ritz_shape *image, const ritz_attr *attr,
                             const ritz_shape *unfolded)
{
    const int r = image->rank, u = unfolded->rank;
    return (ritz_window){.height = image->dim[r - 3],
                         .width = image->dim[r - 2],
                         .channels = image->dim[r - 1],
                         .out_height = unfolded->dim[u - 3],
                         .out_width = unfolded->dim[u - 2],
                         .kernel_height = attr->a[0],
                         .kernel_width = attr->a[1],
                         .stride_height = attr->b[0],
                         .stride_width = attr->b[1],
                         .pad_top = attr->c[0],
                         .pad_left = attr->c[2]};
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static int64_t piece_rows(const window *d, int64_t tile)
{
    const int64_t start = tile * d->piece;
    return start + d->piece < d->rows ? d->piece : d->rows - start;
}

static void run_gemm(const ritz_gemm *g, const void *a, const void *b, void *c,
                     void *scratch)
{
    for (size_t t = 0; t < g->tiles; t++)
        ritz_gemm_tile(g, t, a, b, c, scratch);
    ritz_gemm_after(g, c, scratch);
}

static void describe(const ritz_instruction *in, ritz_text *out)
{
    const window *d = in->detail;
    ritz_text_printf(out, "%lld images %lld x %lld x %lld, window %lld x %lld",
                     (long long)d->images, (long long)d->w.height,
                     (long long)d->w.width, (long long)d->w.channels,
                     (long long)d->w.kernel_height,
                     (long long)d->w.kernel_width);
    if (d->g.m > 0)
        ritz_text_printf(out, ", products %lld x %lld x %lld",
                         (long long)d->g.m, (long long)d->g.n,
                         (long long)d->g.k);
}

/* Transposes the right matrix once for all tiles. */
static void run_before(const ritz_instruction *in, ritz_runtime *rt)
{
    const window *d = in->detail;
    if (d->g.copy_b)
        ritz_gemm_before(&d->g, ritz_matrix_at(rt, &d->b, 0, d->size),
                         ritz_address(rt, d->shared));
}

static void *shared_scratch(const ritz_runtime *rt, const window *d)
{
    return d->g.copy_b ? ritz_address(rt, d->shared) : NULL;
}

/* What products read of the rows first..first + rows - 1. */
static void prepare(const ritz_runtime *rt, const window *d, void *to,
                    int64_t first, int64_t rows)
{
    if (d->row)
        ritz_pad_windows(to, ritz_address(rt, d->x), &d->w, first, rows,
                         d->size);
    else
        ritz_unfold_rows(to, ritz_address(rt, d->x), &d->w, first, rows,
                         d->size);
}

/* Forward: rows of the unfolded matrix times B. */

static void run_forward(const ritz_instruction *in, ritz_runtime *rt,
                        size_t tile, int worker)
{
    const window *d = in->detail;
    const int64_t first = (int64_t)tile * d->piece;
    const int64_t rows = piece_rows(d, (int64_t)tile);
    const ritz_gemm *g = rows == d->g.m ? &d->g : &d->last;
    void *unfolded = ritz_scratch(rt, worker);
    prepare(rt, d, unfolded, first, rows);
    run_gemm(g, unfolded, ritz_matrix_at(rt, &d->b, 0, d->size),
             (unsigned char *)ritz_address(rt, d->y) +
                 (size_t)(first * g->n) * d->size,
             shared_scratch(rt, d));
}

static const ritz_instruction_kind forward_kind = {.name = "convolve",
                                                   .before = run_before,
                                                   .tile = run_forward,
                                                   .describe = describe};

/* The gradient in B: parts of the rows, transposed, times the cotangent. */

static void run_weights(const ritz_instruction *in, ritz_runtime *rt,
                        size_t tile, int worker)
{
    const window *d = in->detail;
    const int64_t first = (int64_t)tile * d->piece;
    const int64_t rows = piece_rows(d, (int64_t)tile);
    const ritz_gemm *g = rows == d->g.k ? &d->g : &d->last;
    unsigned char *unfolded = ritz_scratch(rt, worker);
    const unsigned char *b = ritz_matrix_at(rt, &d->b, 0, d->size);
    b += (size_t)(d->b.transposed ? first : first * d->b.ld) * d->size;
    void *copied = unfolded + (size_t)d->read * d->size;
    prepare(rt, d, unfolded, first, rows);
    ritz_gemm_before(g, b, copied);
    run_gemm(g, unfolded, b,
             (unsigned char *)ritz_address(rt, d->shared) +
                 tile * (size_t)(g->m * g->n) * d->size,
             copied);
}

static void add_parts(const ritz_instruction *in, ritz_runtime *rt)
{
    const window *d = in->detail;
    const size_t n = (size_t)(d->g.m * d->g.n);
    void *y = ritz_address(rt, d->y);
    memset(y, 0, n * d->size);
    ritz_kernels_for(d->dtype)->sum_columns(y, ritz_address(rt, d->shared),
                                            in->tiles, n);
}

static const ritz_instruction_kind weights_kind = {.name = "convolve-kernel",
                                                   .tile = run_weights,
                                                   .after = add_parts,
                                                   .describe = describe};

/* The gradient in the image: a product for one image, then folded. */

static void run_image(const ritz_instruction *in, ritz_runtime *rt, size_t tile,
                      int worker)
{
    const window *d = in->detail;
    void *unfolded = ritz_scratch(rt, worker);
    const unsigned char *a = ritz_matrix_at(rt, &d->a, 0, d->size);
    const int64_t step = d->a.transposed ? d->places : d->places * d->a.ld;
    run_gemm(&d->g, a + tile * (size_t)step * d->size,
             ritz_matrix_at(rt, &d->b, 0, d->size), unfolded,
             shared_scratch(rt, d));
    ritz_fold_images(
        (unsigned char *)ritz_address(rt, d->y) +
            tile * (size_t)(d->w.height * d->w.width * d->w.channels) * d->size,
        unfolded, &d->w, 0, 1, d->dtype);
}

static const ritz_instruction_kind image_kind = {.name = "convolve-image",
                                                 .before = run_before,
                                                 .tile = run_image,
                                                 .describe = describe};

static void set_window(window *d, const ritz_node *n, const ritz_window *w)
{
    d->w = *w;
    d->dtype = n->dtype;
    d->size = ritz_dtype_size(n->dtype);
    d->places = w->out_height * w->out_width;
    d->columns = w->kernel_height * w->kernel_width * w->channels;
}

static void set_work(ritz_lowering *l, double flops)
{
    ritz_instruction *i = &l->plan->code[l->plan->instructions - 1];
    i->flops = flops;
    i->work = flops / 60.0;
}

/* Rows of a piece: as many as stay in cache. */
static int64_t rows_of_piece(int64_t columns)
{
    const int64_t rows = PIECE / columns / ROW_UNIT * ROW_UNIT;
    return rows < ROW_UNIT       ? ROW_UNIT
           : rows > LONGEST_PART ? LONGEST_PART
                                 : rows;
}

static int64_t largest_divisor(int64_t n, int64_t most)
{
    int64_t i = most < n ? most : n;
    while (i > 1 && n % i != 0)
        i--;
    return i > 1 ? i : 1;
}

/* Pieces of whole images, or of whole lines of one, that divide it. */
static int64_t rows_of_table(const window *d)
{
    const ritz_window *w = &d->w;
    int64_t lines = TABLE_ROWS / w->out_width;
    while (lines > 1 &&
           ritz_padded_elements(w, lines * w->out_width) > TABLE_PIECE)
        lines--;
    if (lines < w->out_height)
        return largest_divisor(w->out_height, lines) * w->out_width;
    int64_t images = lines / w->out_height;
    while (images > 1 && d->images / images < ENOUGH_PIECES)
        images /= 2;
    return images * d->places;
}

/* How the rows are cut and read. A product with a single column is fast only
 * where A is stored. */
static void cut_rows(ritz_lowering *l, window *d, int64_t n)
{
    d->piece = rows_of_piece(d->columns);
    d->read = d->piece * d->columns;
    if (n < 2 || !ritz_gemm_has_tables(d->dtype))
        return;
    const int64_t rows = rows_of_table(d);
    const int64_t read = ritz_padded_elements(&d->w, rows);
    if (read > INT32_MAX)
        return;
    int32_t *row = ritz_plan_alloc(l, (size_t)rows, sizeof *row);
    int32_t *column = ritz_plan_alloc(l, (size_t)d->columns, sizeof *column);
    if (!row || !column)
        return;
    ritz_window_tables(row, column, &d->w, rows);
    d->piece = rows;
    d->read = read;
    d->row = row;
    d->column = column;
}

/* The products of a whole piece and of the last one, which may be shorter. */
static void plan_pieces(window *d, int64_t n, bool weights)
{
    const int64_t rest = (d->rows - 1) % d->piece + 1;
    d->g = (ritz_gemm){.dtype = d->dtype,
                       .transpose_a = weights,
                       .transpose_b = d->b.transposed,
                       .n = n,
                       .lda = d->columns,
                       .ldb = d->b.ld,
                       .ldc = n,
                       .row = weights ? d->column : d->row,
                       .column = weights ? d->row : d->column};
    d->last = d->g;
    d->g.m = weights ? d->columns : d->piece;
    d->g.k = weights ? d->piece : d->columns;
    d->last.m = weights ? d->columns : rest;
    d->last.k = weights ? rest : d->columns;
    ritz_gemm_plan(&d->g);
    ritz_gemm_plan(&d->last);
}

/* What the tiles of the newest instruction share: a transposed right matrix,
 * or the sums of each part. */
static void add_shared(ritz_lowering *l, window *d, int64_t parts)
{
    if (parts == 0 && !d->g.copy_b)
        return;
    d->shared.buffer =
        parts > 0 ? ritz_new_buffer(l, d->dtype, parts * d->g.m * d->g.n)
                  : ritz_new_buffer(l, RITZ_U8, (int64_t)d->g.scratch_bytes);
    ritz_set_two_outputs(l, d->shared.buffer);
}

/* n is a product whose left matrix is unfolded on the way. */
bool ritz_emit_unfolded_product(ritz_lowering *l, const ritz_node *n)
{
    const ritz_node *u = ritz_unfolded_operand(l, n);
    if (!u)
        return false;
    const bool weights = n->attr->flags & RITZ_TRANSPOSE_A;
    ritz_instruction *i;
    window *d = ritz_add_instruction(
        l, n, weights ? &weights_kind : &forward_kind, sizeof *d, &i);
    if (!d)
        return true;
    const ritz_window w = window_of(&u->in[0]->shape, u->attr, &u->shape);
    set_window(d, n, &w);
    d->rows = n->in[0]->shape.dim[0];
    d->images = d->rows / d->places;
    d->x = ritz_at_of(l, u->in[0]);
    d->y.buffer = ritz_buffer_of(l, n);
    d->b = ritz_matrix_of(l, n->in[1], n->attr->flags & RITZ_TRANSPOSE_B);
    cut_rows(l, d, n->shape.dim[1]);
    plan_pieces(d, n->shape.dim[1], weights);
    const int in[] = {d->x.buffer, d->b.at.buffer};
    ritz_set_operands(l, i, in, 2, d->y.buffer);
    const int64_t tiles = ceil_div(d->rows, d->piece);
    i->tiles = (size_t)tiles;
    add_shared(l, d, weights ? tiles : 0);
    ritz_need_scratch(l, (size_t)d->read * d->size +
                             (weights ? d->g.scratch_bytes : 0));
    set_work(l, 2.0 * (double)d->rows * (double)d->columns * (double)d->g.n);
    return true;
}

static bool emit_folded_product(ritz_lowering *l, const ritz_node *n,
                                const ritz_node *m)
{
    ritz_instruction *i;
    window *d = ritz_add_instruction(l, n, &image_kind, sizeof *d, &i);
    if (!d)
        return true;
    const ritz_window w = window_of(&n->shape, n->attr, &n->in[0]->shape);
    set_window(d, n, &w);
    d->rows = m->shape.dim[0];
    d->images = d->rows / d->places;
    d->y.buffer = ritz_buffer_of(l, n);
    d->a = ritz_matrix_of(l, m->in[0], false);
    d->b = ritz_matrix_of(l, m->in[1], m->attr->flags & RITZ_TRANSPOSE_B);
    d->g = (ritz_gemm){.dtype = n->dtype,
                       .transpose_a = d->a.transposed,
                       .transpose_b = d->b.transposed,
                       .m = d->places,
                       .n = d->columns,
                       .k = m->in[0]->shape.dim[1],
                       .lda = d->a.ld,
                       .ldb = d->b.ld,
                       .ldc = d->columns};
    ritz_gemm_plan(&d->g);
    const int in[] = {d->a.at.buffer, d->b.at.buffer};
    ritz_set_operands(l, i, in, 2, d->y.buffer);
    i->tiles = (size_t)d->images;
    add_shared(l, d, 0);
    ritz_need_scratch(l, (size_t)(d->places * d->columns) * d->size);
    set_work(l, 2.0 * (double)d->rows * (double)d->columns * (double)d->g.k);
    return true;
}

/* Plain unfold and fold, where no product is near. */

static void run_unfold(const ritz_instruction *in, ritz_runtime *rt,
                       size_t tile, int worker)
{
    (void)worker;
    const window *d = in->detail;
    const int64_t first = (int64_t)tile * d->piece;
    ritz_unfold_rows((unsigned char *)ritz_address(rt, d->y) +
                         (size_t)(first * d->columns) * d->size,
                     ritz_address(rt, d->x), &d->w, first,
                     piece_rows(d, (int64_t)tile), d->size);
}

static void run_fold(const ritz_instruction *in, ritz_runtime *rt, size_t tile,
                     int worker)
{
    (void)worker;
    const window *d = in->detail;
    const unsigned char *x = ritz_address(rt, d->x);
    ritz_fold_images(ritz_address(rt, d->y),
                     x + tile * (size_t)(d->places * d->columns) * d->size,
                     &d->w, (int64_t)tile, 1, d->dtype);
}

static const ritz_instruction_kind unfold_kind = {
    .name = "unfold", .tile = run_unfold, .describe = describe};
static const ritz_instruction_kind fold_kind = {
    .name = "fold", .tile = run_fold, .describe = describe};

static int64_t image_count(const ritz_shape *s)
{
    int64_t n = 1;
    for (int i = 0; i < s->rank - 3; i++)
        n *= s->dim[i];
    return n;
}

static window *add_plain(ritz_lowering *l, const ritz_node *n,
                         const ritz_shape *image, const ritz_shape *unfolded,
                         const ritz_instruction_kind *kind)
{
    ritz_instruction *i;
    window *d = ritz_add_instruction(l, n, kind, sizeof *d, &i);
    if (!d)
        return NULL;
    const ritz_window w = window_of(image, n->attr, unfolded);
    set_window(d, n, &w);
    d->images = image_count(image);
    d->rows = d->images * d->places;
    d->x = ritz_at_of(l, n->in[0]);
    d->y.buffer = ritz_buffer_of(l, n);
    ritz_set_operands(l, i, &d->x.buffer, 1, d->y.buffer);
    i->work = 0.5 * (double)(d->rows * d->columns);
    return d;
}

void ritz_emit_unfold(ritz_lowering *l, const ritz_node *n)
{
    window *d = add_plain(l, n, &n->in[0]->shape, &n->shape, &unfold_kind);
    if (!d)
        return;
    d->piece = d->columns > 0 ? ceil_div(PIECE, d->columns) : 1;
    l->plan->code[l->plan->instructions - 1].tiles =
        d->columns > 0 ? (size_t)ceil_div(d->rows, d->piece) : 0;
}

void ritz_emit_fold(ritz_lowering *l, const ritz_node *n)
{
    const ritz_node *m = ritz_below_reshapes(n->in[0]);
    if (m->prim == &ritz_primitive_matmul &&
        ritz_value_of(l, m)->role == RITZ_ROLE_FOLDED &&
        emit_folded_product(l, n, m))
        return;
    window *d = add_plain(l, n, &n->shape, &n->in[0]->shape, &fold_kind);
    if (!d)
        return;
    l->plan->code[l->plan->instructions - 1].tiles =
        ritz_shape_count(&n->shape) > 0 ? (size_t)d->images : 0;
}
