/* Reductions that collect the values of a column: a state is a chain of segments, each dense [value][cell] in the dtype
 * of the values. Where a value comes to lie follows from its indices, so threads may share out a tile as they like; the
 * order of segments has no meaning. */
#ifndef AMA_EXEC_COLLECT_H
#define AMA_EXEC_COLLECT_H

#include "exec/accum.h"
#include "exec/eval.h"
#include "kernel/order.h"

typedef struct ama__segment {
    struct ama__segment *next;
    int64_t n; /* values of each cell */
    _Alignas(64) char data[];
} ama__segment;

void ama__collect_open(ama__segment *s, int64_t n);
void ama__collect_free(ama_ctx *ctx, ama__segment *chain);

/* *x, n class values, as they are stored in memory: in e's scratch where that is not the same. Local. */
ama_status ama__collect_narrow(const ama__consumer *c, ama__evaluator *e, int64_t n, const void **x);
/* Takes such values of a block (dense, a box of the consumer's space) into the open leaf. Local. */
void ama__collect_block(ama__accum *a, const ama__box *b, const void *x);
/* What is wanted of columns for result i. */
ama__order ama__collect_order(const ama__consumer *c, int i);
/* Puts a segment of (block, group) with its others; a whole column becomes a piece of the result. Takes over it. */
ama_status ama__collect_insert(ama__accum *a, int64_t block, int64_t group, const ama__box *kept, ama__segment *s);
/* Columns with values on several ranks: their cells are shared out over all ranks. Collective. */
ama_status ama__collect_exchange(ama__accum *a, ama__comm *comm, ama_status status);

#endif
