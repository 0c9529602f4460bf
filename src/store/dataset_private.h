/* What dataset.c (opening) and dataset_read.c (manifests, whole variables) share. */
#ifndef AMA_STORE_DATASET_PRIVATE_H
#define AMA_STORE_DATASET_PRIVATE_H

#include "store/dataset.h"
#include "store/fetch.h"
#include "store/pack.h"

/* Many datasets that were opened in one call: their metadata lie together, what is equal in several once. The
 * exemplars are those that others are held against: files of one kind follow one of them. */
enum { AMA_STORE_EXEMPLARS = 8 };
typedef struct ama__store_group {
    ama__arena *arena; /* of the group too */
    int n_open;        /* stores */
    int n_exemplars;
    ama__store *exemplar[AMA_STORE_EXEMPLARS];
} ama__store_group;

typedef struct ama__large_table ama__large_table;

typedef struct opened_store {
    ama__store pub;          /* first: an ama__store * is an opened_store * */
    ama__store_group *group; /* NULL: the store's arena is its own */
    ama__store *like;        /* an exemplar with variables of the same names, or NULL */
    bool same;               /* nothing differs from it */
    int owner;               /* the rank that opened it */
    int number;              /* in the call that opened it */
    void *handle;            /* the driver's, on the owner only; NULL when it was let go */
    ama__arena *scratch;     /* of the handle, where there is a group */
    bool *built;             /* [n_vars] on the owner: the manifest is made, whether others have it or not */
    const void **sent;       /* [n_vars] native-endian values that another rank read, while they are there */
    const void **ahead;      /* [n_vars] those that the owner read when it opened the file; NULL: none */
    ama__large_table *large; /* list of the chunk tables that the ranks of a node have together */
} opened_store;

/* Files that a rank keeps open of one call; of more it lets go of each before it opens the next. */
enum { AMA_STORE_HELD_MAX = 32 };
/* The owner's: makes the small manifests, reads small values ahead, and closes the file. The file is open in `f`.
 * Local.
 */
ama_status ama__store_let_go(ama__store *s, ama__fetcher *f);
/* ---- dataset_group.c. All Local. ---- */
ama_status ama__store_group_create(ama_ctx *ctx, ama__store_group **out);
/* A store less: the last one takes the group along. */
void ama__store_group_leave(ama__store_group *g);
/* s->meta = a copy of `m`, in the group's arena, of what its exemplar does not have. */
ama_status ama__store_group_meta(ama__store *s, const ama__meta *m);
/* Of values in memory: those of the exemplar when they are the same, else a copy in the arena. */
ama_status ama__store_group_values(ama__store *s, int var, const void *values, size_t bytes, const void **out);
/* Opens with the driver, the handle in an arena of its own. */
ama_status ama__store_group_open(ama__store *s, const ama__open_options *o, ama__meta *m);
void ama__store_group_close(ama__store *s);
/* The owner's: makes a manifest unless it is made. A file that was let go is opened again, and *reopened (NULL at
 * first) closed before: one file at a time. MISMATCH when it says something else than before. Local. */
ama_status ama__store_build_manifest(ama__store *s, int var, ama__store **reopened);
void ama__store_close_again(ama__store **reopened);

/* ---- dataset_tables.c ---- */
/* True of tables that are not sent with the manifest but shared. */
bool ama__manifest_is_large(const ama__manifest *m);
/* Where the owner makes a manifest: the store's arena, or one of its own for a large table. Local. */
ama_status ama__store_table_arena(ama__store *s, int var, ama__arena **out);
/* The owner's large table to all ranks, once a node. Collective, agreed. */
ama_status ama__store_share_table(ama__comm *comm, ama__store *s, int var);
void ama__store_free_tables(ama__store *s);

/* Reads them where only this rank has the manifest. */
ama_status ama__store_read_own(ama__fetcher *f, ama__store *s, int var, void **out);

/* Puts together what every rank packed and gives it to all, in rank order (category META, the caller's). only >= 0:
 * just that rank packed something; *buf is then NULL there. Collective. */
ama_status ama__exchange(ama__comm *comm, int only, const ama__packer *mine, void **buf, size_t *bytes);

#endif
