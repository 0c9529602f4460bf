/* Ahead of the tile that is worked on: its successors' chunks are ordered to be read, and what is read in place (boxes,
 * chunks stored as they are; all where the budget has no room for a window) is announced to the kernel. */
#ifndef AMA_EXEC_AHEAD_H
#define AMA_EXEC_AHEAD_H

#include "plan/wants.h"
#include "store/prefetch.h"

typedef struct ama__ahead {
    const ama__stage *stage;
    ama__fetcher *fetcher;
    ama__prefetch *prefetch; /* NULL: only announced */
    int depth;               /* tiles; 0: nothing is done */
    int64_t unit, last,
        next;            /* the tile after the last that was looked at: unit, and its start on axis 0 (-1: first) */
    int64_t tile;        /* number of the last that was looked at */
    ama__wants wants[2]; /* of that tile, wants[now], and of the one before */
    int now, ordered;    /* wants of it that are dealt with */
} ama__ahead;

/* The tiles of `rank`. Local. */
ama_status ama__ahead_init(ama__ahead *a, ama_ctx *ctx, const ama__stage *s, ama__fetcher *f, int depth, int rank);
void ama__ahead_fini(ama__ahead *a);
/* Called before tile number `tile` (from 0) is fetched. Local. */
ama_status ama__ahead_fill(ama__ahead *a, int64_t tile);

#endif
