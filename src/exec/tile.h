/* The chunks of one tile, fetched and decoded by all threads of the rank. */
#ifndef AMA_EXEC_TILE_H
#define AMA_EXEC_TILE_H

#include "kernel/block.h"
#include "plan/wants.h"
#include "store/fetch.h"

/* A chunk as it is stored; got: neither data nor missing when the rank reads it by itself. */
typedef struct ama__tile_stored {
    ama__read_bytes got;
    bool own; /* the data are no part of the tile's stored_data */
} ama__tile_stored;

typedef struct ama__tile {
    ama_ctx *ctx;
    const ama__stage *stage;
    ama__fetcher *fetcher;
    ama__codec_work **work; /* per thread */
    int threads;
    ama__wants wants;
    void **data; /* per want: raw chunk or box in stored byte order */
    int data_cap;
    ama__wants old; /* of the tile before: what both want is kept */
    void **old_data;
    int old_cap;
    ama__load **load; /* per source, per part */
    ama__box *reach;  /* per source: holds all that the stage reads of it; ndim -1: nothing */
    int n_scans;
    /* where ranks read together, see exec/tile_share.h; NULL otherwise */
    struct ama__collective *collective;
    struct ama__store_var *part; /* all parts of all sources */
    int64_t *first_part;         /* per source: where its parts begin */
    char *stored_data;           /* bytes of this tile's chunks as they are stored in common files */
    int n_stored;
    struct ama__tile_stored *stored; /* per want */
    void **scan; /* per box of wants.scans: its values, float64 or 64-bit integers; n_scans are made */
} ama__tile;

ama_status ama__tile_init(ama__tile *t, ama_ctx *ctx, const ama__stage *s, ama__fetcher *f, ama__codec_work **work,
                          int threads);
void ama__tile_fini(ama__tile *t);
/* Lists what the consumers need in a box of the driver's space. Chunks of the tile before that are wanted again are
 * kept. Local. */
ama_status ama__tile_want(ama__tile *t, const ama__box *driver_box);
/* Fetches and decodes what is not there. Local. */
ama_status ama__tile_fetch(ama__tile *t);
/* Frees the values of the tile's scans. */
void ama__tile_drop_scans(ama__tile *t);

/* Number of the calling thread in its team. */
int ama__thread(void);

#endif
