/* rank: SEMANTICS 1.4. Local. */
#ifndef AMA_GRAPH_RANKING_H
#define AMA_GRAPH_RANKING_H

#include "graph/reduction.h"

typedef struct ama__ranking {
    const char *dim;
    bool pct;
    ama__keep_attrs keep_attrs; /* of the Dataset's own */
    ama__keep_attrs keep_each;  /* of the variables': set_options alone says, as in xarray */
} ama__ranking;
/* Ranks along one dim as float64: a SCAN of one segment, so that columns are held whole. All coordinates stay; a
 * Dataset loses the data variables without the dim. Errors: NOTFOUND (no such dim, with the nearest), UNSUPPORTED
 * (text, times).
 */
ama_status ama__object_rank(ama__graph *g, const ama__object *x, const ama__ranking *r, ama__object *out);

#endif
