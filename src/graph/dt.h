/* Components of times as arrays in memory: `.dt.month`, "time.month". Local. */
#ifndef AMA_GRAPH_DT_H
#define AMA_GRAPH_DT_H

#include "graph/labels.h"

/* x.dt.<name> of a DataArray of times: int64 (season: text, is_leap_year: bool), named like the component, coords kept.
 * Errors: ARG (not times), NOTFOUND (no such component, with the nearest). */
ama_status ama__object_dt(ama__graph *g, const ama__evaluator *ev, const ama__object *x, const char *name,
                          ama__object *out);
/* The coordinate or data variable `name` of an object as a DataArray, or a virtual one ("time.month", "time.season").
 * Errors: NOTFOUND. */
ama_status ama__object_get(ama__graph *g, const ama__evaluator *ev, const ama__object *x, const char *name,
                           ama__object *out);
/* The same without an error: false when `name` is neither a variable nor a component of a time. */
bool ama__object_has(const ama__object *x, const char *name);

#endif
