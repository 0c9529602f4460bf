/* Arrays as numpy prints them. Private to graph/repr*.c. */
#ifndef AMA_GRAPH_REPR_ARRAY_H
#define AMA_GRAPH_REPR_ARRAY_H

#include "base/text.h"
#include "graph/variable.h"

/* Edge elements shown of each dim that is summarised, and whether an array of that shape is. xarray's short_numpy_repr:
 * more than 200 elements; 3 edge elements up to two dims, 2 for three, else 1. numpy itself (bare): 1000 and 3. */
int ama__repr_edge(bool bare, int ndim);
bool ama__repr_summarised(bool bare, int ndim, const int64_t *shape);

typedef struct ama__repr_array {
    ama_dtype dtype;
    const ama__timeaxis *time; /* NULL: plain values */
    int ndim;
    const int64_t *shape; /* of the whole array */
    const void *data;     /* dense native: the whole array, or the edges when it is summarised */
    bool bare;            /* as numpy's str() shows values: no "array(" and dtype, 8 digits after the point */
} ama__repr_array;

ama_status ama__repr_array_text(ama__graph *g, const ama__repr_array *a, ama__text *out);
/* One element as xarray previews it in a line of a coordinate. buf >= 64 bytes. */
const char *ama__repr_item(const ama__repr_array *a, int64_t i, char *buf, size_t buf_bytes);
/* "float32", "datetime64[ns]", "object", "<U3". buf >= 32 bytes. */
const char *ama__repr_dtype(const ama__repr_array *a, char *buf, size_t buf_bytes);

#endif
