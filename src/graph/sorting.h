/* sortby: the order that 1-D keys give to their dims. Local, unless a key's values must be computed. */
#ifndef AMA_GRAPH_SORTING_H
#define AMA_GRAPH_SORTING_H

#include "graph/labels.h"

/* Each dim that keys have gets numpy's lexsort of them, the first the most significant: stable, -0 equal to 0, NaN and
 * NaT last, text by code points; not ascending: the same the other way round, equal ones and NaN too. A key whose
 * labels along its dim are not the object's is brought to these first, missing where it has none (xarray's left join).
 * A dim that is in order stays as it is, one in reverse order is taken with step -1. The values of a key that is not in
 * memory are computed at once. Errors: ARG (a key that is not 1-D), NOTFOUND (a dim that the object does not have),
 * MISMATCH (labels), UNSUPPORTED (missing labels for keys that are no numbers; values that cannot be computed here). */
ama_status ama__object_sortby(ama__graph *g, const ama__object *in, int n_keys, const ama__object *key, bool ascending,
                              ama__object *out);

#endif
