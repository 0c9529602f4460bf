/* Regular chunk grids: shape cut in equal chunks, the last of an axis possibly smaller in meaning (stored full). */
#ifndef AMA_ARRAY_CHUNKGRID_H
#define AMA_ARRAY_CHUNKGRID_H

#include "array/region.h"

typedef struct ama__chunkgrid {
    int ndim;
    int64_t shape[AMA_MAX_DIMS], chunk[AMA_MAX_DIMS], n[AMA_MAX_DIMS]; /* n: chunks per axis */
    int64_t n_chunks;
} ama__chunkgrid;

/* chunk[] entries must be >= 1; shape entries >= 0. False when the number of chunks overflows. */
bool ama__chunkgrid_init(ama__chunkgrid *g, int ndim, const int64_t *shape, const int64_t *chunk);
/* Linear (C-order) number of a chunk and back. */
int64_t ama__chunkgrid_number(const ama__chunkgrid *g, const int64_t *index);
void ama__chunkgrid_index(const ama__chunkgrid *g, int64_t number, int64_t *index);
/* The part of the array that a chunk covers (clipped at the edge). */
ama__box ama__chunkgrid_box(const ama__chunkgrid *g, const int64_t *index);
/* The box of chunk indices that a region touches. */
ama__box ama__chunkgrid_cover(const ama__chunkgrid *g, const ama__box *region);

#endif
