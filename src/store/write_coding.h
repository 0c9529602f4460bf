/* What it takes to bring a chunk of an output from values to stored bytes: for those who hand values over, and for the
 * plan. */
#ifndef AMA_STORE_WRITE_CODING_H
#define AMA_STORE_WRITE_CODING_H

#include "store/writer.h"

typedef struct ama__chunk_coding {
    int64_t shape[AMA_MAX_DIMS]; /* of a whole chunk, as it is stored: not clipped where a dim may grow */
    int64_t raw_bytes;           /* of its values */
    int64_t spare_bytes;         /* that a buffer handed over has behind the values of a chunk, to be encoded into */
    int buffers; /* of raw_bytes + spare_bytes that a thread takes besides those values, which are given to
                    it: 0 where they are stored as they are */
} ama__chunk_coding;

/* Of a chunked variable of valid shape. Local. */
ama__chunk_coding ama__chunk_coding_of(const ama__write_spec *spec, int var);

#endif
