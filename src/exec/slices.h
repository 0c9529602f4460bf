/* How threads share out a tile: slices of the cells, each small enough that its states stay in a core's cache, cut at
 * chunk borders where chunks are large, so that values are read where they were decoded. */
#ifndef AMA_EXEC_SLICES_H
#define AMA_EXEC_SLICES_H

#include "plan/plan.h"

typedef struct ama__slices {
    ama_ctx *ctx;
    ama__box whole;
    int64_t n;                     /* slices */
    int64_t pieces[AMA_MAX_DIMS];  /* per axis */
    int64_t *border[AMA_MAX_DIMS]; /* of the pieces of an axis: pieces + 1 indices; NULL: one piece */
} ama__slices;

/* Slices of a consumer's box, of whole extent along the axes in whose order values enter a cell. Local. */
ama_status ama__slices_init(ama__slices *s, ama_ctx *ctx, const ama__stage *stage, const ama__consumer *c,
                            const ama__box *box, int threads);
void ama__slices_fini(ama__slices *s);
/* Slice i of n. */
ama__box ama__slices_box(const ama__slices *s, int64_t i);

#endif
