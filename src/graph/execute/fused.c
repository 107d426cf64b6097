/* fused.c - running a chain, block by block. */
#include "graph/execute/fused.h"

#include "graph/execute/finite.h"

#include <string.h>

typedef struct block {
    ritz_runtime *rt;
    const ritz_fused *f;
    unsigned char *registers;
    int64_t first;   /* element */
    int64_t row;     /* the first element's */
    int64_t segment; /* its number, and its elements */
    int64_t start, stop;
    size_t n, rows;
} block;

static void *register_at(const block *b, int index)
{
    return b->registers + (size_t)index * b->f->stride;
}

/* Where the view has its element `first`. */
static int64_t offset_in(const ritz_strided *view, int64_t first)
{
    int64_t offset = 0;
    for (int i = view->rank - 1; i > 0; i--) {
        offset += first % view->dim[i] * view->stride[i];
        first /= view->dim[i];
    }
    return offset + first * view->stride[0];
}

static void *place(const block *b, const ritz_operand *o)
{
    if (o->kind == RITZ_IN_REGISTER)
        return register_at(b, o->index);
    if (o->kind == RITZ_IN_NUMBERS)
        return (unsigned char *)b->f->numbers + (size_t)o->index * b->f->size;
    int64_t at = o->offset;
    if (o->span == RITZ_SPAN_WIDE)
        at += b->first;
    else if (o->span == RITZ_SPAN_ROW)
        at += b->row;
    else if (o->span == RITZ_SPAN_COLUMN)
        at += b->first % o->period;
    else if (o->span == RITZ_SPAN_RUN)
        at += offset_in(o->view, b->first);
    return (unsigned char *)ritz_base(b->rt, o->index) +
           (size_t)at * b->f->size;
}

static size_t length(const block *b, const ritz_step *s)
{
    return s->span == RITZ_SPAN_ROW ? b->rows : b->n;
}

static void operate(const block *b, const ritz_step *s)
{
    const void *x[3] = {NULL, NULL, NULL};
    for (int k = 0; k < s->nin; k++)
        x[k] = place(b, &s->in[k]);
    s->fn(place(b, &s->out), x[0], x[1], x[2], length(b, s));
}

static void load(const block *b, const ritz_step *s)
{
    const ritz_load *l = s->load;
    const int64_t first = s->span == RITZ_SPAN_ROW ? b->row : b->first;
    const size_t n = length(b, s);
    const unsigned char *x =
        (const unsigned char *)ritz_base(b->rt, l->buffer) +
        (size_t)l->offset * l->size;
    void *y = place(b, &s->out);
    if (l->contiguous) {
        l->cast(y, x + (size_t)first * l->size, n);
        return;
    }
    void *raw = l->cast ? register_at(b, b->f->registers) : y;
    ritz_gather_strided(raw, x, &l->view, first, (int64_t)n, l->size);
    if (l->cast)
        l->cast(y, raw, n);
}

static void spread(const block *b, const ritz_step *s)
{
    b->f->k->spread_rows(place(b, &s->out), place(b, &s->in[0]), b->rows,
                         b->rows > 1 ? (size_t)b->f->width : b->n);
}

static void reduce_rows(const block *b, const ritz_step *s)
{
    ritz_reduce_rows(s->reduction, place(b, &s->out), place(b, &s->in[0]),
                     (int64_t)b->rows, b->f->width);
}

/* Where a segment's result goes: among those of all parts, or at once in the
 * reduction's own. */
static unsigned char *result(const block *b, const ritz_reduction *d,
                             int64_t index)
{
    const ritz_at at = d->parts > 1 ? d->partial : d->y;
    return (unsigned char *)ritz_address(b->rt, at) +
           (size_t)(index * d->inner) * d->k->size;
}

static void reduce_columns(const block *b, const ritz_step *s)
{
    const ritz_reduction *d = s->reduction;
    const int64_t column = b->first % b->f->width;
    const int64_t n = b->rows > 1 ? b->f->width : (int64_t)b->n;
    const unsigned char *x = place(b, &s->in[0]);
    unsigned char *y = result(b, d, b->segment) + (size_t)column * d->k->size;
    int64_t done = 0;
    if (b->first - b->start < b->f->width)
        done = ritz_start_columns(d, y, x, n);
    ritz_reduce_columns(d, y, x + (size_t)(done * n) * d->k->size,
                        (int64_t)b->rows - done, n, n);
}

/* The lanes begin as what no element reduces to. */
static void start_lanes(const ritz_reduction *d, void *lanes)
{
    ritz_reduce_rows(d, lanes, lanes, 1, 0);
    d->k->spread_rows((unsigned char *)lanes + d->k->size, lanes, 1,
                      RITZ_LANES - 1);
}

