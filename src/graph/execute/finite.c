/* finite.c - is there an infinity or NaN? */
#include "graph/execute/finite.h"

#include <math.h>

bool ritz_all_finite(ritz_dtype dtype, const void *data, int64_t count)
{
    if (dtype == RITZ_F32) {
        for (int64_t i = 0; i < count; i++)
            if (!isfinite(((const float *)data)[i]))
                return false;
    } else if (dtype == RITZ_F64) {
        for (int64_t i = 0; i < count; i++)
            if (!isfinite(((const double *)data)[i]))
                return false;
    }
    return true;
}
