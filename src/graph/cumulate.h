/* cumsum and cumprod: SEMANTICS 1.4. Local. */
#ifndef AMA_GRAPH_CUMULATE_H
#define AMA_GRAPH_CUMULATE_H

#include "graph/reduction.h"

/* Running sums (products) of an array of numbers along an axis, as float64, int64 or uint64. Long axes are cut into
 * segments: a running sum in each, to which the sum of all segments before it is added, whose parts a first pass makes.
 * The segments depend on the shape and on how the array is stored alone. (A product of a segment may so overflow where
 * the running product, smaller by what comes before, would not.) */
ama_status ama__node_cumulate(ama__graph *g, ama__node *in, int axis, bool product, bool skipna, ama__node **out);
/* The same with given segments, as in ama__scan_spec. */
ama_status ama__node_cumulate_in(ama__graph *g, ama__node *in, const ama__scan_spec *spec, ama__node **out);

typedef struct ama__cumulation {
    bool product;
    ama__dims dims; /* NONE and ELLIPSIS: all, one after the other */
    ama__skipna skipna;
    ama__keep_attrs keep_attrs;
} ama__cumulation;
/* A Dataset loses what is no number, and, as in xarray, coordinates along the dims. Errors: NOTFOUND (no such dim, with
 * the nearest), UNSUPPORTED (text, times). */
ama_status ama__object_cumulate(ama__graph *g, const ama__object *x, const ama__cumulation *c, ama__object *out);

#endif
