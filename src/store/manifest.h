/* Chunk manifests: where the bytes of chunk (i,j,k) of a variable are. Every format reduces to this; fetching and
 * decoding are written once (store/fetch.h). */
#ifndef AMA_STORE_MANIFEST_H
#define AMA_STORE_MANIFEST_H

#include "store/meta.h"

typedef enum ama__manifest_kind {
    AMA_MANIFEST_TABLE,      /* one object, a table of extents by linear chunk number (HDF5 chunked) */
    AMA_MANIFEST_CONTIGUOUS, /* one object, the whole array from `base` in C order (HDF5 contiguous, CDF fixed-size) */
    AMA_MANIFEST_RECORD,     /* one object, index i of axis 0 from base + i * record_bytes (CDF record variables) */
    AMA_MANIFEST_FILES,      /* one object per chunk: path + "/" + i sep j sep k (Zarr v2); "0" for a scalar */
    AMA_MANIFEST_INLINE      /* the raw array itself, native-endian C order (compact, text, or read by the library) */
} ama__manifest_kind;

typedef struct ama__extent_entry { /* plain data */
    int64_t offset;                /* -1: the chunk is missing, its value is the fill value */
    uint32_t length, filter_mask;
} ama__extent_entry;

typedef struct ama__manifest {
    ama__manifest_kind kind;
    const char *path;           /* object; for FILES the array's directory */
    char separator;             /* FILES: '.' or '/' */
    int64_t base, record_bytes; /* base -1: nothing is stored, the fill value holds */
    int64_t n_table;
    const ama__extent_entry *table;
    size_t inline_bytes;
    void *inline_data; /* STRING variables: char pointers into the arena of the dataset */
} ama__manifest;

/* A byte range of an object; missing: nothing is stored, the fill value holds. length -1: the whole object. */
typedef struct ama__extent {
    int64_t offset, length;
    uint32_t filter_mask;
    bool missing;
} ama__extent;

/* Extent of chunk number `chunk` (TABLE and FILES). For FILES *path_out (>= path + 32 * ndim + 8 bytes) receives the
 * object's path. False when there is no such chunk or no room for its path; nothing is recorded, so that a thread that
 * reads ahead may ask. Local, no I/O. */
bool ama__manifest_find(const ama__manifest *m, const ama__chunkgrid *grid, int64_t chunk, ama__extent *out,
                        char *path_out, size_t path_bytes);
/* The same, where that is an error. */
ama_status ama__manifest_locate(ama_ctx *ctx, const ama__manifest *m, const ama__chunkgrid *grid, int64_t chunk,
                                ama__extent *out, char *path_out, size_t path_bytes);

#endif
