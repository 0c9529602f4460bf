/* Where the stored chunks below a lazy array begin. Local. */
#ifndef AMA_GRAPH_BORDERS_H
#define AMA_GRAPH_BORDERS_H

#include "graph/node.h"

/* Indices in (0, extent) along `axis` of a node at which a chunk of the largest source below it begins (a REDUCE is not
 * looked through): n increasing values in the arena, none where nothing is stored. Storage without chunks may be cut at
 * any index of its slowest axis: it counts as chunks of about 1 MiB. */
ama_status ama__node_borders(ama__graph *g, const ama__node *node, int axis, int64_t *n, int64_t **at);
/* Bytes of the largest source below a node, of all in a CONCAT together; 0: there is none. */
ama_status ama__node_stored_bytes(ama__graph *g, const ama__node *node, int64_t *bytes);

#endif
