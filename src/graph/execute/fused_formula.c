/* fused_formula.c - a chain of operations, written as people write them.
 *
 * What a step computes is kept as text by the register it is in. A value that
 * is read once is written where it is read; others get a name, a, b, ...
 */
#include "base/memory.h"
#include "graph/execute/fused.h"

#include <stdio.h>

typedef struct writing {
    const ritz_plan *plan;
    const ritz_fused *f;
    ritz_text *out;
    ritz_text *value; /* by register */
    int names, lines;
} writing;

static const ritz_step *step_at(const ritz_fused *f, int i)
{
    return i < f->onces ? &f->once[i] : &f->step[i - f->onces];
}

static void add_number(const writing *w, int index, ritz_text *to)
{
    if (w->f->size == sizeof(float))
        ritz_text_printf(to, "%g",
                         (double)((const float *)w->f->numbers)[index]);
    else if (w->f->k == ritz_kernels_for(RITZ_F64))
        ritz_text_printf(to, "%g", ((const double *)w->f->numbers)[index]);
    else
        ritz_text_printf(to, "%lld",
                         (long long)((const int64_t *)w->f->numbers)[index]);
}

static void add_operand(const writing *w, const ritz_operand *o, ritz_text *to)
{
    if (o->kind == RITZ_IN_REGISTER)
        ritz_text_puts(to, ritz_text_view(&w->value[o->index]));
    else if (o->kind == RITZ_IN_NUMBERS)
        add_number(w, o->index, to);
    else
        ritz_plan_name(w->plan, o->index, to);
}

static void add_infix(const writing *w, const ritz_step *s, const char *sign,
                      ritz_text *to)
{
    ritz_text_puts(to, "(");
    add_operand(w, &s->in[0], to);
    ritz_text_puts(to, sign);
    add_operand(w, &s->in[1], to);
    ritz_text_puts(to, ")");
}

/* An operand that stands alone needs no parentheses around it. */
static void add_bare(const writing *w, const ritz_operand *o, ritz_text *to)
{
    const ritz_text *value =
        o->kind == RITZ_IN_REGISTER ? &w->value[o->index] : NULL;
    if (value && value->length > 2 && value->bytes[0] == '(')
        ritz_text_add(to, value->bytes + 1, value->length - 2);
    else
        add_operand(w, o, to);
}

static void add_call(const writing *w, const char *name, const ritz_step *s,
                     ritz_text *to)
{
    ritz_text_printf(to, "%s(", name);
    for (int k = 0; k < s->nin; k++) {
        ritz_text_puts(to, k > 0 ? ", " : "");
        add_bare(w, &s->in[k], to);
    }
    ritz_text_puts(to, ")");
}

/* a * b + c, or c - a * b. */
static void add_product(const writing *w, const ritz_step *s, bool minus,
                        ritz_text *to)
{
    ritz_text_puts(to, "(");
    if (minus) {
        add_operand(w, &s->in[2], to);
        ritz_text_puts(to, " - ");
    }
    add_operand(w, &s->in[0], to);
    ritz_text_puts(to, " * ");
    add_operand(w, &s->in[1], to);
    if (!minus) {
        ritz_text_puts(to, " + ");
        add_operand(w, &s->in[2], to);
    }
    ritz_text_puts(to, ")");
}

static void add_operation(const writing *w, const ritz_step *s, ritz_text *to)
{
    static const struct {
        ritz_op op;
        const char *sign;
    } infix[] = {{RITZ_OP_add, " + "},
                 {RITZ_OP_sub, " - "},
                 {RITZ_OP_mul, " * "},
                 {RITZ_OP_div, " / "}};
    for (size_t i = 0; i < sizeof infix / sizeof *infix; i++)
        if (s->op == infix[i].op) {
            add_infix(w, s, infix[i].sign, to);
            return;
        }
    if (s->op == RITZ_OP_muladd || s->op == RITZ_OP_submul)
        add_product(w, s, s->op == RITZ_OP_submul, to);
    else
        add_call(w, ritz_op_name(s->op), s, to);
}

