/* linear.h - rules of primitives that are linear in their one operand: the
 * tangent and the batch go through the same primitive. */
#ifndef RITZ_GRAPH_PRIMITIVES_LINEAR_H
#define RITZ_GRAPH_PRIMITIVES_LINEAR_H

#include "graph/batch.h"
#include "graph/build.h"
#include "graph/infer.h"

ritz_jvp_fn ritz_push_linear;

/* For primitives that work on the last axes and pass any leading ones on. */
ritz_batch_fn ritz_batch_leading;

ritz_shape ritz_shape_with_batch(const ritz_shape *s, int64_t size);
ritz_shape ritz_shape_of_list(const ritz_value *v); /* of a SHAPE argument */

#endif
