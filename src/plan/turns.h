/* Columns of ranks that chunks cross, put together over all ranks. The units of such a stage are few columns each. A
 * rank goes through its run of them in turns, the same number on all ranks, and has the boxes of the sources that the
 * units of one turn read in memory. For each turn all ranks fetch the chunks that any of these boxes touches, each
 * chunk on one rank, in batches, and send each other what they want of them. So chunks are fetched once a turn, and
 * there are as many turns as the budget asks for. Used by plan/ to count and by exec/ to fetch. Sources without chunks
 * take no part: they are read tile by tile, as in other stages. */
#ifndef AMA_PLAN_TURNS_H
#define AMA_PLAN_TURNS_H

#include "comm/comm.h"
#include "plan/plan.h"
#include "plan/wants.h"

/* A box of stage->source[source], in the index space of its node. */
typedef struct ama__turn_box {
    int source;
    ama__box box;
} ama__turn_box;

/* The chunks of one part of a source that the boxes of all ranks may touch. */
typedef struct ama__turn_cover {
    int source, part;
    ama__box cover; /* of chunk indices */
    int64_t first;  /* number of its first chunk among those of all covers */
} ama__turn_cover;

typedef struct ama__turn {
    ama_ctx *ctx;
    const ama__stage *stage;
    int rank, nranks;
    int64_t *first; /* [nranks + 1]: rank r wants box[first[r]] .. box[first[r + 1]) */
    ama__turn_box *box;
    int n_covers, cap_covers;
    ama__turn_cover *cover;
    int at_cover;
    int64_t at, last; /* this rank fetches chunks [at, last) of those of all covers, as far as they are wanted */
} ama__turn;

typedef struct ama__turn_chunk {
    int source, part;
    int64_t chunk; /* number in the part's grid */
    ama__box box;  /* clipped, in the index space of the source's node */
} ama__turn_chunk;

/* Units of a rank in a turn: [*lo, *hi) of the order of units. */
void ama__turn_units(const ama__stage *s, int rank, int64_t turn, int64_t *lo, int64_t *hi);
/* Finds what all ranks want in a turn. Collective, agreed. */
ama_status ama__turn_init(ama__turn *t, ama__comm *comm, const ama__stage *s, int64_t turn);
void ama__turn_fini(ama__turn *t);
/* How many boxes this rank has, and bytes of all of them as they are held. Local. */
static inline int64_t ama__turn_own(const ama__turn *t) {
    return t->first[t->rank + 1] - t->first[t->rank];
}
int64_t ama__turn_bytes(const ama__turn *t);

/* One batch: chunks that this rank fetches, at least one while there are any, and what it has for whom. */
typedef struct ama__turn_piece {
    int64_t chunk; /* of the batch */
    int to;
    int64_t of;    /* number of the box among those of `to` */
    ama__box box;  /* in the index space of the source's node */
    size_t offset; /* exec/: of its values in the message */
} ama__turn_piece;
typedef struct ama__turn_batch {
    ama_ctx *ctx;
    int64_t n, cap, n_pieces, cap_pieces;
    ama__turn_chunk *chunk;
    ama__turn_piece *piece;
    int64_t *to;                        /* bytes of the message to each rank */
    int64_t chunk_bytes, largest_bytes; /* decoded */
} ama__turn_batch;
ama_status ama__turn_batch_init(ama__turn_batch *b, ama_ctx *ctx, int nranks);
void ama__turn_batch_fini(ama__turn_batch *b);
/* The next batch; b->n is 0 when there is none. Local. */
ama_status ama__turn_next(ama__turn *t, const ama__plan_options *o, ama__turn_batch *b);

/* What stands before the values of a piece in a message. */
typedef struct ama__turn_record {
    int64_t of, part;
    ama__box box;
} ama__turn_record;

/* Chooses the number of turns of a stage whose sizes are known but for them, so that its fetch_bytes come to no more
 * than `room` where that can be; adds the chunks and bytes of the turns to the stage's. Collective, agreed. */
ama_status ama__plan_turns(ama__comm *comm, const ama__plan_options *o, ama__stage *s, int64_t room);

#endif
