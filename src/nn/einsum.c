/* einsum.c - sums of products by the names of axes.
 *
 * Two operands at a time, from the left: axes that only one of them has and
 * nobody needs any more are summed first; the others are ordered as those in
 * both that stay (a batch), those of one, and those that are summed, so that
 * the rest is one product of matrices.
 */
#include "nn/inside.h"

#include <string.h>

enum { LETTERS = 26, LONGEST = RITZ_MAX_RANK };

/* An operand and the names of its axes. */
typedef struct named {
    ritz_node *x;
    char axis[LONGEST + 1];
} named;

static bool has(const char *list, char c)
{
    return c && strchr(list, c) != NULL;
}

static void append(char *list, char c)
{
    const size_t n = strlen(list);
    list[n] = c;
    list[n + 1] = '\0';
}

/* Those of `from` that pass: in `both` or not, in `kept` or not. */
static void choose(char *to, const char *from, const char *other, bool shared,
                   const char *kept, bool stays)
{
    to[0] = '\0';
    for (; *from; from++)
        if (has(other, *from) == shared && has(kept, *from) == stays)
            append(to, *from);
}

static int64_t size_of(const named *n, const char *axes)
{
    int64_t size = 1;
    for (; *axes; axes++)
        size *= n->x->shape.dim[strchr(n->axis, *axes) - n->axis];
    return size;
}

/* The axes in this order; all of them are there. */
static void arrange(ritz_graph *g, named *n, const char *order)
{
    int axes[RITZ_MAX_RANK];
    for (int i = 0; order[i]; i++)
        axes[i] = (int)(strchr(n->axis, order[i]) - n->axis);
    n->x = ritz_permute(g, n->x, axes);
    memmove(n->axis, order, strlen(order) + 1);
}

/* Sums over the axes that are neither in `other` nor in `kept`. */
static void sum_lonely(ritz_graph *g, named *n, const char *other,
                       const char *kept)
{
    int axes[RITZ_MAX_RANK], count = 0;
    char left[LONGEST + 1] = "";
    for (int i = 0; n->axis[i]; i++)
        if (has(other, n->axis[i]) || has(kept, n->axis[i]))
            append(left, n->axis[i]);
        else
            axes[count++] = i;
    n->x = ritz_reduce_sum(g, n->x, axes, count, false);
    memcpy(n->axis, left, sizeof left);
}

/* x as [batch, rows, columns] of these axes. */
static ritz_node *as_matrices(ritz_graph *g, named *n, const char *batch,
                              const char *rows, const char *columns)
{
    char order[LONGEST + 1] = "";
    const ritz_shape s = {
        .rank = 3,
        .dim = {size_of(n, batch), size_of(n, rows), size_of(n, columns)}};
    strcat(strcat(strcat(order, batch), rows), columns);
    arrange(g, n, order);
    return ritz_reshape(g, n->x, &s);
}

/* The product of a and b, as a: summed over what both have and nobody needs. */
static void contract(ritz_graph *g, named *a, named *b, const char *kept)
{
    char batch[LONGEST + 1], rows[LONGEST + 1], columns[LONGEST + 1],
        summed[LONGEST + 1];
    ritz_shape s = {0};
    sum_lonely(g, a, b->axis, kept);
    sum_lonely(g, b, a->axis, kept);
    choose(batch, a->axis, b->axis, true, kept, true);
    choose(summed, a->axis, b->axis, true, kept, false);
    choose(rows, a->axis, b->axis, false, kept, true);
    choose(columns, b->axis, a->axis, false, kept, true);
    ritz_node *x = as_matrices(g, a, batch, rows, summed);
    ritz_node *y = as_matrices(g, b, batch, summed, columns);
    const char *const parts[] = {batch, rows, columns};
    char axis[LONGEST + 1] = "";
    for (int p = 0; p < 3; p++)
        for (const char *c = parts[p]; *c; c++) {
            if (s.rank == LONGEST) {
                ritz_graph_fail(g, RITZ_ESHAPE,
                                "einsum: wants at most %d axes at once",
                                LONGEST);
                return;
            }
            const named *from = p < 2 ? a : b;
            s.dim[s.rank++] =
                from->x->shape.dim[strchr(from->axis, *c) - from->axis];
            append(axis, *c);
        }
    a->x = ritz_reshape(g, ritz_matmul_flags(g, x, y, 0), &s);
    memcpy(a->axis, axis, sizeof axis);
}

/* Reads the names of one operand up to `stop`; false when they are no names,
 * or one comes twice. */
static bool read_names(char *axis, const char **at)
{
    axis[0] = '\0';
    for (; **at && **at != ',' && **at != '-'; (*at)++) {
        const char c = **at;
        if (c == ' ')
            continue;
        if (c < 'a' || c > 'z' || has(axis, c) || strlen(axis) == LONGEST)
            return false;
        append(axis, c);
    }
    return true;
}

