/* What x.chunk(…) says: dask's chunks in xarray. Amasia reads and computes by its own; they give the chunk shape that a
 * Zarr store gets, as in xarray (netCDF output does not ask). Local. */
#ifndef AMA_GRAPH_CHUNKING_H
#define AMA_GRAPH_CHUNKING_H

#include "graph/variable.h"

typedef enum ama__chunk_kind {
    AMA_CHUNK_KEEP,  /* None, and dims not named: as they are, or one chunk */
    AMA_CHUNK_SIZE,  /* equal chunks, the last one smaller; -1: one chunk */
    AMA_CHUNK_SIZES, /* one after the other; they add up to the dim */
    AMA_CHUNK_AUTO   /* so that a chunk has about 128 MiB, as dask chooses */
} ama__chunk_kind;
typedef struct ama__chunk_want {
    const char *dim; /* NULL: every dim */
    ama__chunk_kind kind;
    int64_t size;
    int64_t n;
    const int64_t *sizes;
} ama__chunk_want;

/* Chunk extents of one variable, dim by dim. Dims may have gone since; where one has another name or size by now it is
 * forgotten. */
typedef struct ama__chunking {
    int ndim;
    const char *dim[AMA_MAX_DIMS];
    int64_t n[AMA_MAX_DIMS];
    const int64_t *extent[AMA_MAX_DIMS];
} ama__chunking;

/* All variables but indexes and scalars. Errors: NOTFOUND (no such dim, with the nearest), ARG (sizes that do not fit),
 * UNSUPPORTED ("auto" where there are chunks already, or of text). */
ama_status ama__object_chunk(ama__graph *g, const ama__object *in, int n, const ama__chunk_want *want,
                             ama__object *out);
/* The same for what was just opened with chunks=: dims that are not named have the stored chunks, names of no dim say
 * nothing, as in xarray. */
ama_status ama__object_chunk_stored(ama__graph *g, const ama__object *in, int n, const ama__chunk_want *want,
                                    ama__object *out);
/* As compute() and load() leave it: without chunks. */
ama_status ama__object_unchunk(ama__graph *g, const ama__object *in, ama__object *out);
/* The chunks of v that still fit it; NULL: none. */
const ama__chunking *ama__variable_chunking(const ama__variable *v);
/* Gives an elementwise result the chunks of an operand, where one has them for all its dims and no other differs. */
void ama__chunking_pass_on(int n, const ama__variable *const *in, ama__variable *out);
/* The chunk shape for a Zarr store (chunk[ndim]). `given`: asked for by encoding or the source, which then counts, or
 * NULL; safe: chunks may not share one of those. ARG where xarray raises too. */
ama_status ama__chunking_shape(ama__graph *g, const char *name, const ama__variable *v, const int64_t *given, bool safe,
                               int64_t *chunk);

#endif
