/* Shared by the files that evaluate arrays in memory. */
#ifndef AMA_GRAPH_LABELS_PRIVATE_H
#define AMA_GRAPH_LABELS_PRIVATE_H

#include "graph/labels.h"

/* The values of a WINDOW n of the array `in` in memory: all, or those that `pick` takes along the window's axis. */
ama_status ama__labels_window(ama__graph *g, const ama__node *n, const ama__node *in, const ama__pick *pick,
                              ama__node **out);
/* The pick of an INDEX that takes a slice of the windows of its input, and all of other axes; NULL: it is none such. */
const ama__pick *ama__labels_window_slice(const ama__node *n);

#endif
