/* function.c - reading the arguments of a call. */
#include "graph/function.h"

int ritz_call_axis(ritz_graph *g, const char *who, int64_t axis, int rank)
{
    const int64_t at = axis < 0 ? axis + rank : axis - 1;
    if (axis != 0 && at >= 0 && at < rank)
        return (int)at;
    ritz_graph_fail(g, RITZ_EVALUE,
                    "%s: axis must be 1 to %d or -%d to -1, got %lld", who,
                    rank, rank, (long long)axis);
    return 0;
}

int ritz_call_axes(ritz_graph *g, const char *who, const ritz_value *v,
                   int rank, int axes[RITZ_MAX_RANK])
{
    const int n = v->given ? v->count : rank;
    for (int i = 0; i < n; i++) {
        axes[i] = v->given ? ritz_call_axis(g, who, v->list[i], rank) : i;
        for (int k = 0; k < i; k++)
            if (axes[k] == axes[i])
                ritz_graph_fail(g, RITZ_EVALUE,
                                "%s: wants each axis once, got axis %d twice",
                                who, axes[i] + 1);
    }
    return n;
}
