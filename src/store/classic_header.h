/* Reading of the header of netCDF classic files (CDF-1, CDF-2, CDF-5), byte by byte as the format is specified in the
 * NetCDF User's Guide, appendix "File Format Specifications", and PnetCDF's CDF-5 page. Every count is held against the
 * bytes that are left in the file before anything is allocated for it. */
#ifndef AMA_STORE_CLASSIC_HEADER_H
#define AMA_STORE_CLASSIC_HEADER_H

#include "store/meta.h"

typedef struct ama__classic {
    const char *path;
    int version; /* 1, 2, 5 */
    int64_t file_bytes, header_bytes;
    int64_t n_records;    /* -1: "streaming", not known when the header was written */
    int64_t record_bytes; /* from one record to the next */
    int record_dim;       /* -1: none */
    int64_t *begin;       /* [n_vars] */
} ama__classic;

/* Fills meta (all but grids, sizes and format) and *out. Errors: NOTFOUND, IO, FORMAT, UNSUPPORTED, with path and byte.
 */
ama_status ama__classic_read(ama__arena *arena, const char *path, const int *fd, ama__meta *meta, ama__classic *out);

/* True when the bytes at the beginning of a file are CDF and 1, 2 or 5. */
bool ama__classic_magic(const unsigned char b[4]);

#endif
