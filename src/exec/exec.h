/* Running a plan: stages in order, each rank on its own units, outputs renamed into place when all are complete. */
#ifndef AMA_EXEC_EXEC_H
#define AMA_EXEC_EXEC_H

#include "comm/comm.h"
#include "plan/plan.h"
#include "store/fetch.h"

/* Called on rank 0 between tiles: stage (from 0) of n_stages, tiles done of tiles of this rank, bytes decoded by it so
 * far, seconds since the start. */
typedef void ama__progress_fn(void *user, int stage, int n_stages, int64_t done, int64_t tiles, int64_t bytes,
                              double elapsed_s);

typedef struct ama__exec_options {
    ama__progress_fn *progress; /* NULL: none */
    void *user;
} ama__exec_options;

typedef struct ama__exec_stats { /* of this rank */
    ama__fetch_counts fetched;
    int64_t written_bytes, sent_bytes;
    size_t peak_bytes;
    double elapsed_s, cpu_s; /* cpu_s: of the process meanwhile */
} ama__exec_stats;

/* Collective. On an error on any rank all ranks return it, and no output name has appeared. */
ama_status ama__exec_run(ama_ctx *ctx, ama__comm *comm, const ama__plan *p, const ama__exec_options *o,
                         ama__exec_stats *stats);

#endif
