/* xr.merge and Dataset.merge with the announced new defaults: SEMANTICS 1.0. Local. */
#ifndef AMA_GRAPH_MERGE_H
#define AMA_GRAPH_MERGE_H

#include "graph/concat.h"

typedef struct ama__merge {
    ama__concat_join join;
    ama__concat_attrs attrs;
    bool check; /* compat="no_conflicts" and the like: variables of one name must be the same; else the first counts */
} ama__merge;

/* Datasets, and DataArrays with names, as one Dataset. Errors: MISMATCH (labels, sizes, a coordinate in one that is a
 * variable in another), ARG (a DataArray without name), UNSUPPORTED (variables that cannot be compared). */
ama_status ama__graph_merge(ama__graph *g, int n, const ama__object *const *in, const ama__merge *m, ama__object *out);

#endif
