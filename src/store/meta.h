/* What a dataset says of itself: dims, variables, attributes, storage. Format-neutral, before any CF meaning. All
 * strings and arrays live in the arena of the owner. */
#ifndef AMA_STORE_META_H
#define AMA_STORE_META_H

#include "array/chunkgrid.h"
#include "array/dtype.h"
#include "base/memory.h"
#include "codec/pipeline.h"

/* Text is dtype CHAR: n bytes, data NUL-terminated besides (a scalar NC_STRING is given so too). STRING is an array of
 * n char pointers. Numbers are native-endian arrays. */
typedef struct ama__attr {
    const char *name;
    ama_dtype dtype;
    int64_t n;
    const void *data;
} ama__attr;

typedef struct ama__attrs {
    int n;
    ama__attr *a;
} ama__attrs;

typedef struct ama__dim {
    const char *name;
    int64_t size;
    bool unlimited;
} ama__dim;

typedef struct ama__stored_var {
    const char *name;
    ama_dtype dtype; /* as stored. CHAR arrays keep their string-length dim as the last dim */
    bool swapped;    /* stored bytes are not in this machine's byte order */
    bool fortran;    /* chunks are stored in column-major order (Zarr order "F") */
    int ndim;
    int dim[AMA_MAX_DIMS]; /* indices into ama__meta.dim */
    ama__attrs attrs;
    bool chunked; /* false: contiguous (grid then has one chunk = the shape) */
    ama__chunkgrid grid;
    ama__pipeline pipeline;
    bool has_fill; /* fill: the value of missing chunks, native-endian */
    _Alignas(8) uint8_t fill[8];
    int64_t stored_bytes; /* bytes in the file, -1 when not cheap to know */
    int driver_id;        /* the driver's own number of the variable */
} ama__stored_var;

typedef struct ama__meta {
    const char *format; /* "netCDF-4", "netCDF classic (CDF-1)", "CDF-2", "CDF-5", "HDF5", "Zarr v2" */
    int n_dims, n_vars, n_groups;
    ama__dim *dim;
    ama__stored_var *var;
    const char **group; /* names of child groups, for info and for errors of group= */
    ama__attrs attrs;
} ama__meta;

int ama__meta_find_dim(const ama__meta *m, const char *name); /* index or -1 */
int ama__meta_find_var(const ama__meta *m, const char *name);
const ama__attr *ama__attrs_find(const ama__attrs *a, const char *name); /* NULL when absent */
/* Text of a CHAR attribute, or NULL when absent or not text. */
const char *ama__attrs_text(const ama__attrs *a, const char *name);
/* First element of a numeric attribute as float64; false when absent or text. */
bool ama__attrs_f8(const ama__attrs *a, const char *name, double *out);
/* Deep copies into an arena. */
ama_status ama__attrs_copy(ama__arena *arena, const ama__attrs *src, ama__attrs *out);
/* Sets or replaces one attribute (data copied). ama__attrs.a is reallocated from the arena. */
ama_status ama__attrs_set(ama__arena *arena, ama__attrs *a, const char *name, ama_dtype dtype, int64_t n,
                          const void *data);
ama_status ama__attrs_set_text(ama__arena *arena, ama__attrs *a, const char *name, const char *text);
void ama__attrs_remove(ama__attrs *a, const char *name);

/* Copies into an arena what `like` (NULL: nothing) does not have: texts, attributes, dims and variables that are equal
 * there are pointed to, and must live as long as the copy, which nobody may change. meta_share.c. */
ama_status ama__meta_share(ama__arena *arena, const ama__meta *m, const ama__meta *like, ama__meta *out);
ama_status ama__attrs_share(ama__arena *arena, const ama__attrs *from, const ama__attrs *like, ama__attrs *out);
/* All of it the same, in the same order. */
bool ama__meta_same(const ama__meta *a, const ama__meta *b);
/* Same names, types and values in the same order. */
bool ama__attrs_same(const ama__attrs *a, const ama__attrs *b);

/* Serialises for broadcast (buffer of category META) and back (into the arena). Unpack checks every length. Local. */
ama_status ama__meta_pack(ama_ctx *ctx, const ama__meta *m, void **buf, size_t *bytes);
ama_status ama__meta_unpack(ama__arena *arena, const void *buf, size_t bytes, ama__meta *out);

#endif
