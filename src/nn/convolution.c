/* convolution.c - convolution and pooling of images, channels last.
 *
 * A convolution is unfold and a product, so it has its derivatives from them;
 * the compiler multiplies the unfolded matrix piece by piece and never makes
 * it. Pooling windows do not overlap: a reshape puts each window into axes of
 * its own, which are then reduced.
 */
#include "nn/inside.h"

#include <string.h>

static const char *const images = "images [..., height, width, channels]";

/* One number or two, for height and width. */
static void read_pair(int64_t out[2], const ritz_value *v, int64_t fallback)
{
    out[0] = v->given && v->count > 0 ? v->list[0] : fallback;
    out[1] = v->given && v->count > 1 ? v->list[1] : out[0];
}

/* Zeros before and after, such that there are size / stride places. The odd
 * one is put after, as TensorFlow and JAX do. */
static void pad_same(int64_t pad[2], int64_t size, int64_t kernel,
                     int64_t stride)
{
    const int64_t places = (size + stride - 1) / stride;
    const int64_t total = (places - 1) * stride + kernel - size;
    pad[0] = total > 0 ? total / 2 : 0;
    pad[1] = total > 0 ? total - pad[0] : 0;
}

static bool check_kernel(ritz_graph *g, const ritz_node *x, const ritz_node *w,
                         const ritz_node *b)
{
    const ritz_shape *s = &w->shape;
    if (!ritz_nn_wants_float(g, "conv2d", x) ||
        !ritz_nn_wants_rank(g, "conv2d", x, 3, images))
        return false;
    const int64_t channels = x->shape.dim[x->shape.rank - 1];
    if (s->rank != 4 || s->dim[2] != channels)
        ritz_graph_fail(g, RITZ_ESHAPE,
                        "conv2d: w must be [height, width, %lld, out], for "
                        "images %s, got %s",
                        (long long)channels, ritz_type_of(x).text,
                        ritz_type_of(w).text);
    else if (b && (b->shape.rank != 1 || b->shape.dim[0] != s->dim[3]))
        ritz_graph_fail(g, RITZ_ESHAPE, "conv2d: b must be [%lld], got %s",
                        (long long)s->dim[3], ritz_type_of(b).text);
    return ritz_graph_status(g, NULL) == RITZ_OK;
}

/* What the call says about windows; false if no window fits. */
static bool read_windows(ritz_window_spec *spec, ritz_graph *g,
                         const ritz_call *call)
{
    const ritz_shape *x = &call->x[0]->shape, *w = &call->x[1]->shape;
    const ritz_value *padding = &call->v[1];
    int64_t pad[2];
    read_pair(spec->stride, &call->v[0], 1);
    read_pair(pad, padding, 0);
    const bool same = padding->text && strcmp(padding->text, "same") == 0;
    for (int i = 0; i < 2; i++) {
        const int64_t size = x->dim[x->rank - 3 + i];
        spec->kernel[i] = w->dim[i];
        spec->pad[2 * i] = spec->pad[2 * i + 1] = pad[i];
        if (spec->stride[i] < 1 || pad[i] < 0) {
            ritz_graph_fail(g, RITZ_EVALUE,
                            "conv2d: stride must be 1 or more and padding 0 or "
                            "more, got %lld and %lld",
                            (long long)spec->stride[i], (long long)pad[i]);
            return false;
        }
        if (same)
            pad_same(spec->pad + 2 * i, size, w->dim[i], spec->stride[i]);
        if (w->dim[i] < 1 ||
            size + spec->pad[2 * i] + spec->pad[2 * i + 1] < w->dim[i]) {
            ritz_graph_fail(g, RITZ_ESHAPE,
                            "conv2d: w must fit into the padded image, got %s "
                            "for images %s",
                            ritz_type_of(call->x[1]).text,
                            ritz_type_of(call->x[0]).text);
            return false;
        }
    }
    return true;
}

static void build_conv2d(ritz_graph *g, const ritz_call *call, ritz_node **out)
{
    ritz_node *x = call->x[0], *w = call->x[1], *b = call->x[2];
    ritz_window_spec spec;
    out[0] = NULL;
    if (!check_kernel(g, x, w, b) || !read_windows(&spec, g, call))
        return;
    ritz_node *u = ritz_unfold_window(g, x, &spec);
    if (ritz_graph_status(g, NULL) != RITZ_OK)
        return;
    const int last = u->shape.rank - 1;
    ritz_shape rows = {.rank = 2, .dim = {1, u->shape.dim[last]}};
    for (int i = 0; i < last; i++)
        rows.dim[0] *= u->shape.dim[i];
    const ritz_shape matrix = {.rank = 2,
                               .dim = {u->shape.dim[last], w->shape.dim[3]}};
    ritz_shape maps = u->shape;
    maps.dim[last] = w->shape.dim[3];
    ritz_node *y = ritz_matmul_flags(g, ritz_reshape(g, u, &rows),
                                     ritz_reshape(g, w, &matrix), 0);
    if (ritz_graph_status(g, NULL) != RITZ_OK)
        return;
    y = ritz_reshape(g, y, &maps);
    out[0] = b ? ritz_add(g, y, b) : y;
}

