/* What a rank wants of a part while ranks read together: see store/collective.h. */
#ifndef AMA_STORE_IO_WANT_H
#define AMA_STORE_IO_WANT_H

#include "store/dataset.h"
#include "store/fetch.h"

/* The stored bytes of a chunk, or those of a box, to be put densely into dst; where a library decodes, its values. Of a
 * chunk that is a file of its own (FILES) `got` takes what there is, in memory of its own (AMA_MEM_CHUNK) that is the
 * caller's to free. A rank wants such a chunk once in a call. */
typedef struct ama__io_want {
    int64_t part; /* index into the parts given to ama__collective_create, the same on all ranks */
    const ama__stored_var *v;
    const ama__manifest *m;
    int64_t chunk; /* of a TABLE or FILES; -1: the box of a CONTIGUOUS or RECORD variable */
    ama__box box;  /* of a chunk its whole extent, which may reach beyond the array */
    void *dst;
    ama__read_bytes *got; /* zeroed; stays so (no data, not missing) when the rank is to read the chunk by itself */
} ama__io_want;

/* Bytes that are stored for a want; 0 when nothing is, or the want is not one of byte ranges (chunks in files of their
 * own, inline data), -1 when it is malformed. Local. */
int64_t ama__io_want_bytes(const ama__io_want *w);

#endif
