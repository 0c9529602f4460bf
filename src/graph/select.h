/* isel, sel, head, tail, thin: SEMANTICS 1.2. Local. */
#ifndef AMA_GRAPH_SELECT_H
#define AMA_GRAPH_SELECT_H

#include "graph/labels.h"

typedef enum ama__selector_kind {
    AMA_SELECT_SCALAR, /* an index (isel) or a label (sel): the dim goes, a scalar coordinate stays */
    AMA_SELECT_SLICE,
    AMA_SELECT_LIST,  /* indices or labels */
    AMA_SELECT_BOOLS, /* one bool per element of the dim */
    AMA_SELECT_ARRAY  /* a 0-D or 1-D DataArray of ints, labels, times or bools */
} ama__selector_kind;

typedef struct ama__selector {
    const char *dim;
    ama__selector_kind kind;
    ama__label scalar;
    ama__label start, stop, step; /* SLICE: kind NONE where left out; isel wants INT; step always INT */
    int64_t n;                    /* LIST, BOOLS */
    const ama__label *list;
    const bool *mask;
    const ama__object *array;
} ama__selector;

typedef enum ama__sel_method { AMA_SEL_EXACT, AMA_SEL_NEAREST, AMA_SEL_PAD, AMA_SEL_BACKFILL } ama__sel_method;
typedef enum ama__missing_dims { AMA_MISSING_RAISE, AMA_MISSING_WARN, AMA_MISSING_IGNORE } ama__missing_dims;

typedef struct ama__sel_options {
    ama__sel_method method;
    bool has_tolerance;
    double tolerance;
    const char *tolerance_text; /* a duration such as "12h", for times */
    bool drop;
    ama__missing_dims missing_dims; /* isel */
    const ama__evaluator *eval;     /* for ARRAY selectors that are not in memory; may be NULL */
} ama__sel_options;

/* "nearest", "pad", "ffill", "backfill", "bfill"; NULL is exact. Errors: ARG. */
ama_status ama__sel_method_parse(ama_ctx *ctx, const char *name, ama__sel_method *out);

/* o may be NULL (all defaults). A Dataset's variables without the dim stay as they are. Errors: NOTFOUND (no such dim,
 * no such label: names the dim, the label and the nearest one or the range), ARG (index out of range, slice of an
 * unsorted index, …). */
ama_status ama__object_isel(ama__graph *g, const ama__object *in, int n, const ama__selector *s,
                            const ama__sel_options *o, ama__object *out);
ama_status ama__object_sel(ama__graph *g, const ama__object *in, int n, const ama__selector *s,
                           const ama__sel_options *o, ama__object *out);

typedef enum ama__part { AMA_PART_HEAD, AMA_PART_TAIL, AMA_PART_THIN } ama__part;
/* Per dim its number of elements (THIN: the step). dim NULL with n_dims 1: that number for every dim. */
ama_status ama__object_part(ama__graph *g, const ama__object *in, ama__part part, int n_dims, const char *const *dim,
                            const int64_t *count, ama__object *out);

#endif
