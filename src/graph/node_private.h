/* Shared by the files that make nodes (node*.c) and by nobody else. */
#ifndef AMA_GRAPH_NODE_PRIVATE_H
#define AMA_GRAPH_NODE_PRIVATE_H

#include "graph/node.h"

/* A node with nothing in it but what is given and its number. Errors: UNSUPPORTED (too many dims or elements). */
ama_status ama__node_new(ama__graph *g, ama__node_kind kind, ama_dtype t, int ndim, const int64_t *shape,
                         ama__node **out);
/* The dtype of a reduction's result. */
ama_dtype ama__node_reduce_dtype(const ama__node *in, const ama__reduce_spec *s);

#endif
