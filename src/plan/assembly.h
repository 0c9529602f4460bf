/* Dry run of the outputs of a stage: what chunks that wait for their other parts take, and what is sent. */
#ifndef AMA_PLAN_ASSEMBLY_H
#define AMA_PLAN_ASSEMBLY_H

#include "comm/comm.h"
#include "plan/plan.h"

/* Bytes that the outputs of stage k hold on a rank. Sets shares and collected_bytes of its WRITE consumers, the same on
 * all ranks, and sent_bytes to what this rank sends for outputs. Each rank walks its own tiles. Collective. */
ama_status ama__plan_outputs(ama_ctx *ctx, ama__comm *comm, const ama__plan *p, ama__stage *s, int64_t *out);

#endif
