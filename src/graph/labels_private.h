/* Shared by the files that evaluate arrays in memory. */
#ifndef AMA_GRAPH_LABELS_PRIVATE_H
#define AMA_GRAPH_LABELS_PRIVATE_H

#include "graph/labels.h"

/* The values of a WINDOW n of the array `in` in memory. */
ama_status ama__labels_window(ama__graph *g, const ama__node *n, const ama__node *in, ama__node **out);

#endif
