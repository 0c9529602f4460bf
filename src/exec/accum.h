/* The accumulators of one reduction on one rank: the leaf being made, the merge trees of (output block, group), and the
 * pieces of the result that are complete. */
#ifndef AMA_EXEC_ACCUM_H
#define AMA_EXEC_ACCUM_H

#include "array/tree.h"
#include "exec/result.h"
#include "kernel/state.h"
#include "plan/simulate.h"

typedef struct ama__accum_slot { /* one (block, group) whose leaves have not all come */
    bool used;
    int64_t block, group;
    ama__box kept; /* the block's kept box: axes of the consumer's node; count 1 on reduced and label axes */
    ama__tree *tree;
    struct ama__segment *chain; /* collected values instead of a tree: see collect.h */
    int64_t values;             /* of each cell, in the chain */
} ama__accum_slot;

typedef struct ama__accum {
    ama_ctx *ctx;
    const ama__stage *stage;
    const ama__consumer *consumer;
    ama__state_kind kind;
    int threads;
    /* the leaf being made */
    bool open;
    int64_t unit[AMA_MAX_DIMS];
    ama__box box;                 /* of the consumer's space that the unit covers */
    int64_t stride[AMA_MAX_DIMS]; /* of kept axes in the state's cells; 0 on others */
    int64_t cells, lo, hi;        /* groups entries [lo, hi) */
    void **leaf;                  /* their states, or segments of collected values */
    int32_t *entry_of;            /* group -> entry - lo */
    /* waiting and complete */
    int64_t n_slots, cap_slots; /* cap: power of two */
    ama__accum_slot *slot;
    ama__pieces **pieces;           /* of consumer->reduce and its twins; not owned, the list is */
    struct ama__counting *counting; /* that counts instead: see counting.h. Not owned */
} ama__accum;

/* out: a list, owned from now on, of the pieces of the consumer's results. */
ama_status ama__accum_init(ama__accum *a, ama_ctx *ctx, const ama__stage *s, const ama__consumer *c, int threads,
                           ama__pieces **out);
void ama__accum_fini(ama__accum *a);

/* Opens the leaf of a unit (nothing happens when the consumer has no part in it), and closes it into the trees. Local.
 */
ama_status ama__accum_open(ama__accum *a, const int64_t *unit);
ama_status ama__accum_close(ama__accum *a);
/* State of a group in the open leaf, from a cell on; false when the group is not in it (label -1). */
bool ama__accum_state(const ama__accum *a, int64_t group, int64_t cell, ama__state *out);

/* Completes the trees that have leaves on several ranks: the cells of each are shared out over all ranks. Collective; a
 * rank may pass a local failure in `status`. */
ama_status ama__accum_exchange(ama__accum *a, ama__comm *comm, ama_status status);

#endif
