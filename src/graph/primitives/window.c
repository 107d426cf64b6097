/* window.c - unfold and fold, each the other's transpose, so that
 * convolution is unfold and a product and closed under differentiation.
 *
 * attr: a = window height and width, b = steps, c = zeros at top, bottom,
 * left and right; for fold also a[2] and a[3], the height and width of
 * the image. The gradient of a convolution in the image is fold of a product,
 * or, with stride 1, a convolution, which is faster. The executor multiplies an
 * unfolded matrix piece by piece, so it never exists in memory.
 */
#include "graph/cost.h"
#include "graph/primitives/linear.h"

static int64_t positions(int64_t size, const ritz_attr *attr, int i)
{
    const int64_t room =
        size + attr->c[2 * i] + attr->c[2 * i + 1] - attr->a[i];
    return room < 0 ? 0 : room / attr->b[i] + 1;
}

static ritz_status check_window(const char *who, const ritz_attr *attr,
                                ritz_error *err)
{
    for (int i = 0; i < 2; i++)
        if (attr->a[i] < 1 || attr->b[i] < 1)
            return ritz_fail(err, RITZ_EVALUE,
                             "%s: kernel and stride must be 1 or more, got "
                             "%lld and %lld",
                             who, (long long)attr->a[i], (long long)attr->b[i]);
    for (int i = 0; i < 4; i++)
        if (attr->c[i] < 0)
            return ritz_fail(err, RITZ_EVALUE,
                             "%s: padding must be 0 or more, got %lld", who,
                             (long long)attr->c[i]);
    return RITZ_OK;
}

static ritz_status infer_unfold(ritz_dtype *dtype, ritz_shape *shape,
                                ritz_node *const *in, int nin,
                                const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    const ritz_shape *x = &in[0]->shape;
    if (x->rank < 3)
        return ritz_fail(err, RITZ_ESHAPE,
                         "unfold: wants images [..., height, width, channels],"
                         " got %s",
                         ritz_type_of(in[0]).text);
    const ritz_status status = check_window("unfold", attr, err);
    if (status != RITZ_OK)
        return status;
    const int r = x->rank;
    *dtype = in[0]->dtype;
    *shape = *x;
    shape->dim[r - 3] = positions(x->dim[r - 3], attr, 0);
    shape->dim[r - 2] = positions(x->dim[r - 2], attr, 1);
    shape->dim[r - 1] = x->dim[r - 1] * attr->a[0] * attr->a[1];
    return RITZ_OK;
}

/* Below this many channels of the image its gradient is a product too thin to
 * be fast, and is folded instead. */
enum { FEW_CHANNELS = 8 };

/* The product that a cotangent of unfold is, rows of cotangents of the result
 * times the kernel transposed; NULL if it is anything else. */
static const ritz_node *product_below(const ritz_node *ct)
{
    while (ct->prim == &ritz_primitive_reshape)
        ct = ct->in[0];
    return ct->prim == &ritz_primitive_matmul && ct->shape.rank == 2 &&
                   !(ct->attr->flags & RITZ_TRANSPOSE_A)
               ? ct
               : NULL;
}

/* Whether the gradient is a convolution with zeros around it. */
static bool is_convolution(const ritz_node *image, const ritz_attr *attr)
{
    return attr->b[0] == 1 && attr->b[1] == 1 &&
           image->shape.dim[image->shape.rank - 1] >= FEW_CHANNELS &&
           attr->c[0] < attr->a[0] && attr->c[1] < attr->a[0] &&
           attr->c[2] < attr->a[1] && attr->c[3] < attr->a[1];
}

/* kernel, [places * channels, out], turned by half a turn, its last two axes
 * exchanged: [places * out, channels]. */
static ritz_node *turned(ritz_graph *g, ritz_node *kernel, int64_t places)
{
    const int64_t out = kernel->shape.dim[1];
    const int64_t channels = kernel->shape.dim[0] / places;
    const ritz_shape apart =
        ritz_shape_of(3, (int64_t[]){places, channels, out});
    const ritz_shape flat =
        ritz_shape_of(2, (int64_t[]){places * out, channels});
    const ritz_shape count = ritz_shape_of(1, &places);
    ritz_node *last = ritz_scalar(g, RITZ_I64, (double)places);
    ritz_node *index =
        ritz_sub(g, last, ritz_iota(g, RITZ_I64, &count, 0, 0.0));
    kernel = ritz_take_axis(g, ritz_reshape(g, kernel, &apart), index, 0, 0);
    return ritz_reshape(g, ritz_transpose(g, kernel), &flat);
}

