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

/* quantile's own arguments. */
typedef struct ama__quantiles {
    int64_t n;
    const double *q;
    bool scalar; /* one q that was no list: no dim "quantile" */
    ama__quantile method;
    bool numeric_only; /* a Dataset's other variables are left out */
} ama__quantiles;

/* {0} with op set are xarray's defaults; quantile needs `quantiles` too. */
typedef struct ama__reduction {
    ama__red op;
    ama__dims dims;
    ama__skipna skipna;
    ama__keep_attrs keep_attrs;
    int64_t min_count; /* sum, prod; 0 off */
    int ddof;          /* std, var */
    ama__quantiles quantiles;
    const ama__evaluator *eval;
} ama__reduction;

/* dim None and `...` reduce all dims. A Dataset's non-numeric variables are left out of mean, sum, prod, std, var and
 * median. Errors: NOTFOUND (no such dim, with the nearest), UNSUPPORTED (text, times that are not in memory). */
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
/* True for mean, sum, prod, std, var, median: a Dataset leaves out variables that are no numbers. */
bool ama__reduction_is_numeric(ama__red op);

/* ---- quantile (quantile.c) */

/* "linear", "lower", …: numpy's names. ARG, with all of them, when unknown. */
ama_status ama__quantile_parse(ama_ctx *ctx, const char *name, ama__quantile *out);
/* What quantile checks before all else: q in [0, 1], no dim "quantile" yet; dims of dim[n] that are not empty. */
ama_status ama__quantile_check(ama__graph *g, const ama__object *x, const ama__reduction *r, int n,
                               const char *const *dim);
/* Names the last axis of v->node and puts it in its place: in a plain quantile first, of groups last; a scalar q has
 * none. */
ama_status ama__quantile_axis(ama__graph *g, const ama__reduction *r, bool grouped, ama__variable *v);
/* The coordinate "quantile" instead of the scalar coordinates. */
ama_status ama__quantile_coords(ama__graph *g, const ama__reduction *r, ama__object *x);

#endif
