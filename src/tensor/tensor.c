/* tensor.c - the array object.
 *
 * A tensor is one block: this head, then the elements at the next cache line.
 * A view has a head only; it retains the tensor that owns the elements and
 * points into them. So a single count of references says both who may free and
 * who may write.
 */
#include "tensor/tensor.h"

#include "base/memory.h"
#include "tensor/pool.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

struct ritz_tensor {
    atomic_int references;
    ritz_dtype dtype;
    ritz_tensor *owner; /* retained; NULL when the elements are in this block */
    unsigned char *data;
    int64_t count;
    ritz_shape shape;
};

enum {
    HEAD =
        (int)((sizeof(ritz_tensor) + RITZ_ALIGN - 1) / RITZ_ALIGN) * RITZ_ALIGN
};

static ritz_tensor *make_head(size_t bytes, ritz_dtype dtype,
                              const ritz_shape *shape)
{
    ritz_tensor *t = ritz_pool_take(HEAD + bytes);
    if (!t)
        return NULL;
    atomic_init(&t->references, 1);
    t->dtype = dtype;
    t->owner = NULL;
    t->data = (unsigned char *)t + HEAD;
    t->count = ritz_shape_count(shape);
    t->shape = *shape;
    return t;
}

static ritz_status fail_memory(ritz_error *err, ritz_dtype dtype,
                               const ritz_shape *shape)
{
    char text[RITZ_SHAPE_TEXT];
    return ritz_fail(err, RITZ_ENOMEM, "tensor: no memory for %s%s",
                     ritz_dtype_name(dtype), ritz_shape_text(text, shape));
}

ritz_status ritz_tensor_new(ritz_tensor **out, ritz_dtype dtype,
                            const ritz_shape *shape, ritz_error *err)
{
    *out = NULL;
    const ritz_status status = ritz_shape_check(shape, err);
    if (status != RITZ_OK)
        return status;
    const size_t bytes =
        (size_t)ritz_shape_count(shape) * ritz_dtype_size(dtype);
    *out = make_head(bytes, dtype, shape);
    return *out ? RITZ_OK : fail_memory(err, dtype, shape);
}

ritz_status ritz_tensor_zeros(ritz_tensor **out, ritz_dtype dtype,
                              const ritz_shape *shape, ritz_error *err)
{
    const ritz_status status = ritz_tensor_new(out, dtype, shape, err);
    if (status == RITZ_OK)
        memset((*out)->data, 0, ritz_tensor_bytes(*out));
    return status;
}

/* Copies the first element over all of them, twice as much each time. */
static void repeat(ritz_tensor *t)
{
    const size_t bytes = ritz_tensor_bytes(t);
    for (size_t done = ritz_dtype_size(t->dtype), n; done < bytes; done += n) {
        n = done < bytes - done ? done : bytes - done;
        memcpy(t->data + done, t->data, n);
    }
}

ritz_status ritz_tensor_fill(ritz_tensor **out, ritz_dtype dtype,
                             const ritz_shape *shape, double value,
                             ritz_error *err)
{
    const ritz_status status = ritz_tensor_new(out, dtype, shape, err);
    if (status == RITZ_OK && (*out)->count > 0) {
        ritz_tensor_set(*out, 0, value);
        repeat(*out);
    }
    return status;
}

ritz_tensor *ritz_tensor_retain(ritz_tensor *t)
{
    atomic_fetch_add_explicit(&t->references, 1, memory_order_relaxed);
    return t;
}

void ritz_tensor_release(ritz_tensor *t)
{
    /* Acquire and release: what others wrote is seen before the block goes. */
    if (!t ||
        atomic_fetch_sub_explicit(&t->references, 1, memory_order_acq_rel) != 1)
        return;
    ritz_tensor *owner = t->owner;
    ritz_pool_give(t, owner ? HEAD : HEAD + ritz_tensor_bytes(t));
    ritz_tensor_release(owner); /* one step: an owner has no owner */
}

ritz_dtype ritz_tensor_dtype(const ritz_tensor *t)
{
    return t->dtype;
}

const ritz_shape *ritz_tensor_shape(const ritz_tensor *t)
{
    return &t->shape;
}

int64_t ritz_tensor_count(const ritz_tensor *t)
{
    return t->count;
}

