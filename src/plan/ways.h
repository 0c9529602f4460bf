/* Order statistics of few cells found by counting keys (kernel/count.h) instead of collecting values: as many passes
 * over the data as the keys have digits, each a stage, and memory that does not grow with the data. Every rank has the
 * counters of all cells; results do not depend on the way. Private to plan/ and exec/. */
#ifndef AMA_PLAN_WAYS_H
#define AMA_PLAN_WAYS_H

#include "plan/lower.h"

/* Cells that the consumer has counters of, of one result: those of all groups. */
int64_t ama__consumer_counters(const ama__consumer *c);
/* Result i of the consumer: its reduce, then its twins. Columns of values have n_q statistics (1: the median). */
static inline ama__node *ama__consumer_result(const ama__consumer *c, int i) {
    return i == 0 ? c->reduce : c->twin[i - 1];
}
static inline int64_t ama__reduce_n_q(const ama__node *reduce) {
    return reduce->u.reduce.spec.op == AMA_RED_QUANTILE ? reduce->u.reduce.spec.n_q : 1;
}
/* Bytes of a counter with what its kernel wants for it and the place of its counts. */
size_t ama__counter_bytes(int64_t n_q);
/* Of a consumer that counts: bytes of all its counters, which stay from the first pass to the last, and the most that
 * the counts of its pass take. */
int64_t ama__consumer_counter_bytes(const ama__consumer *c);
int64_t ama__consumer_counts_bytes(const ama__consumer *c, int threads);

/* Lets reductions of a plan count where that costs less than to collect (or a test wants it); false: none more. */
bool ama__plan_more_counting(const ama__plan *p, const ama__panels *panels);
/* The same for one that does not fit: the columns would be made in panels that read the data `passes` times (INT64_MAX:
 * they cannot be cut further); its counts must fit into `room`. */
bool ama__plan_count_instead(const ama__plan *p, const ama__panels *panels, const ama__stage *s, const ama__consumer *c,
                             int64_t room, int64_t passes);

#endif
