/* Ranks of the values of columns, as bottleneck's nanrankdata has them: from 1, equal values (-0.0 and +0.0 are) get
 * the mean of their ranks, NaN stays NaN. Local, thread-safe. */
#ifndef AMA_KERNEL_RANK_H
#define AMA_KERNEL_RANK_H

#include "kernel/block.h"

typedef struct ama__rank_kind {
    ama_dtype dtype; /* of the values */
    bool pct;        /* ranks are divided by the number of values that are not NaN */
} ama__rank_kind;

/* First step: class values x of `rows` rows of `run` cells, dense, become keys (uint64) at out, whose rows lie `stride`
 * elements apart. Rows may come in any number of calls. */
void ama__rank_keys(const ama__rank_kind *k, int64_t rows, int64_t run, const void *x, void *out, int64_t stride);
/* Second step: the n keys of each of `cells` columns, the next key of a column `stride` elements on, become ranks
 * (float64). work: 8-byte aligned. */
void ama__rank_columns(const ama__rank_kind *k, int64_t n, int64_t cells, void *keys, int64_t stride, void *work);
/* Bytes of `work` for columns of n values. */
size_t ama__rank_work_bytes(int64_t n);

#endif
