#ifndef AMA_GRAPH_RESTRUCTURE_PRIVATE_H
#define AMA_GRAPH_RESTRUCTURE_PRIVATE_H

#include "graph/restructure.h"

/* Makes one variable of another, for all variables and coordinates of an object. */
typedef ama_status ama__variable_fn(ama__graph *g, void *user, const char *name, bool is_coord, ama__variable *v,
                                    ama__variable **out);
ama_status ama__object_each(ama__graph *g, const ama__object *in, ama__variable_fn *fn, void *user, ama__object *out);
/* Output axis a is input axis axis[a]. */
ama_status ama__variable_permute(ama__graph *g, const ama__variable *v, const int *axis, ama__variable **out);

#endif
