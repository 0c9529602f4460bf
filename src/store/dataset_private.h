/* What dataset.c (opening) and dataset_read.c (manifests, whole variables) share. */
#ifndef AMA_STORE_DATASET_PRIVATE_H
#define AMA_STORE_DATASET_PRIVATE_H

#include "store/dataset.h"
#include "store/pack.h"

typedef struct opened_store {
    ama__store pub; /* first: an ama__store * is an opened_store * */
    int owner;      /* the rank that opened it */
    void *handle;   /* the driver's, on the owner only */
} opened_store;

/* Puts together what every rank packed and gives it to all, in rank order (category META, the caller's). only >= 0:
 * just that rank packed something; *buf is then NULL there. Collective. */
ama_status ama__exchange(ama__comm *comm, int only, const ama__packer *mine, void **buf, size_t *bytes);

#endif
