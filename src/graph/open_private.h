/* The steps of opening that one and several files share. */
#ifndef AMA_GRAPH_OPEN_PRIVATE_H
#define AMA_GRAPH_OPEN_PRIVATE_H

#include "graph/open_decode.h"

/* Opens the stores and looks at their metadata. Collective. */
ama_status ama__open_views(ama__graph *g, ama__comm *comm, int n, const char *const *paths, const ama__open_args *args,
                           ama__opened *stores, ama__file_view **out);
/* Which of the variables that can be read at once are read now; NULL: all. Same answer on all ranks. */
typedef bool ama__eager_fn(void *user, int file, const ama__decoded *d);
/* Reads and decodes them. Collective. */
ama_status ama__open_load(ama__graph *g, ama__comm *comm, int n, ama__file_view *f, const ama__open_args *args,
                          ama__eager_fn *wanted, void *user);
/* An empty dataset with room for the variables of the file, its attributes and unlimited dims. Local. */
ama_status ama__open_frame(ama__graph *g, const ama__file_view *f, ama__dataset **out);
/* Adds to a frame: as coordinate or data variable. */
void ama__open_add(ama__dataset *ds, const ama__decoded *d, ama__variable *v);

#endif
