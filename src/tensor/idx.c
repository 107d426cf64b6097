/* idx.c - the format of MNIST.
 *
 * Two zero bytes, a type, the number of axes, the sizes in four bytes each and
 * the elements, all big-endian. Source: yann.lecun.com/exdb/mnist.
 */
#include "tensor/formats.h"

#include "tensor/stored.h"

static ritz_status read_shape(ritz_shape *out, int rank, ritz_source *from,
                              ritz_error *err)
{
    unsigned char size[RITZ_MAX_RANK * 4];
    const ritz_status status =
        ritz_source_read(from, size, (size_t)rank * 4, "sizes", err);
    if (status != RITZ_OK)
        return status;
    out->rank = rank;
    for (int i = 0; i < rank; i++) {
        const unsigned char *p = size + i * 4;
        out->dim[i] = (int64_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
    }
    return RITZ_OK;
}

static ritz_status read_array(ritz_tensor **out, ritz_source *from,
                              ritz_error *err)
{
    unsigned char start[4];
    ritz_status status =
        ritz_source_read(from, start, sizeof start, "header", err);
    if (status != RITZ_OK)
        return status;
    const ritz_stored *type = ritz_stored_idx(start[2]);
    if (start[0] != 0 || start[1] != 0 || !type)
        return ritz_source_fail(from, err,
                                "wanted an IDX header (0 0, type, axes), got "
                                "%d %d %d %d",
                                start[0], start[1], start[2], start[3]);
    if (start[3] > RITZ_MAX_RANK)
        return ritz_source_fail(from, err, "wanted at most %d axes, got %d",
                                RITZ_MAX_RANK, start[3]);
    ritz_shape shape;
    status = read_shape(&shape, start[3], from, err);
    if (status == RITZ_OK)
        status = ritz_stored_read(out, type, true, &shape, from, err);
    if (status == RITZ_OK)
        status = ritz_source_end(from, err);
    return status;
}

ritz_status ritz_idx_read(ritz_tensor **out, const char *path, ritz_error *err)
{
    ritz_source from;
    *out = NULL;
    ritz_status status = ritz_source_open_gzip(&from, "idx", path, err);
    if (status != RITZ_OK)
        return status;
    status = read_array(out, &from, err);
    ritz_source_close(&from);
    if (status != RITZ_OK) {
        ritz_tensor_release(*out);
        *out = NULL;
    }
    return status;
}
