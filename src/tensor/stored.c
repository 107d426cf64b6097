/* stored.c - the table of stored types, and reading their elements. */
#include "tensor/stored.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the writers of formats store numbers as they are in memory");

/* Converts n elements; returns how many of them fit. */
typedef size_t widen_fn(void *to, const void *from, size_t n);

struct ritz_stored {
    const char *npy, *safetensors;
    unsigned char idx; /* 0: not in IDX */
    unsigned char size;
    ritz_dtype dtype;
    widen_fn *widen; /* NULL: the same bits */
};

#define WIDEN(name, to_type, from_type, fits, value)         \
    static size_t name(void *to, const void *from, size_t n) \
    {                                                        \
        to_type *y = to;                                     \
        const from_type *x = from;                           \
        for (size_t i = 0; i < n; i++) {                     \
            if (!(fits))                                     \
                return i;                                    \
            y[i] = value;                                    \
        }                                                    \
        return n;                                            \
    }

static float bits_to_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* IEEE 754 binary16: 5 bits of exponent, 10 of fraction. */
static float half_to_float(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000u) << 16;
    const uint32_t exponent = (h >> 10) & 31u, fraction = h & 1023u;
    if (exponent == 31) /* infinity and nan */
        return bits_to_float(sign | 0x7f800000u | fraction << 13);
    if (exponent == 0) { /* zero and subnormal */
        const float x = ldexpf((float)fraction, -24);
        return sign ? -x : x;
    }
    return bits_to_float(sign | (exponent + 112) << 23 | fraction << 13);
}

WIDEN(widen_f16, float, uint16_t, true, half_to_float(x[i]))
WIDEN(widen_bf16, float, uint16_t, true, bits_to_float((uint32_t)x[i] << 16))
WIDEN(widen_i8, int64_t, int8_t, true, x[i])
WIDEN(widen_i16, int64_t, int16_t, true, x[i])
WIDEN(widen_i32, int64_t, int32_t, true, x[i])
WIDEN(widen_u16, int64_t, uint16_t, true, x[i])
WIDEN(widen_u32, int64_t, uint32_t, true, x[i])
WIDEN(widen_u64, int64_t, uint64_t, x[i] <= INT64_MAX, (int64_t)x[i])
WIDEN(widen_bool, uint8_t, uint8_t, true, x[i] != 0)

static const ritz_stored types[] = {
    {"f4", "F32", 0x0d, 4, RITZ_F32, NULL},
    {"f8", "F64", 0x0e, 8, RITZ_F64, NULL},
    {"i8", "I64", 0, 8, RITZ_I64, NULL},
    {"u1", "U8", 0x08, 1, RITZ_U8, NULL},
    {"f2", "F16", 0, 2, RITZ_F32, widen_f16},
    {"", "BF16", 0, 2, RITZ_F32, widen_bf16}, /* NumPy has none */
    {"i1", "I8", 0x09, 1, RITZ_I64, widen_i8},
    {"i2", "I16", 0x0b, 2, RITZ_I64, widen_i16},
    {"i4", "I32", 0x0c, 4, RITZ_I64, widen_i32},
    {"u2", "U16", 0, 2, RITZ_I64, widen_u16},
    {"u4", "U32", 0, 4, RITZ_I64, widen_u32},
    {"u8", "U64", 0, 8, RITZ_I64, widen_u64},
    {"b1", "BOOL", 0, 1, RITZ_U8, widen_bool},
};

enum { TYPES = sizeof types / sizeof types[0] };

const ritz_stored *ritz_stored_npy(const char *code)
{
    for (int i = 0; i < TYPES; i++)
        if (*code && strcmp(types[i].npy, code) == 0)
            return &types[i];
    return NULL;
}

const ritz_stored *ritz_stored_safetensors(const char *name)
{
    for (int i = 0; i < TYPES; i++)
        if (strcmp(types[i].safetensors, name) == 0)
            return &types[i];
    return NULL;
}

const ritz_stored *ritz_stored_idx(unsigned char code)
{
    for (int i = 0; i < TYPES; i++)
        if (code != 0 && types[i].idx == code)
            return &types[i];
    return NULL;
}

const ritz_stored *ritz_stored_of(ritz_dtype dtype)
{
    return &types[dtype]; /* the first four, in the order of ritz_dtype */
}

const char *ritz_stored_npy_code(const ritz_stored *type)
{
    return type->npy;
}

const char *ritz_stored_safetensors_name(const ritz_stored *type)
{
    return type->safetensors;
}

size_t ritz_stored_size(const ritz_stored *type)
{
    return type->size;
}

static void swap_bytes(unsigned char *bytes, size_t size, size_t n)
{
    for (unsigned char *p = bytes; p < bytes + n * size; p += size)
        for (size_t i = 0; i < size / 2; i++) {
            const unsigned char byte = p[i];
            p[i] = p[size - 1 - i];
            p[size - 1 - i] = byte;
        }
}

static ritz_status read_widened(ritz_tensor *t, const ritz_stored *type,
                                bool big_endian, ritz_source *from,
                                ritz_error *err)
{
    enum { PIECE = 2048 };
    union {
        unsigned char bytes[PIECE * 8];
        uint64_t aligned;
    } piece;
    unsigned char *to = ritz_tensor_data_mut(t);
    const size_t n = (size_t)ritz_tensor_count(t);
    for (size_t done = 0; done < n;) {
        const size_t k = n - done < PIECE ? n - done : PIECE;
        const ritz_status status =
            ritz_source_read(from, piece.bytes, k * type->size, "data", err);
        if (status != RITZ_OK)
            return status;
        if (big_endian)
            swap_bytes(piece.bytes, type->size, k);
        const size_t good = type->widen(to, piece.bytes, k);
        if (good < k)
            return ritz_source_fail(from, err,
                                    "wanted integers below 2^63, got a larger "
                                    "one at element %zu",
                                    done + good + 1);
        to += k * ritz_dtype_size(type->dtype);
        done += k;
    }
    return RITZ_OK;
}

static ritz_status read_elements(ritz_tensor *t, const ritz_stored *type,
                                 bool big_endian, ritz_source *from,
                                 ritz_error *err)
{
    if (type->widen)
        return read_widened(t, type, big_endian, from, err);
    unsigned char *bytes = ritz_tensor_data_mut(t);
    const ritz_status status =
        ritz_source_read(from, bytes, ritz_tensor_bytes(t), "data", err);
    if (status == RITZ_OK && big_endian)
        swap_bytes(bytes, type->size, (size_t)ritz_tensor_count(t));
    return status;
}

ritz_status ritz_stored_read(ritz_tensor **out, const ritz_stored *type,
                             bool big_endian, const ritz_shape *shape,
                             ritz_source *from, ritz_error *err)
{
    *out = NULL;
    ritz_error why;
    if (ritz_shape_check(shape, &why) != RITZ_OK)
        return ritz_source_fail(from, err, "%s", why.text);
    const uint64_t bytes = (uint64_t)ritz_shape_count(shape) * type->size;
    ritz_status status = ritz_source_holds(from, bytes, "data", err);
    if (status != RITZ_OK)
        return status;
    status = ritz_tensor_new(out, type->dtype, shape, err);
    if (status != RITZ_OK)
        return status;
    status = read_elements(*out, type, big_endian, from, err);
    if (status != RITZ_OK) {
        ritz_tensor_release(*out);
        *out = NULL;
    }
    return status;
}
