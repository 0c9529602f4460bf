/* x.coarsen(...): SEMANTICS 1.6. Local. */
#ifndef AMA_GRAPH_COARSEN_H
#define AMA_GRAPH_COARSEN_H

#include "graph/reduction.h"

typedef enum ama__boundary { AMA_BOUNDARY_EXACT, AMA_BOUNDARY_TRIM, AMA_BOUNDARY_PAD } ama__boundary;

/* How one dim becomes coarser: blocks of `width` elements, from the first on, or up to the last (right). */
typedef struct ama__coarse_dim {
    const char *dim;
    int64_t width;
    ama__boundary boundary;
    bool right;
} ama__coarse_dim;

typedef struct ama__coarsen {
    const ama__object *object;
    int n;
    const ama__coarse_dim *dim;
    ama__red dim_func; /* of coordinates named like a dim; others: mean */
    int n_funcs;       /* of coordinates by name */
    const char *const *named;
    const ama__red *func;
} ama__coarsen;

/* What coarsen() itself checks: dims, widths. */
ama_status ama__coarsen_check(ama__graph *g, const ama__coarsen *c);
/* op of each block's values: mean, sum, prod, min, max, count, any, all, std, var, of one dim also median. Coordinates
 * along the dims are reduced by their own functions. Errors: ARG where a dim does not divide. */
ama_status ama__coarsen_reduce(ama__graph *g, const ama__coarsen *c, ama__red op, ama__skipna skipna,
                               ama__keep_attrs keep, ama__object *out);

#endif
