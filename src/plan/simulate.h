/* Dry run of the accumulator states of one rank: how many bytes wait in merge trees at worst. */
#ifndef AMA_PLAN_SIMULATE_H
#define AMA_PLAN_SIMULATE_H

#include "plan/plan.h"

typedef struct ama__state_need {
    int64_t peak_bytes;            /* of states at one time, the leaf being made included */
    int64_t leftover_bytes;        /* partial states that other ranks complete */
    int64_t result_bytes;          /* final values this rank makes */
    int64_t leftover_result_bytes; /* final values of the partial states, shared out over all ranks */
} ama__state_need;

/* Walks units [first, last) of the stage in order. Local. */
ama_status ama__plan_simulate(ama_ctx *ctx, const ama__stage *s, int64_t first, int64_t last, ama__state_need *out);

/* Number of the output block of a unit (which kept units it lies in), and cells of a consumer's box that are kept. */
int64_t ama__consumer_block(const ama__stage *s, const ama__consumer *c, const int64_t *unit);
int64_t ama__consumer_cells(const ama__consumer *c, const ama__box *box);
/* The groups a unit contributes to: entries [*lo, *hi) of c->groups; without a label axis one entry (group 0). */
void ama__consumer_groups(const ama__consumer *c, const int64_t *unit, int64_t *lo, int64_t *hi);
/* Bytes of one cell's state: as kernel/state.h has them for this consumer. */
int64_t ama__consumer_state_bytes(const ama__consumer *c);

#endif
