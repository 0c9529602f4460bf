/* A rank's way through the tiles of a stage; what it holds meanwhile. Shared by exec.c and walk.c and by nobody else.
 */
#ifndef AMA_EXEC_WALK_H
#define AMA_EXEC_WALK_H

#include "exec/ahead.h"
#include "exec/counting.h"
#include "exec/exec.h"
#include "exec/output.h"
#include "exec/reduce.h"
#include "exec/turn_run.h"

/* What a REDUCE has made. */
typedef struct ama__run_result {
    ama__node *node;
    int last_use; /* stage; -1: nobody reads it */
    ama__pieces pieces;
    ama__counting *counting; /* between the passes of one that counts */
} ama__run_result;

typedef struct ama__run {
    ama_ctx *ctx;
    ama__comm *comm;
    const ama__plan *plan;
    const ama__exec_options *options;
    int threads;
    ama__fetcher *fetcher;
    ama__codec_work **work;
    ama__writer **writer; /* per sink; NULL for GATHER */
    int n_results;
    ama__run_result *results;
    double start_s, start_cpu_s;
    int64_t start_sent; /* bytes */
} ama__run;

/* What one stage holds while it runs. */
typedef struct ama__stage_run {
    ama__run *r;
    int number;
    const ama__stage *stage;
    ama__tile tile;
    ama__ahead ahead;
    ama__evaluator *ev;
    ama__operand *operand;
    ama__accum *accum;   /* per consumer; only REDUCE ones are in use */
    ama__output *output; /* per consumer; only WRITE ones */
    ama__pieces *gather; /* per consumer; only GATHER ones */
    ama__turns *turns;   /* NULL: chunks come with tiles */
    ama__outbox outbox;  /* of the outputs */
    bool shares;         /* some output's chunks are put together from several ranks' */
    bool flush;          /* some output needs collective flushes */
    int64_t tiles;
} ama__stage_run;

/* All tiles of this rank, to the end of the stage's rounds. Collective; the status is agreed. */
ama_status ama__walk_run(ama__stage_run *sr);
/* Exchanges what outputs share and has writers flush together. Collective; `status` is this rank's own before, the
 * agreed one comes back. */
ama_status ama__walk_flush(ama__stage_run *sr, ama_status status);

#endif
