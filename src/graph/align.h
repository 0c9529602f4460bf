/* Alignment of labels by inner join, merging of coordinates and attrs: SEMANTICS 1.2. Local. */
#ifndef AMA_GRAPH_ALIGN_H
#define AMA_GRAPH_ALIGN_H

#include "graph/labels.h"

/* What becomes of attrs. DEFAULT is xarray's present rule: binary operations keep attrs that agree, all else keeps. */
typedef enum ama__keep_attrs { AMA_KEEP_DEFAULT, AMA_KEEP_NO, AMA_KEEP_YES } ama__keep_attrs;

/* LEFT: the labels of the first object that has any; others get missing values where they have none. OUTER: the labels
 * of all, sorted where they differ. */
typedef enum ama__join { AMA_JOIN_INNER, AMA_JOIN_EXACT, AMA_JOIN_LEFT, AMA_JOIN_OUTER } ama__join;

/* Brings objects onto common index labels: dims whose labels are the same everywhere stay untouched; else (INNER) only
 * labels found in all stay, in the order of the first. out[n] are views, in the arena's lists. Errors: MISMATCH (labels
 * differ under EXACT; sizes differ on a dim without labels, naming dim and sizes; labels that stand twice). */
ama_status ama__align(ama__graph *g, int n, const ama__object *const *in, ama__join join, ama__object *out);
/* The same, one dim left as it is (NULL: none). */
ama_status ama__align_except(ama__graph *g, int n, const ama__object *const *in, ama__join join, const char *dim,
                             ama__object *out);

/* Reorders the coordinates as xarray has them after labels were joined: indexes before the others. */
ama_status ama__indexes_first(ama__graph *g, ama__object *o);

/* Coordinates of several objects merged as arithmetic does: index coordinates (aligned by now) from the first that has
 * them, others where they do not conflict. The
 * first one's attrs stay. */
ama_status ama__merge_coords(ama__graph *g, int n, const ama__object *const *in, int *n_out, ama__named **out);
/* attrs that are in all and agree, or in some and are absent in the others (drop_conflicts). */
ama_status ama__merge_attrs(ama__graph *g, int n, const ama__attrs *const *in, ama__attrs *out);
/* True when two variables surely hold the same: same node, or equal values in memory, and the same dims. */
bool ama__variable_same(const ama__variable *a, const ama__variable *b);

#endif