size_t ritz_tensor_bytes(const ritz_tensor *t)
{
    return (size_t)t->count * ritz_dtype_size(t->dtype);
}

const void *ritz_tensor_data(const ritz_tensor *t)
{
    return t->data;
}

void *ritz_tensor_data_mut(ritz_tensor *t)
{
    return t->data;
}

static bool held_once(const ritz_tensor *t)
{
    return atomic_load_explicit(&t->references, memory_order_acquire) == 1;
}

bool ritz_tensor_is_sole(const ritz_tensor *t)
{
    return held_once(t) && (!t->owner || held_once(t->owner));
}

static ritz_status view(ritz_tensor **out, ritz_tensor *t, size_t offset,
                        const ritz_shape *shape, ritz_error *err)
{
    ritz_tensor *v = make_head(0, t->dtype, shape);
    *out = v;
    if (!v)
        return fail_memory(err, t->dtype, shape);
    v->owner = ritz_tensor_retain(t->owner ? t->owner : t);
    v->data = t->data + offset;
    return RITZ_OK;
}

ritz_status ritz_tensor_rows(ritz_tensor **out, ritz_tensor *t, int64_t start,
                             int64_t stop, ritz_error *err)
{
    *out = NULL;
    if (t->shape.rank == 0)
        return ritz_fail(err, RITZ_ESHAPE,
                         "rows: wanted a tensor with axes, got a scalar");
    ritz_shape shape = t->shape;
    if (start < 0 || stop < start || stop > shape.dim[0])
        return ritz_fail(err, RITZ_EVALUE,
                         "rows: wanted rows within 1 to %" PRId64
                         ", got %" PRId64 " to %" PRId64,
                         shape.dim[0], start + 1, stop);
    shape.dim[0] = 1;
    const size_t row =
        (size_t)ritz_shape_count(&shape) * ritz_dtype_size(t->dtype);
    shape.dim[0] = stop - start;
    return view(out, t, (size_t)start * row, &shape, err);
}

ritz_status ritz_tensor_reshape(ritz_tensor **out, ritz_tensor *t,
                                const ritz_shape *shape, ritz_error *err)
{
    *out = NULL;
    const ritz_status status = ritz_shape_check(shape, err);
    if (status != RITZ_OK)
        return status;
    if (ritz_shape_count(shape) != t->count) {
        char from[RITZ_SHAPE_TEXT], to[RITZ_SHAPE_TEXT];
        return ritz_fail(err, RITZ_ESHAPE,
                         "reshape: wanted %" PRId64 " elements as in %s, got "
                         "%s",
                         t->count, ritz_shape_text(from, &t->shape),
                         ritz_shape_text(to, shape));
    }
    return view(out, t, 0, shape, err);
}

double ritz_tensor_get(const ritz_tensor *t, int64_t i)
{
    switch (t->dtype) {
    case RITZ_F32:
        return (double)((const float *)t->data)[i];
    case RITZ_F64:
        return ((const double *)t->data)[i];
    case RITZ_I64:
        return (double)((const int64_t *)t->data)[i];
    default:
        return (double)t->data[i];
    }
}

/* Truncated, and the nearest of the range; nan is 0. */
static int64_t to_i64(double x)
{
    if (isnan(x))
        return 0;
    if (x >= 0x1p63)
        return INT64_MAX;
    return x < -0x1p63 ? INT64_MIN : (int64_t)x;
}

int64_t ritz_tensor_get_i64(const ritz_tensor *t, int64_t i)
{
    if (t->dtype == RITZ_I64)
        return ((const int64_t *)t->data)[i];
    return to_i64(ritz_tensor_get(t, i));
}

void ritz_tensor_set(ritz_tensor *t, int64_t i, double value)
{
    switch (t->dtype) {
    case RITZ_F32:
        ((float *)t->data)[i] = (float)value;
        break;
    case RITZ_F64:
        ((double *)t->data)[i] = value;
        break;
    case RITZ_I64:
        ((int64_t *)t->data)[i] = to_i64(value);
        break;
    default:
        t->data[i] = (uint8_t)to_i64(fmin(fmax(value, 0.0), 255.0));
        break;
    }
}

void ritz_tensor_pool_clear(void)
{
    ritz_pool_clear();
}

size_t ritz_tensor_live_bytes(void)
{
    return ritz_pool_look().live;
}
