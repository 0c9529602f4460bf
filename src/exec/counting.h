/* Reductions that count instead of collecting: a counter (kernel/count.h) of each cell, group and result, the same on
 * all ranks between passes. In a pass each thread has counts of its own; they are integers, so they are summed over
 * threads and ranks in any order. */
#ifndef AMA_EXEC_COUNTING_H
#define AMA_EXEC_COUNTING_H

#include "exec/accum.h"

typedef struct ama__counting ama__counting;

/* Counters of a consumer before its first pass. Local. */
ama_status ama__counting_create(ama_ctx *ctx, const ama__consumer *c, int threads, ama__counting **out);
void ama__counting_destroy(ama__counting **k);
/* Begins the pass of a consumer: counts of nothing. Local. */
ama_status ama__counting_begin(ama__counting *k, const ama__consumer *c);
/* Counts the values of a block (dense, as stored in memory; a box of the consumer's space). Local, thread-safe. */
void ama__counting_block(ama__counting *k, const ama__box *b, const void *x);
/* Ends the pass: counts of all ranks; after the last one each rank gets the results of its part of the cells.
 * Collective. */
ama_status ama__counting_end(ama__accum *a, ama__comm *comm, ama_status status);

#endif
