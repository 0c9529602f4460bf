/* xr.concat with the announced new defaults: SEMANTICS 1.0. Local. */
#ifndef AMA_GRAPH_CONCAT_H
#define AMA_GRAPH_CONCAT_H

#include "graph/align.h"

/* Which variables without the dim are repeated along it; the others are the first object's. DEFAULT is ALL for data
 * variables along a new dim, else MINIMAL. */
typedef enum ama__concat_which {
    AMA_CONCAT_DEFAULT,
    AMA_CONCAT_MINIMAL,
    AMA_CONCAT_ALL,
    AMA_CONCAT_NAMED
} ama__concat_which;
typedef struct ama__concat_vars {
    ama__concat_which which;
    int n; /* NAMED */
    const char *const *name;
} ama__concat_vars;

typedef enum ama__concat_join {
    AMA_CONCAT_EXACT,
    AMA_CONCAT_OUTER,
    AMA_CONCAT_INNER,
    AMA_CONCAT_LEFT,
    AMA_CONCAT_OVERRIDE
} ama__concat_join;
typedef enum ama__concat_attrs {
    AMA_CONCAT_ATTRS_FIRST,
    AMA_CONCAT_ATTRS_AGREE,
    AMA_CONCAT_ATTRS_NONE
} ama__concat_attrs;

typedef struct ama__concat {
    const char *dim;
    const ama__object *labels; /* 1-D, of the dim; NULL: none given */
    ama__concat_vars data_vars, coords;
    ama__concat_join join; /* along all other dims */
    ama__concat_attrs attrs;
} ama__concat;

/* Objects of one kind, one behind the other along a dim they have, along a scalar coordinate, or stacked along a new
 * dim, which then comes first. Errors: MISMATCH (labels, sizes, variables that are coordinates in some), NOTFOUND,
 * UNSUPPORTED (data variables that not all have). */
ama_status ama__graph_concat(ama__graph *g, int n, const ama__object *const *in, const ama__concat *c,
                             ama__object *out);

#endif
