#include "array/chunkgrid.h"

bool ama__chunkgrid_init(ama__chunkgrid *g, int ndim, const int64_t *shape, const int64_t *chunk) {
    *g = (ama__chunkgrid){.ndim = ndim};
    if (ndim < 0 || ndim > AMA_MAX_DIMS) return false;
    for (int d = 0; d < ndim; d++) {
        if (shape[d] < 0 || chunk[d] < 1) return false;
        g->shape[d] = shape[d];
        g->chunk[d] = chunk[d];
        g->n[d] = shape[d] / chunk[d] + (shape[d] % chunk[d] != 0);
    }
    return ama__shape_size(ndim, g->n, &g->n_chunks);
}

int64_t ama__chunkgrid_number(const ama__chunkgrid *g, const int64_t *index) {
    int64_t number = 0;
    for (int d = 0; d < g->ndim; d++) number = number * g->n[d] + index[d];
    return number;
}

void ama__chunkgrid_index(const ama__chunkgrid *g, int64_t number, int64_t *index) {
    for (int d = g->ndim - 1; d >= 0; d--) {
        index[d] = number % g->n[d];
        number /= g->n[d];
    }
}

ama__box ama__chunkgrid_box(const ama__chunkgrid *g, const int64_t *index) {
    ama__box b = {.ndim = g->ndim};
    for (int d = 0; d < g->ndim; d++) {
        b.start[d] = index[d] * g->chunk[d];
        int64_t left = g->shape[d] - b.start[d];
        b.count[d] = left < g->chunk[d] ? left : g->chunk[d];
    }
    return b;
}

ama__box ama__chunkgrid_cover(const ama__chunkgrid *g, const ama__box *region) {
    ama__box b = {.ndim = g->ndim};
    for (int d = 0; d < g->ndim; d++) {
        b.start[d] = region->start[d] / g->chunk[d];
        if (region->count[d] > 0) b.count[d] = (region->start[d] + region->count[d] - 1) / g->chunk[d] - b.start[d] + 1;
    }
    return b;
}
