/* Order statistics of columns: median and quantiles, bit for bit as numpy has them. A column is a multiset: the order
 * in which its values came has no influence. Values are held as they are stored in memory, dense and native,
 * value-major: [value][cell]. -0.0 counts as less than +0.0. Local, thread-safe. */
#ifndef AMA_KERNEL_ORDER_H
#define AMA_KERNEL_ORDER_H

#include "kernel/block.h"

/* Some of the values of all cells: n of each, the first at data, the next `cells` elements on. */
typedef struct ama__order_part {
    const void *data;
    int64_t n;
} ama__order_part;

/* All values of `cells` cells. */
typedef struct ama__order_input {
    int n_parts;
    const ama__order_part *part;
    int64_t cells;
} ama__order_input;

/* What is wanted of each column. MEDIAN (out: float64, or the dtype of floats): mean of the two middle values, in the
 * input's dtype for floats. Otherwise n_q quantiles by `method`; discrete ones give out = dtype, or float64. */
typedef struct ama__order {
    ama_dtype dtype, out;
    bool skipna; /* floats: NaN is left out; otherwise a NaN makes the result NaN */
    bool median;
    ama__quantile method;
    int64_t n_q; /* 1 for the median */
    const double *q;
} ama__order;

#define AMA_ORDER_REQUESTS 16 /* of one call, at most */

/* Columns that one call takes of `cells` with n values each, and the bytes of working memory it wants. */
int64_t ama__order_columns(ama_dtype t, int64_t n, int64_t cells);
size_t ama__order_work_bytes(ama_dtype t, int64_t n, int64_t cells, int64_t n_q);

/* Cells [first, first + count), count <= ama__order_columns: for each request r its results to out[r], dense native
 * [count][n_q] of its dtype. All requests have one dtype and skipna. work: 64-byte aligned, as told for the largest
 * n_q. A column without values gives NaN (ints: 0). */
void ama__order_run(int n_requests, const ama__order *request, const ama__order_input *in, int64_t first, int64_t count,
                    void *work, void *const *out);

/* The parts of it, for those who find the keys in another way (kernel/count.h). A key is an unsigned integer of
 * ama__order_key_bytes with the order of the values; NaN has the largest. */
size_t ama__order_key_bytes(ama_dtype t);
/* Keys of one cell's values to keys[part->n]; adds the number of NaN to *missing. */
void ama__order_keys(ama_dtype t, const ama__order_part *part, int64_t cells, int64_t cell, int64_t *missing,
                     void *keys);
/* The distinct ranks, increasing, at most 2 n_q, that the results of a column of n > 0 values follow from; how many.
 * work: ama__order_ranks_bytes, aligned to 8. */
size_t ama__order_ranks_bytes(int64_t n_q);
int64_t ama__order_ranks(const ama__order *o, int64_t n, void *work, int64_t *rank);
/* Results [n_q] from the keys found at these ranks; n == 0: those of a column without values. */
void ama__order_put(const ama__order *o, int64_t n, const uint64_t *found, void *work, void *out);

#endif
