/* x.rolling(...): SEMANTICS 1.6. Local. */
#ifndef AMA_GRAPH_ROLLING_H
#define AMA_GRAPH_ROLLING_H

#include "graph/reduction.h"

typedef struct ama__rolling {
    const ama__object *object;
    int n; /* dims */
    const char *const *dim;
    const int64_t *width;
    const bool *center;  /* window ends at its label, or lies around it */
    int64_t min_periods; /* 0: as many as a window has */
} ama__rolling;

/* What rolling() itself checks: dims, widths, min_periods. */
ama_status ama__rolling_check(ama__graph *g, const ama__rolling *r);
/* op of each window's values that are not missing: mean, sum, min, max, count, std, var, of one dim also median; NaN
 * where there are fewer than min_periods. Coordinates stay. Errors: UNSUPPORTED for others. */
ama_status ama__rolling_reduce(ama__graph *g, const ama__rolling *r, ama__red op, int ddof, ama__keep_attrs keep,
                               ama__object *out);

#endif
