/* Running the turns of a stage, see plan/turns.h: for each all ranks fetch the chunks together and send each other what
 * they want of them. What a rank wants lies dense in memory until the next turn, as it is stored. */
#ifndef AMA_EXEC_TURN_RUN_H
#define AMA_EXEC_TURN_RUN_H

#include "exec/result.h"
#include "exec/tile.h"

typedef struct ama__turn_hold { /* one box that this rank wants */
    int source, first_part, n_parts;
    ama__box box; /* in the index space of the source's node */
    void **data;  /* per part that it touches: dense over what lies there; NULL: that comes with tiles */
} ama__turn_hold;

typedef struct ama__turns {
    ama_ctx *ctx;
    const ama__stage *stage;
    const ama__plan_options *options;
    ama__tile tile; /* a batch of chunks */
    ama__turn_batch batch;
    ama__outbox outbox;
    int64_t n;
    ama__turn_hold *hold;
} ama__turns;

/* Local. */
ama_status ama__turns_create(ama__comm *comm, const ama__stage *s, const ama__plan_options *o, ama__fetcher *f,
                             ama__codec_work **work, ama__turns **out);
/* Collective where ranks read together, in another way than by themselves; otherwise local. */
void ama__turns_destroy(ama__turns **x);
/* Gives up what is held and makes a turn. Collective, agreed. */
ama_status ama__turns_fetch(ama__turns *x, ama__comm *comm, int64_t turn);

/* What is held of a part that has `box`, which is in the part's own index space; false: nothing, or x is NULL. */
bool ama__turns_find(const ama__turns *x, int source, int part, const ama__box *box, const void **data, ama__box *held);
/* True when all of a box of a source is held, but for parts that come with tiles. */
bool ama__turns_cover(const ama__turns *x, const ama__node *leaf, const ama__box *box);

#endif