static void reduce_lanes(const block *b, const ritz_step *s)
{
    const ritz_reduction *d = s->reduction;
    const int64_t width = b->f->width, stop = b->first + (int64_t)b->n;
    const int64_t whole = (int64_t)b->n / RITZ_LANES;
    const int64_t rest = (int64_t)b->n % RITZ_LANES;
    const unsigned char *x = place(b, &s->in[0]);
    void *lanes = place(b, &s->out);
    if (b->first == b->start || b->first % width == 0)
        start_lanes(d, lanes);
    ritz_reduce_columns(d, lanes, x, whole, RITZ_LANES, RITZ_LANES);
    x += (size_t)(whole * RITZ_LANES) * d->k->size;
    ritz_reduce_columns(d, lanes, x, rest > 0, rest, rest);
    if (stop == b->stop || stop % width == 0)
        ritz_reduce_rows(d, result(b, d, d->parts > 1 ? b->segment : b->row),
                         lanes, 1, RITZ_LANES);
}

typedef void step_fn(const block *b, const ritz_step *s);

static step_fn *const run_step[] = {
    [RITZ_STEP_OPERATION] = operate,      [RITZ_STEP_LOAD] = load,
    [RITZ_STEP_SPREAD] = spread,          [RITZ_STEP_ROWS] = reduce_rows,
    [RITZ_STEP_COLUMNS] = reduce_columns, [RITZ_STEP_LANES] = reduce_lanes,
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void watch(const block *b, const ritz_step *s)
{
    const bool ends =
        s->kind == RITZ_STEP_COLUMNS || s->kind == RITZ_STEP_LANES;
    const size_t n = s->kind == RITZ_STEP_ROWS ? b->rows : length(b, s);
    if (s->label && !b->rt->culprit && !ends &&
        !ritz_all_finite(b->f->k->dtype, place(b, &s->out), (int64_t)n))
        b->rt->culprit = s->label;
}

static void run_steps(const block *b, const ritz_step *step, int steps)
{
    for (int i = 0; i < steps; i++) {
        run_step[step[i].kind](b, &step[i]);
        if (b->rt->watched)
            watch(b, &step[i]);
    }
}

/* Blocks are whole rows, or end where their row does. */
static void run_segment(block *b)
{
    const ritz_fused *f = b->f;
    for (b->first = b->start; b->first < b->stop; b->first += (int64_t)b->n) {
        int64_t n = least(f->block, b->stop - b->first);
        b->row = b->first / f->width;
        if (f->block < f->width)
            n = least(n, f->width - b->first % f->width);
        b->n = (size_t)n;
        b->rows = n > f->width ? (size_t)(n / f->width) : 1;
        run_steps(b, f->step, f->steps);
    }
}

static void load_once(block *b)
{
    b->n = (size_t)least(b->f->block, b->f->count);
    b->rows = 1;
    run_steps(b, b->f->once, b->f->onces);
}

static void run_tile(const ritz_instruction *in, ritz_runtime *rt, size_t tile,
                     int worker)
{
    const ritz_fused *f = in->detail;
    block b = {.rt = rt, .f = f, .registers = ritz_scratch(rt, worker)};
    load_once(&b);
    const int64_t t = (int64_t)tile;
    const int64_t first = f->parts > 1 ? t / f->parts : t * f->group;
    const int64_t last = f->parts > 1 ? first + 1 : first + f->group;
    for (int64_t p = first; p < last && p * f->period < f->count; p++) {
        const int64_t part = f->parts > 1 ? t % f->parts : 0;
        b.segment = p * f->parts + part;
        b.start = p * f->period + part * f->segment;
        b.stop =
            least(b.start + f->segment, least((p + 1) * f->period, f->count));
        run_segment(&b);
    }
}

static void run_after(const ritz_instruction *in, ritz_runtime *rt)
{
    const ritz_fused *f = in->detail;
    for (int i = 0; i < f->steps; i++)
        if (f->step[i].kind == RITZ_STEP_COLUMNS ||
            f->step[i].kind == RITZ_STEP_LANES)
            ritz_reduction_finish(f->step[i].reduction, rt);
}

static const char *step_name(const ritz_step *s)
{
    if (s->kind == RITZ_STEP_OPERATION)
        return ritz_op_name(s->op);
    if (s->kind == RITZ_STEP_LOAD)
        return "load";
    if (s->kind == RITZ_STEP_SPREAD)
        return "spread";
    return s->reduction->is_max ? "row-max" : "row-sum";
}

static void describe(const ritz_instruction *in, ritz_text *out)
{
    const ritz_fused *f = in->detail;
    ritz_text_printf(out, "%lld x", (long long)f->count);
    for (int i = 0; i < f->onces + f->steps; i++) {
        const ritz_step *s =
            i < f->onces ? &f->once[i] : &f->step[i - f->onces];
        const bool columns = s->kind == RITZ_STEP_COLUMNS;
        ritz_text_printf(out, " %s",
                         !columns               ? step_name(s)
                         : s->reduction->is_max ? "column-max"
                                                : "column-sum");
    }
}

const ritz_instruction_kind ritz_kind_fused = {.name = "chain",
                                               .tile = run_tile,
                                               .after = run_after,
                                               .describe = describe};
