/* From labels to places on one index: the lookups of sel. Local. */
#ifndef AMA_GRAPH_FIND_H
#define AMA_GRAPH_FIND_H

#include "graph/select.h"

/* Which elements of a dim: one (the dim goes), a run start + i * step, or a list. */
typedef struct ama__place {
    bool scalar;
    int64_t count, start, step;
    const int64_t *list;
} ama__place;

ama_status ama__find_scalar(ama__graph *g, const ama__variable *index, const char *dim, const ama__label *label,
                            const ama__sel_options *o, ama__place *out);
ama_status ama__find_list(ama__graph *g, const ama__variable *index, const char *dim, int64_t n, const ama__label *list,
                          const ama__sel_options *o, ama__place *out);
ama_status ama__find_slice(ama__graph *g, const ama__variable *index, const char *dim, const ama__label *start,
                           const ama__label *stop, const ama__label *step, const ama__sel_options *o, ama__place *out);

#endif
