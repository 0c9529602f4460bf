/* Chunks of an output that come in parts: each waits here until all of it has come. */
#ifndef AMA_EXEC_PARTS_H
#define AMA_EXEC_PARTS_H

#include "array/chunkgrid.h"
#include "array/region.h"
#include "base/memory.h"

typedef struct ama__part { /* one chunk, partly filled */
    int64_t chunk;         /* number in the grid */
    ama__box box;
    char *data;      /* dense over box, category WRITE; NULL: done */
    int64_t missing; /* elements still to come (atomic while threads fill) */
} ama__part;

typedef struct ama__parts {
    ama_ctx *ctx;
    const ama__chunkgrid *grid;
    size_t element_bytes, spare_bytes;
    int64_t n, cap;   /* cap: power of two */
    ama__part **slot; /* NULL: free place */
} ama__parts;

/* grid must live as long as the table. A part has spare_bytes behind its values. */
void ama__parts_init(ama__parts *p, ama_ctx *ctx, const ama__chunkgrid *grid, size_t element_bytes, size_t spare_bytes);
void ama__parts_fini(ama__parts *p);
/* The part of a chunk, new when it was not there; it stays where it is until it is done. Local. */
ama_status ama__parts_get(ama__parts *p, int64_t chunk, ama__part **out);
/* Copies `what` of a dense array of src_box into the part; true when the chunk is whole with that. Any thread. */
bool ama__part_fill(const ama__parts *p, ama__part *part, const ama__box *what, const void *src,
                    const ama__box *src_box);
/* The values, the caller's from now on; the chunk is done. Any thread. */
void *ama__part_take(ama__part *part);
/* A chunk that is not whole; NULL when there is none. */
const ama__part *ama__parts_open(const ama__parts *p);

#endif
