/* What a plan will take on this machine, from a short measurement. Private to api/. */
#ifndef AMA_API_PREDICT_H
#define AMA_API_PREDICT_H

#include "api/work.h"
#include "base/phase.h"
#include "codec/measure.h"
#include "comm/comm.h"
#include "plan/plan.h"

#define AMA_RATES_MAX 6 /* pipelines measured; more are taken for the last */

typedef struct ama__rates { /* of one thread; the slowest rank's. Seconds per byte */
    double read_s, write_s, copy_s, send_s;
    double round_s; /* seconds of a round of messages without bytes; send_s and round_s are 0 on one rank */
    ama__works works;
    int n;
    struct {
        char name[128]; /* of the pipeline, as info prints it */
        ama__codec_speed speed;
    } codec[AMA_RATES_MAX];
    double took_s;
} ama__rates;

/* Measures, on all ranks at once: reading and writing a file that is in memory (8 MiB of the
 * system, not of the budget), copying, the plan's loops in cache, the
 * pipelines of its inputs and outputs on made-up values, and messages of 4 MiB a rank between the ranks. Tens of
 * milliseconds. Touches no data of the plan. Collective. */
ama_status ama__calibrate(ama_ctx *ctx, ama__comm *comm, const ama__plan *plan, ama__rates *out);

typedef struct ama__prediction {
    int64_t chunks, stored_bytes, decoded_bytes, sent_bytes,
        output_bytes;            /* stored_bytes -1: not known before the chunks are read */
    double phase_s[AMA_PHASE_N]; /* summed over threads. EXCHANGE: without waiting for slower ranks */
    double cpu_s;                /* all phases */
    double elapsed_s;            /* from the first stage on, work spread evenly over all threads; -1: not predicted */
} ama__prediction;

/* rates NULL: no times. Reading is taken to come from the page cache. Local. */
void ama__predict(const ama__plan *plan, const ama__rates *rates, ama__prediction *out);

#endif
