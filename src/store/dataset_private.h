/* What dataset.c (opening) and dataset_read.c (manifests, whole variables) share. */
#ifndef AMA_STORE_DATASET_PRIVATE_H
#define AMA_STORE_DATASET_PRIVATE_H

#include "store/dataset.h"
#include "store/fetch.h"
#include "store/pack.h"

typedef struct opened_store {
    ama__store pub;    /* first: an ama__store * is an opened_store * */
    int owner;         /* the rank that opened it */
    void *handle;      /* the driver's, on the owner only; NULL when it was let go */
    bool *built;       /* [n_vars] on the owner: the manifest is made, whether others have it or not */
    const void **sent; /* [n_vars] native-endian values that another rank read, while they are there */
} opened_store;

/* Files that a rank keeps open of one call; of more it lets go of each before it opens the next. */
enum { AMA_STORE_HELD_MAX = 32 };
/* The owner's: makes the small manifests and closes the file. Local. */
ama_status ama__store_let_go(ama__store *s);
/* The owner's: makes a manifest unless it is made. A file that was let go is opened again, and *reopened (NULL at
 * first) closed before: one file at a time. MISMATCH when it says something else than before. Local. */
ama_status ama__store_build_manifest(ama__store *s, int var, ama__store **reopened);
void ama__store_close_again(ama__store **reopened);

/* ama__store_read_whole with the files of `f`. Local. */
ama_status ama__store_read_with(ama__fetcher *f, ama__store *s, int var, void **out);

/* Puts together what every rank packed and gives it to all, in rank order (category META, the caller's). only >= 0:
 * just that rank packed something; *buf is then NULL there. Collective. */
ama_status ama__exchange(ama__comm *comm, int only, const ama__packer *mine, void **buf, size_t *bytes);

#endif
