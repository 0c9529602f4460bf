/* How boxes are cut into the blocks that a thread evaluates at a time, and the scratch this takes. exec/ evaluates what
 * plan/ counts here. Blocks change no bits: a cell of a reduction meets its values in C order however they are cut. */
#ifndef AMA_PLAN_BLOCKS_H
#define AMA_PLAN_BLOCKS_H

#include "kernel/block.h"
#include "plan/plan.h"

typedef struct ama__blocks {
    ama__box whole;
    int64_t step[AMA_MAX_DIMS], n[AMA_MAX_DIMS]; /* per axis: extent of a block, number of blocks */
    int64_t total;
} ama__blocks;

/* Blocks of a box of a consumer's node in C order. Of a reduction rows stay whole, and the blocks of a cell follow each
 * other in C order of the reduced axes. About AMA_BLOCK_ELEMENTS of the fastest axes; where windows reach beyond a
 * block they are long along the window's axis and short across. */
void ama__blocks_init(ama__blocks *k, const ama__consumer *c, const ama__box *box);
ama__box ama__blocks_at(const ama__blocks *k, int64_t i);

/* Elements of the largest block that any box of the consumer has. */
int64_t ama__blocks_most(const ama__stage *s, const ama__consumer *c);

/* True for a reduction that folds rows of stored values into cells (kernel/state.h). */
bool ama__consumer_folds_source(const ama__consumer *c);

/* Sets consumer[].halo. Local. */
ama_status ama__stage_find_halos(ama__graph *g, ama__stage *s);
/* The input box of a WINDOW for a box of its outputs. */
ama__box ama__window_input(const ama__node *n, const ama__box *box);
/* A WINDOW is evaluated in pieces of `run` outputs along its axis (count: of the box) and `cells` cells across. */
void ama__window_piece(const ama__node *n, int64_t count, int64_t *run, int64_t *cells);
/* Indices of axis 0 of the driver's space that windows read beyond a tile. */
int64_t ama__stage_halo(const ama__stage *s);

#endif
