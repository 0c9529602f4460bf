/* Dry run of one chunked output on one rank: what waits for the rest of its chunks. */
#ifndef AMA_PLAN_ASSEMBLY_H
#define AMA_PLAN_ASSEMBLY_H

#include "plan/plan.h"

typedef struct ama__assembly_need {
    int64_t peak_bytes;     /* of chunks that wait at one time */
    int64_t leftover_bytes; /* of chunks that other ranks have parts of */
    int64_t box_bytes;      /* largest box of a tile */
} ama__assembly_need;

/* Walks the tiles of units [first, last) in order; chunk: the output's chunk shape, NULL where it has none. Local. */
ama_status ama__plan_assembly(ama_ctx *ctx, const ama__stage *s, const ama__consumer *c, const int64_t *chunk,
                              const int64_t range[2], ama__assembly_need *out);

#endif
