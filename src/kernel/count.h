/* Order statistics of one column in several passes over its values, with memory that does not grow with them. A pass
 * counts keys by their next bits, only those that begin like a wanted key; counts are integers, so those of parts of
 * the column are summed in any order. After the last pass the wanted keys are known whole, and results have the bits
 * of ama__order_run. Local; the caller sums over threads and ranks. */
#ifndef AMA_KERNEL_COUNT_H
#define AMA_KERNEL_COUNT_H

#include "kernel/order.h"

typedef struct ama__count {
    ama__order order;
    int digit; /* bits of a key that a pass adds, at most */
    int left;  /* bits of a key that are not yet known */
    int64_t n, missing;
    int64_t n_ranks, n_brackets;
    int64_t *rank;     /* [2 n_q] within its bracket, increasing in one */
    uint64_t *found;   /* [2 n_q] what is known of their keys, increasing */
    uint64_t *bracket; /* [2 n_q] the distinct ones of these */
    void *work;
} ama__count;

enum { AMA_COUNT_DIGIT_MAX = 16 };

/* Passes that keys of t take, and bytes of a counter's own memory. 1 <= digit <= AMA_COUNT_DIGIT_MAX. */
int ama__count_passes(ama_dtype t, int digit);
size_t ama__count_bytes(int64_t n_q);
/* memory: ama__count_bytes, aligned to 8; it and the order's q stay the caller's. */
void ama__count_init(ama__count *c, const ama__order *o, int digit, void *memory);
/* Counts of this pass, and how many at most of any pass. They begin as zeros. */
int64_t ama__count_size(const ama__count *c);
int64_t ama__count_size_max(int64_t n_q, int digit);
/* Adds the values of one cell. Of one counter several threads may add, each to counts of its own. */
void ama__count_add(const ama__count *c, const ama__order_part *part, int64_t cells, int64_t cell, int64_t *counts);
/* Ends the pass with the counts of all values; whether another one is wanted. */
bool ama__count_narrow(ama__count *c, const int64_t *counts);
/* After the last pass: results [n_q], dense native of the order's out. */
void ama__count_results(const ama__count *c, void *out);

#endif
