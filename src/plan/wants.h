/* What a tile must fetch: the chunks (or, where storage has no chunks, the box) of every source its consumers read.
 * Used by plan/ to count and by exec/ to fetch, so that what is predicted is what is done. */
#ifndef AMA_PLAN_WANTS_H
#define AMA_PLAN_WANTS_H

#include "plan/plan.h"

typedef struct ama__want {
    int source, part; /* stage->source[source], its part */
    int64_t chunk;    /* linear chunk number; -1, -2, …: `box`, the first, second, … of this part */
    ama__box box;     /* in the part's own index space: the chunk's extent (unclipped) or the wanted box */
    int64_t bytes;    /* decoded */
    int64_t have;     /* exec/: leading indices of a box that the tile before had */
    bool taken;       /* by the tile after: ama__wants_rest gives it to nobody else */
} ama__want;

typedef struct ama__wants {
    ama_ctx *ctx;
    const ama__stage *stage;
    int n, cap;
    ama__want *want;
    int n_slots; /* power of two */
    int *slot;   /* open addressing over (source, part, chunk); -1 empty */
    int64_t bytes;
    ama__scan_boxes scans; /* what is summed up for the tile */
} ama__wants;

ama_status ama__wants_init(ama__wants *w, ama_ctx *ctx, const ama__stage *s);
void ama__wants_fini(ama__wants *w);
/* Fills w with the wants of all consumers in a box of the driver's space (what it held before is dropped). Local. */
ama_status ama__wants_collect(ama__wants *w, const ama__box *driver_box);
/* Index of the want of a chunk, or of the box of an unchunked part that holds `box`; -1 when there is none. */
int ama__wants_find(const ama__wants *w, int source, int part, int64_t chunk);
int ama__wants_find_box(const ama__wants *w, int source, int part, const ama__box *box);
/* Drops all wants; adds a chunk, which no box of the stage's space need ask for. */
void ama__wants_clear(ama__wants *w);
ama_status ama__wants_chunk(ama__wants *w, int source, int part, int64_t chunk);
/* The part of a box of a source that lies in a part, in the part's own index space; false when it has nothing there. */
bool ama__source_part_box(const ama__node *n, int part, const ama__box *box, ama__box *out);
/* Bytes of a want as it is stored, where that is known. */
int64_t ama__want_stored_bytes(const ama__stage *s, const ama__want *w);
/* True when all of a box of a source is wanted, but for what comes in turns. */
bool ama__wants_cover(const ama__wants *w, const ama__node *leaf, const ama__box *box);
/* Index of the want in `old` (of the tile before) that fetched the same as x, which is then not fetched again; or -1.
 */
int ama__wants_kept(const ama__wants *old, const ama__want *x);
/* What must be fetched of x's box when `old` holds its beginning along axis 0, as windows that reach back have it:
 * *from is the want in old then. Otherwise the whole box and -1. */
ama__box ama__wants_rest(const ama__wants *old, const ama__want *x, int *from);
/* The part of a source node that holds index x of its parts' axis. */
int ama__source_part_of(const ama__node *n, int64_t x);
/* True when the part is fetched chunk by chunk; true when these come in turns (plan/turns.h), not tile by tile. */
bool ama__part_is_chunked(const ama__source_part *p);
static inline bool ama__part_in_turns(const ama__stage *s, const ama__source_part *p) {
    return s->n_turns > 0 && ama__part_is_chunked(p);
}

#endif