const ritz_function ritz_nn_conv2d = {
    .module = "ritz",
    .name = "conv2d",
    .signature = "ritz.conv2d(x, w, b, {stride, padding})",
    .summary = "Cross-correlation of images with kernels, plus b.",
    .details = "x is [..., height, width, in], w [kernel height, kernel "
               "width, in, out], b [out] or left out. With padding = \"same\" "
               "there are height / stride places, with \"valid\" no zeros are "
               "added; numbers are zeros on either side.",
    .source = "Dumoulin and Visin 2016, arXiv:1603.07285",
    .example = "ritz.conv2d(ritz.ones{1, 3, 3, 1}, ritz.ones{2, 2, 1, 1})"
               ".shape  --> {1, 2, 2, 1}",
    .tensors = 3,
    .optional = 1,
    .params = {{.name = "stride",
                .kind = RITZ_PARAM_INTS,
                .doc = "steps down and across; 1 when left out"},
               {.name = "padding",
                .kind = RITZ_PARAM_INTS,
                .text = "valid|same",
                .doc = "\"valid\", \"same\", or zeros in height and width"}},
    .build = build_conv2d,
};

/* Pooling. */

/* x with each window in the axes that `axes` gets; `pooled` gets the shape of
 * the result. NULL on an error. */
static ritz_node *cut_windows(ritz_graph *g, const ritz_call *call, int axes[2],
                              ritz_shape *pooled)
{
    ritz_node *x = call->x[0];
    const char *who = call->function->name;
    int64_t size[2];
    if (!ritz_nn_wants_rank(g, who, x, 3, images))
        return NULL;
    read_pair(size, &call->v[0], 2);
    const int r = x->shape.rank;
    *pooled = x->shape;
    ritz_shape cut = {.rank = r - 3};
    memcpy(cut.dim, x->shape.dim, (size_t)cut.rank * sizeof *cut.dim);
    for (int i = 0; i < 2; i++) {
        const int64_t n = x->shape.dim[r - 3 + i];
        if (size[i] < 1 || n % size[i] != 0 || r + 2 > RITZ_MAX_RANK) {
            ritz_graph_fail(g, RITZ_ESHAPE,
                            "%s: windows must divide the image, got %lldx%lld "
                            "for %s",
                            who, (long long)size[0], (long long)size[1],
                            ritz_type_of(x).text);
            return NULL;
        }
        pooled->dim[r - 3 + i] = n / size[i];
        cut.dim[cut.rank++] = n / size[i];
        axes[i] = cut.rank;
        cut.dim[cut.rank++] = size[i];
    }
    cut.dim[cut.rank++] = x->shape.dim[r - 1];
    return ritz_reshape(g, x, &cut);
}

static void build_max_pool(ritz_graph *g, const ritz_call *call,
                           ritz_node **out)
{
    int axes[2];
    ritz_shape pooled;
    ritz_node *x = cut_windows(g, call, axes, &pooled);
    out[0] = NULL;
    if (x)
        out[0] =
            ritz_reshape(g, ritz_reduce_max(g, x, axes, 2, false), &pooled);
}

static void build_avg_pool(ritz_graph *g, const ritz_call *call,
                           ritz_node **out)
{
    int axes[2];
    ritz_shape pooled;
    out[0] = NULL;
    if (!ritz_nn_wants_float(g, "avg_pool2d", call->x[0]))
        return;
    ritz_node *x = cut_windows(g, call, axes, &pooled);
    if (x)
        out[0] = ritz_reshape(g, ritz_mean_axes(g, x, axes, 2, false), &pooled);
}

#define WINDOW_SIZE                                                   \
    {                                                                 \
        {                                                             \
            .name = "size", .kind = RITZ_PARAM_INTS,                  \
            .doc = "height and width of the windows; 2 when left out" \
        }                                                             \
    }

const ritz_function ritz_nn_max_pool2d = {
    .module = "ritz",
    .name = "max_pool2d",
    .signature = "ritz.max_pool2d(x, size)",
    .summary = "The largest element of each window of an image.",
    .details = "x is [..., height, width, channels]. The windows do not "
               "overlap and must divide the image. Equal maxima share the "
               "derivative equally.",
    .source = "Dumoulin and Visin 2016, chapter 3",
    .example = "ritz.max_pool2d(ritz.ones{1, 4, 4, 3}, 2).shape"
               "  --> {1, 2, 2, 3}",
    .tensors = 1,
    .params = WINDOW_SIZE,
    .build = build_max_pool,
};

const ritz_function ritz_nn_avg_pool2d = {
    .module = "ritz",
    .name = "avg_pool2d",
    .signature = "ritz.avg_pool2d(x, size)",
    .summary = "The mean of each window of an image.",
    .details = "x is [..., height, width, channels]. The windows do not "
               "overlap and must divide the image.",
    .source = "Dumoulin and Visin 2016, chapter 3",
    .example = "ritz.avg_pool2d(ritz.ones{1, 4, 4, 3}, 2).shape"
               "  --> {1, 2, 2, 3}",
    .tensors = 1,
    .params = WINDOW_SIZE,
    .build = build_avg_pool,
};