/* With stride 1 the gradient in the image is a convolution too, with the turned
 * kernel: no sums that are scattered, and the fast form of the product. */
static ritz_node *pull_convolution(ritz_graph *g, const ritz_node *image,
                                   const ritz_attr *attr, const ritz_node *m,
                                   const ritz_shape *places)
{
    const bool stored_transposed = m->attr->flags & RITZ_TRANSPOSE_B;
    ritz_node *kernel =
        stored_transposed ? m->in[1] : ritz_transpose(g, m->in[1]);
    ritz_shape maps = *places, rows = {.rank = 2, .dim = {1, 0}};
    maps.dim[maps.rank - 1] = m->in[0]->shape.dim[1];
    ritz_window_spec spec = {.kernel = {attr->a[0], attr->a[1]},
                             .stride = {1, 1}};
    for (int i = 0; i < 4; i++)
        spec.pad[i] = attr->a[i / 2] - 1 - attr->c[i];
    ritz_node *u =
        ritz_unfold_window(g, ritz_reshape(g, m->in[0], &maps), &spec);
    kernel = turned(g, kernel, attr->a[0] * attr->a[1]);
    if (ritz_graph_status(g, NULL) != RITZ_OK)
        return u;
    rows.dim[1] = u->shape.dim[u->shape.rank - 1];
    for (int i = 0; i < u->shape.rank - 1; i++)
        rows.dim[0] *= u->shape.dim[i];
    return ritz_reshape(
        g, ritz_matmul_flags(g, ritz_reshape(g, u, &rows), kernel, 0),
        &image->shape);
}

static ritz_node *unfold_pull(ritz_graph *g, const ritz_rule *at, int i,
                              ritz_node *ct)
{
    const ritz_node *image = at->in[i], *m = product_below(ct);
    if (m && is_convolution(image, at->attr) &&
        m->shape.dim[1] == ct->shape.dim[ct->shape.rank - 1])
        return pull_convolution(g, image, at->attr, m, &ct->shape);
    const ritz_shape *x = &image->shape;
    ritz_attr attr = *at->attr;
    attr.a[2] = x->dim[x->rank - 3];
    attr.a[3] = x->dim[x->rank - 2];
    return ritz_apply(g, &ritz_primitive_fold, &ct, 1, &attr);
}

/* One or two entries of an option: {2} and {2, 2} mean the same. */
static void pair(int64_t out[2], const ritz_value *v, int64_t fallback)
{
    out[0] = v->given && v->count > 0 ? v->list[0] : fallback;
    out[1] = v->given && v->count > 1 ? v->list[1] : out[0];
}

static void build_unfold(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_window_spec w;
    int64_t pad[2];
    pair(w.kernel, &call->v[0], 1);
    pair(w.stride, &call->v[1], 1);
    pair(pad, &call->v[2], 0);
    w.pad[0] = w.pad[1] = pad[0];
    w.pad[2] = w.pad[3] = pad[1];
    out[0] = ritz_unfold_window(g, call->x[0], &w);
}

#define WINDOW                                               \
    {.name = "kernel",                                       \
     .kind = RITZ_PARAM_INTS,                                \
     .required = true,                                       \
     .doc = "height and width of the window"},               \
        {.name = "stride",                                   \
         .kind = RITZ_PARAM_INTS,                            \
         .fallback = 1,                                      \
         .doc = "steps down and across"},                    \
    {                                                        \
        .name = "padding", .kind = RITZ_PARAM_INTS,          \
        .doc = "zeros around the image, in height and width" \
    }

