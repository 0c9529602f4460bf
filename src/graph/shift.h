/* diff, shift, roll: SEMANTICS 1.4. Local. */
#ifndef AMA_GRAPH_SHIFT_H
#define AMA_GRAPH_SHIFT_H

#include "graph/arith.h"

/* Differences along a dim, n times. upper: labels of the later element; if not, the first difference has those of the
 * earlier one and further ones, as in xarray, of the later. Data variables without the dim stay. */
ama_status ama__object_diff(ama__graph *g, const ama__object *x, const char *dim, int64_t n, bool upper,
                            ama__object *out);

/* Moves data variables along dims; coordinates stay. */
typedef struct ama__shift {
    int n; /* dims */
    const char *const *dim;
    const int64_t *by;         /* positive: to higher indices */
    const ama__operand *fill;  /* a number for what comes in, of the array's own dtype; NULL: missing */
    int n_fills;               /* of a Dataset: by name of the variable */
    const char *const *filled; /* [n_fills] */
    const ama__operand *fills;
} ama__shift;
ama_status ama__object_shift(ama__graph *g, const ama__object *x, const ama__shift *s, ama__object *out);
/* The dims go round; coordinates too when asked for. */
ama_status ama__object_roll(ama__graph *g, const ama__object *x, int n, const char *const *dim, const int64_t *by,
                            bool coords, ama__object *out);

#endif
