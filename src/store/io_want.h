/* What a rank wants of a part while ranks read together: see store/collective.h. */
#ifndef AMA_STORE_IO_WANT_H
#define AMA_STORE_IO_WANT_H

#include "store/dataset.h"

/* The stored bytes of a chunk, or those of a box, to be put densely into dst; where a library decodes, its values. */
typedef struct ama__io_want {
    int64_t part; /* index into the parts given to ama__collective_create, the same on all ranks */
    const ama__stored_var *v;
    const ama__manifest *m;
    int64_t chunk; /* of a TABLE; -1: the box of a CONTIGUOUS or RECORD variable */
    ama__box box;  /* of a chunk its whole extent, which may reach beyond the array */
    void *dst;
} ama__io_want;

/* Bytes that are stored for a want; 0 when nothing is, or the want is not one of byte ranges (chunks in files of their
 * own, inline data), -1 when it is malformed. Local. */
int64_t ama__io_want_bytes(const ama__io_want *w);

#endif
