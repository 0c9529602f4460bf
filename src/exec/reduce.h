/* Feeding a tile to an accumulator. */
#ifndef AMA_EXEC_REDUCE_H
#define AMA_EXEC_REDUCE_H

#include "exec/accum.h"
#include "exec/eval.h"

/* Takes the consumer's part of a tile (a box of the driver's space inside the open leaf's unit) into the open leaf, by
 * all threads (ev: one evaluator each). Values enter a cell in the order of the consumer's index space. Local. */
ama_status ama__reduce_tile(ama__accum *a, ama__evaluator *ev, int threads, const ama__box *driver_box);

#endif
