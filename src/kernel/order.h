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

#endif
