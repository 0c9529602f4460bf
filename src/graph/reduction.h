/* Reductions of labelled arrays: SEMANTICS 1.4. Local. */
#ifndef AMA_GRAPH_REDUCTION_H
#define AMA_GRAPH_REDUCTION_H

#include "graph/align.h"

/* dim=None, dim=... and dim="x" or ["x", "y"]. */
typedef enum ama__dims_kind { AMA_DIMS_NONE, AMA_DIMS_ELLIPSIS, AMA_DIMS_LIST } ama__dims_kind;
typedef struct ama__dims {
    ama__dims_kind kind;
    int n;
    const char *const *name;
} ama__dims;

typedef enum ama__skipna { AMA_SKIPNA_DEFAULT, AMA_SKIPNA_NO, AMA_SKIPNA_YES } ama__skipna;

/* {0} with op set are xarray's defaults. */
typedef struct ama__reduction {
    ama__red op;
    ama__dims dims;
    ama__skipna skipna;
    ama__keep_attrs keep_attrs;
    int64_t min_count; /* sum, prod; 0 off */
    int ddof;          /* std, var */
    const ama__evaluator *eval;
} ama__reduction;

/* dim None and `...` reduce all dims. A Dataset's non-numeric variables are left out of mean, sum, prod, std and var.
 * Errors: NOTFOUND (no such dim, with the nearest), UNSUPPORTED (text, times that are not in memory). */
ama_status ama__object_reduce(ama__graph *g, const ama__object *x, const ama__reduction *r, ama__object *out);
/* "mean", "sum", … as a reduction; false when unknown. */
bool ama__reduction_parse(const char *name, ama__red *out);

#endif
