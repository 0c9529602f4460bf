/* Private to the classic writer: where everything lies, and the header that says so (netCDF classic format
 * specification, versions CDF-1, CDF-2 and CDF-5). */
#ifndef AMA_STORE_WRITE_CLASSIC_H
#define AMA_STORE_WRITE_CLASSIC_H

#include "store/write_driver.h"

typedef struct ama__cdf_layout {
    int version;          /* 1, 2 or 5 */
    int record_dim;       /* -1: none */
    int64_t n_records;    /* size of the record dim */
    int64_t *begin;       /* [n_vars] offset of the first byte */
    int64_t *vsize;       /* [n_vars] bytes, of one record for record variables, padded to 4 */
    int64_t record_bytes; /* distance between records */
    int64_t end;          /* bytes of the whole file */
} ama__cdf_layout;

/* Number of the type in the header; 0 when this version has no such type. */
int ama__cdf_type(int version, ama_dtype t);
bool ama__cdf_is_record(const ama__writer *wr, const ama__cdf_layout *l, int var);
/* Chooses all places. UNSUPPORTED when the version cannot hold them. Local, the same on all ranks. */
ama_status ama__cdf_layout_make(ama__writer *wr, ama__cdf_layout *out);
/* The header's bytes (buffer of category META). Local. */
ama_status ama__cdf_header(ama__writer *wr, const ama__cdf_layout *l, void **buf, size_t *bytes);

#endif
