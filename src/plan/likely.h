/* What a run that begins now will hold: the plan's peak without the room to read ahead that will not be used. */
#ifndef AMA_PLAN_LIKELY_H
#define AMA_PLAN_LIKELY_H

#include "plan/plan.h"

/* Sets likely_bytes. Asks the system about some chunks of each rank, and reads none of them. Collective. */
ama_status ama__plan_likely(ama_ctx *ctx, ama__comm *comm, ama__plan *p);

#endif
