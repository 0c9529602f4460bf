/* Several files as one dataset: shared by open_mf.c (which file goes where) and open_concat.c (making the variables).
 */
#ifndef AMA_GRAPH_OPEN_MF_H
#define AMA_GRAPH_OPEN_MF_H

#include "graph/open_private.h"

/* Files that are put one behind the other along one dim. */
typedef struct ama__file_group {
    int n;
    ama__file_view **file; /* in order along the dim, once it is known */
    const char *dim;       /* NULL: a single file */
} ama__file_group;

/* True for what labels a dim: 1-D, of the dim's name, read at once. */
static inline bool ama__decoded_is_index(const ama__decoded *d) {
    return d->kind != AMA_DECODE_LAZY && d->ndim == 1 && strcmp(d->name, d->dim[0]) == 0;
}
static inline int ama__decoded_axis(const ama__decoded *d, const char *dim) {
    for (int a = 0; a < d->ndim; a++)
        if (strcmp(d->dim[a], dim) == 0) return a;
    return -1;
}

/* Three-way comparison of values read at once, of the same kind. */
int ama__decoded_compare(const ama__decoded *a, int64_t i, const ama__decoded *b, int64_t j);
/* The dataset of a group: what has the dim is concatenated, all else is the first file's. Local. */
ama_status ama__group_dataset(ama__graph *g, const ama__file_group *group, ama__dataset **out);
/* Adds the variables of another group's dataset; dims they share must have the same labels. Local. */
ama_status ama__group_merge(ama__graph *g, ama__dataset *into, const ama__dataset *from, const char *path);

#endif
