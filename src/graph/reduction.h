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

/* Segments of one dim: groups, bins. */
typedef struct ama__segments {
    const char *dim, *name; /* the grouped dim, and what it is called in the result */
    int64_t n;
    const int64_t *label; /* [extent of dim], -1: in none */
    bool empty_nan;       /* segments without members give NaN whatever the dtype */
} ama__segments;
/* One variable: its dims among dim[n_dims] go, the segmented one (s may be NULL) becomes the segments. A variable with
 * none of them keeps its values where the reduction of one element would be that element. attrs by r. */
ama_status ama__variable_reduce(ama__graph *g, const ama__variable *v, const ama__reduction *r, int n_dims,
                                const char *const *dim, const ama__segments *s, ama__variable **out);
/* The same for times in memory. */
ama_status ama__times_reduce(ama__graph *g, const ama__variable *v, const ama__reduction *r, const bool *reduced,
                             int label_axis, const ama__segments *s, ama__node **out);
/* True for mean, sum, prod, std, var: a Dataset leaves out variables that are no numbers. */
bool ama__reduction_is_numeric(ama__red op);

#endif