static void add_step(const writing *w, const ritz_step *s, ritz_text *to)
{
    if (s->kind == RITZ_STEP_OPERATION)
        add_operation(w, s, to);
    else if (s->kind == RITZ_STEP_LOAD)
        ritz_plan_name(w->plan, s->load->buffer, to);
    else if (s->kind == RITZ_STEP_SPREAD)
        add_operand(w, &s->in[0], to);
    else
        add_call(w,
                 s->kind == RITZ_STEP_COLUMNS
                     ? (s->reduction->is_max ? "column_max" : "column_sum")
                     : (s->reduction->is_max ? "row_max" : "row_sum"),
                 s, to);
}

/* How often the register that step `at` writes is read before it is written
 * again. */
static int count_reads(const ritz_fused *f, int at, int reg)
{
    int reads = 0;
    for (int i = at + 1; i < f->onces + f->steps; i++) {
        const ritz_step *s = step_at(f, i);
        for (int k = 0; k < s->nin; k++)
            reads += s->in[k].kind == RITZ_IN_REGISTER && s->in[k].index == reg;
        if (s->out.kind == RITZ_IN_REGISTER && s->out.index == reg)
            break;
    }
    return reads;
}

/* An assignment on a line of its own, without the outer parentheses. */
static void assign(writing *w, const char *name, const ritz_text *value)
{
    const bool bare = value->length > 2 && value->bytes[0] == '(';
    ritz_text_printf(w->out, "%s%s = ", w->lines++ > 0 ? "\n" : "", name);
    ritz_text_add(w->out, value->bytes + bare, value->length - 2 * bare);
}

static void name_value(writing *w, ritz_text *value)
{
    char name[16];
    const int n = w->names++;
    if (n < 26)
        snprintf(name, sizeof name, "%c", 'a' + n);
    else
        snprintf(name, sizeof name, "%c%d", 'a' + n % 26, n / 26);
    assign(w, name, value);
    value->length = 0;
    ritz_text_puts(value, name);
}

/* The buffer that a reduction out of the chain, or a step, writes; or -1. */
static int written(const ritz_step *s)
{
    if (s->kind == RITZ_STEP_COLUMNS || s->kind == RITZ_STEP_LANES)
        return s->reduction->y.buffer;
    return s->out.kind == RITZ_IN_MEMORY ? s->out.index : -1;
}

static void write_step(writing *w, int at)
{
    const ritz_step *s = step_at(w->f, at);
    const int buffer = written(s);
    ritz_text value = {0};
    add_step(w, s, &value);
    w->out->failed = w->out->failed || value.failed;
    if (buffer >= 0) {
        ritz_text name = {0};
        ritz_plan_name(w->plan, buffer, &name);
        if (!name.failed && !value.failed)
            assign(w, name.bytes, &value);
        ritz_text_free(&name);
    } else {
        const bool simple =
            s->kind == RITZ_STEP_LOAD || s->kind == RITZ_STEP_SPREAD;
        if (!simple && !value.failed && count_reads(w->f, at, s->out.index) > 1)
            name_value(w, &value);
        ritz_text_free(&w->value[s->out.index]);
        w->value[s->out.index] = value;
        value = (ritz_text){0};
    }
    ritz_text_free(&value);
}

void ritz_fused_formula(const ritz_plan *plan, const ritz_instruction *in,
                        ritz_text *out)
{
    const ritz_fused *f = in->detail;
    writing w = {.plan = plan, .f = f, .out = out};
    w.value = ritz_new((size_t)f->registers, sizeof *w.value);
    for (int i = 0; w.value && i < f->onces + f->steps; i++)
        write_step(&w, i);
    for (int r = 0; w.value && r < f->registers; r++)
        ritz_text_free(&w.value[r]);
    out->failed = out->failed || !w.value;
    ritz_free(w.value);
}