const ritz_primitive ritz_primitive_unfold = {
    .function =
        {
            .module = "ritz",
            .name = "unfold",
            .signature = "ritz.unfold(x, kernel, stride, padding)",
            .summary = "What a sliding window sees of an image, a row for "
                       "each of its places.",
            .details = "x is [..., height, width, channels]; the result is "
                       "[..., places down, places across, kernel height * "
                       "kernel width * channels]. Outside are zeros.",
            .source = "PyTorch's unfold, channels last",
            .example = "ritz.unfold(ritz.ones{1, 3, 3, 1}, 2).shape"
                       "  --> {1, 2, 2, 4}",
            .tensors = 1,
            .params = {WINDOW},
            .build = build_unfold,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_unfold,
    .jvp = ritz_push_linear,
    .vjp = unfold_pull,
    .batch = ritz_batch_leading,
    .domain = {-3, 3},
    .samples = {{"ritz.unfold(x, 2)", {"1,3,3,2"}},
                {"ritz.unfold(x, 3, 2, 1)", {"2,5,4,1"}},
                {"ritz.unfold(x, {1, 2}, {2, 1}, {0, 1})", {"1,3,3,1"}},
                {"ritz.unfold(x, 2)", {"0,3,3,1"}}},
    .refusals = {{"ritz.unfold(ritz.ones{3, 3}, 2)", "wants images"},
                 {"ritz.unfold(ritz.ones{1, 3, 3, 1}, 0)", "1 or more"},
                 {"ritz.unfold(ritz.ones{1, 3, 3, 1}, 2, 1, -1)", "0 or more"}},
};

/* fold: sums what the windows show back into the image. */

static ritz_status infer_fold(ritz_dtype *dtype, ritz_shape *shape,
                              ritz_node *const *in, int nin,
                              const ritz_attr *attr, ritz_error *err)
{
    (void)nin;
    const ritz_shape *x = &in[0]->shape;
    const ritz_status status = check_window("fold", attr, err);
    if (status != RITZ_OK)
        return status;
    const int r = x->rank;
    const int64_t window = attr->a[0] * attr->a[1];
    if (r < 3 || x->dim[r - 1] % window != 0 ||
        x->dim[r - 3] != positions(attr->a[2], attr, 0) ||
        x->dim[r - 2] != positions(attr->a[3], attr, 1))
        return ritz_fail(err, RITZ_ESHAPE,
                         "fold: wants [..., %lld, %lld, channels * %lld], got "
                         "%s",
                         (long long)positions(attr->a[2], attr, 0),
                         (long long)positions(attr->a[3], attr, 1),
                         (long long)window, ritz_type_of(in[0]).text);
    *dtype = in[0]->dtype;
    *shape = *x;
    shape->dim[r - 3] = attr->a[2];
    shape->dim[r - 2] = attr->a[3];
    shape->dim[r - 1] = x->dim[r - 1] / window;
    return RITZ_OK;
}

static ritz_node *fold_pull(ritz_graph *g, const ritz_rule *at, int i,
                            ritz_node *ct)
{
    (void)i;
    ritz_attr attr = *at->attr;
    attr.a[2] = attr.a[3] = 0;
    return ritz_apply(g, &ritz_primitive_unfold, &ct, 1, &attr);
}

static void build_fold(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_attr attr = {0};
    int64_t pad[2];
    pair(attr.a + 2, &call->v[0], 0);
    pair(attr.a, &call->v[1], 1);
    pair(attr.b, &call->v[2], 1);
    pair(pad, &call->v[3], 0);
    attr.c[0] = attr.c[1] = pad[0];
    attr.c[2] = attr.c[3] = pad[1];
    out[0] = ritz_apply(g, &ritz_primitive_fold, call->x, 1, &attr);
}

const ritz_primitive ritz_primitive_fold = {
    .function =
        {
            .module = "ritz",
            .name = "fold",
            .signature = "ritz.fold(x, size, kernel, stride, padding)",
            .summary = "The image whose every element is the sum of what the "
                       "windows hold of it: the transpose of unfold.",
            .source = "PyTorch's fold, channels last",
            .example = "ritz.sum(ritz.fold(ritz.ones{1, 2, 2, 4}, 3, 2))"
                       "  --> 16",
            .tensors = 1,
            .params = {{.name = "size",
                        .kind = RITZ_PARAM_INTS,
                        .required = true,
                        .doc = "height and width of the image"},
                       WINDOW},
            .build = build_fold,
        },
    .class = RITZ_CLASS_KERNEL,
    .infer = infer_fold,
    .jvp = ritz_push_linear,
    .vjp = fold_pull,
    .batch = ritz_batch_leading,
    .domain = {-3, 3},
    .samples = {{"ritz.fold(x, 3, 2)", {"1,2,2,8"}},
                {"ritz.fold(x, {5, 4}, 3, 2, 1)", {"2,3,2,9"}},
                {"ritz.fold(x, 3, 2)", {"0,2,2,4"}}},
    .refusals = {{"ritz.fold(ritz.ones{1, 2, 2, 4}, 4, 2)",
                  "wants [..., 3, 3, channels * 4], got f32[1,2,2,4]"}},
    .flops_of = ritz_flops_read,
};
