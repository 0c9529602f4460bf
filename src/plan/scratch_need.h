/* What evaluating blocks holds: a dry run of the evaluator (exec/eval.c). */
#ifndef AMA_PLAN_SCRATCH_NEED_H
#define AMA_PLAN_SCRATCH_NEED_H

#include "plan/plan.h"

/* Bytes that all threads of a rank hold at one time to evaluate the blocks of a stage's consumers, at most. Local.
 * UNSUPPORTED when an expression has more operations than one pass can hold. */
ama_status ama__plan_scratch(ama_ctx *ctx, const ama__plan_options *o, const ama__stage *s, int64_t *bytes);

#endif
