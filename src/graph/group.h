/* groupby and resample: SEMANTICS 1.3, 1.7. Local. */
#ifndef AMA_GRAPH_GROUP_H
#define AMA_GRAPH_GROUP_H

#include "cf/frequency.h"
#include "graph/arith.h"
#include "graph/reduction.h"

/* x.groupby(...) or x.resample(...): lives in the graph's arena. */
typedef struct ama__group {
    const ama__object *object;
    const char *dim;       /* that is grouped */
    const char *name;      /* of the group coordinate; resample: = dim */
    ama__variable *labels; /* [n] in memory, sorted, dim name = `name` */
    ama__variable *key;    /* [extent of dim] in memory: each element's own label; NULL for resample */
    const int64_t *index;  /* [extent of dim]: which label, -1 none */
    int64_t n;
    bool resample;
} ama__group;

/* groupby("time.month"), groupby("lat"). The object is kept by pointer. Errors: NOTFOUND, ARG (labels that are not
 * 1-D), UNSUPPORTED (labels not in memory and no evaluator). */
ama_status ama__group_by_name(ama__graph *g, const ama__object *x, const char *name, const ama__evaluator *ev,
                              ama__group **out);
/* groupby(da): a named 1-D DataArray along a dim of x. */
ama_status ama__group_by_array(ama__graph *g, const ama__object *x, const ama__object *key, const ama__evaluator *ev,
                               ama__group **out);
/* resample(dim=freq, closed, label, origin, offset). */
ama_status ama__group_resample(ama__graph *g, const ama__object *x, const char *dim, const ama__resample *r,
                               ama__group **out);

/* dims NONE reduces the grouped dim alone, ELLIPSIS all. first and last too. */
ama_status ama__group_reduce(ama__graph *g, const ama__group *group, const ama__reduction *r, ama__object *out);
/* group op other, or other op group when reversed. `other` is an object with the group's dim as an index; each element
 * meets that of its own label, or NaN where there is none. */
ama_status ama__group_arith(ama__graph *g, const ama__group *group, ama__op op, const ama__operand *other,
                            bool reversed, ama__object *out);

#endif