/* Without "->": the names that come once, in the order of the alphabet. */
static void implied(char *result, const named *n, int count)
{
    result[0] = '\0';
    for (char c = 'a'; c <= 'z'; c++) {
        int seen = 0;
        for (int i = 0; i < count; i++)
            seen += has(n[i].axis, c);
        if (seen == 1 && strlen(result) < LONGEST)
            append(result, c);
    }
}

static bool read_text(const char *text, named *n, int count, char *result)
{
    const char *at = text;
    for (int i = 0; i < count; i++) {
        if (!read_names(n[i].axis, &at) || (i + 1 < count && *at++ != ','))
            return false;
    }
    if (!*at) {
        implied(result, n, count);
        return true;
    }
    if (strncmp(at, "->", 2) != 0)
        return false;
    at += 2;
    return read_names(result, &at) && !*at;
}

static bool check_sizes(ritz_graph *g, const named *n, int count,
                        const char *result)
{
    int64_t size[LETTERS];
    memset(size, -1, sizeof size);
    for (int i = 0; i < count; i++) {
        const int rank = n[i].x->shape.rank;
        if ((int)strlen(n[i].axis) != rank) {
            ritz_graph_fail(g, RITZ_ESHAPE,
                            "einsum: \"%s\" names %zu axes, got %s", n[i].axis,
                            strlen(n[i].axis), ritz_type_of(n[i].x).text);
            return false;
        }
        for (int k = 0; k < rank; k++) {
            int64_t *known = &size[n[i].axis[k] - 'a'];
            if (*known >= 0 && *known != n[i].x->shape.dim[k]) {
                ritz_graph_fail(g, RITZ_ESHAPE,
                                "einsum: the axes %c must agree, got %lld and "
                                "%lld",
                                n[i].axis[k], (long long)*known,
                                (long long)n[i].x->shape.dim[k]);
                return false;
            }
            *known = n[i].x->shape.dim[k];
        }
    }
    for (; *result; result++)
        if (size[*result - 'a'] < 0) {
            ritz_graph_fail(g, RITZ_EVALUE,
                            "einsum: no operand has the axis %c of the result",
                            *result);
            return false;
        }
    return true;
}

/* What the operands after i, or the result, still need. */
static void needed_after(char *kept, const named *n, int count, int i,
                         const char *result)
{
    strcpy(kept, result);
    for (int k = i + 1; k < count; k++)
        for (const char *c = n[k].axis; *c; c++)
            if (!has(kept, *c))
                append(kept, *c);
}

static void build_einsum(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    named n[RITZ_MAX_OPERANDS] = {0};
    char result[LONGEST + 1], kept[LETTERS + LONGEST + 1];
    int count = 0;
    out[0] = NULL;
    while (count < call->nx && call->x[count]) {
        n[count].x = call->x[count];
        count++;
    }
    if (!read_text(call->v[0].text, n, count, result)) {
        ritz_graph_fail(g, RITZ_EVALUE,
                        "einsum: wants names like \"ij,jk->ik\" for %d "
                        "operand%s, each letter once in an operand, got "
                        "\"%.40s\"",
                        count, count == 1 ? "" : "s", call->v[0].text);
        return;
    }
    if (!check_sizes(g, n, count, result))
        return;
    for (int i = 1; i < count; i++) {
        needed_after(kept, n, count, i, result);
        contract(g, &n[0], &n[i], kept);
        if (ritz_graph_status(g, NULL) != RITZ_OK)
            return;
    }
    sum_lonely(g, &n[0], "", result);
    arrange(g, &n[0], result);
    out[0] = n[0].x;
}

const ritz_function ritz_nn_einsum = {
    .module = "ritz",
    .name = "einsum",
    .signature = "ritz.einsum(names, x, y, ...)",
    .summary = "Sums of products over axes that are named by letters.",
    .details = "names has the axes of each operand and of the result, "
               "\"ij,jk->ik\" for a product of matrices; an axis that the "
               "result has not is summed. Without \"->\" the result has those "
               "that come once, by the alphabet. One to six operands in f32 or "
               "f64, two at a time from the left, each pair one product of "
               "matrices.",
    .source = "NumPy's einsum, without repeated letters and \"...\"",
    .example = "ritz.einsum(\"ij,j->i\", ritz.tensor{{1, 2}, {3, 4}}, "
               "ritz.tensor{1, 10})  --> {21, 43}",
    .tensors = 6,
    .optional = 5,
    .leads = true,
    .params = {{.name = "names",
                .kind = RITZ_PARAM_TEXT,
                .required = true,
                .doc = "of the axes"}},
    .build = build_einsum,
};
