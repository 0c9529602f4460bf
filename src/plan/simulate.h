/* Dry run of the accumulator states of one rank: how many bytes wait in merge trees at worst. */
#ifndef AMA_PLAN_SIMULATE_H
#define AMA_PLAN_SIMULATE_H

#include "plan/plan.h"

typedef struct ama__state_need {
    int64_t peak_bytes;            /* of states at one time, the leaf being made included */
    int64_t leftover_bytes;        /* partial states that other ranks complete */
    int64_t result_bytes;          /* final values this rank makes */
    int64_t leftover_result_bytes; /* final values of the partial states, shared out over all ranks */
    int64_t counts_bytes;          /* of reductions that count, all through the stage */
    /* per consumer that collects values: its part of leftover_bytes, the most that one of `nranks` ranks gets of it
     * when columns are completed, the peak of its own states. Allocated by simulate, freed by need_fini. */
    int64_t *collected_bytes, *sent_bytes, *own_bytes;
} ama__state_need;

/* Walks the units of a rank in order. Local. */
ama_status ama__plan_simulate(ama_ctx *ctx, const ama__stage *s, const ama__plan_options *o, int rank,
                              ama__state_need *out);
void ama__state_need_fini(ama_ctx *ctx, ama__state_need *n);

/* Number of the output block of a unit (which kept units it lies in), and cells of a consumer's box that are kept. */
int64_t ama__consumer_block(const ama__stage *s, const ama__consumer *c, const int64_t *unit);
int64_t ama__consumer_cells(const ama__consumer *c, const ama__box *box);
/* The box with its reduced and label axes set to [0, 1): the cells of its states. */
ama__box ama__consumer_kept(const ama__consumer *c, const ama__box *box);
/* The groups a unit contributes to: entries [*lo, *hi) of c->groups; without a label axis one entry (group 0). */
void ama__consumer_groups(const ama__consumer *c, const int64_t *unit, int64_t *lo, int64_t *hi);
/* Values of each cell that a unit (the consumer's box of it, entry k of c->groups) contributes to columns, and those of
 * the whole column of a group. */
int64_t ama__consumer_values(const ama__consumer *c, const ama__box *box, int64_t k);
int64_t ama__consumer_column(const ama__consumer *c, int64_t group);
/* Bytes of the state of `cells` cells: as kernel/state.h has them for this consumer, or of collected values with the
 * header that exec/ puts before them. */
#define AMA_SEGMENT_HEADER ((int64_t)64)
int64_t ama__consumer_state_bytes(const ama__consumer *c, int64_t cells, int64_t values);
/* Bytes of one cell's final values, of all REDUCE nodes that the consumer makes. */
int64_t ama__consumer_result_bytes(const ama__consumer *c);
/* Bytes of working memory a thread needs to finish the columns; 0 for other reductions. */
int64_t ama__consumer_work_bytes(const ama__consumer *c);
/* Axis of a box of kept axes along which its cells are shared out over the ranks when it is completed. */
int ama__consumer_split(const ama__box *kept);
/* Values of each cell that go to one rank in one message, when those of its cells have row_bytes each. */
int64_t ama__consumer_slice(int64_t row_bytes, int nranks);

#endif
