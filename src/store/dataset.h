/* An open dataset on all ranks: metadata replicated, manifests fetched when a plan needs them. */
#ifndef AMA_STORE_DATASET_H
#define AMA_STORE_DATASET_H

#include "comm/comm.h"
#include "store/driver.h"

typedef struct ama__store {
    ama_ctx *ctx;
    ama__arena *arena;
    const char *path;
    const ama__driver *driver;
    ama__open_options options;
    ama__meta meta;
    ama__manifest *manifest; /* [n_vars] */
    bool *has_manifest;      /* [n_vars] */
} ama__store;

/* Opens `path` on one rank, broadcasts what it says. Collective. Errors as the driver's open, the same on all ranks. */
ama_status ama__store_open(ama_ctx *ctx, ama__comm *comm, const char *path, const ama__open_options *o,
                           ama__store **out);
/* Opens n datasets, shared out over ranks that lie far apart, at most o->max_openers: servers of metadata are few. The
 * order of `out` is that of `paths`. Collective. On an error all are closed. */
#define AMA_STORE_OPENERS 64
ama_status ama__store_open_many(ama_ctx *ctx, ama__comm *comm, int n, const char *const *paths,
                                const ama__open_options *o, ama__store **out);
void ama__store_close(ama__store **s);
/* Makes the manifests of the listed (store, var) pairs available on all ranks; pairs already there cost nothing.
 * Collective. */
typedef struct ama__store_var {
    ama__store *store;
    int var;
} ama__store_var;
ama_status ama__store_need_manifests(ama_ctx *ctx, ama__comm *comm, int n, const ama__store_var *v);

/* Reads what is small of the listed variables, whose manifests must be there, on one rank each, for
 * ama__store_read_whole on all until ama__store_drop_values with the same list. Collective. Errors of reading. */
ama_status ama__store_send_values(ama_ctx *ctx, ama__comm *comm, int n, const ama__store_var *v, void **hold);
void ama__store_drop_values(ama_ctx *ctx, int n, const ama__store_var *v, void **hold);

/* The same with the files that `f` has open. Local. */
struct ama__fetcher;
ama_status ama__store_read_with(struct ama__fetcher *f, ama__store *s, int var, void **out);
/* Reads the whole of a small variable (coordinates, text) into a dense native-endian array of the stored dtype
 * (category META; STRING: char pointers that live as long as the store). The manifest must be there. Local. */
ama_status ama__store_read_whole(ama__store *s, int var, void **out);

#endif
